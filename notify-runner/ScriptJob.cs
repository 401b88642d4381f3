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
internal sealed class ScriptJob(
    ScriptHome home,
    ScriptSettings settings,
    SendApiClient bot,
    OwnerNotices owner,
    ScriptName script,
    TimeProvider time
)
{
    /// <summary>After so many a script makes names of its data, and each further one is no news.</summary>
    private const int MostToldFields = 10;

    private readonly StringBuilder _report = new();
    private IReadOnlyList<string> _traceback = [];
    private bool _botUnreachable;
    private ScriptRun.Broken? _refused;
    private (bool IsKnown, string? Trouble) _notNoted;

    /// <summary>What happened, for the log: sentences on one line, but for the traceback of a script that has just broken.</summary>
    internal string Report => string.Join('\n', [_report.ToString(), .. _traceback]);

    /// <summary>Takes the turn; blocks until the script and what it started are gone and the bot has answered.</summary>
    internal JobOutcome Take(CancellationToken cancellation)
    {
        using var held = ScriptLock.TryAcquire(home, script);
        if (held is null)
        {
            Say("still running from an earlier round; not started again");
            return JobOutcome.Done;
        }

        var before = ScriptState.Read(home, script);
        var start = time.GetUtcNow();
        var end = new ScriptRunner(home, settings.TimeLimit, time).Run(held, cancellation) switch
        {
            ScriptRun.Broken { Reason: ScriptFailure.Interrupted } broken => Interrupted(broken),
            ScriptRun.Broken { Reason: ScriptFailure.NotFound } broken => Gone(broken),
            ScriptRun.Broken broken => Broken(broken, before, start),
            ScriptRun.Finished finished => Finished(finished, before, start),
            _ => throw new InvalidOperationException("A run ends with a result or without."),
        };
        if (held.Problem is { } problem)
        {
            Warn(problem);
        }

        return end;
    }

    /// <summary>Tells the owner once that the script no longer runs, as of a broken one.</summary>
    /// <param name="sentence">Why it is passed over.</param>
    internal void PassOver(string sentence)
    {
        using var held = ScriptLock.TryAcquire(home, script);
        if (held is not null)
        {
            Broken(
                new ScriptRun.Broken(ScriptFailure.NotFound, sentence, [], TimeSpan.Zero),
                ScriptState.Read(home, script),
                time.GetUtcNow()
            );
        }
    }

    private JobOutcome Interrupted(ScriptRun.Broken broken)
    {
        Say($"interrupted after {Seconds(broken.Took)}. {broken.Summary}");
        return JobOutcome.Failed;
    }

    private JobOutcome Gone(ScriptRun.Broken broken)
    {
        Say($"not run. {broken.Summary}");
        return JobOutcome.Done;
    }

    private JobOutcome Broken(
        ScriptRun.Broken broken,
        ScriptState before,
        DateTimeOffset start,
        ScriptOutcome outcome = ScriptOutcome.Error
    )
    {
        var hasRun = broken.Reason != ScriptFailure.NotFound;
        if (hasRun && outcome == ScriptOutcome.Error)
        {
            Say($"error after {Seconds(broken.Took)}. {broken.Summary}");
        }

        KeepTraceback(broken, before);
        SaveState(
            Told(before, broken, isSaid: false, start, () => FailureNotice.Broken(script, broken)) with
            {
                LastRun = hasRun ? start : before.LastRun,
                LastOutcome = outcome,
                Error = broken.Text,
                Warnings = [],
            }
        );
        return _botUnreachable ? JobOutcome.BotUnreachable : JobOutcome.Failed;
    }

    private JobOutcome Finished(ScriptRun.Finished finished, ScriptState before, DateTimeOffset start)
    {
        var (outcome, error) = Evaluate(finished, before, start);
        var isSent = outcome is ScriptOutcome.Delivered or ScriptOutcome.Queued or ScriptOutcome.Muted;
        Say($"it ran for {Seconds(finished.Took)}");
        if (finished.BadEnd is { } badEnd)
        {
            Say($"then it failed: {char.ToLowerInvariant(badEnd.Summary[0])}{badEnd.Summary[1..]}");
            KeepTraceback(badEnd, before);
            error ??= badEnd.Text;
        }

        foreach (var warning in finished.Result.Warnings)
        {
            Warn(warning);
        }

        if (_refused is { } refused)
        {
            // It would be refused in the next round, too: a dead alert, as of a script that fails.
            return Broken(refused, before, start, ScriptOutcome.NotSent);
        }

        // A message that went out says itself how the script ended. Still to be told stays to be told: a dead alert that was announced must be taken back.
        var told = finished.BadEnd is { } end
            ? Told(before, end, isSaid: isSent, start, () => FailureNotice.EndsBadly(script, end))
            : Told(
                before,
                null,
                isSaid: false,
                start,
                () => FailureNotice.WorksAgain(script, before.FailingSince ?? start, start)
            );
        var kept = SaveState(
            told with
            {
                LastRun = start,
                LastOutcome = outcome,
                Error = error,
                Cooldown = finished.Result.Cooldown,
                Warnings = finished.Result.Warnings,
                ToldFields = TellUnknownFields(finished.Result, before, start),
                LastSent = isSent ? start : before.LastSent,
            }
        );
        return _botUnreachable ? JobOutcome.BotUnreachable
            : kept && outcome != ScriptOutcome.NotSent && finished.BadEnd is null ? JobOutcome.Done
            : JobOutcome.Failed;
    }

    /// <summary>
    /// Tells the owner what is new about the script's failing, and gives the state with what was told. Where the state can't be written, the bot is
    /// asked to take the same notice once a day only.
    /// </summary>
    /// <param name="before">The state before the run.</param>
    /// <param name="failure">How the run failed; null where it did not.</param>
    /// <param name="isSaid">Whether what the script sent says already that it failed.</param>
    /// <param name="start">The start of the run.</param>
    /// <param name="notice">The usual notice of this end.</param>
    private ScriptState Told(
        ScriptState before,
        ScriptRun.Broken? failure,
        bool isSaid,
        DateTimeOffset start,
        Func<string> notice
    )
    {
        var history = FailureHistory.After(before.Failures, failure is not null, start);
        var told = before.FailureTold || (isSaid && settings.FailureAlerts);

        // Without a history there is still the state of an older version, which told and did not count.
        var news = history?.Due(told, start) ?? (told ? FailureNews.WorksAgain : FailureNews.None);
        if (
            news != FailureNews.None
            && (settings.FailureAlerts || news == FailureNews.WorksAgain)
            && !(isSaid && news == FailureNews.Failing)
        )
        {
            var html =
                news == FailureNews.NowAndThen ? FailureNotice.NowAndThen(script, history!, failure, start) : notice();
            var trouble = NotNoted(before, start);
            var isTold = Tell(
                FailureNotice.With(html, trouble),
                news == FailureNews.WorksAgain ? "that it works again"
                    : news == FailureNews.NowAndThen ? "that it fails now and then"
                    : null,
                buttons: news != FailureNews.WorksAgain,
                trouble is null ? null : SendDecision.NoticeKey(script, news, before)
            );
            if (isTold)
            {
                history = history?.WithNotice(news, start);
                told = news switch
                {
                    FailureNews.WorksAgain => false,
                    FailureNews.NowAndThen => failure is not null,
                    _ => true,
                };
            }
        }

        return before with
        {
            FailingSince = failure is not null || told ? before.FailingSince ?? start : null,
            FailureTold = told,
            Failures = history?.IsOver(start) == true ? null : history,
        };
    }

    private void KeepTraceback(ScriptRun.Broken broken, ScriptState before)
    {
        // The traceback once; after that a line a round says enough.
        if (before.FailingSince is null || !string.Equals(before.Error, broken.Text, StringComparison.Ordinal))
        {
            _traceback = broken.LastErrorLines;
        }
    }

    private (ScriptOutcome Outcome, string? Error) Evaluate(
        ScriptRun.Finished finished,
        ScriptState before,
        DateTimeOffset start
    )
    {
        switch (SendDecision.Of(script, finished, before, start, () => NotNoted(before, start)))
        {
            case SendDecision.NoAlert:
                Say("no alert");
                return (ScriptOutcome.NoAlert, null);
            case SendDecision.Held { Until: var until }:
                Say(
                    $"held back by its cooldown of {finished.Result.Cooldown.Text} for {ScriptAge.Span(until - start)} more"
                );
                return (ScriptOutcome.HeldByCooldown, null);
            case SendDecision.Send { Notification: var notification }:
                var dealt = Send(notification, finished.Took);
                if (before.Problem is { } problem)
                {
                    Warn(problem);
                }
                else if (before.LastSent > start)
                {
                    Warn(
                        $"last_sent lies {ScriptAge.Span(before.LastSent.Value - start)} in the future; the clock was set back, and no cooldown counts."
                    );
                }

                return dealt;
            default:
                throw new InvalidOperationException("A decision is one of three.");
        }
    }

    /// <summary>
    /// Why what happens now can't be noted, as a sentence; null where it can. Found out by noting that there was a run, before anything is sent
    /// that the next round must know of; that costs a millisecond.
    /// </summary>
    private string? NotNoted(ScriptState before, DateTimeOffset start)
    {
        if (!_notNoted.IsKnown)
        {
            _notNoted = (true, TryKeep(before with { LastRun = start }));
        }

        return _notNoted.Trouble;
    }

    private (ScriptOutcome Outcome, string? Error) Send(Notification notification, TimeSpan took)
    {
        try
        {
            var answer = bot.Send(notification, CancellationToken.None);
            if (answer.Status is 413 or 415 && notification.Chart is not null)
            {
                Warn($"the bot did not take the chart. {answer.Error}");
                var without = notification with
                {
                    Chart = null,
                    Message = ScriptRun.Finished.WithLine(
                        notification.Message,
                        ScriptRun.Finished.NoChartLine(answer.Error)
                    ),
                };
                answer = bot.Send(without, CancellationToken.None);
            }

            if (!answer.IsOk)
            {
                Say($"not sent ({answer.Status}). {answer.Error}");
                if (answer.Status is 400 or 413 or 415 or 422 or 502)
                {
                    _refused = new ScriptRun.Broken(
                        ScriptFailure.UnreadableOutput,
                        $"What it says was not taken: {answer.Error}",
                        [],
                        took
                    );
                }

                return (ScriptOutcome.NotSent, answer.Error);
            }

            if (answer.MutedUntil is { } until)
            {
                Say(MuteWords.Until(until, time.GetUtcNow()));
                return (ScriptOutcome.Muted, null);
            }

            var outcome = answer.Text("status") is "queued" ? ScriptOutcome.Queued : ScriptOutcome.Delivered;
            Say(
                answer.IsRepeat ? "said before, and not again within its cooldown"
                : outcome == ScriptOutcome.Queued ? "queued; the bot delivers it as soon as Telegram takes it"
                : "delivered"
            );
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
    private IReadOnlyList<string> TellUnknownFields(ScriptResult result, ScriptState before, DateTimeOffset start)
    {
        var untold = result
            .UnknownFields.Where(field => !before.ToldFields.Contains(field.Name, StringComparer.Ordinal))
            .ToList();
        return
            untold.Count > 0
            && before.ToldFields.Count < MostToldFields
            && settings.FailureAlerts
            && !_botUnreachable
            && Tell(
                FailureNotice.UnknownFields(script, untold),
                "of the unknown fields",
                buttons: true,
                NotNoted(before, start) is null ? null : SendDecision.FieldsKey(script)
            )
            ? [.. before.ToldFields, .. untold.Select(field => field.Name)]
            : before.ToldFields;
    }

    private bool Tell(string html, string? what, bool buttons, RepeatKey? key)
    {
        var told = owner.Tell(script, html, what, buttons, key);
        _botUnreachable |= told.IsBotUnreachable;
        Say(told.Sentence);
        return told.IsTold;
    }

    private bool SaveState(ScriptState state)
    {
        if (TryKeep(state) is not { } trouble)
        {
            return true;
        }

        Warn($"its state can't be written, and the next round does not know of this one. {trouble}");
        return false;
    }

    /// <summary>Writes the state; gives why it can't be written, as a sentence with what to do.</summary>
    private string? TryKeep(ScriptState state)
    {
        try
        {
            state.Write(home, script);
            return null;
        }
        catch (FileNotWrittenException e)
        {
            return StateTrouble.Explain(home, script, e);
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

    private static string Seconds(TimeSpan span) =>
        string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} s");
}
