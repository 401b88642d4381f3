using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Notify.Http;
using Notify.Posix;

namespace Notify.Gateway.Dispatch;

/// <summary>Checks the callers of the dispatch socket by the kernel's credentials. The socket's mode keeps others out; this check also holds if the mode is wrong.</summary>
internal sealed class DispatchPeers(GatewaySettings settings)
{
    private readonly TrustedPeers _trusted = new(Account.EffectiveUid, Group.Find(settings.TrustedGroup)?.Gid);

    /// <summary>Kestrel's connection middleware of the dispatch socket.</summary>
    internal static Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (PeerCredentials.TryOf(connection.Features.Get<IConnectionSocketFeature>()?.Socket) is not { } peer)
        {
            connection.Abort();
            return Task.CompletedTask;
        }

        connection.Items[typeof(PeerCredentials)] = peer;
        return next(connection);
    }

    /// <summary>Whether a request came over the dispatch socket.</summary>
    internal static bool IsCall(HttpContext context) => Of(context) is not null;

    /// <summary>Middleware: refuses everybody else.</summary>
    internal Task CheckAsync(HttpContext context, RequestDelegate next) =>
        Of(context) is { } peer && _trusted.Include(peer)
            ? next(context)
            : throw new ApiException(
                StatusCodes.Status403Forbidden,
                $"User id {Of(context)?.Uid} is neither root, nor the gateway's user, nor in the trusted group."
            );

    private static PeerCredentials? Of(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(typeof(PeerCredentials), out var peer)
        == true
            ? peer as PeerCredentials
            : null;
}
