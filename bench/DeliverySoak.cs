using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Notify.Sandbox.Control;
using Notify.Sandbox.Telegram;
using Switch = Notify.Sandbox.Control.Switch;

namespace Notify.Bench;

/// <summary>Faults under load: what was accepted is counted at the phones.</summary>
internal sealed class DeliverySoak(Scratch scratch)
{
    private const int Users = 500;

    private bool _allWell = true;
    private TextWriter _output = TextWriter.Null;

    internal async Task<bool> RunAsync(TextWriter output)
    {
        _output = output;
        await scratch.LetWriteAsync(Users, DeliveryBudgets.Chat);
        await OutageInTheMiddleAsync();
        await KillsUnderLoadAsync();
        await FloodAsync();
        await RestartAsync();
        await LongHistoryAsync();
        return _allWell;
    }

    /// <summary>1,000 from 500 users at one moment, against the published rates, and Telegram away for 20 s in the middle.</summary>
    private async Task OutageInTheMiddleAsync()
    {
        await scratch.ControlAsync(HttpMethod.Post, "limits", new Switch());
        await scratch.ControlAsync(HttpMethod.Delete, "calls", null);
        var (bot, data) = await StartAsync([]);
        var began = Stopwatch.GetTimestamp();
        var sent = await SendLoad.RunAsync(
            Socket(data),
            64,
            2 * Users,
            i => SendLoad.Text(DeliveryBudgets.User(i % Users), $"a{i / Users}", wait: 0)
        );
        await Task.Delay(TimeSpan.FromSeconds(8), TimeProvider.System, CancellationToken.None);
        await scratch.ControlAsync(HttpMethod.Post, "outage", new Length());
        await Task.Delay(TimeSpan.FromSeconds(7), TimeProvider.System, CancellationToken.None);
        await scratch.ControlAsync(HttpMethod.Post, "faults", new Fault { Kind = FaultKind.Hang, Seconds = 6 });
        await scratch.ControlAsync(HttpMethod.Delete, "outage", null);
        await Task.Delay(TimeSpan.FromSeconds(6), TimeProvider.System, CancellationToken.None);
        await scratch.ControlAsync(
            HttpMethod.Post,
            "faults",
            new Fault
            {
                Kind = FaultKind.Answer,
                Status = 502,
                Body = "<html>Bad Gateway</html>",
                Seconds = 7,
            }
        );
        await Scratch.UntilEmptyAsync(data);
        var took = Stopwatch.GetElapsedTime(began);
        bot.End();
        var (arrived, doubled, inOrder) = await CountAsync(i => ["a0", "a1"]);
        var calls = await scratch.Control.GetFromJsonAsync<JsonElement>(
            new Uri("calls?method=sendMessage", UriKind.Relative),
            ControlJson.Options
        );
        var refused = calls.EnumerateArray().Count(c => c.GetProperty("status").GetInt32() == 429);
        await scratch.ControlAsync(HttpMethod.Delete, "faults", null);
        await scratch.ControlAsync(HttpMethod.Post, "limits", new Switch(On: false));
        await SayAsync(
            "1,000 from 500 users at one moment, 20 s of refused, silent and 502 in the middle",
            $"{arrived} arrived, {doubled} twice, {refused} refused with 429, {took.TotalSeconds:0.0} s ({2 * Users / 30.0:0.0} s at 30/s); senders answered within {sent.Times.Max().TotalMilliseconds:0} ms",
            arrived == 2 * Users && doubled == 0 && inOrder && refused == 0
        );
    }

