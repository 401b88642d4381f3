using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using Notify.Hosting;

namespace Notify.Web.Login;

/// <summary>What the login page has to say, beside offering the login.</summary>
/// <param name="Status">The HTTP status of the page.</param>
/// <param name="Title">In a few words.</param>
/// <param name="Sentence">Why, and what to do.</param>
public sealed record LoginProblem(int Status, string Title, string Sentence)
{
    /// <summary>Shows it in place of what the request was for.</summary>
    internal static void Show<TOptions>(HandleRequestContext<TOptions> context, LoginProblem trouble)
        where TOptions : AuthenticationSchemeOptions
    {
        var http = context.HttpContext;
        http.Items[typeof(LoginProblem)] = trouble;
        http.Request.Method = HttpMethods.Get;
        http.Request.Path = "/login";
        http.Request.QueryString = QueryString.Empty;
        context.SkipHandler();
    }

    /// <summary>What the request has to show; null where nothing went wrong.</summary>
    public static LoginProblem? Of(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Items.TryGetValue(typeof(LoginProblem), out var trouble) ? (LoginProblem)trouble! : null;
    }

    /// <summary>The provider gives no answer, or the proxy on the way there lets nobody through.</summary>
    internal static LoginProblem ProviderDown(WebSettings settings, Exception? failure) =>
        new(
            StatusCodes.Status503ServiceUnavailable,
            "Google can't be reached",
            // Which proxy it is stands in the log: it is nobody's business who is not logged in.
            LoginEvents.ProxyFailure(settings, failure)
                is null
                ? $"{settings.Authority.Host} gives no answer now, so nobody can log in. Who is logged in already stays so. Try again in a minute."
                : $"This server's proxy lets nothing through to {settings.Authority.Host} now, so nobody can log in. Who is logged in already stays so. Try again in a minute; if it stays so, tell the operator."
        );
}

/// <summary>What happens when the provider sends somebody back.</summary>
internal sealed class LoginEvents : OpenIdConnectEvents
{
    /// <summary>What the framework says where the browser has no cookie of a login that was begun here.</summary>
    private const string ForgottenLogin = "Correlation failed.";

    public override Task RedirectToIdentityProvider(RedirectContext context)
    {
        // Or who was refused with one account could never choose another.
        context.ProtocolMessage.Prompt = OpenIdConnectPrompt.SelectAccount;
        LoginCookies.MakeRoom(context.HttpContext, context.Options);
        return Task.CompletedTask;
    }

    /// <summary>The token is right: signature, issuer, audience, nonce and time are checked. Who is it, and may they enter?</summary>
    public override Task TokenValidated(TokenValidatedContext context)
    {
        // The library takes a token without signature where it comes straight from the provider. No provider sends one.
        if (context.SecurityToken.SignatureAlgorithm is null or "" or SecurityAlgorithms.None)
        {
            context.Fail(new SecurityTokenInvalidSignatureException("The token has no signature."));
            return Task.CompletedTask;
        }

        var services = context.HttpContext.RequestServices;
        var account = AccountOf(context.Principal!);
        switch (services.GetRequiredService<LoginPolicy>().Of(account))
        {
            case Admission.Admitted admitted:
                context.Principal = Session.Begin(admitted.User, account).ToPrincipal();
                context.Properties = new AuthenticationProperties
                {
                    IsPersistent = true,
                    RedirectUri = context.Properties?.RedirectUri,
                };
                Session.SetUnixAccount(context.Properties, admitted.Account);
                LoginLog.Of(context.HttpContext).Entered(admitted.User, account.Email);
                break;
            case Admission.Refused refused:
                LoginLog.Of(context.HttpContext).Refused(Hosting.ApiExceptionHandler.Shown(account.Email), refused.Why);
                LoginProblem.Show(
                    context,
                    new LoginProblem(StatusCodes.Status403Forbidden, "You can't log in with this account", refused.Why)
                );
                break;
            case Admission.Undecided undecided:
                LoginProblem.Show(
                    context,
                    new LoginProblem(StatusCodes.Status503ServiceUnavailable, "Nobody can log in now", undecided.Why)
                );
                break;
        }

        return Task.CompletedTask;
    }

    public override Task TicketReceived(TicketReceivedContext context)
    {
        LoginCookies.TakeAllAway(context.HttpContext, (OpenIdConnectOptions)context.Options);
        return Task.CompletedTask;
    }

