using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Notify.Gateway.Connections;

/// <summary>
/// Everybody who has come in over TCP. Bounds how many there are: over all, and of strangers from one address, so that a crowd from one place
/// keeps nobody else out.
/// </summary>
internal sealed class Visitors(TimeProvider time, GatewayCounts counts)
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<Visitor, byte> _all = [];
    private readonly Dictionary<IPAddress, int> _strangersByAddress = [];
    private int _strangers;
    private int _count;

    /// <summary>Those who are there.</summary>
    internal IEnumerable<Visitor> All => _all.Keys;

    /// <summary>How many of them have not said yet who they are.</summary>
    internal int Strangers => Volatile.Read(ref _strangers);

    /// <summary>Kestrel's connection middleware of the clients' endpoint.</summary>
    internal async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (TryEnter(connection) is not { } visitor)
        {
            counts.TurnedAway();
            connection.Abort(new ConnectionAbortedException("Too many connections."));
            return;
        }

        try
        {
            connection.Items[typeof(Visitor)] = visitor;
            await next(connection);
        }
        finally
        {
            Leave(visitor);
        }
    }

    /// <summary>The visitor of a request.</summary>
    internal static Visitor? Of(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(typeof(Visitor), out var visitor) == true ? visitor as Visitor : null;

    /// <summary>Takes a visitor for one from another address: the web server in front has said so.</summary>
    /// <returns>False where too many strangers from there are waiting.</returns>
    internal bool TryMove(Visitor visitor, IPAddress forwardedFor)
    {
        var address = Place(forwardedFor);
        lock (_gate)
        {
            if (!HasRoom(address))
            {
                counts.TurnedAway();
                return false;
            }

            Count(visitor.Address, -1);
            visitor.Address = address;
            Count(visitor.Address, +1);
            return true;
        }
    }

    /// <summary>A stranger has said who it is.</summary>
    internal void Introduce(Visitor visitor)
    {
        lock (_gate)
        {
            if (visitor.IsStranger)
            {
                visitor.IsStranger = false;
                Count(visitor.Address, -1);
            }
        }
    }

    private Visitor? TryEnter(ConnectionContext connection)
    {
        var address = Place((connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None);
        Visitor visitor;
        lock (_gate)
        {
            if (_count >= ClientLimits.Connections || _strangers >= ClientLimits.Strangers || !HasRoom(address))
            {
                return null;
            }

            _count++;
            Count(address, +1);
            visitor = new Visitor(connection, address, time.GetTimestamp());
        }

        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            try
            {
                socket.SendBufferSize = ClientLimits.KernelSendBuffer;
            }
            catch (SocketException)
            {
                // It is gone already; whoever reads next sees that.
            }
        }

        _all.TryAdd(visitor, 0);
        return visitor;
    }

    private void Leave(Visitor visitor)
    {
        _all.TryRemove(visitor, out _);
        Introduce(visitor);
        lock (_gate)
        {
            _count--;
        }
    }

    private bool HasRoom(IPAddress address) =>
        _strangersByAddress.GetValueOrDefault(address) < (IPAddress.IsLoopback(address) ? ClientLimits.StrangersFromHere : ClientLimits.StrangersPerAddress);

    private void Count(IPAddress address, int change)
    {
        _strangers += change;
        var count = _strangersByAddress.GetValueOrDefault(address) + change;
        if (count == 0)
        {
            _strangersByAddress.Remove(address);
        }
        else
        {
            _strangersByAddress[address] = count;
        }
    }

    /// <summary>What counts as one place: an IPv4 address; of IPv6 the network of a house, which has as many addresses as it likes.</summary>
    private static IPAddress Place(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6 || IPAddress.IsLoopback(address))
        {
            return address;
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
