using Notify.Bot.Scripts;
using Notify.Contracts;
using Notify.Linking;

namespace Notify.Bot.Commands;

/// <summary>Runs on request from a chat, by <c>/run</c> or a button. A message says that the run has begun, and an edit says how it ended.</summary>
public sealed class RunsInChat(RequestedRuns runs, BackgroundTasks background, ChatMessenger messenger)
{
    /// <summary>How long the bot tries to report the end of a run. The chat shows it as running, so the end matters even after an outage.</summary>
    private static readonly TimeSpan EndTimeout = TimeSpan.FromHours(1);

    /// <summary><c>/run NAME</c>, with or without <c>.py</c>.</summary>
    internal async Task RunAsync(ChatId chat, Link link, string argument, CancellationToken cancellation)
    {
        var name = argument.EndsWith(".py", StringComparison.Ordinal) ? argument : argument + ".py";
        if (argument.Length == 0 || !ScriptName.TryParse(name, out var script))
        {
            await messenger.SayAsync(
                chat,
                "Give the script's name: /run NAME. Send /status for your scripts.",
                cancellation
            );
            return;
        }

        await BeginAsync(chat, link, script, cancellation);
    }

    /// <summary>Starts a run and returns. The run may take a minute, and the chat's next command must not wait for it.</summary>
    internal async Task BeginAsync(ChatId chat, Link link, ScriptName script, CancellationToken cancellation)
    {
        if (runs.IsRunning(link.User, script.Value))
        {
            await messenger.SendAsync(
                chat,
                new MessageBuilder().Bold(script.Stem).Plain(" is already running."),
                cancellation
            );
            return;
        }

        var started = await messenger.SendAsync(
            chat,
            new MessageBuilder().Plain("▶ Running ").Bold(script.Stem).Plain("..."),
            cancellation
        );
        background.Start(async stopping =>
        {
            var text = new MessageBuilder()
                .Plain("✖ ")
                .Bold(script.Stem)
                .Plain(": stopped, because the bot restarted. Run it again.");
            try
            {
                text = Ended(script, await RunAsync(link, script, stopping));
                if (started is { } message)
                {
                    await messenger.ReplaceAsync(chat, message, text, stopping, EndTimeout);
                }
                else
                {
                    await messenger.SendAsync(chat, text, stopping);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested && started is not null)
            {
                await messenger.TryReplaceNowAsync(chat, started.Value, text);
                throw;
            }
        });
    }

    private async Task<RequestedRun> RunAsync(Link link, ScriptName script, CancellationToken stopping)
    {
        try
        {
            return await runs.RunAsync(link.User, script, link, RunTrigger.Chat, stopping);
        }
        catch (ScriptsHelperException e)
        {
            return new RequestedRun(RunOutcome.Error, Error: e.Message);
        }
    }

    private static MessageBuilder Ended(ScriptName script, RequestedRun run)
    {
        var text = new MessageBuilder();
        text = run.Outcome switch
        {
            RunOutcome.Delivered => text.Plain("✔ ").Bold(script.Stem).Plain(": delivered"),
            RunOutcome.Queued when run.Progress is { State: DeliveryState.Muted } => text.Plain("✔ ")
                .Bold(script.Stem)
                .Plain(": muted. Send /unmute to end all mutes."),
            RunOutcome.Queued => text.Plain("✔ ")
                .Bold(script.Stem)
                .Plain(": queued. The bot delivers it when Telegram takes it."),
            RunOutcome.NoAlert => text.Plain("✔ ").Bold(script.Stem).Plain(": no alert"),
            RunOutcome.AlreadyRunning => text.Bold(script.Stem).Plain(" is already running"),
            _ => text.Plain("✖ ")
                .Bold(script.Stem)
                .Line(": failed")
                .Folded(ChatWords.LastLines(run.Error ?? "", 15, 3000)),
        };

        // The notification was accepted, but the run failed afterwards.
        return run is { Outcome: RunOutcome.Delivered or RunOutcome.Queued, Error: { } end }
            ? text.Line().Line("⚠️ The script failed after that.").Folded(ChatWords.LastLines(end, 15, 3000))
            : text;
    }
}
