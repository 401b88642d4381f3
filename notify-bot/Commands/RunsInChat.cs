using Notify.Bot.Outbox;
using Notify.Bot.Scripts;
using Notify.Linking;

namespace Notify.Bot.Commands;

/// <summary>Runs that are asked for in a chat, by <c>/run</c> or a button: the chat is told that one has begun, and that message is edited to how it ended.</summary>
public sealed class RunsInChat(RequestedRuns runs, BackgroundTasks background, ChatMessenger answers)
{
    /// <summary>How long the end of a run is tried to be told. Its message says that it runs, so the end is wanted also after an outage.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromHours(1);

    /// <summary><c>/run NAME</c>, with or without <c>.py</c>.</summary>
    internal async Task RunAsync(ChatId chat, Link link, string argument, CancellationToken cancellation)
    {
        var name = argument.EndsWith(".py", StringComparison.Ordinal) ? argument : argument + ".py";
        if (argument.Length == 0 || !ScriptName.TryParse(name, out var script))
        {
            await answers.SayAsync(chat, "Say which script: /run NAME. /status lists yours.", cancellation);
            return;
        }

        await BeginAsync(chat, link, script, cancellation);
    }

    /// <summary>Starts a run and returns: the run itself may take a minute, and the chat's next command must not wait for it.</summary>
    internal async Task BeginAsync(ChatId chat, Link link, ScriptName script, CancellationToken cancellation)
    {
        if (runs.IsRunning(link.User, script.Value))
        {
            await answers.SendAsync(
                chat,
                new MessageBuilder().Bold(script.Stem).Plain(" is running already."),
                cancellation
            );
            return;
        }

        var started = await answers.SendAsync(
            chat,
            new MessageBuilder().Plain("▶ Running ").Bold(script.Stem).Plain("..."),
            cancellation
        );
        background.Start(async stopping =>
        {
            var text = new MessageBuilder()
                .Plain("✖ ")
                .Bold(script.Stem)
                .Plain(": interrupted, since the bot was restarted. Run it again.");
            try
            {
                text = Ended(script, await RunAsync(link, script, stopping));
                if (started is { } message)
                {
                    await answers.ReplaceAsync(chat, message, text, stopping, EndPatience);
                }
                else
                {
                    await answers.SendAsync(chat, text, stopping);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested && started is not null)
            {
                await answers.TryReplaceNowAsync(chat, started.Value, text);
                throw;
            }
        });
    }

    private async Task<RequestedRun> RunAsync(Link link, ScriptName script, CancellationToken stopping)
    {
        try
        {
            return await runs.RunAsync(link.User, script, link, stopping);
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
                .Plain(": not sent, since it is muted. /unmute ends the mute."),
            RunOutcome.Queued => text.Plain("✔ ")
                .Bold(script.Stem)
                .Plain(": queued, it is delivered as soon as Telegram takes it"),
            RunOutcome.NoAlert => text.Plain("✔ ").Bold(script.Stem).Plain(": no alert"),
            RunOutcome.AlreadyRunning => text.Bold(script.Stem).Plain(" is running already"),
            _ => text.Plain("✖ ")
                .Bold(script.Stem)
                .Line(": error")
                .Folded(ChatWords.LastLines(run.Error ?? "", 15, 3000)),
        };

        // What it said is on its way, and yet the run failed.
        return run is { Outcome: RunOutcome.Delivered or RunOutcome.Queued, Error: { } end }
            ? text.Line().Line("⚠️ It failed after that.").Folded(ChatWords.LastLines(end, 15, 3000))
            : text;
    }
}
