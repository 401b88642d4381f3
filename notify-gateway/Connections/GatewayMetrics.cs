using System.Globalization;
using System.Text;

namespace Notify.Gateway.Connections;

/// <summary>Counters since the gateway's start, for <c>GET /metrics</c>, without user names.</summary>
internal sealed class GatewayMetrics
{
    private readonly long[] _ended = new long[Endings.All.Length];
    private long _dispatched;
    private long _sent;
    private long _turnedAway;

    internal void Dispatched(int sent)
    {
        Interlocked.Increment(ref _dispatched);
        Interlocked.Add(ref _sent, sent);
    }

    internal void Ended(CloseReason reason) => Interlocked.Increment(ref _ended[(int)reason]);

    internal void TurnedAway() => Interlocked.Increment(ref _turnedAway);

    /// <summary>The page, in Prometheus' text format.</summary>
    internal string Page(int connections, int strangers, long waitingBytes)
    {
        var page = new StringBuilder();
        Add(page, "notify_gateway_connections", "gauge", "Authenticated clients.", connections);
        Add(page, "notify_gateway_strangers", "gauge", "Connections that have not authenticated yet.", strangers);
        Add(page, "notify_gateway_waiting_bytes", "gauge", "Bytes queued for slow clients.", waitingBytes);
        Add(
            page,
            "notify_gateway_dispatched_total",
            "counter",
            "Notifications taken on the socket.",
            Interlocked.Read(ref _dispatched)
        );
        Add(page, "notify_gateway_sent_total", "counter", "Connections that got them.", Interlocked.Read(ref _sent));
        Add(
            page,
            "notify_gateway_turned_away_total",
            "counter",
            "Connections beyond a limit.",
            Interlocked.Read(ref _turnedAway)
        );
        page.Append(
            "# HELP notify_gateway_ended_total WebSockets that ended, by the reason.\n# TYPE notify_gateway_ended_total counter\n"
        );
        foreach (var reason in Endings.All)
        {
            page.Append(
                CultureInfo.InvariantCulture,
                $"notify_gateway_ended_total{{reason=\"{reason.Label()}\"}} {Interlocked.Read(ref _ended[(int)reason])}\n"
            );
        }

        return page.ToString();
    }

    private static void Add(StringBuilder page, string name, string type, string help, long value) =>
        page.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n{name} {value}\n");
}
