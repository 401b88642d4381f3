using Notify.Bot.SendApi;
using Notify.Linking;
using Notify.Posix;

namespace Notify.Bot.Operators;

/// <summary>
/// Decides at every request who is an operator: root, or a member of the trusted group by the group database of this moment. The groups of the caller's process don't count,
/// because the kernel keeps them after their user has left. Everybody else is answered as for an unknown path.
/// </summary>
internal sealed class OperatorGate(BotSettings settings, TimeProvider time)
{
    /// <summary>Where operators' calls are.</summary>
    internal const string Path = "/operator";

    private const string Root = "root";

    private readonly Accounts _members = new(time, settings.TrustedGroup);

    /// <summary>Middleware.</summary>
    internal Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        if (!context.Request.Path.StartsWithSegments(Path, StringComparison.OrdinalIgnoreCase))
        {
            return next(context);
        }

        var named = context.Request.Query[Contracts.OperatorQuery.Operator];
        if (named.Count > 1 || Find(PeerCredentialMiddleware.Of(context), named) is not { } name)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        context.Items[typeof(OperatorGate)] = name;
        return next(context);
    }

    /// <summary>The operator of a request that passed the gate, for audit and log.</summary>
    internal static string Of(HttpContext context) =>
        context.Items[typeof(OperatorGate)] as string
        ?? throw new InvalidOperationException("The request did not pass the operators' gate.");

    /// <summary>Whether a caller is one of Notify's services, which speak for others. A person of the trusted group is none, or could act under another one's name.</summary>
    internal static bool IsService(Caller caller) =>
        caller.Uid == 0
        || caller.Uid == Account.EffectiveUid
        || (caller.IsTrusted && !new AccountNow(new AccountId(caller.Uid), false, false).IsPersons);

    /// <summary>The operator's name; null if the caller is none, or names none.</summary>
    /// <param name="caller">Who asks, by the kernel.</param>
    /// <param name="named">For whom a service asks; null for itself.</param>
    /// <exception cref="AccountUnknownException">The name service fails.</exception>
    private string? Find(Caller caller, string? named)
    {
        if (named is not null)
        {
            return IsService(caller) && UserName.TryParse(named, out var user) && _members.Of(user).IsMember
                ? user.Value
                : null;
        }

        if (caller.Uid == 0)
        {
            return Root;
        }

        // A service that forgets to name its person must not pass for one.
        return
            (!IsService(caller) || caller.Uid == Account.EffectiveUid)
            && caller.Name is { } own
            && _members.Find(own, caller.Uid) is { IsMember: true } now
            && now.Id.Uid == caller.Uid
            ? own.Value
            : null;
    }
}