    public override async Task RemoteFailure(RemoteFailureContext context)
    {
        if (
            context.Failure?.Message == ForgottenLogin
            && (
                await context.HttpContext.AuthenticateAsync(CookieAuthenticationDefaults.AuthenticationScheme)
            ).Succeeded
        )
        {
            // The login of another tab, which was done first, has taken this one's cookies away: who comes back here is logged in.
            context.Response.Redirect(context.Request.PathBase + "/");
            context.HandleResponse();
            return;
        }

        var settings = context.HttpContext.RequestServices.GetRequiredService<WebSettings>();
        var failure = context.Failure;
        LoginLog.Of(context.HttpContext).Failed(ProxyFailure(settings, failure) ?? Reason(failure));
        LoginProblem.Show(
            context,
            failure switch
            {
                _ when IsProviderDown(failure) => LoginProblem.ProviderDown(settings, failure),
                OpenIdConnectProtocolException
                    when failure.Data["error"] is "invalid_client" or "unauthorized_client" => new LoginProblem(
                    StatusCodes.Status503ServiceUnavailable,
                    "Nobody can log in now",
                    "Google does not know this dashboard. Tell the operator: GOOGLE_CLIENT_ID or GOOGLE_CLIENT_SECRET is not right."
                ),
                // The class itself, with no error of the protocol, is an answer that no provider gives. What is derived from it is about a token that is not right.
                OpenIdConnectProtocolException
                    when failure.GetType() == typeof(OpenIdConnectProtocolException)
                        && failure.Data["error"]
                            is not ("access_denied" or "invalid_grant" or "invalid_request" or "invalid_scope")
                        && !IsRefusedInBrowser(context.Request) => LoginProblem.ProviderDown(settings, null),
                { Data: { } data } when data["error"] is "access_denied" => new LoginProblem(
                    StatusCodes.Status403Forbidden,
                    "You are not logged in",
                    "The login was cancelled at Google. Start it again if you want to."
                ),
                _ => new LoginProblem(
                    StatusCodes.Status400BadRequest,
                    "This login did not work",
                    "It was begun in another window, took too long, was used already, or Google's answer was not right. Start it again; if it stays so, tell the operator."
                ),
            }
        );
    }

    /// <summary>Whether the provider sent the browser back with an error of its own: then it can be reached.</summary>
    private static bool IsRefusedInBrowser(HttpRequest request) =>
        request.Query["error"] is [{ } error] && error is not ("server_error" or "temporarily_unavailable");

    internal static bool IsProviderDown(Exception? e) =>
        e is not null
        && (e is HttpRequestException or TaskCanceledException or IOException || IsProviderDown(e.InnerException));

    /// <summary>What the proxy on the way to the provider did; null where it is not to blame.</summary>
    internal static string? ProxyFailure(WebSettings settings, Exception? e)
    {
        for (; e is not null; e = e.InnerException)
        {
            // Only these come before there is a connection; what is said by the library around them is not.
            if (
                e is HttpRequestException
                {
                    HttpRequestError: HttpRequestError.ProxyTunnelError
                        or HttpRequestError.ConnectionError
                        or HttpRequestError.NameResolutionError
                }
            )
            {
                return settings.Proxy?.Explain(e, settings.Authority, wasSent: false);
            }
        }

        return null;
    }

    /// <summary>What is said of it without anything that was in the request.</summary>
    private static string Reason(Exception? e) =>
        e switch
        {
            null => "no reason given",
            SecurityTokenException => e.GetType().Name,
            _ when IsProviderDown(e) => "the provider can't be reached",
            OpenIdConnectProtocolException =>
                $"{e.GetType().Name} {Hosting.ApiExceptionHandler.Shown(e.Data["error"]?.ToString() ?? "")}",
            _ => e.InnerException is { } inner && e is AuthenticationFailureException
                ? Reason(inner)
                : e.GetType().Name
                    + (e is AuthenticationFailureException ? ": " + Hosting.ApiExceptionHandler.Shown(e.Message) : ""),
        };

    private static GoogleAccount AccountOf(ClaimsPrincipal principal) =>
        new(
            AsciiText.Lower(principal.FindFirst("email")?.Value ?? ""),
            string.Equals(principal.FindFirst("email_verified")?.Value, "true", StringComparison.OrdinalIgnoreCase),
            principal.FindFirst("hd") is { } domain ? AsciiText.Lower(domain.Value) : null
        );
}

/// <summary>Who logged in, and who could not. Strangers cause the latter, so those lines are throttled.</summary>
internal sealed partial class LoginLog(ILoggerFactory logs, TimeProvider time)
{
    private readonly ILogger _log = logs.CreateLogger("Notify.Web.Login");
    private readonly LogThrottle _refused = new(time);
    private readonly LogThrottle _failed = new(time);
    private readonly LogThrottle _notSent = new(time);

    internal static LoginLog Of(HttpContext context) => context.RequestServices.GetRequiredService<LoginLog>();

    internal void Entered(UserName user, string email) => LogEntered(_log, user, email);

    internal void Refused(string email, string why)
    {
        if (_refused.Next() is { } others)
        {
            LogRefused(_log, email, why, others);
        }
    }

    internal void Failed(string reason)
    {
        if (_failed.Next() is { } others)
        {
            LogFailed(_log, reason, others);
        }
    }

    internal void NotSent(string reason)
    {
        if (_notSent.Next() is { } others)
        {
            LogNotSent(_log, reason, others);
        }
    }

    [LoggerMessage(4110, LogLevel.Information, "{User} has logged in as {Email}.")]
    private static partial void LogEntered(ILogger log, UserName user, string email);

    [LoggerMessage(4111, LogLevel.Warning, "{Email} was refused: {Why}{Others}")]
    private static partial void LogRefused(ILogger log, string email, string why, string others);

    [LoggerMessage(4112, LogLevel.Warning, "A login failed: {Reason}.{Others}")]
    private static partial void LogFailed(ILogger log, string reason, string others);

    [LoggerMessage(4113, LogLevel.Warning, "Nobody can be sent to the provider to log in: {Reason}.{Others}")]
    private static partial void LogNotSent(ILogger log, string reason, string others);
}
