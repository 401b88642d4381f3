using Notify.Contracts;
using Notify.Scripts;
using Notify.Sending;

namespace Notify.Runner;

/// <summary>
/// Posts news of a script's incident: its beginning, other content, a due reminder, and its end. Other runs make no call.
/// The state has each call before it is made. After a kill the next run makes the same call under the same key.
/// </summary>
internal sealed class IncidentSender(ResultSender sender, ScriptName script, JobReport report, JobState state)
{
    private const string AskedEnd = "end";

    private const string AskedConfirmedEnd = "confirmed end";

    private DateTimeOffset Start => state.Start;

    /// <summary>Deals with the result of a script whose alerts are incidents.</summary>
    internal SentResult Send(ScriptRun.Finished finished)
    {
        if (state.Before.Problem is { } problem)
        {
            report.Warn(problem);
        }

        return finished.Result.Notify ? Fire(finished)
            // A script that failed after its result has not seen that all is well.
            : finished.BadEnd is null ? Quiet()
            : NoAlert();
    }

    /// <summary>Ends the incident of a script whose alerts are no longer incidents.</summary>
    /// <param name="isFiring">Whether it has an alert. Then the end is not told: a message of the usual kind may follow.</param>
    /// <param name="why">Why, as a clause for the log.</param>
    /// <returns>What became of the end that the bot did not take; null if there is nothing left to end.</returns>
    internal SentResult? EndForGood(bool isFiring, string why)
    {
        if (state.Before.Incident is not { } incident)
        {
            return null;
        }

        var trouble = state.NotNoted();
        var sent = End(
            incident,
            isConfirmed: !isFiring,
            isNoted: trouble is null,
            $"its incident is over, since {why}"
        );
        if (sent.Outcome == ScriptOutcome.NoAlert)
        {
            Keep(null);
            return null;
        }

        if (sent.Refusal is not null)
        {
            // No later run is about this incident, and the bot would refuse the end in each round.
            Keep(null);
        }

        return sent;
    }

    private SentResult NoAlert()
    {
        report.Say("no alert");
        return Result(ScriptOutcome.NoAlert);
    }

    private SentResult Fire(ScriptRun.Finished finished)
    {
        var (before, cooldown) = (state.Before.Incident, finished.Result.Cooldown);
        var notification = Notification.Of(script, finished);
        var hash = HashOf(notification);
        var trouble = state.NotNoted();
        var decision = IncidentDecision.Firing(before, hash, cooldown, Start, isNoted: trouble is null);
        Keep(decision.Incident);
        if (decision.Move == IncidentMove.None)
        {
            report.Say($"{IncidentWords.OpenSince(before!.Since, Start)}; nothing is new");
            return Result(ScriptOutcome.HeldByCooldown);
        }

        // Without a hash it is a call of its own: the same text may mean other bytes.
        var key = KeyOf(before, hash);
        var pending = (decision.Incident ?? new ScriptIncident(Start)) with
        {
            ContentHash = null,
            Cooldown = cooldown,
            IsOver = false,
            Asked = hash,
            AskedKey = key.Name,
        };
        if (trouble is null)
        {
            trouble = state.Note(pending);
        }

        var sent = sender.Send(
            notification with
            {
                Key = key,
                Message = trouble is null
                    ? notification.Message
                    : ScriptRun.Finished.WithLine(notification.Message, SendDecision.NotNotedLine(trouble)),
                Incident = new IncidentFields(
                    Notification.IncidentKey(script),
                    FiringState.Firing,
                    IncidentDecision.SecondsOf(cooldown, before, Start)
                ),
            },
            before?.AskedKey,
            IncidentWords.Done(decision.Move, before, Start)
        );
        if (!sent.IsTaken)
        {
            // A lost answer may mean that it was taken. Else the bot still has what it had.
            Keep(sent.UnansweredKey is null ? decision.Incident : pending);
            return sent with { UnansweredKey = state.Before.UnansweredKey };
        }

        var answer = sent.Incident;
        var isTold = answer?.ToldAt is { } told
            ? told != before?.ToldAt
            : decision.Move is IncidentMove.Open or IncidentMove.Remind;
        Keep(
            pending with
            {
                Since = answer?.Since ?? pending.Since,
                ContentHash = hash,
                ToldAt = answer?.ToldAt,
                ToldRun =
                    isTold && answer?.ToldAt < Start ? answer.ToldAt
                    : isTold ? Start
                    : decision.Move == IncidentMove.Remind ? IncidentDecision.AskedAgain(cooldown, Start)
                    : before?.ToldRun ?? Start,
                Asked = null,
                AskedKey = null,
            }
        );
        return sent with { UnansweredKey = state.Before.UnansweredKey, BeginsCooldown = isTold };
    }

    private SentResult Quiet()
    {
        var before = state.Before.Incident;
        var isNoted = state.NotNoted() is null;
        var decision = IncidentDecision.Quiet(before, isNoted);
        Keep(decision.Incident);
        if (decision.Move == IncidentMove.None)
        {
            return NoAlert();
        }

        var isConfirmed = decision.Move == IncidentMove.ConfirmEnd;
        var sent = End(
            decision.Incident,
            isConfirmed,
            isNoted,
            before is null ? "no alert" : $"no alert. {IncidentWords.Ended(before, isConfirmed, Start)}"
        );
        if (sent.Outcome == ScriptOutcome.NoAlert)
        {
            Keep(
                isConfirmed
                    ? null
                    : decision.Incident! with
                    {
                        ContentHash = null,
                        IsOver = true,
                        Asked = null,
                        AskedKey = null,
                    }
            );
        }

        return sent;
    }

    /// <summary>Posts an end. The outcome is <see cref="ScriptOutcome.NoAlert"/> if the bot took it.</summary>
    private SentResult End(ScriptIncident? incident, bool isConfirmed, bool isNoted, string done)
    {
        var asked = isConfirmed ? AskedConfirmedEnd : AskedEnd;
        var key = KeyOf(incident, asked);
        var pending = incident is null
            ? null
            : incident with
            {
                ContentHash = null,
                Asked = asked,
                AskedKey = key.Name,
            };
        if (isNoted)
        {
            _ = state.Note(pending);
        }

        var sent = sender.Send(
            new Notification(script, null, null, null)
            {
                Key = key,
                Incident = new IncidentFields(
                    Notification.IncidentKey(script),
                    FiringState.Ok,
                    incident?.Cooldown is { } cooldown ? IncidentDecision.SecondsOf(cooldown, null, Start) : 0,
                    isConfirmed
                ),
            },
            incident?.AskedKey,
            done
        );
        if (sent.IsTaken)
        {
            return Result(ScriptOutcome.NoAlert);
        }

        Keep(sent.UnansweredKey is null ? incident : pending);
        return sent with { UnansweredKey = state.Before.UnansweredKey };
    }

    /// <summary>The key of the same call that was asked without an answer, else a new one. Another call under the old key would count as a repeat.</summary>
    private static RepeatKey KeyOf(ScriptIncident? incident, string? asked) =>
        asked is not null && incident?.Asked == asked && incident.AskedKey is { } key
            ? new RepeatKey(key)
            : RepeatKey.Unique();

    /// <summary>The hash; null if a file changed meanwhile. Then the alert is posted.</summary>
    private static string? HashOf(Notification notification)
    {
        try
        {
            return notification.HashContent();
        }
        catch (IOException)
        {
            return null;
        }
    }

    private SentResult Result(ScriptOutcome outcome) => new(outcome) { UnansweredKey = state.Before.UnansweredKey };

    private void Keep(ScriptIncident? incident) => state.Before = state.Before with { Incident = incident };
}
