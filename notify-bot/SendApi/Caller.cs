using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Notify.Posix;

namespace Notify.Bot.SendApi;

/// <summary>Who is at the other end of a connection, by the kernel's word. Whatever a request says about its sender does not count.</summary>
/// <param name="Uid">The user id it connected with.</param>
/// <param name="Name">Its account's name; null where the account is gone or has a name that no analyst has.</param>
/// <param name="IsTrusted">Whether it may act for anyone: root, the bot's own user, or a member of the trusted group.</param>
public sealed record Caller(uint Uid, UserName? Name, bool IsTrusted)
{
    /// <summary>The user whom a request is about: the one it names, if the caller may act for that one, else the caller itself.</summary>
    /// <exception cref="RefusalException">403, or 400 for a name that can't be one.</exception>
    public UserName For(string? user)
    {
        if (user is null)
        {
            return Name ?? throw new RefusalException(
                StatusCodes.Status403Forbidden, $"The user id {Uid} has no account with a name that an analyst can have; name the user in the field 'user', if you may send for others.");
        }

        if (!UserName.TryParse(user, out var named))
        {
            throw new RefusalException(StatusCodes.Status400BadRequest, "Field 'user' is not a user name: 1 to 32 letters, digits, '_', '.' and '-', the first a letter or '_'.");
        }

        return IsTrusted || named == Name
            ? named
            : throw new RefusalException(StatusCodes.Status403Forbidden, $"You are {Name?.Value ?? $"user id {Uid}"}, so you can't act for {named}. Leave the field 'user' out, or ask the operator to add you to the group that may.");
    }
}

/// <summary>
/// Looks at each connection as it comes in: who it is, and whether this user has too many open already, so that one user's
/// flood of connections leaves room for everybody else's.
/// </summary>
public sealed class CallerGate(uint? trustedGid, uint ownUid)
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
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket || Identify(socket) is not { } caller)
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
        return context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(typeof(Caller), out var caller) == true && caller is Caller known
            ? known
            : throw new InvalidOperationException("The connection did not pass the caller's gate.");
    }

    private Caller? Identify(Socket socket)
    {
        PeerCredentials peer;
        try
        {
            peer = PeerCredentials.Of(socket);
        }
        catch (SocketException)
        {
            return null;
        }

        var trusted = peer.Uid == 0 || peer.Uid == ownUid || (trustedGid is { } gid && peer.IsIn(gid));
        return new Caller(peer.Uid, UserName.TryParse(Account.Find(peer.Uid)?.Name, out var name) ? name : null, trusted);
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
