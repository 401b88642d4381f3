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

    /// <summary>A bot with few links and one with 100,000, side by side and in turns: one after the other, the order and the machine's mood weigh more than the links.</summary>
    private async Task MeasureLinksAsync()
    {
        const int Turns = 9;
        const int SendsATurn = 4_000;
        using var api = new PromptBotApi();
        var settings = new Dictionary<string, string>(NoLimits, StringComparer.Ordinal)
        {
            ["TELEGRAM_API_URL"] = api.Address,
        };
        var few = await StartAsync(Users, settings);
        var many = await StartAsync(100_000, settings);
        try
        {
            async Task<double> RateAsync(string data) =>
                (await SendLoad.RunAsync(Path.Combine(data, "bot.sock"), 64, SendsATurn, Text)).Rate;
            var rates = new List<(double Few, double Many)>();
            for (var turn = 0; turn <= Turns; turn++)
            {
                // Who is first changes with each turn; the first turn warms both up.
                var isFewFirst = turn % 2 == 0;
                var first = await RateAsync(isFewFirst ? few.Data : many.Data);
                var second = await RateAsync(isFewFirst ? many.Data : few.Data);
                if (turn > 0)
                {
                    rates.Add(isFewFirst ? (first, second) : (second, first));
                }
            }

            var ratio = rates.Select(rate => rate.Many / rate.Few).Order().ElementAt(Turns / 2);
            Add(
                "the same with 100,000 links",
                $"{rates.Select(rate => rate.Many).Order().ElementAt(Turns / 2):0}/s = {ratio:0.00} x (median of {Turns} turns, {rates.Min(rate => rate.Many / rate.Few):0.00} to {rates.Max(rate => rate.Many / rate.Few):0.00})",
                "0.95 x",
                ratio >= 0.95
            );
        }
        finally
        {
            few.Bot.End();
            many.Bot.End();
        }
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
