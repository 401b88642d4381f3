using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Notify.Http;
using Notify.Posix;

namespace Notify.Bot.SendApi;

/// <summary>
/// Identifies the caller of each new connection, and refuses it if the user has too many open. One user's flood leaves
/// room for others.
/// </summary>
public sealed class PeerCredentialMiddleware(TrustedPeers trusted)
{
    /// <summary>Most open connections of one untrusted user. A caller with one for each of many threads stays below it.</summary>
    public const int ConnectionsPerUser = 128;

    /// <summary>Open connections of all users, some kB each, from which on a user gets only <see cref="ConnectionsPerUserInACrowd"/>.</summary>
    public const int Crowd = 1500;

    /// <summary>
    /// The connections that every user gets, however many others flood. A fixed total would lock out the next caller. A round of the
    /// runner needs one for each running script.
    /// </summary>
    public const int ConnectionsPerUserInACrowd = 8;

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, int> _open = [];
    private int _openOverAll;

    /// <summary>Kestrel's connection middleware.</summary>
    public async Task OnConnectionAsync(ConnectionContext connection, Func<Task> next)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(next);
        if (
            connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket
            || Identify(socket) is not { } caller
        )
        {
            // Without credentials from the kernel the other end is gone, or this is not a Unix socket.
            connection.Abort();
            return;
        }

        if (!Enter(caller))
        {
            connection.Abort(new ConnectionAbortedException($"User id {caller.Uid} has too many connections open."));
            return;
        }

        try
        {
            connection.Items[typeof(Caller)] = caller;
            await next();
        }
        finally
        {
            Leave(caller);
        }
    }

    /// <summary>The caller of a request.</summary>
    public static Caller Of(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return
            context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(typeof(Caller), out var caller) == true
            && caller is Caller known
            ? known
            : throw new InvalidOperationException("The connection did not pass the caller's gate.");
    }

    /// <summary>The user of a request without a body: the one in its query, else the caller.</summary>
    /// <exception cref="ApiException">The caller may not act for that user.</exception>
    public static UserName UserOf(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Of(context).For(context.Request.Query["user"]);
    }

    private Caller? Identify(Socket socket)
    {
        if (PeerCredentials.TryOf(socket) is not { } peer)
        {
            return null;
        }

        var isLookedUp = Account.TryFind(peer.Uid, out var account);
        return new Caller(
            peer.Uid,
            UserName.TryParse(account?.Name, out var name) ? name : null,
            trusted.Include(peer),
            account?.Name,
            isLookedUp
        )
        {
            Groups = [peer.Gid, .. peer.Groups],
        };
    }

    private bool Enter(Caller caller)
    {
        lock (_gate)
        {
            var open = _open.GetValueOrDefault(caller.Uid);
            if (open >= (_openOverAll < Crowd ? ConnectionsPerUser : ConnectionsPerUserInACrowd) && !caller.IsTrusted)
            {
                return false;
            }

            _open[caller.Uid] = open + 1;
            _openOverAll++;
            return true;
        }
    }

    private void Leave(Caller caller)
    {
        lock (_gate)
        {
            _openOverAll--;
            if (--_open[caller.Uid] == 0)
            {
                _open.Remove(caller.Uid);
            }
        }
    }
}
