using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Notify.Sandbox.Control;
using Switch = Notify.Sandbox.Control.Switch;

namespace Notify.Bench;

/// <summary>What accepting and delivering a notification costs, durably, until Telegram has it.</summary>
internal sealed class DeliveryBudgets(Scratch scratch)
{
    private const int Users = 64;
    private const int Sends = 20_000;
    private const int Turns = 9;

    private static readonly Dictionary<string, string> NoLimits = new(StringComparer.Ordinal)
    {
        ["TELEGRAM_MESSAGES_PER_SECOND"] = "1000000",
        ["TELEGRAM_CHAT_MESSAGES_PER_SECOND"] = "1000000",
    };

    private readonly List<string[]> _rows =
    [
        ["what", "measured", "must reach", ""],
    ];

    internal async Task MeasureAsync(TextWriter output)
    {
        await MeasureSendsAsync();
        await MeasureRelayAsync();
        await MeasureLinksAsync();
        await MeasureCrowdAsync();
        await output.WriteLineAsync();
        await Columns.WriteAsync(output, _rows);
    }

    private static byte[] Text(int i) => SendLoad.Text(User(i % Users), $"Stock below minimum: item {i}");

    /// <summary>Sends with 64 callers, and what goes with it.</summary>
    private async Task MeasureSendsAsync()
    {
        using var api = new PromptBotApi();
        var (bot, data) = await StartAsync(
            Users,
            new Dictionary<string, string>(NoLimits, StringComparer.Ordinal) { ["TELEGRAM_API_URL"] = api.Address }
        );
        try
        {
            var socket = Path.Combine(data, "bot.sock");
            await SendLoad.RunAsync(socket, 64, 2_000, Text);
            var cpu = bot.CpuTime();
            var all = await SendLoad.RunAsync(socket, 64, Sends, Text);
            cpu = bot.CpuTime() - cpu;
            if (all.Delivered != all.Times.Count)
            {
                throw new BenchException($"{all.Delivered} of {all.Times.Count} were delivered.");
            }

            var each = cpu / all.Times.Count;
            Add(
                "POST /send accepted durably and delivered, 64 at once",
                $"{all.Rate:0}/s, p50 {Ms(all.Median)}",
                "2,000/s, p50 < 50 ms",
                all.Rate >= 2000 && all.Median < TimeSpan.FromMilliseconds(50)
            );
            Add("  CPU of the bot for each", Ms(each), "< 0.8 ms", each < TimeSpan.FromMilliseconds(0.8));
            var memory = bot.ResidentMemory();
            Add("  memory (RSS) after 20,000 sends", $"{memory / 1048576.0:0.0} MiB", "< 80 MiB", memory < 80 << 20);
            var one = await SendLoad.RunAsync(socket, 1, 1_000, Text, newConnections: true);
            Add(
                "one at a time, a new connection each, until delivered: p50",
                Ms(one.Median),
                "< 4 ms",
                one.Median < TimeSpan.FromMilliseconds(4)
            );
            var picture = Path.Combine(data, "chart.png");
            await File.WriteAllBytesAsync(picture, Png(100_000));
            var photos = await SendLoad.RunAsync(socket, 16, 3_000, i => SendLoad.Photo(User(i % Users), picture));
            Add(
                "POST /send_photo, PNG of 100 kB, 16 at once",
                $"{photos.Rate:0}/s, p50 {Ms(photos.Median)}",
                "500/s",
                photos.Rate >= 500 && photos.Delivered == 3_000
            );
            memory = bot.ResidentMemory();
            Add("  memory (RSS) after 3,000 photos", $"{memory / 1048576.0:0.0} MiB", "", isReached: true);
        }
        finally
        {
            bot.End();
        }
    }

    /// <summary>The bot beside a relay that passes each text on and stores nothing: the most that this framework and the callers can do here.</summary>
    private async Task MeasureRelayAsync()
    {
        using var api = new PromptBotApi();
        var (bot, data) = await StartAsync(
            Users,
            new Dictionary<string, string>(NoLimits, StringComparer.Ordinal) { ["TELEGRAM_API_URL"] = api.Address }
        );
        try
        {
            var (relay, relaySocket) = await scratch.StartBareRelayAsync(api.Address);
            try
            {
                var socket = Path.Combine(data, "bot.sock");
                var rates = await MeasureTurnsAsync(() => RateAsync(socket), () => RateAsync(relaySocket));
                var ratio = Median(rates.Select(rate => rate.First / rate.Second));
                Add(
                    "64 at once, beside a bare relay that stores nothing",
                    $"{Median(rates.Select(rate => rate.First)):0}/s of {Median(rates.Select(rate => rate.Second)):0}/s = {ratio:0.00} x",
                    "",
                    isReached: true
                );
                var times = await MeasureTurnsAsync(() => SingleAsync(socket), () => SingleAsync(relaySocket));
                Add(
                    "one at a time, a new connection each, beside it: p50",
                    $"{Median(times.Select(time => time.First)):0.00} ms, relay {Median(times.Select(time => time.Second)):0.00} ms",
                    "",
                    isReached: true
                );
            }
            finally
            {
                relay.End();
            }
        }
        finally
        {
            bot.End();
        }
    }

