using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using Notify.Hosting;
using Notify.Text;

namespace Notify.Web.Login;

/// <summary>A message on the login page.</summary>
/// <param name="Status">The HTTP status of the page.</param>
/// <param name="Title">The title.</param>
/// <param name="Sentence">The reason and what to do.</param>
public sealed record LoginProblem(int Status, string Title, string Sentence)
{
    /// <summary>Shows it in place of the requested page.</summary>
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

    /// <summary>The request's message; null if nothing went wrong.</summary>
    public static LoginProblem? Of(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Items.TryGetValue(typeof(LoginProblem), out var trouble) ? (LoginProblem)trouble! : null;
    }

    /// <summary>The provider does not answer, or the proxy refuses the connection.</summary>
    internal static LoginProblem ProviderDown(WebSettings settings, Exception? failure) =>
        new(
            StatusCodes.Status503ServiceUnavailable,
            "Google can't be reached",
            // Only the log names the proxy: it does not concern people who are not logged in.
            LoginEvents.ProxyFailure(settings, failure)
                is null
                ? $"{settings.Authority.Host} does not answer at the moment, so nobody can log in. Sessions continue. Try again in a minute."
                : $"This server's proxy lets nothing through to {settings.Authority.Host} at the moment, so nobody can log in. Sessions continue. Try again in a minute. If this goes on, tell {settings.Contact}."
        );
}

/// <summary>Handles people who come back from the provider.</summary>
internal sealed class LoginEvents : OpenIdConnectEvents
{
    /// <summary>The framework's error if the browser has no cookie of a login begun here.</summary>
    private const string ForgottenLogin = "Correlation failed.";

    public override Task RedirectToIdentityProvider(RedirectContext context)
    {
        // Otherwise a person refused with one account could never choose another.
        context.ProtocolMessage.Prompt = OpenIdConnectPrompt.SelectAccount;
        LoginCookies.MakeRoom(context.HttpContext, context.Options);
        return Task.CompletedTask;
    }

    /// <summary>Decides who it is and whether they may enter. The token's signature, issuer, audience, nonce and time are already checked.</summary>
    public override Task TokenValidated(TokenValidatedContext context)
    {
        // The library accepts an unsigned token directly from the provider. No provider sends one.
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
                LoginLog.Of(context.HttpContext).Refused(SafeText.Line(account.Email, 100), refused.Why);
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
            // A login in another tab finished first and removed this one's cookies: the person is logged in.
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
                    $"Google does not know this dashboard. Tell {settings.Contact}: GOOGLE_CLIENT_ID or GOOGLE_CLIENT_SECRET is wrong."
                ),
                // The base class without a protocol error means an answer that no provider gives. Derived classes mean an invalid token.
                OpenIdConnectProtocolException
                    when failure.GetType() == typeof(OpenIdConnectProtocolException)
                        && failure.Data["error"]
                            is not ("access_denied" or "invalid_grant" or "invalid_request" or "invalid_scope")
                        && !IsRefusedInBrowser(context.Request) => LoginProblem.ProviderDown(settings, null),
                { Data: { } data } when data["error"] is "access_denied" => new LoginProblem(
                    StatusCodes.Status403Forbidden,
                    "You are not logged in",
                    "The login was cancelled at Google. Start again if you want to."
                ),
                _ => new LoginProblem(
                    StatusCodes.Status400BadRequest,
                    "The login failed",
                    $"It began in another window, took too long, was already used, or Google's answer was invalid. Start again. If this goes on, tell {settings.Contact}."
                ),
            }
        );
    }

    /// <summary>Whether the provider sent the browser back with an error, and so is reachable.</summary>
    private static bool IsRefusedInBrowser(HttpRequest request) =>
        request.Query["error"] is [{ } error] && error is not ("server_error" or "temporarily_unavailable");

    internal static bool IsProviderDown(Exception? e) =>
        e is not null
        && (e is HttpRequestException or TaskCanceledException or IOException || IsProviderDown(e.InnerException));

    /// <summary>The proxy's failure; null if it is not to blame.</summary>
    internal static string? ProxyFailure(WebSettings settings, Exception? e)
    {
        for (; e is not null; e = e.InnerException)
        {
            // Only these come before there is a connection.
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

    /// <summary>Describes the failure without anything from the request.</summary>
    private static string Reason(Exception? e) =>
        e switch
        {
            null => "no reason given",
            SecurityTokenException => e.GetType().Name,
            _ when IsProviderDown(e) => "the provider can't be reached",
            OpenIdConnectProtocolException =>
                $"{e.GetType().Name} {SafeText.Line(e.Data["error"]?.ToString() ?? "", 100)}",
            _ => e.InnerException is { } inner && e is AuthenticationFailureException
                ? Reason(inner)
                : e.GetType().Name + (e is AuthenticationFailureException ? ": " + SafeText.Line(e.Message, 100) : ""),
        };

    private static GoogleAccount AccountOf(ClaimsPrincipal principal) =>
        new(
            AsciiText.Lower(principal.FindFirst("email")?.Value ?? ""),
            string.Equals(principal.FindFirst("email_verified")?.Value, "true", StringComparison.OrdinalIgnoreCase),
            principal.FindFirst("hd") is { } domain ? AsciiText.Lower(domain.Value) : null
        );
}

/// <summary>Logs logins and failures. Outsiders can cause failures, so these lines are throttled.</summary>
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

    [LoggerMessage(4110, LogLevel.Information, "{User} logged in as {Email}.")]
    private static partial void LogEntered(ILogger log, UserName user, string email);

    [LoggerMessage(4111, LogLevel.Warning, "{Email} was refused: {Why}{Others}")]
    private static partial void LogRefused(ILogger log, string email, string why, string others);

    [LoggerMessage(4112, LogLevel.Warning, "A login failed: {Reason}.{Others}")]
    private static partial void LogFailed(ILogger log, string reason, string others);

    [LoggerMessage(
        4113,
        LogLevel.Warning,
        "Nobody can log in, because the provider can't be reached: {Reason}.{Others}"
    )]
    private static partial void LogNotSent(ILogger log, string reason, string others);
}
