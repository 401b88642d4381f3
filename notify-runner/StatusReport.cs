using System.Text.Json;
using Notify.Formatting;
using Notify.Scripts;
using Notify.Sending;

namespace Notify.Runner;

/// <summary>What an analyst looks at when nothing came. What must be mended comes first, each with what to do.</summary>
internal static class StatusReport
{
    /// <summary>A round that ran longer ago than this, or never, points at a missing crontab line: the usual line is hourly or more often.</summary>
    private static readonly TimeSpan LongSinceRound = TimeSpan.FromHours(25);

    internal static int Print() =>
        ScriptProgram.Run(
            RunnerProgram.Name,
            (home, settings, cancellation) =>
            {
                _ = home.TryMakeFolders();
                var now = TimeProvider.System.GetUtcNow();
                var folder = ScriptFolder.Read(home);
                var scripts = ScriptListing.Read(home, folder, now);
                var (botLines, troubles, mutes) = AskBot(
                    new SendApiClient(settings.BotSocket, TimeProvider.System),
                    cancellation
                );
                troubles.AddRange(CrontabSettings.Problems(home, TimeProvider.System, cancellation));
                troubles.AddRange(ScriptTroubles(home, folder, scripts, now));

                if (mutes is not null && Words(mutes, now) is { Count: > 0 } muted)
                {
                    muted.ForEach(line => Console.WriteLine(TerminalText.Safe(line)));
                    Console.WriteLine();
                }

                if (troubles.Count > 0)
                {
                    Console.WriteLine(
                        troubles.Count == 1 ? "One thing to look at:" : $"{troubles.Count} things to look at:"
                    );
                    troubles.ForEach(trouble =>
                        Console.WriteLine(
                            "  * " + TerminalText.Safe(trouble).Replace("\n", "\n    ", StringComparison.Ordinal)
                        )
                    );
                    Console.WriteLine();
                }

                botLines.ForEach(line => Console.WriteLine(TerminalText.Safe(line)));
                Console.WriteLine($"Scripts: {scripts.Count} in {home.ScriptsFolder}");
                if (scripts.Count > 0)
                {
                    ScriptTable.Print(scripts, now);
                }

                Console.WriteLine($"Log: {home.RunnerLog}");
                return ScriptProgram.Done;
            }
        );

    internal static string NoFolder(ScriptHome home) =>
        $"There is no folder {home.ScriptsFolder}. Make it with: mkdir -p ~/user/notifications";

    private static List<string> Words(OwnerMutes mutes, DateTimeOffset now)
    {
        var lines = new List<string>();
        if (mutes.All is { } all)
        {
            lines.Add(
                $"All your notifications are {MuteWords.Until(all, now)}. Send /unmute to the bot to get them again."
            );
        }

        lines.AddRange(
            mutes.Scripts.Select(muted =>
                $"{muted.Key} is {MuteWords.Until(muted.Value, now)}. The dashboard, or /unmute to the bot, ends it."
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
            var health = bot.Get("/health", cancellation);
            lines.Add($"Bot: running{(health.Text("version") is { } version ? $", version {version}" : "")}");
            if (Trouble(health) is { } trouble)
            {
                troubles.Add(trouble);
            }

            AskLink(bot, health.Text("bot_username"), lines, troubles, cancellation);
            mutes = OwnerMutes.Ask(bot, cancellation);
        }
        catch (BotUnreachableException e)
        {
            lines.Add("Bot: can't be reached");
            troubles.Add(e.Message);
        }

        return (lines, troubles, mutes);
    }

    private static string? Trouble(SendApiAnswer health)
    {
        if (
            health.Body is { } body
            && body.TryGetProperty("telegram", out var telegram)
            && telegram.ValueKind == JsonValueKind.Object
            && telegram.TryGetProperty("state", out var state)
            && state.GetString() is { } word and not "ok"
        )
        {
            return $"The bot and Telegram: {word}. Notifications arrive when that is over; the operator knows it from the bot's log.";
        }

        return health.Text("status") switch
        {
            "ok" => null,
            { } status => $"The bot says of itself that it is {status}. Tell the operator.",
            null => $"The bot gave no account of itself ({health.Status}). Tell the operator.",
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
        var link = bot.Get("/link", cancellation);
        var linked =
            link is { IsOk: true, Body: { } body } && body.TryGetProperty("linked", out var value)
                ? value.ValueKind == JsonValueKind.True
                : (bool?)null;
        switch (linked)
        {
            case true:
                lines.Add($"Telegram: linked{(link.Text("linked_at") is { } since ? $" since {since}" : "")}");
                break;
            case false:
                lines.Add("Telegram: not linked");
                troubles.Add(
                    $"No Telegram chat is linked to you, so nothing can reach your phone. Write /start to {(botName is null ? "the bot" : "@" + botName)} and enter its code on the dashboard, or give it to your operator (notify-bot link {Posix.Account.Current().Name} CODE)."
                );
                break;
            default:
                lines.Add("Telegram: not known");
                troubles.Add($"The bot does not say whether you are linked. {link.Error}");
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
            yield return $"There is no script in {home.ScriptsFolder}. Put one there; its name ends in .py.";
        }

        foreach (var passedOver in folder.PassedOver)
        {
            yield return passedOver.Sentence;
        }

        // Once for all of them; where only one can't be noted, it stands at that one.
        var notNoted =
            scripts.Count > 0 && StateTrouble.OfFolder(home) is { } trouble ? ScriptListing.NotNoted(trouble) : null;
        if (notNoted is not null)
        {
            yield return $"{notNoted}\nEach alert is sent all the same, once in its cooldown.";
        }

        // What can't be noted says nothing about cron.
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
            yield return $"{(last is { } when ? $"The last round was {ScriptAge.Ago(now - when)}" : "No round has run yet")}. Is the line in your crontab? To put it there, type: crontab -e, and add\n{CrontabLine.EveryFiveMinutes}";
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
