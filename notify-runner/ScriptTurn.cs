using System.Globalization;
using System.Text;
using Notify.Files;
using Notify.Scripts;
using Notify.Sending;

namespace Notify.Runner;

/// <summary>
/// A script's turn in a round: run it, see what it says, hold it back or hand it to the bot, and keep what happened. The state is
/// read before the run and its <c>last_sent</c> changes only after the bot accepted, so a notification that was not taken is sent by
/// the next round. A round that is told to end ends its scripts, but lets what is on its way to the bot be answered: else the bot may have
/// accepted what the state does not know of, and the next round would send it again.
/// </summary>
internal sealed class ScriptTurn(ScriptHome home, ScriptSettings settings, SendApiClient bot, ScriptName script, TimeProvider time)
{
    /// <summary>After so many a script makes names of its data, and each further one is no news.</summary>
    private const int MostToldFields = 10;

    private readonly StringBuilder _report = new();
    private IReadOnlyList<string> _traceback = [];
    private bool _botUnreachable;
    private ScriptRun.Broken? _refused;

    /// <summary>What happened, for the log: sentences on one line, but for the traceback of a script that has just broken.</summary>
    internal string Report => string.Join('\n', [_report.ToString(), .. _traceback]);

    /// <summary>Takes the turn; blocks until the script and what it started are gone and the bot has answered.</summary>
    internal TurnEnd Take(CancellationToken cancellation)
    {
        using var held = ScriptLock.TryAcquire(home, script);
        if (held is null)
        {
            Say("still running from an earlier round; not started again");
            return TurnEnd.Done;
        }

        var before = ScriptState.Read(home, script);
        var start = time.GetUtcNow();
        return new ScriptRunner(home, settings.TimeLimit, time).Run(held, cancellation) switch
        {
            ScriptRun.Broken { Reason: ScriptFailure.Interrupted } broken => Interrupted(broken),
            ScriptRun.Broken { Reason: ScriptFailure.NotFound } broken => Gone(broken),
            ScriptRun.Broken broken => Broken(broken, before, start),
            ScriptRun.Finished finished => Finished(finished, before, start),
            _ => throw new InvalidOperationException("A run ends with a result or without."),
        };
    }

    /// <summary>Tells the owner once that the script no longer runs, as of a broken one.</summary>
    /// <param name="sentence">Why it is passed over.</param>
    internal void PassOver(string sentence)
    {
        using var held = ScriptLock.TryAcquire(home, script);
        if (held is not null)
        {
            Broken(new ScriptRun.Broken(ScriptFailure.NotFound, sentence, [], TimeSpan.Zero), ScriptState.Read(home, script), time.GetUtcNow());
        }
    }

    private TurnEnd Interrupted(ScriptRun.Broken broken)
    {
        Say($"interrupted after {Seconds(broken.Took)}. {broken.Summary}");
        return TurnEnd.Failed;
    }

    private TurnEnd Gone(ScriptRun.Broken broken)
    {
        Say($"not run. {broken.Summary}");
        return TurnEnd.Done;
    }

    private TurnEnd Broken(ScriptRun.Broken broken, ScriptState before, DateTimeOffset start, ScriptOutcome outcome = ScriptOutcome.Error)
    {
        // The traceback once; after that a line a round says enough.
        var isNews = before.FailingSince is null || !string.Equals(before.Error, broken.Text, StringComparison.Ordinal);
        var hasRun = broken.Reason != ScriptFailure.NotFound;
        if (hasRun && outcome == ScriptOutcome.Error)
        {
            Say($"error after {Seconds(broken.Took)}. {broken.Summary}");
        }

        var told = before.FailureTold
            || (settings.FailureAlerts && Tell(FailureNotice.Broken(script, broken), "its owner was told", "its owner could not be told"));
        if (isNews)
        {
            _traceback = broken.LastErrorLines;
        }

        Keep(before with
        {
            LastRun = hasRun ? start : before.LastRun,
            LastOutcome = outcome,
            Error = broken.Text,
            Warnings = [],
            FailingSince = before.FailingSince ?? start,
            FailureTold = told,
        });
        return _botUnreachable ? TurnEnd.BotUnreachable : TurnEnd.Failed;
    }

    private TurnEnd Finished(ScriptRun.Finished finished, ScriptState before, DateTimeOffset start)
    {
        var (outcome, error) = Deal(finished, before, start);
        Say($"it ran for {Seconds(finished.Took)}");
        foreach (var warning in finished.Result.Warnings)
        {
            Warn(warning);
        }

        if (_refused is { } refused)
        {
            // It would be refused in the next round, too: a dead alert, as of a script that fails.
            return Broken(refused, before, start, ScriptOutcome.NotSent);
        }

        // Still to be told stays to be told: a dead alert that was announced must be taken back.
        var stillToTell = before.FailureTold
            && !Tell(FailureNotice.WorksAgain(script, before.FailingSince ?? start, start), "its owner was told that it works again", "its owner could not be told that it works again");
        var after = before with
        {
            LastRun = start,
            Error = null,
            Cooldown = finished.Result.Cooldown,
            FailingSince = stillToTell ? before.FailingSince : null,
            FailureTold = stillToTell,
            Warnings = finished.Result.Warnings,
            ToldFields = TellUnknownFields(finished.Result, before),
        };

        var kept = Keep(after with
        {
            LastOutcome = outcome,
            Error = error,
            LastSent = outcome is ScriptOutcome.Delivered or ScriptOutcome.Queued ? start : before.LastSent,
        });
        return _botUnreachable ? TurnEnd.BotUnreachable
            : kept && outcome != ScriptOutcome.NotSent ? TurnEnd.Done
            : TurnEnd.Failed;
    }

