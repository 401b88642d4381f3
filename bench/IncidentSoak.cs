using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Notify.Contracts;
using Notify.Http;
using Notify.Sandbox.Control;
using Notify.Sandbox.Telegram;

namespace Notify.Bench;

/// <summary>
/// A day of incidents in some minutes: metrics flap, people acknowledge and have quiet hours, the bot is killed and Telegram is away. The sandbox's log is the judge.
/// </summary>
internal sealed class IncidentSoak(Scratch scratch)
{
    private const int Users = 40;

    /// <summary>Users of these whose quiet hours hold two incidents, of which one ends meanwhile.</summary>
    private const int QuietUsers = 10;

    private const int Kills = 8;

    /// <summary>The shortest time between two edits of a message that nobody asked for, less what the machine's timers may vary.</summary>
    private static readonly TimeSpan EditPause = TimeSpan.FromSeconds(59);

    private static readonly TimeSpan Day = TimeSpan.FromSeconds(150);

    /// <summary>An edit waits up to a minute, and a machine under load for its turn.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(3);

    private readonly ConcurrentDictionary<int, string> _newest = [];
    private MeasuredProcess? _bot;

    internal async Task<bool> RunAsync(TextWriter output)
    {
        await scratch.LetWriteAsync(Users, DeliveryBudgets.Chat);
        await scratch.ControlAsync(HttpMethod.Delete, "calls", null);
        (_bot, var data) = scratch.StartBot(links: DeliveryBudgets.LinksJson(Users));
        await Scratch.UntilOkAsync(data);
        using var client = UnixHttp.NewClient(
            new Uri("http://bot/"),
            Path.Combine(data, "bot.sock"),
            checkPath: () => { },
            checkListener: _ => { }
        );
        await Task.WhenAll(
            Enumerable.Range(0, QuietUsers).Select(user => QuietAsync(client, user, "00:00-23:59, weekends"))
        );
        using var evening = new CancellationTokenSource(Day);
        await Task.WhenAll([
            .. Enumerable.Range(0, Users).Select(user => FlapAsync(client, user, evening.Token)),
            KillAsync(data, evening.Token),
        ]);
        List<string> wrong = [];
        var settled = TimeProvider.System.GetTimestamp();
        do
        {
            await PauseAsync(TimeSpan.FromSeconds(2), CancellationToken.None);
            wrong = await JudgeAsync(client);
        } while (wrong.Count > 0 && TimeProvider.System.GetElapsedTime(settled) < Settling);

        var (edits, early) = await EditsAsync();
        _bot.End();
        var isGood = wrong.Count == 0 && edits > 0 && early <= Kills;
        await output.WriteLineAsync(
            $"a day of incidents of {Users} users, {Kills} kills, 3 outages: {edits} edits, {early} within a minute that nobody asked for (at most one for each kill), {wrong.Count} chats other than the history{string.Concat(wrong.Take(5).Select(one => $"\n  {one}"))}  {(isGood ? "pass" : "FAIL")}"
        );
        return isGood;
    }

    /// <summary>Kills the bot through the day, now and then while Telegram is away.</summary>
    private async Task KillAsync(string data, CancellationToken evening)
    {
        for (var kill = 0; kill < Kills; kill++)
        {
            await PauseAsync(Day / (Kills + 2), evening);
            var isAway = kill % 3 == 1;
            if (isAway)
            {
                await scratch.ControlAsync(HttpMethod.Post, "outage", new Length());
                await PauseAsync(TimeSpan.FromSeconds(4), evening);
            }

            _bot!.KillNow();
            (_bot, _) = scratch.StartBot(data: data);
            if (isAway)
            {
                await PauseAsync(TimeSpan.FromSeconds(4), evening);
                await scratch.ControlAsync(HttpMethod.Delete, "outage", null);
            }
        }
    }

    /// <summary>One metric's day. Each post is repeated until the bot answers, as the runner does.</summary>
    private async Task FlapAsync(HttpClient client, int user, CancellationToken evening)
    {
        var (isQuiet, id) = (user < QuietUsers, "");
        if (isQuiet)
        {
            await FireAsync(client, user, "held", "over by morning");
        }

        for (var run = 0; !evening.IsCancellationRequested; run++)
        {
            id = await FireAsync(client, user, "metric", $"down by {run} %");
            _newest[user] = $"down by {run} %";
            await PauseAsync(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(500, 4000)), evening);
            if (run % 4 == 1)
            {
                await EndAsync(client, user, "metric", isConfirmed: false);
            }

            if (run == 6 && !isQuiet && user % 2 == 0)
            {
                await UntilTakenAsync(() =>
                    client.PostAsJsonAsync($"incidents/{id}/acknowledge", new { user = DeliveryBudgets.User(user) })
                );
            }

            if (run == 10 && isQuiet)
            {
                await EndAsync(client, user, "held", isConfirmed: true);
                await QuietAsync(client, user, "off");
            }
        }

        if (isQuiet)
        {
            // A short day has fewer runs.
            await EndAsync(client, user, "held", isConfirmed: true);
            await QuietAsync(client, user, "off");
        }