    /// <summary>A bot with few links and one with 100,000.</summary>
    private async Task MeasureLinksAsync()
    {
        using var api = new PromptBotApi();
        var settings = new Dictionary<string, string>(NoLimits, StringComparer.Ordinal)
        {
            ["TELEGRAM_API_URL"] = api.Address,
        };
        var few = await StartAsync(Users, settings);
        var many = await StartAsync(100_000, settings);
        try
        {
            var rates = await MeasureTurnsAsync(
                () => RateAsync(Path.Combine(many.Data, "bot.sock")),
                () => RateAsync(Path.Combine(few.Data, "bot.sock"))
            );
            var ratios = rates.Select(rate => rate.First / rate.Second).Order().ToArray();
            Add(
                "the same with 100,000 links",
                $"{Median(rates.Select(rate => rate.First)):0}/s = {Median(ratios):0.00} x (median of {Turns} turns, {ratios[0]:0.00} to {ratios[^1]:0.00})",
                "0.95 x",
                Median(ratios) >= 0.95
            );
        }
        finally
        {
            few.Bot.End();
            many.Bot.End();
        }
    }

    /// <summary>Two things side by side and in turns: one after the other, the order and the machine's mood weigh more than the difference.</summary>
    private static async Task<IReadOnlyList<(double First, double Second)>> MeasureTurnsAsync(
        Func<Task<double>> first,
        Func<Task<double>> second
    )
    {
        var turns = new List<(double, double)>();
        for (var turn = 0; turn <= Turns; turn++)
        {
            // Who begins changes with each turn; the first turn warms both up.
            var isSecondFirst = turn % 2 == 0;
            var one = await (isSecondFirst ? second : first)();
            var other = await (isSecondFirst ? first : second)();
            if (turn > 0)
            {
                turns.Add(isSecondFirst ? (other, one) : (one, other));
            }
        }

        return turns;
    }

    private static async Task<double> RateAsync(string socket)
    {
        const int SendsATurn = 4_000;
        var sends = await SendLoad.RunAsync(socket, 64, SendsATurn, Text);
        return sends.Delivered == SendsATurn
            ? sends.Rate
            : throw new BenchException($"{sends.Delivered} of {SendsATurn} were delivered.");
    }

    private static async Task<double> SingleAsync(string socket) =>
        (await SendLoad.RunAsync(socket, 1, 300, Text, newConnections: true)).Median.TotalMilliseconds;

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    /// <summary>500 users at one moment against the published rates.</summary>
    private async Task MeasureCrowdAsync()
    {
        const int Crowd = 500;
        await scratch.LetWriteAsync(Crowd, Chat);
        await scratch.ControlAsync(HttpMethod.Post, "limits", new Switch());
        await scratch.ControlAsync(HttpMethod.Delete, "calls", null);
        var (bot, data) = await StartAsync(Crowd, []);
        try
        {
            var began = Stopwatch.GetTimestamp();
            await SendLoad.RunAsync(
                Path.Combine(data, "bot.sock"),
                64,
                Crowd,
                i => SendLoad.Text(User(i), "at one moment", wait: 0)
            );
            await Scratch.UntilEmptyAsync(data);
            var took = Stopwatch.GetElapsedTime(began);
            var calls = (
                await scratch.Control.GetFromJsonAsync<JsonElement>(
                    new Uri("calls?method=sendMessage", UriKind.Relative),
                    ControlJson.Options
                )
            )
                .EnumerateArray()
                .ToArray();
            var refused = calls.Count(c => c.GetProperty("status").GetInt32() == 429);
            var arrived = calls
                .Where(c => c.GetProperty("status").GetInt32() == 200)
                .Select(c => c.GetProperty("chat_id").GetInt64())
                .Distinct()
                .Count();

            var share = Crowd / 30.0 / took.TotalSeconds;
            Add(
                "500 users at one moment under Telegram's limits",
                $"{arrived} of {Crowd} in {took.TotalSeconds:0.0} s = {100 * share:0.0} % of 30/s, {calls.Length - arrived} twice or refused, {refused} with 429",
                "500, no 429, 95 %",
                arrived == Crowd && calls.Length == Crowd && share >= 0.95
            );
        }
        finally
        {
            bot.End();
            await scratch.ControlAsync(HttpMethod.Post, "limits", new Switch(On: false));
        }
    }

    private async Task<(MeasuredProcess Bot, string Data)> StartAsync(int links, Dictionary<string, string> environment)
    {
        var (bot, data) = scratch.StartBot(environment, LinksJson(links));
        await Scratch.UntilOkAsync(data);
        return (bot, data);
    }

    internal static string LinksJson(int links) => LinksJson([.. Enumerable.Range(0, links).Select(User)]);

    internal static string LinksJson(IReadOnlyList<string> users) =>
        JsonSerializer.Serialize(
            users
                .Index()
                .ToDictionary(
                    user => user.Item,
                    user => new { chat_id = Chat(user.Index), linked_at = "2026-01-05T09:00:00Z" },
                    StringComparer.Ordinal
                )
        );

    internal static string User(int i) => $"user{i.ToString(CultureInfo.InvariantCulture)}";

    internal static long Chat(int i) => 10_000 + i;

    private void Add(string what, string measured, string mustReach, bool isReached) =>
        _rows.Add([
            what,
            measured,
            mustReach,
            mustReach.Length == 0 ? ""
            : isReached ? "pass"
            : "FAIL",
        ]);

    private static string Ms(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.00} ms");

    /// <summary>The head of a PNG of 800 by 500 pixels, and noise up to a size: nobody looks at the pixels.</summary>
    private static byte[] Png(int bytes)
    {
        var png = new byte[bytes];
        System.Security.Cryptography.RandomNumberGenerator.Fill(png);
        ReadOnlySpan<byte> head =
        [
            0x89,
            (byte)'P',
            (byte)'N',
            (byte)'G',
            13,
            10,
            26,
            10,
            0,
            0,
            0,
            13,
            (byte)'I',
            (byte)'H',
            (byte)'D',
            (byte)'R',
            0,
            0,
            3,
            32,
            0,
            0,
            1,
            244,
            8,
            2,
            0,
            0,
            0,
        ];
        head.CopyTo(png);
        return png;
    }
}
