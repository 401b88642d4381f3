using Notify.Contracts;
using Notify.Posix;
using Notify.Quiet;
using Notify.Scripts;
using Notify.Sending;

namespace Notify.Runner;

/// <summary>What became of a script's result.</summary>
/// <param name="Outcome">The outcome in a word.</param>
/// <param name="Error">What was wrong, if anything.</param>
internal sealed record SentResult(ScriptOutcome Outcome, string? Error = null)
{
    /// <summary>The notification's id; null if the bot did not take it.</summary>
    internal string? Notification { get; init; }

    /// <summary>Why the bot will never take it; null if it took it, or may take it later.</summary>
    internal string? Refusal { get; init; }

    /// <summary>The end of the cooldown that held it; null if none did.</summary>
    internal DateTimeOffset? HeldUntil { get; init; }

    /// <summary>Whether the bot was unreachable.</summary>
    internal bool IsBotUnreachable { get; init; }

    /// <summary>The key under which a later round sends, because the bot may have taken this without an answer; null if it has answered.</summary>
    internal string? UnansweredKey { get; init; }

    /// <summary>Where its incident stands; null without one.</summary>
    internal IncidentAnswer? Incident { get; init; }

    /// <summary>Whether the bot knew it from an earlier run.</summary>
    internal bool IsRepeat { get; init; }

    /// <summary>
    /// Whether a cooldown begins with this run. Not if a run that the state does not know sent it in this period of the cooldown: counted
    /// from now, a daily report would come at another time from then on.
    /// </summary>
    internal bool BeginsCooldown { get; init; }

    /// <summary>Whether the bot took it.</summary>
    internal bool IsTaken => Outcome is ScriptOutcome.Delivered or ScriptOutcome.Queued or ScriptOutcome.Muted;

    /// <summary>Whether its owner can read it now or soon.</summary>
    internal bool IsSeen => Outcome is ScriptOutcome.Delivered or ScriptOutcome.Queued;
}

/// <summary>Sends a script's result to the bot, or keeps it by its cooldown.</summary>
internal sealed class ResultSender(SendApiClient bot, ScriptName script, JobReport report, TimeProvider time)
{
    /// <summary>Decides and sends.</summary>
    /// <param name="finished">The run.</param>
    /// <param name="state">The script's state.</param>
    /// <param name="due">The time of its schedule that it ran for.</param>
    /// <param name="isAgain">Whether this run repeats one whose result may have arrived.</param>
    internal SentResult Send(ScriptRun.Finished finished, JobState state, DateTimeOffset? due, bool isAgain)
    {
        var (before, start) = (state.Before, state.Start);

        // The key is saved before anything goes out: a runner that is killed meanwhile has no answer either.
        switch (SendDecision.Of(script, finished, before, start, due, isAgain, state.NotNoted))
        {
            case SendDecision.NoAlert:
                report.Say("no alert");
                return new SentResult(ScriptOutcome.NoAlert) { UnansweredKey = before.UnansweredKey };
            case SendDecision.Held { Until: var until }:
                report.Say(
                    $"not sent: its cooldown of {finished.Result.Cooldown.Text} lasts {ScriptAge.Span(until - start)} more"
                );
                return new SentResult(ScriptOutcome.HeldByCooldown)
                {
                    UnansweredKey = before.UnansweredKey,
                    HeldUntil = until,
                };
            case SendDecision.Send { Notification: var notification, HasCooldownKey: var hasCooldownKey }:
                var sent = Send(notification, before.UnansweredKey);
                sent = sent with { BeginsCooldown = sent.IsTaken && !(hasCooldownKey && sent.IsRepeat) };
                if (before.Problem is { } problem)
                {
                    report.Warn(problem);
                }
                else if (before.LastSent > start)
                {
                    report.Warn(
                        $"last_sent lies {ScriptAge.Span(before.LastSent.Value - start)} in the future, because the clock was set back. The cooldown is ignored."
                    );
                }

                return sent;
            default:
                throw new InvalidOperationException("There are three decisions.");
        }
    }

