using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Notify.Bench;

/// <summary>The budgets of the runner and the bot, each measured beside what it is compared to, in one run on one machine.</summary>
internal sealed class Budgets(Scratch scratch)
{
    private const int Runs = 41;
    private const int BotStarts = 15;

    private readonly List<Budget> _budgets = [];

    private sealed record Budget(string What, string Measured, string MustReach, string Aim, bool IsReached);

    internal async Task MeasureAsync(TextWriter output)
    {
        var python = MeasureNothingToDo();
        MeasureOneScript();
        MeasureSleepers();
        await MeasureBotAsync(python);
        await PrintAsync(output, python);
    }

    private TimeSpan MeasureNothingToDo()
    {
        var environment = scratch.CronEnvironment();
        var runner = scratch.PathOf("notify-runner");
        var (python, round) = SideBySide.Medians(
            Runs,
            () => MeasuredProcess.Time(Scratch.Python, ["-c", "pass"], environment),
            () => MeasuredProcess.Time(runner, [], environment)
        );
        var ratio = round / python;
        _budgets.Add(
            new(
                "notify-runner, nothing to run: wall",
                $"{Ms(round)} = {ratio:0.00} x python3 -c pass",
                "0.50 x",
                "",
                ratio < 0.5
            )
        );

        var peak = Enumerable.Range(0, 5).Max(_ => MeasuredProcess.PeakMemory(runner, [], environment));
        _budgets.Add(new("  peak memory of that", Mib(peak), "20 MiB", "", peak < 20 << 20));
        return python;
    }

    private void MeasureOneScript()
    {
        var environment = scratch.CronEnvironment();
        var script = Scratch.WriteScript("quiet.py", "import json\nprint(json.dumps({'notify': False}))\n");
        var runner = scratch.PathOf("notify-runner");
        var (bare, round) = SideBySide.Medians(
            Runs,
            () => MeasuredProcess.Time(Scratch.Python, [script], environment),
            () => MeasuredProcess.Time(runner, [], environment)
        );
        File.Delete(script);
        var over = round - bare;
        _budgets.Add(
            new(
                "one script with notify:false, over bare python3",
                $"+{Ms(over)} ({Ms(round)} over {Ms(bare)})",
                "+15 ms",
                "",
                over < TimeSpan.FromMilliseconds(15)
            )
        );
    }

    private void MeasureSleepers()
    {
        var scripts = Enumerable
            .Range(0, 20)
            .Select(i =>
                Scratch.WriteScript($"sleeper{i}.py", "import time\ntime.sleep(1)\nprint('{\"notify\": false}')\n")
            )
            .ToList();
        var took = MeasuredProcess.Time(scratch.PathOf("notify-runner"), [], scratch.CronEnvironment());
        scripts.ForEach(File.Delete);
        _budgets.Add(
            new(
                "20 scripts that sleep 1 s each",
                $"{took.TotalSeconds:0.00} s = {20 / took.TotalSeconds:0.0} side by side",
                "6 s",
                "",
                took < TimeSpan.FromSeconds(6)
            )
        );
    }

    private async Task MeasureBotAsync(TimeSpan python)
    {
        List<TimeSpan> answers = [],
            healthy = [];
        for (var i = 0; i < BotStarts; i++)
        {
            var began = Stopwatch.GetTimestamp();
            var (bot, data) = scratch.StartBot();
            Until(data, began, health => health.StartsWith("HTTP/1.1 200", StringComparison.Ordinal), answers);
            Until(
                data,
                began,
                health =>
                    health.Contains("\"status\":\"ok\"", StringComparison.Ordinal)
                    && health.Contains("\"last_good_poll\":\"", StringComparison.Ordinal),
                healthy
            );
            if (i == BotStarts - 1)
            {
                await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System, CancellationToken.None);
                var idle = bot.ResidentMemory();
                AddStart("bot: start to first 200 of /health", answers, python, isBudget: false);
                AddStart("bot: start to first healthy /health, after a good poll", healthy, python, isBudget: true);
                _budgets.Add(
                    new(
                        "bot: idle memory (RSS) after 10 s",
                        Mib(idle),
                        "50 MiB",
                        $"31 MiB{(idle <= 31 << 20 ? ", reached" : "")}",
                        idle < 50 << 20
                    )
                );
            }

            bot.End();
        }
    }

    private void AddStart(string what, List<TimeSpan> starts, TimeSpan python, bool isBudget)
    {
        var median = SideBySide.Median(starts);
        _budgets.Add(
            new(
                what,
                $"{Ms(median)} ({Ms(starts.Min())} to {Ms(starts.Max())}) = {median / python:0.0} x python3 -c pass",
                isBudget ? "150 ms" : "",
                isBudget ? $"97 ms{(median <= TimeSpan.FromMilliseconds(97) ? ", reached" : "")}" : "",
                !isBudget || median < TimeSpan.FromMilliseconds(150)
            )
        );
    }

    /// <summary>Asks again and again, a millisecond apart, until the answer is as wanted.</summary>
    private static void Until(string dataFolder, long began, Predicate<string> wanted, List<TimeSpan> times)
    {
        while (!wanted(AskHealth(Path.Combine(dataFolder, "bot.sock"))))
        {
            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(30))
            {
                throw new BenchException($"the bot is not healthy after 30 s; {dataFolder}/private/bot.log says why.");
            }

            Thread.SpinWait(20_000);
        }

        times.Add(Stopwatch.GetElapsedTime(began));
    }

    internal static string AskHealth(string socketPath)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(socketPath));
            socket.Send("GET /health HTTP/1.1\r\nHost: notify\r\nConnection: close\r\n\r\n"u8);
            using var stream = new NetworkStream(socket);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return "";
        }
    }

    private static string Ms(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.0} ms");

    private static string Mib(long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB");

    private async Task PrintAsync(TextWriter output, TimeSpan python)
    {
        await output.WriteLineAsync($"python3 -c pass: {Ms(python)} (median of {Runs}, in turn with the runner)");

        // The first figure: how many processes wanted to run in the last minute (proc_loadavg(5)); this program's own are one or two.
        var load = double.Parse(
            (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0],
            CultureInfo.InvariantCulture
        );
        await output.WriteLineAsync(
            load <= Environment.ProcessorCount
                ? ""
                : $"This machine is busy (load {load} on {Environment.ProcessorCount} processors): milliseconds are too high, ratios are rough. Measure again when it is quiet.\n"
        );
        string[][] rows =
        [
            ["what", "measured", "must be under", "aim", ""],
            .. _budgets.Select(b =>
                new[]
                {
                    b.What,
                    b.Measured,
                    b.MustReach,
                    b.Aim,
                    b.MustReach.Length == 0 ? ""
                    : b.IsReached ? "pass"
                    : "FAIL",
                }
            ),
        ];
        await Columns.WriteAsync(output, rows);
    }
}
