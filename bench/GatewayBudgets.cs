using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Notify.Bench;

/// <summary>What the gateway's connections cost, beside a bare WebSocket echo on the same server, in one run.</summary>
internal sealed class GatewayBudgets(Scratch scratch)
{
    private const int Users = 1000;
    private const int ConnectionsPerUser = 2;
    private const int Starts = 15;

    private readonly List<string[]> _rows =
    [
        ["what", "measured", "a bare echo beside it", "must be under", ""],
    ];

    internal async Task MeasureAsync(TextWriter output)
    {
        MeasureStart();
        var echo = await MeasureEchoAsync();
        await MeasureGatewayAsync(echo);
        await output.WriteLineAsync();
        await Columns.WriteAsync(output, _rows);
    }

    private sealed record Figures(long Idle, double BytesPerConnection, TimeSpan ToTheLast);

    private void MeasureStart()
    {
        var times = new List<TimeSpan>();
        for (var i = 0; i < Starts; i++)
        {
            var began = Stopwatch.GetTimestamp();
            var (gateway, _, socketPath) = scratch.StartGateway();
            UntilHealthy(socketPath);
            times.Add(Stopwatch.GetElapsedTime(began));
            gateway.End();
        }

        _rows.Add(["gateway: start to first 200 of /health", Ms(times.Order().ElementAt(Starts / 2)), "", "", ""]);
    }

    private async Task<Figures> MeasureEchoAsync()
    {
        var port = Scratch.FreePort();
        var echo = MeasuredProcess.Start(
            scratch.PathOf("notify-bare-echo"),
            [port.ToString(CultureInfo.InvariantCulture)],
            new Dictionary<string, string>(StringComparer.Ordinal)
        );
        try
        {
            using var crowd = new WebSocketCrowd(port);
            var idle = await SettledAsync(echo);
            await crowd.ConnectAsync(Users * ConnectionsPerUser, _ => "{\"type\":\"auth\"}");
            var perConnection = (double)(await SettledAsync(echo) - idle) / (Users * ConnectionsPerUser);
            var began = Stopwatch.GetTimestamp();
            var receiving = crowd.ReceiveAsync("notification");
            await crowd.SayAsync("{\"type\":\"notification\",\"id\":\"n\",\"title\":\"Revenue is down\"}");
            await receiving;
            return new Figures(idle, perConnection, Stopwatch.GetElapsedTime(began));
        }
        finally
        {
            echo.End();
        }
    }

    private async Task MeasureGatewayAsync(Figures echo)
    {
        var (gateway, port, socketPath) = scratch.StartGateway();
        try
        {
            UntilHealthy(socketPath);
            using var crowd = new WebSocketCrowd(port);
            var idle = await SettledAsync(gateway);
            await crowd.ConnectAsync(
                Users * ConnectionsPerUser,
                i => $$"""{"type":"auth","token":"{{Scratch.GatewayToken($"user{i % Users}")}}"}"""
            );
            var perConnection = (double)(await SettledAsync(gateway) - idle) / (Users * ConnectionsPerUser);
            var began = Stopwatch.GetTimestamp();
            var receiving = crowd.ReceiveAsync("notification");
            var dispatched = await SendLoad.RunAsync(socketPath, 8, Users, Dispatch);
            await receiving;
            var toTheLast = Stopwatch.GetElapsedTime(began);
            if (dispatched.Refused > 0)
            {
                throw new BenchException($"the gateway refused {dispatched.Refused} of {Users} notifications.");
            }

            _rows.Add(["gateway: idle memory (RSS)", Mib(idle), Mib(echo.Idle), "", ""]);
            _rows.Add([
                $"{Users * ConnectionsPerUser} idle connections: memory (RSS) of each",
                $"{Kb(perConnection)} = {perConnection / echo.BytesPerConnection:0.00} x",
                Kb(echo.BytesPerConnection),
                "30 kB",
                perConnection < 30_000 ? "pass" : "FAIL",
            ]);
            _rows.Add([
                $"{Users} users with {ConnectionsPerUser} each, 1 notification each: to the last client",
                $"{Ms(toTheLast)} = {toTheLast / echo.ToTheLast:0.00} x",
                Ms(echo.ToTheLast),
                "",
                "",
            ]);
            _rows.Add([
                "  POST /dispatch, 8 at once: p50, the slowest",
                $"{Ms(dispatched.Median)}, {Ms(dispatched.Times.Max())}",
                "",
                "",
                "",
            ]);
        }
        finally
        {
            gateway.End();
        }
    }

    private static byte[] Dispatch(int i)
    {
        var body =
            $$$"""{"user":"user{{{i}}}","notification":{"id":"n-{{{i}}}","title":"Revenue is down","message":"12 % under the average","script":"revenue_drop","timestamp":"2026-01-30T19:20:00Z"}}""";
        return Encoding.ASCII.GetBytes(
            $"POST /dispatch HTTP/1.1\r\nHost: notify\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"
        );
    }

    private static void UntilHealthy(string socketPath)
    {
        var began = Stopwatch.GetTimestamp();
        while (!Budgets.AskHealth(socketPath).StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
        {
            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(30))
            {
                throw new BenchException("the gateway does not answer after 30 s.");
            }

            Thread.SpinWait(20_000);
        }
    }

    /// <summary>Memory once nothing happens any more.</summary>
    private static async Task<long> SettledAsync(MeasuredProcess process)
    {
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, CancellationToken.None);
        return process.ResidentMemory();
    }

    private static string Ms(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.0} ms");

    private static string Mib(long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB");

    private static string Kb(double bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1000:0.0} kB");
}
