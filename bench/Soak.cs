using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Notify.Sandbox.Control;
using Notify.Sandbox.Telegram;

namespace Notify.Bench;

/// <summary>
/// Telegram's faults, each held for minutes while one bot polls: it must stay nearly idle and write little, and be well again after each.
/// </summary>
internal sealed class Soak(Scratch scratch, TimeSpan length)
{
    private const double MaxCpu = 0.01;

    /// <summary>A line of the log has some 150 bytes: this is about two lines a minute, and the lines at beginning and end.</summary>
    private const long MaxLogPerMinute = 4_000;

    /// <summary>After a long fault the bot's pauses are up to 30 s.</summary>
    private static readonly TimeSpan RecoveryTimeout = TimeSpan.FromSeconds(90);

    private const long Person = 4242;

    /// <summary>A poll of 30 s and its grace of 10 s have to pass before silence is noticed.</summary>
    private static readonly TimeSpan UntilSilenceIsNoticed = TimeSpan.FromSeconds(45);

    private sealed record Trouble(string Name, Func<Task> Begin, Func<Task> End, TimeSpan Length, bool IsNone = false);

    internal async Task<bool> RunAsync(TextWriter output)
    {
        var (bot, data) = scratch.StartBot();
        var allWell = true;
        try
        {
            await UntilOkAsync(data);
            await scratch.ControlAsync(HttpMethod.Post, "people", new NewPerson("Dana", Id: Person));
            await output.WriteLineAsync(
                $"One bot, each fault for {length.TotalSeconds:0} s. CPU in % of one core, from /proc; log is the growth of bot.log.\n"
            );
            await output.WriteLineAsync(
                $"{"fault", -34}{"CPU", 8}{"log", 12}{"calls", 8}   {"/health says", -18}{"well again", 14}"
            );
            foreach (var trouble in Troubles())
            {
                allWell &= await MeetAsync(trouble, bot, data, output);
            }
        }
        finally
        {
            bot.End();
        }

        await output.WriteLineAsync(
            allWell
                ? "\nAll under 1 % of a core, the log bounded, and well again after each."
                : "\nNot all of it is as it must be: see FAIL above."
        );
        return allWell;
    }

    private IEnumerable<Trouble> Troubles()
    {
        yield return new(
            "none (idle, long polling)",
            () => Task.CompletedTask,
            () => Task.CompletedTask,
            length,
            IsNone: true
        );
        yield return Faulty("401, token refused", new Fault { Kind = FaultKind.Answer, Status = 401 });
        yield return Faulty(
            "409, polled elsewhere",
            new Fault
            {
                Kind = FaultKind.Answer,
                Status = 409,
                Method = "getUpdates",
            }
        );
        yield return Faulty(
            "429, retry_after 3",
            new Fault
            {
                Kind = FaultKind.Answer,
                Status = 429,
                RetryAfter = 3,
            }
        );
        yield return Faulty("500", new Fault { Kind = FaultKind.Answer, Status = 500 });
        yield return new(
            "connections refused",
            () => scratch.ControlAsync(HttpMethod.Post, "outage", new Length()),
            () => scratch.ControlAsync(HttpMethod.Delete, "outage", null),
            length
        );
        yield return Faulty("connections dropped", new Fault { Kind = FaultKind.Drop });
        yield return Faulty("silence: no answer, ever", new Fault { Kind = FaultKind.Hang }) with
        {
            Length = length > UntilSilenceIsNoticed ? length : UntilSilenceIsNoticed,
        };
    }

    private Trouble Faulty(string name, Fault fault) =>
        new(
            name,
            () => scratch.ControlAsync(HttpMethod.Post, "faults", fault),
            () => scratch.ControlAsync(HttpMethod.Delete, "faults", null),
            length
        );

    private async Task<bool> MeetAsync(Trouble trouble, MeasuredProcess bot, string data, TextWriter output)
    {
        await scratch.ControlAsync(HttpMethod.Delete, "calls", null);
        var (cpu, log, began) = (bot.CpuTime(), LogSize(data), Stopwatch.GetTimestamp());
        await trouble.Begin();

        // A long poll may be on its way since before the trouble: something to fetch ends it, and the next one meets the trouble.
        await scratch.ControlAsync(HttpMethod.Post, $"chats/{Person}/text", new Typed("/help"));
        await Task.Delay(trouble.Length, TimeProvider.System, CancellationToken.None);
        var share = (bot.CpuTime() - cpu) / Stopwatch.GetElapsedTime(began);
        var written = LogSize(data) - log;
        var state = State(data);
        var calls = await scratch.Control.GetFromJsonAsync<JsonElement>(
            new Uri("calls", UriKind.Relative),
            ControlJson.Options,
            CancellationToken.None
        );
        await trouble.End();

        var ended = Stopwatch.GetTimestamp();
        var isWell = await UntilOkAsync(data);
        var isMet = calls.GetArrayLength() > 0 && (state == "ok") == trouble.IsNone;
        var isGood =
            share < MaxCpu && written < MaxLogPerMinute * Math.Max(1, trouble.Length.TotalMinutes) && isWell && isMet;
        await output.WriteLineAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{trouble.Name, -34}{100 * share, 6:0.00} %{written, 10} B{calls.GetArrayLength(), 8}   {state, -18}{(isWell ? $"{Stopwatch.GetElapsedTime(ended).TotalSeconds:0.0} s" : "not"), 14}  {(isGood ? "pass" : "FAIL")}"
            )
        );
        return isGood;
    }

    private static long LogSize(string data) =>
        Directory.GetFiles(Path.Combine(data, "private"), "bot.log*").Sum(f => new FileInfo(f).Length);

    /// <summary>What /health says of Telegram, such as <c>unreachable</c>.</summary>
    private static string State(string data)
    {
        var answer = Budgets.AskHealth(Path.Combine(data, "bot.sock"));
        var json = answer.IndexOf('{', StringComparison.Ordinal);
        using var health = JsonDocument.Parse(json < 0 ? "{}" : answer[json..(answer.LastIndexOf('}') + 1)]);
        return health.RootElement.TryGetProperty("telegram", out var telegram)
            ? telegram.GetProperty("state").GetString() ?? "nothing"
            : "nothing";
    }

    private static async Task<bool> UntilOkAsync(string data)
    {
        var began = Stopwatch.GetTimestamp();
        while (
            !Budgets.AskHealth(Path.Combine(data, "bot.sock")).Contains("\"status\":\"ok\"", StringComparison.Ordinal)
        )
        {
            if (Stopwatch.GetElapsedTime(began) > RecoveryTimeout)
            {
                return false;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
        }

        return true;
    }
}
