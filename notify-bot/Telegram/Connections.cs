using System.Net;
using System.Net.Sockets;
using Notify.Settings;

namespace Notify.Bot.Telegram;

/// <summary>Connects to the Bot API server, or to the proxy in front.</summary>
internal static class Connections
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The pause before the next address is tried beside a silent one (RFC 8305 recommends 250 ms).</summary>
    private static readonly TimeSpan NextAddress = TimeSpan.FromMilliseconds(250);

    internal static SocketsHttpHandler NewHandler(OutgoingProxy? proxy, TimeProvider time) =>
        new()
        {
            ActivityHeadersPropagator = null,
            UseCookies = false,
            AllowAutoRedirect = false,
            UseProxy = proxy is not null,
            Proxy = proxy,
            ConnectTimeout = ConnectTimeout,
            // New connections now and then notice a changed DNS entry.
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            ConnectCallback = (context, cancellation) => ConnectAsync(context.DnsEndPoint, time, cancellation),
        };

    /// <summary>
    /// Tries a host's addresses, each a moment after the last, and takes the first that answers. Otherwise a server with an
    /// IPv6 address but no IPv6 route would hang in each call until the time limit.
    /// </summary>
    private static async ValueTask<Stream> ConnectAsync(
        DnsEndPoint host,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        var addresses = IPAddress.TryParse(host.Host, out var literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(host.Host, cancellation);
        if (addresses.Length == 0)
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }

        // The address families alternate, because the resolver may put a dead family first.
        var ordered = addresses
            .Select((address, place) => (address, place))
            .OrderBy(a => addresses.Take(a.place).Count(other => other.AddressFamily == a.address.AddressFamily))
            .Select(a => a.address)
            .ToArray();

        using var won = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var running = new List<Task<Socket>>();
        var next = 0;
        Exception? last = null;
        try
        {
            while (true)
            {
                if (next < ordered.Length)
                {
                    running.Add(ConnectAsync(ordered[next++], host.Port, won.Token));
                }
                else if (running.Count == 0)
                {
                    throw last!;
                }

                var pause =
                    next < ordered.Length
                        ? Task.Delay(NextAddress, time, won.Token)
                        : Task.Delay(Timeout.InfiniteTimeSpan, time, won.Token);
                var done = await Task.WhenAny([.. running, pause]);
                cancellation.ThrowIfCancellationRequested();
                if (done is not Task<Socket> attempt)
                {
                    continue;
                }

                running.Remove(attempt);
                try
                {
                    return new NetworkStream(await attempt, ownsSocket: true);
                }
                catch (SocketException e)
                {
                    last = e;
                }
            }
        }
        finally
        {
            await won.CancelAsync();
            foreach (var loser in running)
            {
                _ = loser.ContinueWith(
                    static t =>
                    {
                        if (t.IsCompletedSuccessfully)
                        {
                            t.Result.Dispose();
                        }
                        else
                        {
                            _ = t.Exception;
                        }
                    },
                    CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default
                );
            }
        }
    }

    private static async Task<Socket> ConnectAsync(IPAddress address, int port, CancellationToken cancellation)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
