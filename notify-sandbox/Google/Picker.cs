using System.Security.Claims;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Notify.Sandbox.Google;

/// <summary>Where the client sends people: shows the page to choose an account, and sends them back as whom they chose.</summary>
internal sealed class Picker(GoogleWorld world)
{
    private const string Scheme = OpenIddictServerAspNetCoreDefaults.AuthenticationScheme;

    public void Map(IEndpointRouteBuilder routes)
    {
        // What the protocol knows about a request is checked before this is reached.
        routes.MapMethods(OpenIddictSetup.AuthorizationPath, [HttpMethods.Get, HttpMethods.Post], ServeAsync);
        PickerPage.MapFiles(routes);
    }

    private async Task ServeAsync(HttpContext http)
    {
        if (http.GetOpenIddictServerResponse() is { Error: { } error } refused)
        {
            await PickerPage.WriteRefusalAsync(http, error, refused.ErrorDescription);
            return;
        }

        var request =
            http.GetOpenIddictServerRequest()
            ?? throw new InvalidOperationException("OpenIddict did not read the request.");
        var hints = new PickerHints(request);
        // Only a post from the page counts: no link may sign anybody in.
        var form = HttpMethods.IsPost(http.Request.Method) ? http.Request.Form : FormCollection.Empty;
        if (request.HasPromptValue(PromptValues.None))
        {
            await RefuseAsync(
                http,
                Errors.LoginRequired,
                "Nobody is signed in here between two requests: the page is always shown."
            );
        }
        else if (form.ContainsKey(PickerPage.CancelField))
        {
            await RefuseAsync(http, Errors.AccessDenied, "The person has cancelled.");
        }
        else if (form[PickerPage.AccountField] is [{ } chosen])
        {
            await SignInAsync(
                http,
                request,
                world.Accounts.Find(chosen),
                () =>
                    PickerPage.WriteAsync(
                        http,
                        world,
                        hints,
                        new Problem($"{chosen} is no longer among the accounts.", IsTyped: false)
                    )
            );
        }
        else if (form[PickerPage.EmailField] is [{ } typed])
        {
            await SignInAsync(
                http,
                request,
                ByAddress(typed.Trim()),
                () =>
                    PickerPage.WriteAsync(
                        http,
                        world,
                        hints with
                        {
                            LoginHint = typed,
                        },
                        new Problem("That is no e-mail address. It should be like dana@example.com.", IsTyped: true)
                    )
            );
        }
        else
        {
            await PickerPage.WriteAsync(http, world, hints, problem: null);
        }
    }

    private GoogleAccount? ByAddress(string typed) =>
        GoogleAccount.IsAddress(typed) ? world.Accounts.Find(typed) ?? GoogleAccount.Typed(typed) : null;

    private static Task RefuseAsync(HttpContext http, string error, string description) =>
        http.ForbidAsync(
            Scheme,
            new AuthenticationProperties(
                new Dictionary<string, string?>(StringComparer.Ordinal)
                {
                    [OpenIddictServerAspNetCoreConstants.Properties.Error] = error,
                    [OpenIddictServerAspNetCoreConstants.Properties.ErrorDescription] = description,
                }
            )
        );

    private static Task SignInAsync(
        HttpContext http,
        OpenIddictRequest request,
        GoogleAccount? account,
        Func<Task> askAgain
    )
    {
        if (account is null)
        {
            return askAgain();
        }

        var scopes = request.GetScopes();
        var words = account.ShownName.Split(' ', 2);
        var identity = new ClaimsIdentity("notify-sandbox", Claims.Name, Claims.Role);
        identity
            .SetClaim(Claims.Subject, account.Subject)
            .SetClaim(Claims.Email, account.Email)
            .SetClaim(GoogleClaims.WorkspaceDomain, account.Hd)
            .SetClaim(Claims.Name, account.ShownName)
            .SetClaim(Claims.GivenName, words[0])
            .SetClaim(Claims.FamilyName, words.ElementAtOrDefault(1));
        identity.AddClaim(
            new Claim(Claims.EmailVerified, account.EmailVerified ? "true" : "false", ClaimValueTypes.Boolean)
        );
        identity.SetScopes(scopes);
        identity.SetDestinations(claim =>
            GoogleClaims.IsGranted(claim.Type, scopes) ? [Destinations.IdentityToken, Destinations.AccessToken] : []
        );
        return http.SignInAsync(Scheme, new ClaimsPrincipal(identity));
    }
}

/// <summary>Why the page appears again.</summary>
/// <param name="Text">A sentence that says what to do.</param>
/// <param name="IsTyped">Whether it is about the typed address.</param>
internal sealed record Problem(string Text, bool IsTyped);

/// <summary>What the client would like. It changes the order of the page, never what is on it: a client must look at the claims itself.</summary>
internal sealed record PickerHints
{
    public PickerHints(OpenIddictRequest request)
    {
        RedirectUri = new Uri(request.RedirectUri!);
        LoginHint = request.LoginHint;
        WorkspaceDomain = (string?)request[GoogleClaims.WorkspaceDomain];
        Fields =
        [
            .. request
                .GetParameters()
                .Where(p => !p.Key.StartsWith(PickerPage.FieldPrefix, StringComparison.Ordinal))
                .Select(p => KeyValuePair.Create(p.Key, (string?)p.Value ?? "")),
        ];
    }

    /// <summary>Where the person is sent back to.</summary>
    public Uri RedirectUri { get; }

    /// <summary>The parameter <c>login_hint</c>: an address.</summary>
    public string? LoginHint { get; init; }

    /// <summary>The parameter <c>hd</c>.</summary>
    public string? WorkspaceDomain { get; }

    /// <summary>All the request's parameters, for the page's forms to send again.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields { get; }
}
