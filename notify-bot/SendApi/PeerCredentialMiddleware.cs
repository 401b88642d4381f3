using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Notify.Posix;

namespace Notify.Bot.SendApi;

/// <summary>
/// Looks at each connection as it comes in: who it is, and whether this user has too many open already, so that one user's
/// flood of connections leaves room for everybody else's.
/// </summary>
public sealed class PeerCredentialMiddleware(TrustedPeers trusted)
{
    /// <summary>Open connections of one user who is not trusted. A caller that keeps one open for each of many threads stays below it.</summary>
    public const int ConnectionsPerUser = 128;

    /// <summary>Open connections over all users, each of some kB, from which on a user gets only <see cref="ConnectionsPerUserInACrowd"/>.</summary>
    public const int Crowd = 1500;

    /// <summary>
    /// What every user gets however many others flood together: a fixed number for all would leave the next caller outside. A round of the
    /// runner needs one for each script that runs at the moment.
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
            // No word of the kernel, no service: the other end is gone, or it is no Unix socket.
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

    /// <summary>The user whom a request is about that has no body: the one its query names, else the caller.</summary>
    /// <exception cref="ApiException">The caller may not act for that one.</exception>
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
