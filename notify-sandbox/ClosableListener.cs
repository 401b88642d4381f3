using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Notify.Sandbox;

/// <summary>Kestrel's sockets with a listener that can close for a while: new connections are refused, and open ones end.</summary>
internal sealed class ClosableTransport(IOptions<SocketTransportOptions> options, ILoggerFactory loggers)
    : IConnectionListenerFactory
{
    private readonly SocketTransportFactory _sockets = new(options, loggers);
    private readonly ConcurrentDictionary<int, ClosableListener> _listeners = new();

    public async ValueTask<IConnectionListener> BindAsync(
        EndPoint endpoint,
        CancellationToken cancellationToken = default
    )
    {
        var listener = new ClosableListener(_sockets, endpoint);
        await listener.OpenAsync(cancellationToken);
        _listeners[((IPEndPoint)endpoint).Port] = listener;
        return listener;
    }

    public ClosableListener Listener(int port) => _listeners[port];

    /// <summary>Ends all connections: a stopping server must not wait for polls and hanging calls.</summary>
    public void AbortConnections()
    {
        foreach (var listener in _listeners.Values)
        {
            listener.AbortConnections();
        }
    }
}

/// <summary>A listening address and whether it is open.</summary>
internal sealed class ClosableListener(SocketTransportFactory sockets, EndPoint endPoint) : IConnectionListener
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<ConnectionContext, byte> _connections = new();
    private IConnectionListener? _open;
    private TaskCompletionSource _changed = NewSignal();
    private bool _hasEnded;

    public EndPoint EndPoint => endPoint;

    public async Task OpenAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_open is not null || _hasEnded)
            {
                return;
            }
        }

        var opened = await sockets.BindAsync(endPoint, cancellation);
        lock (_gate)
        {
            _open = opened;
            _changed.TrySetResult();
            _changed = NewSignal();
        }
    }

    public async Task CloseAsync()
    {
        if (await CloseListenerAsync())
        {
            AbortConnections();
        }
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            IConnectionListener? open;
            Task changed;
            lock (_gate)
            {
                if (_hasEnded)
                {
                    return null;
                }

                open = _open;
                changed = _changed.Task;
            }

            if (open is null)
            {
                await changed.WaitAsync(cancellationToken);
                continue;
            }

            // Null: this one was closed. Whether for good or for a while is seen at the next turn.
            if (await open.AcceptAsync(cancellationToken) is not { } connection)
            {
                continue;
            }

            _connections.TryAdd(connection, 0);
            connection.ConnectionClosed.Register(() => _connections.TryRemove(connection, out _));
            return connection;
        }
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            _hasEnded = true;
            _changed.TrySetResult();
        }

        await CloseListenerAsync();
    }

    public ValueTask DisposeAsync() => UnbindAsync();

    public void AbortConnections()
    {
        foreach (var connection in _connections.Keys)
        {
            connection.Abort(new ConnectionAbortedException("The sandbox has closed the connection."));
        }
    }

    /// <returns>Whether it was open.</returns>
    private async Task<bool> CloseListenerAsync()
    {
        IConnectionListener? closed;
        lock (_gate)
        {
            closed = _open;
            _open = null;
        }

        if (closed is null)
        {
            return false;
        }

        await closed.UnbindAsync();
        await closed.DisposeAsync();
        return true;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>
/// Reserves a port while nobody listens on it: bound without listening, it refuses connections, and no other program can
/// take it. Listening sockets share it by SO_REUSEPORT.
/// </summary>
internal sealed class HeldPort : IDisposable
{
    // From Linux's asm-generic/socket.h.
    private const int SolSocket = 1;
    private const int SoReusePort = 15;

    private readonly Socket _socket;

    public HeldPort(IPAddress address, int port)
    {
        _socket = Bind(new IPEndPoint(address, port));
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
    }

    public IPEndPoint EndPoint { get; }

    public static Socket Bind(EndPoint endPoint)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetRawSocketOption(SolSocket, SoReusePort, BitConverter.GetBytes(1));
            socket.Bind(endPoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose() => _socket.Dispose();
}
