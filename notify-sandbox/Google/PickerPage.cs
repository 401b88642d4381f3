using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace Notify.Sandbox.Google;

/// <summary>The page to choose an account, and the page that says why a request goes no further. Without any script.</summary>
internal static class PickerPage
{
    public const string FieldPrefix = "sandbox_";
    public const string AccountField = FieldPrefix + "account";
    public const string EmailField = FieldPrefix + "email";
    public const string CancelField = FieldPrefix + "cancel";

    private const string Style = "/picker.css";
    private const string Icon = "/favicon.ico";

    public static void MapFiles(IEndpointRouteBuilder routes)
    {
        Serve(routes, Style, "picker.css", "text/css; charset=utf-8");
        Serve(routes, Icon, "picker.svg", "image/svg+xml");
    }

    public static Task WriteAsync(HttpContext http, GoogleWorld world, PickerHints hints, Problem? problem)
    {
        var fields = string.Concat(
            hints.Fields.Select(f => $"""<input type="hidden" name="{Safe(f.Key)}" value="{Safe(f.Value)}">""")
        );
        var home = hints.WorkspaceDomain is { Length: > 0 } wanted and not "*"
            ? wanted
            : world.Accounts.All().FirstOrDefault(a => a.Hd is not null)?.Hd;
        var accounts = world
            .Accounts.All()
            .OrderByDescending(a => IsHinted(a, hints))
            .ThenByDescending(a => a.Hd is not null && a.Hd == hints.WorkspaceDomain)
            .ToList();
        var typed = hints.LoginHint is { } hint && !accounts.Exists(a => IsHinted(a, hints)) ? hint : "";
        var body = $"""
            <h1>Choose an account</h1>
            <p class="to">to continue to <strong>{Safe(hints.RedirectUri.Authority)}</strong></p>
            {(problem is { IsTyped: false } ? $"""<p class="problem" role="alert">{Safe(problem.Text)}</p>""" : "")}
            <form method="post" action="{OpenIddictSetup.AuthorizationPath}">{fields}
              <ul class="accounts">
                {string.Concat(accounts.Select(a => AccountItem(a, home, IsHinted(a, hints))))}
              </ul>
            </form>
            <form method="post" action="{OpenIddictSetup.AuthorizationPath}" class="other">{fields}
              <h2>Use another account</h2>
              <label for="email">E-mail</label>
              <div class="row">
                <input id="email" name="{EmailField}" type="email" required maxlength="{GoogleAccount.MaxEmailLength}" autocomplete="off" spellcheck="false" value="{Safe(
                typed
            )}"
                  aria-describedby="email-about{(
                problem is { IsTyped: true } ? " email-problem\" aria-invalid=\"true\" autofocus" : "\""
            )}>
                <button type="submit" class="solid">Continue</button>
              </div>
              {(
                problem is { IsTyped: true }
                    ? $"""<p class="problem" id="email-problem" role="alert">{Safe(problem.Text)}</p>"""
                    : ""
            )}
              <p class="hint" id="email-about">An address that is not in the list is verified and in its domain’s Workspace; gmail.com has none.</p>
            </form>
            <form method="post" action="{OpenIddictSetup.AuthorizationPath}" class="end">{fields}
              <button type="submit" class="plain" name="{CancelField}" value="1">Cancel</button>
            </form>
            """;
        return WriteAsync(
            http,
            problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest,
            "Choose an account",
            body,
            hints.RedirectUri
        );
    }

    /// <summary>Tells the person, since nobody knows whether the client may be told.</summary>
    public static Task WriteRefusalAsync(HttpContext http, string error, string? description)
    {
        var body = $"""
            <h1>Access blocked</h1>
            <p class="to">The request of the site that sent you here is not valid.</p>
            <p class="problem"><strong>Error 400: {Safe(error)}</strong><br>{Safe(description ?? "")}</p>
            """;
        return WriteAsync(http, StatusCodes.Status400BadRequest, "Access blocked", body, sendsTo: null);
    }

