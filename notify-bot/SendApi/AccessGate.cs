using Notify.Http;
using Notify.Linking;

namespace Notify.Bot.SendApi;

/// <summary>
/// Checks at every request that the caller still has access. The kernel goes by the groups of a process's start, which it keeps when its user leaves them.
/// </summary>
internal sealed class AccessGate(Accounts accounts, BotSettings settings)
{
    /// <summary>Paths that tell nothing about any user.</summary>
    private static readonly string[] Open = ["/health", "/metrics"];

    internal Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        if (!Open.Contains(context.Request.Path.Value, StringComparer.Ordinal))
        {
            Check(PeerCredentialMiddleware.Of(context));
        }

        return next(context);
    }

    /// <summary>Decides whether a caller has access now.</summary>
    internal bool Has(Caller caller) => Objection(caller) is null;

    private void Check(Caller caller)
    {
        if (Objection(caller) is { } objection)
        {
            throw new ApiException(StatusCodes.Status403Forbidden, objection);
        }
    }

    /// <summary>Why a caller has no access; null if it has. root and services always have access.</summary>
    private string? Objection(Caller caller)
    {
        if (caller.Name is not { } name || caller.Uid == 0)
        {
            return null;
        }

        var now = accounts.Find(name, caller.Uid) ?? throw new AccountUnknownException(name);
        return now.Id.Uid != caller.Uid
                ? $"The name {name} is no longer yours: you are user id {caller.Uid}, and {name} has {now.Id}. Log in again."
            : now.IsOutside && caller.Uid != Posix.Account.EffectiveUid
                ? $"You are no longer in the group {settings.AnalystGroup}, so Notify does not answer you. Ask {settings.Contact} to add you ({settings.AddAnalyst(name)}), then log in again."
            : null;
    }
}