    /// <summary>kill -9 twenty times at random moments while 64 callers send.</summary>
    private async Task KillsUnderLoadAsync()
    {
        const int Kills = 20;
        var accepted = Enumerable.Range(0, Users).Select(_ => new List<string>()).ToArray();
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["TELEGRAM_MESSAGES_PER_SECOND"] = "300",
            ["TELEGRAM_CHAT_MESSAGES_PER_SECOND"] = "100",
        };
        var (bot, data) = await StartAsync(environment);
        var next = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            var senders = Enumerable
                .Range(0, 64)
                .Select(sender =>
                    Task.Run(() =>
                        SendUntilKilledAsync(Socket(data), sender, () => Interlocked.Increment(ref next), accepted)
                    )
                )
                .ToArray();
            await Task.Delay(
                TimeSpan.FromMilliseconds(System.Security.Cryptography.RandomNumberGenerator.GetInt32(200, 900)),
                TimeProvider.System,
                CancellationToken.None
            );
            bot.KillNow();
            await Task.WhenAll(senders);
            (bot, _) = scratch.StartBot(environment, null, data);
            await Scratch.UntilOkAsync(data);
        }

        await Scratch.UntilEmptyAsync(data);
        bot.End();
        var (arrived, doubled, inOrder) = await CountAsync(i => accepted[i]);
        var all = accepted.Sum(a => a.Count);
        await SayAsync(
            "kill -9 of the bot, 20 times under load",
            $"{all} accepted, {arrived} of them arrived, {doubled} twice ({doubled / (double)Kills:0.0} for each kill; at most 64 are on their way)",
            arrived == all && inOrder && doubled <= Kills * 64
        );
    }

    /// <summary>One user floods 10,000; another one's messages in between.</summary>
    private async Task FloodAsync()
    {
        await scratch.ControlAsync(HttpMethod.Post, "limits", new Switch());
        var (bot, data) = await StartAsync([]);
        using var over = new CancellationTokenSource();
        var refused = 0;
        var flood = Task.Run(async () =>
        {
            for (var sent = 0; sent < 10_000 && !over.IsCancellationRequested; sent += 50)
            {
                var result = await SendLoad.RunAsync(
                    Socket(data),
                    16,
                    50,
                    i => SendLoad.Text(DeliveryBudgets.User(0), $"flood {i}", wait: 0)
                );
                refused += result.Refused;
            }
        });
        var times = new List<TimeSpan>();
        for (var i = 1; i <= 20; i++)
        {
            times.AddRange(
                (await SendLoad.RunAsync(Socket(data), 1, 1, _ => SendLoad.Text(DeliveryBudgets.User(i), "mine"))).Times
            );
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
        }

        await over.CancelAsync();
        await flood;
        bot.End();
        await scratch.ControlAsync(HttpMethod.Post, "limits", new Switch(On: false));
        await SayAsync(
            "a user floods; 20 other users send one each",
            $"delivered within {times.Max().TotalMilliseconds:0} ms at the most, {refused} of the flood refused by the quota",
            times.Max() < TimeSpan.FromSeconds(2) && refused > 0
        );
    }

    /// <summary>5,000 wait at a restart.</summary>
    private async Task RestartAsync()
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["TELEGRAM_MESSAGES_PER_SECOND"] = "1000",
            ["TELEGRAM_CHAT_MESSAGES_PER_SECOND"] = "1000",
        };
        var (bot, data) = await StartAsync(environment);
        await scratch.ControlAsync(HttpMethod.Post, "outage", new Length());
        await SendLoad.RunAsync(
            Socket(data),
            1,
            10 * Users,
            i => SendLoad.Text(DeliveryBudgets.User(i % Users), $"r{i / Users}", wait: 0)
        );
        bot.KillNow();
        await scratch.ControlAsync(HttpMethod.Delete, "outage", null);
        var began = Stopwatch.GetTimestamp();
        (bot, _) = scratch.StartBot(environment, null, data);
        await Scratch.UntilOkAsync(data);
        await Scratch.UntilEmptyAsync(data);
        var took = Stopwatch.GetElapsedTime(began);
        bot.End();
        var (arrived, doubled, inOrder) = await CountAsync(_ =>
            Enumerable.Range(0, 10).Select(i => $"r{i.ToString(CultureInfo.InvariantCulture)}")
        );
        await SayAsync(
            "restart with 5,000 waiting",
            $"{arrived} arrived, {doubled} twice, {took.TotalSeconds:0.0} s",
            arrived == 10 * Users && doubled == 0 && inOrder
        );
    }

    /// <summary>A million notifications in the history.</summary>
    private async Task LongHistoryAsync()
    {
        const int Rows = 1_000_000;
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["TELEGRAM_MESSAGES_PER_SECOND"] = "1000",
            ["TELEGRAM_CHAT_MESSAGES_PER_SECOND"] = "1000",
        };
        var (bot, data) = await StartAsync(environment);
        bot.End();
        await FillAsync(Path.Combine(data, "private", "outbox.db"), Rows);
        var began = Stopwatch.GetTimestamp();
        (bot, _) = scratch.StartBot(environment, null, data);
        await Scratch.UntilOkAsync(data);
        var start = Stopwatch.GetElapsedTime(began);
        var sent = await SendLoad.RunAsync(
            Socket(data),
            16,
            1000,
            i => SendLoad.Text(DeliveryBudgets.User(i % Users), $"m{i}")
        );
        bot.End();
        var median = sent.Times.Order().ElementAt(sent.Times.Count / 2);
        await SayAsync(
            "a million notifications in the history",
            $"start to ok {start.TotalMilliseconds:0} ms, 1,000 sends from 16 callers at p50 {median.TotalMilliseconds:0.0} ms, {sent.Refused} refused",
            sent.Refused == 0 && start < TimeSpan.FromSeconds(2)
        );
    }

    private static async Task FillAsync(string path, int rows)
    {
        await using var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString()
        );
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $rows)
            INSERT INTO notification (id, user, script, title, message, parse_mode, silent, created_at, state)
            SELECT printf('%022d', i), 'user' || (i % 500), 'metric.py', 'Daily report', 'Orders: ' || i || ', about what they were the day before', 0, 0, $now - ($rows - i) * 1000, 1 FROM n
            """;
        command.Parameters.AddWithValue("$rows", rows);
        command.Parameters.AddWithValue("$now", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        await command.ExecuteNonQueryAsync();
    }

    private static async Task SendUntilKilledAsync(string socket, int sender, Func<int> next, List<string>[] accepted)
    {
        try
        {
            while (true)
            {
                // Each waits for its delivery a while, else thousands a second would be accepted.
                var number = next();

                // Each sender has users of its own, so that the order of each user's is known.
                var user = sender + (64 * (number % (Users / 64)));
                var text = $"k{number.ToString(CultureInfo.InvariantCulture)}";
                var sent = await SendLoad.RunAsync(
                    socket,
                    1,
                    1,
                    _ => SendLoad.Text(DeliveryBudgets.User(user), text, wait: 1)
                );
                if (sent.Refused == 0)
                {
                    accepted[user].Add(text);
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // The bot is dead; nobody was told whether this last one was accepted.
        }
    }

    /// <summary>How many of what was expected are at the phones, how many more than once, and whether each phone has them in order.</summary>
    private async Task<(int Arrived, int Doubled, bool InOrder)> CountAsync(Func<int, IEnumerable<string>> expected)
    {
        var (arrived, doubled, inOrder) = (0, 0, true);
        for (var user = 0; user < Users; user++)
        {
            var wanted = expected(user).ToList();
            var known = wanted.ToHashSet(StringComparer.Ordinal);
            var messages = await scratch.Control.GetFromJsonAsync<MessageView[]>(
                new Uri($"chats/{DeliveryBudgets.Chat(user)}/messages", UriKind.Relative),
                ControlJson.Options
            );
            var there = messages!.Select(m => m.Text).Where(known.Contains).ToList();
            var once = there.Distinct(StringComparer.Ordinal).ToList();
            arrived += once.Count;
            doubled += there.Count - once.Count;
            inOrder &= once.SequenceEqual(wanted.Where(once.Contains), StringComparer.Ordinal);
        }

        return (arrived, doubled, inOrder);
    }

    private async Task<(MeasuredProcess Bot, string Data)> StartAsync(Dictionary<string, string> environment)
    {
        var (bot, data) = scratch.StartBot(environment, DeliveryBudgets.LinksJson(Users));
        await Scratch.UntilOkAsync(data);
        return (bot, data);
    }

    private async Task SayAsync(string what, string found, bool isGood)
    {
        _allWell &= isGood;
        await _output.WriteLineAsync($"{what}: {found}  {(isGood ? "pass" : "FAIL")}");
    }

    private static string Socket(string data) => Path.Combine(data, "bot.sock");
}
