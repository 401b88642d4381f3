using Microsoft.AspNetCore.Authentication.Cookies;
using Notify.Linking;

namespace Notify.Web.Login;

/// <summary>Whether a session still holds, asked at every request and by every stream.</summary>
public sealed class SessionCheck(LoginPolicy admissions, RevokedSessions ended)
{
    /// <summary>Whether it was not ended by a logout, and its account may still enter as its user.</summary>
    public bool Holds(Session session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return Admits(session) is not null;
    }

    /// <summary>The account that a session holds for; null where it does not hold.</summary>
    private AccountId? Admits(Session session) =>
        !ended.Contains(session.Id)
        && admissions.Of(session.Account) is Admission.Admitted { User: var user, Account: var account }
        && user == session.User
        && (session.UnixAccount ?? account) == account
            ? account
            : null;

    /// <summary>The cookie handler's question. The cookie stays where it is: it does not count, and may count again.</summary>
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
            // Of an earlier version: from now on it is of this account.
            Session.SetUnixAccount(context.Properties, account);
            context.ShouldRenew = true;
        }

        return Task.CompletedTask;
    }
}
