using System.Text.Json;
using Notify.Contracts;
using Notify.Scripts;
using Notify.Sending;
using Notify.Text;

namespace Notify.Runner;

/// <summary>The report for an analyst when nothing came. Problems come first, each with what to do.</summary>
internal static class StatusReport
{
    /// <summary>An older last round, or none, means that the crontab line is missing: usual lines run at least hourly.</summary>
    private static readonly TimeSpan LongSinceRound = TimeSpan.FromHours(25);

    /// <param name="json">Whether to print one JSON document.</param>
    internal static int Print(bool json) =>
        ScriptProgram.Run(
            RunnerProgram.Name,
            (home, settings, cancellation) =>
            {
                _ = home.TryMakeFolders();
                var now = TimeProvider.System.GetUtcNow();
                var status = Read(home, settings, now, cancellation);
                if (json)
                {
                    Console.WriteLine(JsonSerializer.Serialize(status, StatusContract.Json.RunnerStatus));
                }
                else
                {
                    Print(status, now);
                }

                return ScriptProgram.Done;
            }
        );

    private static RunnerStatus Read(
        ScriptHome home,
        ScriptSettings settings,
        DateTimeOffset now,
        CancellationToken cancellation
    )
    {
        var folder = ScriptFolder.Read(home);
        var rounds = ScriptSettings.OfRounds(home, TimeProvider.System, cancellation);
        var scripts = ScriptListing.Read(home, folder, rounds, now);
        var (botLines, troubles, mutes) = AskBot(
            new SendApiClient(settings.BotSocket, TimeProvider.System),
            cancellation
        );
        troubles.AddRange(CrontabSettings.Problems(home, TimeProvider.System, cancellation));
        troubles.AddRange(ScriptTroubles(home, folder, scripts, now));
        return new RunnerStatus(
            troubles,
            mutes is null ? [] : Words(mutes, now),
            Incidents(scripts, now),
            botLines,
            CronLine(home, rounds, now, cancellation),
            home.ScriptsFolder,
            home.RunnerLog,
            [.. ScriptListing.FailingFirst(scripts)]
        );
    }

    private static void Print(RunnerStatus status, DateTimeOffset now)
    {
        PrintPart(status.Muted);
        if (status.Problems.Count > 0)
        {
            Console.WriteLine(status.Problems.Count == 1 ? "1 problem:" : $"{status.Problems.Count} problems:");
            foreach (var problem in status.Problems)
            {
                Console.WriteLine("  * " + SafeText.Lines(problem).Replace("\n", "\n    ", StringComparison.Ordinal));
            }

            Console.WriteLine();
        }

        PrintPart(status.Incidents);
        foreach (var line in status.Bot)
        {
            Console.WriteLine(SafeText.Lines(line));
        }

        Console.WriteLine(status.Cron);
        Console.WriteLine($"Scripts: {status.Scripts.Count} in {status.Folder}");
        if (status.Scripts.Count > 0)
        {
            ScriptTable.Print(status.Scripts, now);
        }

        Console.WriteLine($"Log: {status.Log}");
    }

    /// <summary>Lines with an empty one behind them, or nothing.</summary>
    private static void PrintPart(IReadOnlyList<string> lines)
    {
        foreach (var line in lines)
        {
            Console.WriteLine(SafeText.Lines(line));
        }

        if (lines.Count > 0)
        {
            Console.WriteLine();
        }
    }

    /// <summary>Which line of the crontab runs rounds, and when the last one was.</summary>
    private static string CronLine(
        ScriptHome home,
        ScriptSettings rounds,
        DateTimeOffset now,
        CancellationToken cancellation
    )
    {
        var last = RoundTimes.Read(home).Last is { } start
            ? $"the last round was {ScriptAge.Ago(now - start)}"
            : "no round has run yet";
        string[] lines;
        try
        {
            lines = [.. CrontabLine.Of(Crontab.Read(home, TimeProvider.System, cancellation))];
        }
        catch (IOException e)
        {
            return $"Cron: {last}. {e.Message}";
        }

        return lines switch
        {
            [] => $"Cron: no line in your crontab; {last}",
            [CrontabLine.EveryMinute] =>
                $"Cron: enabled, every minute; scripts without a schedule {(rounds.DefaultEvery is { } every ? $"every {every.Text}" : "too")}; {last}",
            _ => $"Cron: {string.Join("; ", lines)}; {last}",
        };
    }

    internal static string NoFolder(ScriptHome home) =>
        $"There is no folder {home.ScriptsFolder}. Create it: mkdir -p ~/user/notifications";

    private static List<string> Incidents(IReadOnlyList<ListedScript> scripts, DateTimeOffset now) =>
        [
            .. scripts
                .Where(script => script.Incident is not null)
                .Select(script => $"{script.Name}: {IncidentWords.OpenSince(script.Incident!.Value, now)}"),
        ];