        await EndAsync(client, user, "metric", isConfirmed: true);
    }

    /// <summary>What is wrong at the phones, a sentence each.</summary>
    private async Task<List<string>> JudgeAsync(HttpClient client)
    {
        var wrong = new List<string>();
        var further = 0;
        for (var user = 0; user < Users; user++)
        {
            var messages = await scratch.Control.GetFromJsonAsync<MessageView[]>(
                new Uri($"chats/{DeliveryBudgets.Chat(user)}/messages", UriKind.Relative),
                ControlJson.Options
            );
            var listed = await client.GetFromJsonAsync(
                $"incidents?user={DeliveryBudgets.User(user)}",
                IncidentContract.Json.IncidentsAnswer
            );
            var (isQuiet, name) = (user < QuietUsers, DeliveryBudgets.User(user));
            var firsts = messages!
                .Where(m => m.Text.StartsWith("Title of metric\n", StringComparison.Ordinal))
                .ToArray();
            var ends = messages!
                .Where(m => m.Text.StartsWith("over: Title of metric", StringComparison.Ordinal))
                .ToArray();
            var digests = messages!.Where(m => m.Text.Contains("Title of held", StringComparison.Ordinal)).ToArray();
            further += Math.Max(0, firsts.Length - 1) + Math.Max(0, ends.Length - 1) + Math.Max(0, digests.Length - 1);
            if (listed!.Incidents.Count != (isQuiet ? 2 : 1) || listed.Open != 0)
            {
                wrong.Add($"{name} has {listed.Incidents.Count} incidents, and {listed.Open} are open");
            }

            if (isQuiet && !digests.Any(m => m.Text.Contains("over after", StringComparison.Ordinal)))
            {
                wrong.Add($"{name} was not told that what quiet hours held is over");
            }

            // What a digest told of has no message of its own until it says something new.
            var told = $"Title of metric\n{_newest[user]}\n\nover after ";
            if (
                firsts.Length > 0
                    ? !firsts[^1].Text.StartsWith(told, StringComparison.Ordinal)
                    : !digests.Any(m => m.Text.Contains("Title of metric", StringComparison.Ordinal))
            )
            {
                wrong.Add(
                    $"{name} sees \"{(firsts is [.., var last] ? last.Text : "nothing")}\" in place of \"{told}\""
                );
            }

            if (ends.Length == 0 && firsts.Length > 0)
            {
                wrong.Add($"{name} was not told of the end");
            }

            var isAcknowledged = listed.Incidents.Any(incident => incident.AcknowledgedBy is not null);
            if (
                firsts.Length > 0
                && isAcknowledged != firsts[^1].Text.Contains("was on it since", StringComparison.Ordinal)
            )
            {
                wrong.Add($"{name}'s phone and the list do not agree on who was on it");
            }
        }

        if (further > Kills)
        {
            wrong.Add($"{further} messages came twice");
        }

        return wrong;
    }

    /// <summary>The edits that Telegram took, and how many came too early: none may, but for a press and after a kill.</summary>
    private async Task<(int Edits, int Early)> EditsAsync()
    {
        var calls = await scratch.Control.GetFromJsonAsync<CallRecord[]>(
            new Uri("calls?method=editMessageText", UriKind.Relative),
            ControlJson.Options
        );
        var early = 0;
        var edits = calls!.Where(call => call.Status == 200).ToArray();
        foreach (var message in edits.GroupBy(call => (call.ChatId, call.Fields["message_id"])))
        {
            var isPressed = false;
            foreach (var (before, after) in message.Zip(message.Skip(1)))
            {
                var isOnIt = after.Fields["text"].Contains("on it since", StringComparison.Ordinal);
                if (after.Time - before.Time < EditPause && isOnIt == isPressed)
                {
                    early++;
                }

                isPressed = isOnIt;
            }
        }

        return (edits.Length, early);
    }

    /// <returns>The incident.</returns>
    private static async Task<string> FireAsync(HttpClient client, int user, string key, string text)
    {
        var answer = await UntilTakenAsync(() =>
            client.PostAsJsonAsync(
                "send",
                new
                {
                    user = DeliveryBudgets.User(user),
                    title = $"Title of {key}",
                    text,
                    incident = key,
                    cooldown = 3600,
                    wait = 0,
                }
            )
        );
        return answer.GetProperty("incident").GetProperty("id").GetString()!;
    }

    private static Task<JsonElement> EndAsync(HttpClient client, int user, string key, bool isConfirmed) =>
        UntilTakenAsync(() =>
            client.PostAsJsonAsync(
                "send",
                new
                {
                    user = DeliveryBudgets.User(user),
                    incident = key,
                    state = FiringState.Ok,
                    confirmed = isConfirmed,
                    wait = 0,
                }
            )
        );

    private static Task<JsonElement> QuietAsync(HttpClient client, int user, string hours) =>
        UntilTakenAsync(() => client.PutAsJsonAsync("quiet", new { user = DeliveryBudgets.User(user), hours }));

    /// <summary>Asks until the bot answers: it is dead now and then.</summary>
    private static async Task<JsonElement> UntilTakenAsync(Func<Task<HttpResponseMessage>> ask)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                using var answer = await ask();
                if (answer.IsSuccessStatusCode)
                {
                    return await answer.Content.ReadFromJsonAsync<JsonElement>();
                }

                if ((int)answer.StatusCode is not (429 or 503))
                {
                    throw new BenchException(
                        $"the bot refused: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}"
                    );
                }
            }
            catch (HttpRequestException) when (TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromMinutes(1))
            {
                // The bot was killed.
            }

            await PauseAsync(TimeSpan.FromMilliseconds(100), CancellationToken.None);
        }
    }

    private static async Task PauseAsync(TimeSpan length, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(length, TimeProvider.System, cancellation);
        }
        catch (OperationCanceledException)
        {
            // The day is over.
        }
    }
}
