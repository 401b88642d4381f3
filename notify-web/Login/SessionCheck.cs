using Microsoft.AspNetCore.Authentication.Cookies;

namespace Notify.Web.Login;

/// <summary>Whether a session still holds, asked at every request and by every stream.</summary>
public sealed class SessionCheck(Admissions admissions, EndedSessions ended)
{
    /// <summary>Whether it was not ended by a logout, and its account may still enter as its user.</summary>
    public bool Holds(Session session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return !ended.Contains(session.Id) && admissions.Of(session.Account) is Admission.Admitted { User: var user } && user == session.User;
    }

    /// <summary>The cookie handler's question. The cookie stays where it is: it does not count, and may count again.</summary>
    internal static Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        if (Session.Of(context.Principal) is not { } session || !context.HttpContext.RequestServices.GetRequiredService<SessionCheck>().Holds(session))
        {
            context.RejectPrincipal();
            context.ShouldRenew = false;
        }

        return Task.CompletedTask;
    }
}
