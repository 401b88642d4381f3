using Microsoft.AspNetCore.Authentication.Cookies;
using Notify.Linking;

namespace Notify.Web.Login;

/// <summary>Checks whether a session is still valid, at every request and for every stream.</summary>
public sealed class SessionCheck(LoginPolicy admissions, RevokedSessions ended, ForgottenUsers forgotten)
{
    /// <summary>Whether no logout and no operator ended it, and its account may still enter as its user.</summary>
    public bool Holds(Session session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return Admits(session) is not null;
    }

    /// <summary>The account of a valid session; null if it is not valid.</summary>
    private AccountId? Admits(Session session) =>
        !ended.Contains(session.Id)
        && !forgotten.Includes(session.User.Value, session.BegunAt)
        && admissions.Of(session.Account) is Admission.Admitted { User: var user, Account: var account }
        && user == session.User
        && (session.UnixAccount ?? account) == account
            ? account
            : null;

    /// <summary>Called by the cookie handler. An invalid session keeps its cookie, because it may become valid again.</summary>
    internal static Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var services = context.HttpContext.RequestServices;
        if (
            Session.Of(context.Principal, context.Properties) is not { } session
            || services.GetRequiredService<TimeProvider>().GetUtcNow() >= SessionLife.EndOf(context.Properties)
            || services.GetRequiredService<SessionCheck>().Admits(session) is not { } account
        )
        {
            context.RejectPrincipal();
            context.ShouldRenew = false;
        }
        else if (session.UnixAccount is null)
        {
            // From an earlier version: from now on it belongs to this account.
            Session.SetUnixAccount(context.Properties, account);
            context.ShouldRenew = true;
        }

        return Task.CompletedTask;
    }
}