    private (ScriptOutcome Outcome, string? Error) Deal(ScriptRun.Finished finished, ScriptState before, DateTimeOffset start)
    {
        if (!finished.Result.Notify)
        {
            Say("no alert");
            return (ScriptOutcome.NoAlert, null);
        }

        if (before.HeldUntil(finished.Result.Cooldown, start) is { } until)
        {
            Say($"held back by its cooldown of {finished.Result.Cooldown.Text} for {ScriptAge.Span(until - start)} more");
            return (ScriptOutcome.HeldByCooldown, null);
        }

        if (before.Problem is { } problem)
        {
            Warn(problem);
        }
        else if (before.LastSent > start)
        {
            Warn($"last_sent lies {ScriptAge.Span(before.LastSent.Value - start)} in the future; the clock was set back, and no cooldown counts.");
        }

        // What is sent and can't be noted would be sent again each round. So it is noted first that there was a run; that costs a millisecond.
        if (!Keep(before with { LastRun = start }))
        {
            Say("nothing was sent, as it could not be noted");
            return (ScriptOutcome.NotSent, "The state of the cooldown can't be written, so nothing was sent. Look at the rights of ~/.notifications/state, and whether the disk is full.");
        }

        return Send(finished);
    }

    private (ScriptOutcome Outcome, string? Error) Send(ScriptRun.Finished finished)
    {
        try
        {
            var notification = new Notification(script, finished.Result.Title, finished.Message, finished.Result.Data, finished.Chart);
            var answer = bot.Send(notification, CancellationToken.None);
            if (answer.Status is 413 or 415 && notification.Chart is not null)
            {
                Warn($"the bot did not take the chart. {answer.Error}");
                var without = notification with
                {
                    Chart = null,
                    Message = (notification.Message is null ? "" : notification.Message + "\n\n") + ScriptRun.Finished.NoChartLine(answer.Error),
                };
                answer = bot.Send(without, CancellationToken.None);
            }

            if (!answer.IsOk)
            {
                Say($"not sent ({answer.Status}). {answer.Error}");
                if (answer.Status is 400 or 413 or 415 or 422 or 502)
                {
                    _refused = new ScriptRun.Broken(ScriptFailure.UnreadableOutput, $"What it says was not taken: {answer.Error}", [], finished.Took);
                }

                return (ScriptOutcome.NotSent, answer.Error);
            }

            var outcome = answer.Text("status") is "queued" ? ScriptOutcome.Queued : ScriptOutcome.Delivered;
            Say(outcome == ScriptOutcome.Queued ? "queued; the bot delivers it as soon as Telegram takes it" : "delivered");
            return (outcome, null);
        }
        catch (BotUnreachableException e)
        {
            _botUnreachable = true;
            Say($"not sent. {e.Message}");
            return (ScriptOutcome.NotSent, e.Message);
        }
    }

    /// <summary>Tells the owner of each field that the contract does not know, once: the script goes on without it, and nobody reads the log.</summary>
    /// <returns>All names told of so far.</returns>
    private IReadOnlyList<string> TellUnknownFields(ScriptResult result, ScriptState before)
    {
        var untold = result.UnknownFields.Where(field => !before.ToldFields.Contains(field.Name, StringComparer.Ordinal)).ToList();
        return untold.Count > 0 && before.ToldFields.Count < MostToldFields && settings.FailureAlerts && !_botUnreachable
            && Tell(FailureNotice.UnknownFields(script, untold), "its owner was told of the unknown fields", "its owner could not be told of the unknown fields")
            ? [.. before.ToldFields, .. untold.Select(field => field.Name)]
            : before.ToldFields;
    }

    private bool Tell(string html, string done, string notDone)
    {
        try
        {
            var answer = bot.SendHtml(script, html, CancellationToken.None);
            Say(answer.IsOk ? done : $"{notDone} ({answer.Status}): {answer.Error}");
            return answer.IsOk;
        }
        catch (BotUnreachableException e)
        {
            _botUnreachable = true;
            Say($"{notDone}: {e.Message}");
            return false;
        }
    }

    private bool Keep(ScriptState state)
    {
        try
        {
            state.Write(home, script);
            return true;
        }
        catch (FileNotWrittenException e)
        {
            Warn($"{e.Message} The next round does not know of this one{(state.LastOutcome == ScriptOutcome.Delivered ? " and will send again" : "")}.");
            return false;
        }
    }

    /// <summary>Adds a sentence. The first goes on behind the script's name and a colon.</summary>
    private void Say(string sentence)
    {
        if (_report.Length > 0)
        {
            sentence = $" {char.ToUpperInvariant(sentence[0])}{sentence[1..]}";
        }

        _report.Append(sentence);
        if (sentence[^1] is not ('.' or '!' or '?'))
        {
            _report.Append('.');
        }
    }

    private void Warn(string warning) => Say("warning: " + warning);

    private static string Seconds(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} s");
}
