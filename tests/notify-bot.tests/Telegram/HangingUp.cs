using System.Net;
using System.Net.Sockets;

namespace Notify.Tests.Telegram;

/// <summary>Takes connections, reads what is asked, and hangs up.</summary>
internal sealed class HangingUp : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _count;

    public HangingUp()
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>How often it has hung up.</summary>
    public int Count => Volatile.Read(ref _count);

    public async ValueTask DisposeAsync()
    {
        if (!_accepting.IsCompleted)
        {
            await _stop.CancelAsync();
            await _accepting;
        }

        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                if (await client.GetStream().ReadAsync(new byte[1024], _stop.Token) > 0)
                {
                    Interlocked.Increment(ref _count);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test goes on without it.
        }
    }
}