    private static string AccountItem(GoogleAccount account, string? home, bool isHinted)
    {
        var colour = account.Subject[^1] % 6;
        return $"""
            <li><button type="submit" class="account" name="{AccountField}" value="{Safe(account.Email)}"{(
                isHinted ? " autofocus" : ""
            )}>
              <span class="avatar c{colour.ToString(CultureInfo.InvariantCulture)}" aria-hidden="true">{Safe(
                StringInfo.GetNextTextElement(account.ShownName).ToUpperInvariant()
            )}</span>
              <span class="who"><span class="name">{Safe(account.ShownName)}</span> <span class="email">{Safe(
                account.Email
            )}</span>
              <span class="notes">{string.Concat(
                Notes(account, home).Select(n =>
                    $"""<span class="{(n.IsOdd ? "note odd" : "note")}">{Safe(n.Text)}</span> """
                )
            )}</span></span>
            </button></li>
            """;
    }

    private static IEnumerable<(string Text, bool IsOdd)> Notes(GoogleAccount account, string? home)
    {
        if (!account.EmailVerified)
        {
            yield return ("E-mail not verified", true);
        }

        if (account.Hd is not { } domain)
        {
            yield return ("Not a Workspace account", true);
        }
        else if (!domain.Equals(home, StringComparison.OrdinalIgnoreCase))
        {
            yield return ($"Other Workspace: {domain}", true);
        }
        else
        {
            yield return ($"Workspace {domain}", false);
        }

        yield return UnixAccounts.Has(account.LocalPart)
            ? ($"Unix user {account.LocalPart}", false)
            : ($"No Unix user {account.LocalPart}", true);
    }

    private static bool IsHinted(GoogleAccount account, PickerHints hints) =>
        account.Email.Equals(hints.LoginHint, StringComparison.OrdinalIgnoreCase);

    private static Task WriteAsync(HttpContext http, int status, string title, string body, Uri? sendsTo)
    {
        var page = $"""
            <!doctype html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <meta name="color-scheme" content="light dark">
              <title>{title} · notify-sandbox</title>
              <link rel="icon" href="{Icon}" type="image/svg+xml">
              <link rel="stylesheet" href="{Style}">
            </head>
            <body>
              <main class="card">
                <p class="sandbox"><strong>Sandbox.</strong> This is notify-sandbox on this machine, not Google. Nothing goes to Google, and no password is asked for.</p>
                {body}
              </main>
            </body>
            </html>
            """;
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/html; charset=utf-8";
        // A form's policy goes for where its answer redirects to, too, and that is the client.
        http.Response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action {(sendsTo is null ? "'none'" : $"'self' {sendsTo.GetLeftPart(UriPartial.Authority)}")}";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        // With no-referrer the forms would come with "Origin: null", which is what other pages' forms come with.
        http.Response.Headers["Referrer-Policy"] = "same-origin";
        http.Response.Headers.CacheControl = "no-store";
        return http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(page), http.RequestAborted).AsTask();
    }

    private static string Safe(string text) => HtmlEncoder.Default.Encode(text);

    private static void Serve(IEndpointRouteBuilder routes, string path, string file, string type)
    {
        var content = Read(file);
        routes.MapGet(
            path,
            http =>
            {
                http.Response.ContentType = type;
                http.Response.ContentLength = content.Length;
                http.Response.Headers.XContentTypeOptions = "nosniff";
                http.Response.Headers.CacheControl = "no-cache";
                return http.Response.Body.WriteAsync(content, http.RequestAborted).AsTask();
            }
        );
    }

    private static byte[] Read(string file)
    {
        using var stream =
            typeof(PickerPage).Assembly.GetManifestResourceStream("google/" + file)
            ?? throw new InvalidOperationException($"The program was built without {file}.");
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
