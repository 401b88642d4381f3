using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Notify.Sandbox;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>
/// A web application that lets people in with Google, on a real port: ASP.NET Core's own OpenID Connect client, set up as its documentation says,
/// and a visitor with a cookie jar.
/// </summary>
internal sealed class GoogleClientApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _visitor = new(new SocketsHttpHandler { CookieContainer = new CookieContainer() });

    private GoogleClientApp(WebApplication app) => _app = app;

    private Uri Address => new(_app.Urls.First());

    public static async Task<GoogleClientApp> StartAsync(
        Uri authority,
        CancellationToken cancellation,
        Action<OpenIdConnectOptions>? change = null
    )
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddDataProtection().DisableAutomaticKeyGeneration().UseEphemeralDataProtectionProvider();
        builder
            .Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme)
            .AddCookie()
            .AddOpenIdConnect(client =>
            {
                client.Authority = authority.ToString();
                client.ClientId = SandboxOptions.SampleGoogleClientId;
                client.ClientSecret = SandboxOptions.SampleGoogleClientSecret;
                client.RequireHttpsMetadata = false;
                client.ResponseType = "code";
                client.ResponseMode = "query";
                client.UsePkce = true;
                client.MapInboundClaims = false;
                client.SaveTokens = true;
                client.Scope.Add("email");
                // What the visitor's cookie jar gives back without TLS.
                (client.CorrelationCookie.SameSite, client.CorrelationCookie.SecurePolicy) = (
                    SameSiteMode.Lax,
                    CookieSecurePolicy.SameAsRequest
                );
                (client.NonceCookie.SameSite, client.NonceCookie.SecurePolicy) = (
                    SameSiteMode.Lax,
                    CookieSecurePolicy.SameAsRequest
                );
                client.Events.OnTokenValidated = validated =>
                {
                    // The library does not ask for these two, so an application must: it takes an unsigned token that comes from the token endpoint.
                    if (validated.SecurityToken.SignatureAlgorithm != "RS256")
                    {
                        validated.Fail("The token is not signed with RS256.");
                    }
                    else if (validated.Principal!.FindFirst("email_verified") is null)
                    {
                        validated.Fail("The token does not say whether the e-mail is verified.");
                    }

                    return Task.CompletedTask;
                };
                client.Events.OnRemoteFailure = failed =>
                {
                    failed.HandleResponse();
                    failed.Response.StatusCode = StatusCodes.Status403Forbidden;
                    return failed.Response.WriteAsync(failed.Failure!.Message, cancellation);
                };
                change?.Invoke(client);
            });
        var app = builder.Build();
        app.UseAuthentication();
        app.MapGet(
            "/",
            async (HttpContext http) =>
            {
                if (http.User.Identity is not { IsAuthenticated: true })
                {
                    return Results.Challenge(authenticationSchemes: [OpenIdConnectDefaults.AuthenticationScheme]);
                }

                return Results.Ok(
                    new LoggedIn(
                        http.User.Claims.ToDictionary(c => c.Type, c => c.Value),
                        (await http.GetTokenAsync("id_token"))!
                    )
                );
            }
        );
        await app.StartAsync(cancellation);
        return new GoogleClientApp(app);
    }

    /// <summary>Comes anew, without cookies of before, and is sent to the page to choose an account.</summary>
    public async Task<PickerForm> ComeAsync(CancellationToken cancellation)
    {
        using var answer = await _visitor.GetAsync(Address, cancellation);
        return await PickerForm.ReadAsync(answer, cancellation);
    }

    /// <summary>Logs in as one of the accounts; the session is not kept.</summary>
    public Task<LoggedIn> LogInAsync(string email, CancellationToken cancellation) =>
        EndAsync((page, visitor) => page.ChooseAsync(visitor, email, cancellation), cancellation);

    /// <summary>Logs in by typing an address.</summary>
    public Task<LoggedIn> LogInByTypingAsync(string email, CancellationToken cancellation) =>
        EndAsync((page, visitor) => page.TypeAsync(visitor, email, cancellation), cancellation);

    /// <summary>Tries to log in; gives the client's status and what it says.</summary>
    public async Task<(HttpStatusCode Status, string Text)> TryAsync(
        Func<PickerForm, HttpClient, Task<HttpResponseMessage>> press,
        CancellationToken cancellation
    )
    {
        using var visitor = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer() });
        using var first = await visitor.GetAsync(Address, cancellation);
        if (!first.IsSuccessStatusCode)
        {
            return (first.StatusCode, await first.Content.ReadAsStringAsync(cancellation));
        }

        using var last = await press(await PickerForm.ReadAsync(first, cancellation), visitor);
        return (last.StatusCode, await last.Content.ReadAsStringAsync(cancellation));
    }

    public Task<(HttpStatusCode Status, string Text)> TryAsync(CancellationToken cancellation) =>
        TryAsync((page, visitor) => page.ChooseAsync(visitor, "dana@example.com", cancellation), cancellation);

    public async ValueTask DisposeAsync()
    {
        _visitor.Dispose();
        await _app.DisposeAsync();
    }

    private async Task<LoggedIn> EndAsync(
        Func<PickerForm, HttpClient, Task<HttpResponseMessage>> press,
        CancellationToken cancellation
    )
    {
        var (status, text) = await TryAsync(press, cancellation);
        Assert.True(status == HttpStatusCode.OK, $"{(int)status}: {text}");
        return JsonSerializer.Deserialize<LoggedIn>(text, JsonSerializerOptions.Web)!;
    }
}

/// <summary>What a client knows about who has logged in.</summary>
/// <param name="Claims">The claims it keeps.</param>
/// <param name="IdToken">The token as it came.</param>
internal sealed record LoggedIn(IReadOnlyDictionary<string, string> Claims, string IdToken)
{
    /// <summary>The token's claims with their JSON types.</summary>
    public JsonElement Payload => Part(1);

    public JsonElement Header => Part(0);

    private JsonElement Part(int index) =>
        JsonDocument
            .Parse(Microsoft.IdentityModel.Tokens.Base64UrlEncoder.Decode(IdToken.Split('.')[index]))
            .RootElement;
}
