using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Notify.Posix;

namespace Notify.Gateway.Connections;

/// <summary>
/// Everybody who has come in for a client. Bounds how many there are: over all, and of strangers from one place, so that a crowd from one place keeps nobody else
/// out. Of strangers from this machine, where the crowd and everybody else may have the same address, the one that has waited longest makes room for the next: a
/// client that says at once who it is gets in, however many say nothing.
/// </summary>
/// <param name="time">The clock of their patience.</param>
/// <param name="counts">Where those are counted who find no room.</param>
/// <param name="openFiles">How many files and sockets the system lets the gateway have; it takes no more than a part of them.</param>
internal sealed class ConnectionLimiter(TimeProvider time, GatewayMetrics counts, int openFiles)
{
    private readonly int _most = Math.Min(ClientLimits.Connections, openFiles / 2);
    private readonly int _mostStrangers = Math.Min(ClientLimits.Strangers, openFiles / 4);

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<TrackedConnection, byte> _all = [];

    /// <summary>The oldest first.</summary>
    private readonly Dictionary<Place, LinkedList<TrackedConnection>> _strangersByPlace = [];
    private int _strangers;
    private int _count;

    /// <summary>Those who are there.</summary>
    internal IEnumerable<TrackedConnection> All => _all.Keys;

    /// <summary>How many of them have not said yet who they are.</summary>
    internal int Strangers => Volatile.Read(ref _strangers);

    private int MostFromHere => _mostStrangers / 4 * 3;

    /// <summary>Kestrel's connection middleware of the clients' endpoint.</summary>
    internal async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (TryEnter(connection) is not { } tracked)
        {
            counts.TurnedAway();
            connection.Abort(new ConnectionAbortedException("Too many connections."));
            return;
        }

        try
        {
            connection.Items[typeof(TrackedConnection)] = tracked;
            await next(connection);
        }
        finally
        {
            Leave(tracked);
        }
    }

    /// <summary>The tracked of a request.</summary>
    internal static TrackedConnection? Of(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(typeof(TrackedConnection), out var tracked)
        == true
            ? tracked as TrackedConnection
            : null;

    /// <summary>Takes a tracked for one from another address: the web server in front has said so.</summary>
    /// <returns>False where too many strangers from there are waiting.</returns>
    internal bool TryMove(TrackedConnection tracked, IPAddress forwardedFor)
    {
        var place = Place.Of(forwardedFor);
        TrackedConnection? oldest;
        lock (_gate)
        {
            // Out of the count first: who moves needs no room beside itself.
            Remove(tracked);
            if (!TryMakeRoom(place, out oldest))
            {
                Add(tracked);
                counts.TurnedAway();
                return false;
            }

            tracked.Place = place;
            Add(tracked);
        }

        Cut(oldest);
        return true;
    }

    /// <summary>A stranger has said who it is.</summary>
    internal void Introduce(TrackedConnection tracked)
    {
        lock (_gate)
        {
            Remove(tracked);
        }
    }

    private static Place? PlaceOf(ConnectionContext connection, Socket? socket) =>
        connection.RemoteEndPoint is IPEndPoint remote ? Place.Of(remote.Address)
        : PeerCredentials.TryOf(socket) is { } peer ? Place.Of(peer.Uid)
        : null;

    private TrackedConnection? TryEnter(ConnectionContext connection)
    {
        var socket = connection.Features.Get<IConnectionSocketFeature>()?.Socket;
        if (PlaceOf(connection, socket) is not { } place)
        {
            return null;
        }

        TrackedConnection tracked;
        TrackedConnection? oldest;
        lock (_gate)
        {
            if (_count >= _most || !TryMakeRoom(place, out oldest))
            {
                return null;
            }

            _count++;
            tracked = new TrackedConnection(connection, place, isForwarder: place.Uid is not null, time.GetTimestamp());
            Add(tracked);
        }

        Cut(oldest);
        try
        {
            socket?.SendBufferSize = ClientLimits.KernelSendBuffer;
        }
        catch (SocketException)
        {
            // It is gone already; whoever reads next sees that.
        }

        _all.TryAdd(tracked, 0);
        return tracked;
    }

    private void Leave(TrackedConnection tracked)
    {
        _all.TryRemove(tracked, out _);
        lock (_gate)
        {
            Remove(tracked);
            _count--;
        }
    }

    /// <summary>Whether one more stranger from there may wait; where another has to make room for it, that one is taken out of the count and given back.</summary>
    private bool TryMakeRoom(Place place, out TrackedConnection? oldest)
    {
        oldest = null;
        var count = _strangersByPlace.TryGetValue(place, out var own) ? own.Count : 0;
        if (!place.IsHere && count >= ClientLimits.StrangersPerAddress)
        {
            return false;
        }

        if (place.IsHere && count >= MostFromHere)
        {
            oldest = own!.First!.Value;
        }
        else if (_strangers >= _mostStrangers)
        {
            // The largest crowd makes room.
            oldest = _strangersByPlace.Values.MaxBy(crowd => crowd.Count)!.First!.Value;
        }

        if (oldest is not null)
        {
            Remove(oldest);
        }

        return true;
    }

    private void Add(TrackedConnection tracked)
    {
        if (!_strangersByPlace.TryGetValue(tracked.Place, out var crowd))
        {
            _strangersByPlace[tracked.Place] = crowd = [];
        }

        tracked.AmongStrangers = crowd.AddLast(tracked);
        _strangers++;
    }

    private void Remove(TrackedConnection tracked)
    {
        if (tracked.AmongStrangers is not { } node)
        {
            return;
        }

        tracked.AmongStrangers = null;
        _strangers--;
        node.List!.Remove(node);
        if (_strangersByPlace[tracked.Place].Count == 0)
        {
            _strangersByPlace.Remove(tracked.Place);
        }
    }

    private void Cut(TrackedConnection? oldest)
    {
        if (oldest is not null)
        {
            counts.TurnedAway();
            oldest.Cut("Others wait, and this one has waited longest without saying who it is.");
        }
    }
}