    /// <summary>Sends a notification, without its charts and files if the bot does not take those.</summary>
    /// <param name="notification">The notification.</param>
    /// <param name="earlierKey">The key of an earlier attempt without an answer; null if there is none.</param>
    /// <param name="done">What the bot has done if it takes it, for the log; null for a message of its own.</param>
    internal SentResult Send(Notification notification, string? earlierKey = null, string? done = null)
    {
        var key = notification.Key?.Name;
        try
        {
            var answer = SendOrSayWhyNot(notification, out var problem);
            if (problem is not null)
            {
                report.Warn(
                    $"the bot did not take the {(notification.Charts.Count > 0 ? "chart" : "file")}. {problem}"
                );
                answer = bot.Send(
                    notification with
                    {
                        Charts = [],
                        Files = [],
                        Message = ScriptRun.Finished.WithLine(
                            notification.Message,
                            notification.Charts.Count > 0
                                ? ScriptRun.Finished.NoChartLine(problem)
                                : ScriptRun.Finished.NoFileLine(problem)
                        ),
                    },
                    CancellationToken.None
                );
            }

            // "Try again later" says nothing about an earlier attempt under the same key.
            var isAnswered = earlierKey is null || answer!.Status is not (429 or 503);
            return (answer!.IsOk ? Taken(answer, done) : NotTaken(answer)) with
            {
                UnansweredKey = isAnswered ? null : key,
            };
        }
        catch (BotUnreachableException e)
        {
            report.Say(
                e.MayHaveArrived
                    ? $"perhaps sent; a later round asks the bot under the same key. {e.Message}"
                    : $"not sent. {e.Message}"
            );
            return new SentResult(ScriptOutcome.NotSent, e.Message)
            {
                IsBotUnreachable = true,
                UnansweredKey = e.MayHaveArrived || earlierKey is not null ? key : null,
            };
        }
    }

    /// <param name="notification">The notification.</param>
    /// <param name="problem">Why it has to go without its charts and files; null if the answer counts.</param>
    private SendApiAnswer? SendOrSayWhyNot(Notification notification, out string? problem)
    {
        try
        {
            var answer = bot.Send(notification, CancellationToken.None);
            problem =
                answer.Status is 413 or 415 && notification.Charts.Count + notification.Files.Count > 0
                    ? answer.Error
                    : null;
            return answer;
        }
        catch (IOException e) when (e is not BotUnreachableException)
        {
            problem = e.Message;
            return null;
        }
    }

    private SentResult Taken(SendApiAnswer answer, string? done)
    {
        var sent = answer.Read(SendContract.Json.SentAnswer);
        if (sent?.MutedUntil is { } until)
        {
            report.Say(
                done is null
                    ? MuteWords.Until(until, time.GetUtcNow())
                    : $"{done}; {MuteWords.Until(until, time.GetUtcNow())}"
            );
            return new SentResult(ScriptOutcome.Muted)
            {
                Notification = sent.Id,
                IsRepeat = sent.Repeated == true,
                Incident = sent.Incident,
            };
        }

        if (sent is { Status: DeliveryState.Held })
        {
            var now = time.GetUtcNow();
            var held = sent.HeldUntil is { } end
                ? HeldWords.Held(end, now, LocalClock.OffsetAt)
                : "held by your quiet hours";
            report.Say(
                done is not null ? $"{done}; {held}"
                : sent.Repeated == true ? "already sent within its cooldown; not sent again"
                : held
            );
            return new SentResult(ScriptOutcome.Queued)
            {
                Notification = sent.Id,
                IsRepeat = sent.Repeated == true,
                Incident = sent.Incident,
            };
        }

        var outcome = sent?.Status == DeliveryState.Queued ? ScriptOutcome.Queued : ScriptOutcome.Delivered;
        var usual =
            sent?.Repeated == true ? "already sent within its cooldown; not sent again"
            : outcome == ScriptOutcome.Queued ? "queued; the bot delivers it when Telegram takes it"
            : "delivered";
        report.Say(
            done is null ? usual
            : outcome == ScriptOutcome.Queued ? $"{done}; the bot says it when Telegram takes it"
            : done
        );
        return new SentResult(outcome)
        {
            Notification = sent?.Id,
            IsRepeat = sent?.Repeated == true,
            Incident = sent?.Incident,
        };
    }

    private SentResult NotTaken(SendApiAnswer answer)
    {
        report.Say($"not sent ({answer.Status}). {answer.Error}");
        return new SentResult(ScriptOutcome.NotSent, answer.Error)
        {
            // The next round would be refused too, so the alert is as dead as that of a failing script.
            Refusal = answer.Status is 400 or 413 or 415 or 422 or 502
                ? $"The bot refused its notification: {answer.Error}"
                : null,
        };
    }
}
