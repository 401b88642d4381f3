using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Notify.Posix;

namespace Notify.Gateway.Dispatch;

/// <summary>Who calls on the dispatch socket, by the kernel's word. Its mode keeps others out; this holds even where the mode does not.</summary>
internal sealed class DispatchPeers(TrustedPeers trusted)
{
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

    /// <summary>Who sent a request; null where it did not come over the socket.</summary>
    internal static PeerCredentials? Of(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(typeof(PeerCredentials), out var peer)
        == true
            ? peer as PeerCredentials
            : null;

    internal bool MayCall(PeerCredentials peer) => trusted.Include(peer);
}