    private static List<string> Words(OwnerMutes mutes, DateTimeOffset now)
    {
        var lines = new List<string>();
        if (mutes.All is { } all)
        {
            lines.Add($"All your notifications are {MuteWords.Until(all, now)}. To end it, send /unmute to the bot.");
        }

        lines.AddRange(
            mutes.Scripts.Select(muted =>
                $"{muted.Key} is {MuteWords.Until(muted.Value, now)}. To end it, use the dashboard, or send /unmute to the bot."
            )
        );
        return lines;
    }

    private static (List<string> Lines, List<string> Troubles, OwnerMutes? Mutes) AskBot(
        SendApiClient bot,
        CancellationToken cancellation
    )
    {
        var (lines, troubles, mutes) = (new List<string>(), new List<string>(), (OwnerMutes?)null);
        try
        {
            var answer = bot.Get("/health", cancellation);
            var health = answer.Read(HealthContract.Json.BotHealth);
            lines.Add($"Bot: running{(health?.Version is { } version ? $", version {version}" : "")}");
            if (Trouble(answer.Status, health) is { } trouble)
            {
                troubles.Add(trouble);
            }

            AskLink(bot, health?.BotUsername, lines, troubles, cancellation);
            mutes = OwnerMutes.Ask(bot, cancellation);
        }
        catch (BotUnreachableException e)
        {
            lines.Add("Bot: can't be reached");
            troubles.Add(e.Message);
        }

        return (lines, troubles, mutes);
    }

    private static string? Trouble(int status, BotHealth? health)
    {
        if (health?.Telegram is { State: not TelegramState.Ok } telegram)
        {
            return $"The bot has a problem with Telegram: {telegram.State.Word()}. Notifications stay queued until it is solved. The admin sees it in the bot's log.";
        }

        return health?.Status switch
        {
            HealthState.Ok => null,
            { } word => $"The bot reports the status \"{word.Word()}\". Tell the admin.",
            null => $"The bot did not report its health ({status}). Tell the admin.",
        };
    }

    private static void AskLink(
        SendApiClient bot,
        string? botName,
        List<string> lines,
        List<string> troubles,
        CancellationToken cancellation
    )
    {
        var answer = bot.Get("/link", cancellation);
        var link = answer.IsOk ? answer.Read(HealthContract.Json.LinkAnswer) : null;
        switch (link?.Linked)
        {
            case true:
                lines.Add($"Telegram: linked{(link.LinkedAt is { } since ? $" since {WireJson.Time(since)}" : "")}");
                break;
            case false:
                lines.Add("Telegram: not linked");
                troubles.Add(
                    $"You have linked no Telegram chat, so nothing reaches your phone. Send /start to {(botName is null ? "the bot" : "@" + botName)} and enter its code on the dashboard, or give the code to the admin (notify-bot link {Posix.Account.Current().Name} CODE)."
                );
                break;
            default:
                lines.Add("Telegram: unknown");
                troubles.Add($"The bot did not say whether you are linked. {answer.Error}");
                break;
        }
    }

    private static IEnumerable<string> ScriptTroubles(
        ScriptHome home,
        ScriptFolder folder,
        IReadOnlyList<ListedScript> scripts,
        DateTimeOffset now
    )
    {
        if (folder.NothingThere(home) is { } nothing)
        {
            yield return nothing;
        }
        else if (!folder.Exists)
        {
            yield return NoFolder(home);
        }
        else if (scripts.Count == 0)
        {
            yield return $"There are no scripts in {home.ScriptsFolder}. Put one there, with a name that ends in .py.";
        }

        foreach (var passedOver in folder.PassedOver)
        {
            yield return passedOver.Sentence;
        }

        // Once for all scripts. A fault of a single script is at that script.
        var notNoted =
            scripts.Count > 0 && StateTrouble.OfFolder(home) is { } trouble ? ScriptListing.NotNoted(trouble) : null;
        if (notNoted is not null)
        {
            yield return $"{notNoted}\nAlerts are still sent, once within their cooldown.";
        }

        // Without a saved state nothing is known about cron.
        if (
            scripts.Count > 0
            && !scripts.Any(script =>
                script.Running
                || script.LastOutcome == ScriptOutcome.NotNoted
                || now - script.LastRoundAt < LongSinceRound
            )
        )
        {
            var last = scripts.Max(script => script.LastRoundAt);
            yield return $"{(last is { } when ? $"The last round was {ScriptAge.Ago(now - when)}" : "No round has run yet")}. Run: {CrontabLine.EnableCommand}";
        }

        foreach (var script in scripts)
        {
            if (script.Error is { } error && error != notNoted)
            {
                yield return $"{script.Name}: {error}";
            }

            foreach (var warning in script.Warnings ?? [])
            {
                yield return $"{script.Name}: warning: {warning}";
            }
        }
    }
}
