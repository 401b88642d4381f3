using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Notify.Posix;

namespace Notify.Gateway.Connections;

/// <summary>
/// Tracks clients' connections and bounds them: in all, and unauthenticated ones from one place, so a crowd from one place keeps nobody else
/// out. On this machine the crowd and everybody else may share an address, so the unauthenticated connection that has waited longest makes room for the next. A
/// client that authenticates at once gets in, however many stay silent.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="metrics">Counts refused connections.</param>
internal sealed class ConnectionLimiter(TimeProvider time, GatewayMetrics metrics)
{
    // No more than a part of the files and sockets that the system lets the gateway have.
    private readonly int _most = Math.Min(ClientLimits.Connections, OpenFiles.Limit / 2);
    private readonly int _mostStrangers = Math.Min(ClientLimits.Strangers, OpenFiles.Limit / 4);

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<TrackedConnection, byte> _all = [];

    /// <summary>The oldest first.</summary>
    private readonly Dictionary<Place, LinkedList<TrackedConnection>> _strangersByPlace = [];
    private int _strangers;
    private int _count;

    /// <summary>Current connections.</summary>
    internal IEnumerable<TrackedConnection> All => _all.Keys;

    /// <summary>The number of unauthenticated connections.</summary>
    internal int Strangers => Volatile.Read(ref _strangers);

    private int MaxFromHere => _mostStrangers / 4 * 3;

    /// <summary>Kestrel's connection middleware of the clients' endpoint.</summary>
    internal async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (TryEnter(connection) is not { } tracked)
        {
            metrics.TurnedAway();
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

    /// <summary>The tracked connection of a request.</summary>
    internal static TrackedConnection? Of(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(typeof(TrackedConnection), out var tracked)
        == true
            ? tracked as TrackedConnection
            : null;

    /// <summary>Moves a connection to the client's address that the web server in front gave.</summary>
    /// <returns>False if too many unauthenticated connections from there wait.</returns>
    internal bool TryMove(TrackedConnection tracked, IPAddress forwardedFor)
    {
        var place = Place.Of(forwardedFor);
        TrackedConnection? oldest;
        lock (_gate)
        {
            // Removed from the count first: a move needs no extra room.
            Remove(tracked);
            if (!TryMakeRoom(place, out oldest))
            {
                Add(tracked);
                metrics.TurnedAway();
                return false;
            }

            tracked.Place = place;
            Add(tracked);
        }

        Cut(oldest);
        return true;
    }

    /// <summary>A client has authenticated.</summary>
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
            // It is already gone; the next read notices.
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

    /// <summary>Whether one more unauthenticated connection from there may wait. One that has to make room is removed from the count and returned.</summary>
    private bool TryMakeRoom(Place place, out TrackedConnection? oldest)
    {
        oldest = null;
        var count = _strangersByPlace.TryGetValue(place, out var own) ? own.Count : 0;
        if (!place.IsHere && count >= ClientLimits.StrangersPerAddress)
        {
            return false;
        }

        if (place.IsHere && count >= MaxFromHere)
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
            metrics.TurnedAway();
            oldest.Cut("Other connections wait, and this one has waited longest without authenticating.");
        }
    }
}
