using Notify.Scripts;
using Notify.Sending;

namespace Notify.Runner;

/// <summary>Tells a script's owner what is wrong with the script, and keeps in its state what was told.</summary>
internal sealed class FailureTeller(
    ScriptSettings settings,
    OwnerNotices owner,
    ScriptName script,
    JobReport report,
    JobState state
)
{
    /// <summary>With more unknown fields, a script probably uses data as names. Further ones are no news.</summary>
    private const int MaxToldFields = 10;

    private ScriptState Before => state.Before;

    private DateTimeOffset Start => state.Start;

    /// <summary>Whether the bot was unreachable for a notice.</summary>
    internal bool IsBotUnreachable { get; private set; }

    /// <summary>
    /// Sends news about the script's failing to the owner, and returns the state with it. If the state can't be written, a key limits
    /// the same notice to once a day.
    /// </summary>
    /// <param name="failure">How the run failed; null if it did not.</param>
    /// <param name="isSaid">Whether the sent notification already says that it failed.</param>
    /// <param name="retries">How many failures in a row are tried again before they are news.</param>
    /// <param name="notice">The usual notice of this end.</param>
    internal ScriptState Tell(ScriptRun.Failed? failure, bool isSaid, int retries, Func<string> notice)
    {
        var history = FailureHistory.After(Before.Failures, failure is not null, Start);
        var told = Before.FailureTold || (isSaid && settings.FailureAlerts);

        // An older version's state has no history, but knows what was told.
        var news =
            history is { FailedInARow: > 0 and var inARow } && inARow <= retries
                ? FailureNews.None
                : history?.Due(told, Start) ?? (told ? FailureNews.WorksAgain : FailureNews.None);
        if (
            news != FailureNews.None
            && (settings.FailureAlerts || news == FailureNews.WorksAgain)
            && !(isSaid && news == FailureNews.Failing)
        )
        {
            var html =
                news == FailureNews.NowAndThen ? FailureNotice.NowAndThen(script, history!, failure, Start) : notice();
            var trouble = state.NotNoted();
            var isTold = Tell(
                FailureNotice.With(html, trouble),
                news == FailureNews.WorksAgain ? "that it works again"
                    : news == FailureNews.NowAndThen ? "that it fails now and then"
                    : null,
                buttons: news != FailureNews.WorksAgain,
                trouble is null ? null : SendDecision.NoticeKey(script, news, Before)
            );
            if (isTold)
            {
                history = history?.WithNotice(news, Start);
                told = news switch
                {
                    FailureNews.WorksAgain => false,
                    FailureNews.NowAndThen => failure is not null,
                    _ => true,
                };
            }
        }

        return Before with
        {
            FailingSince = failure is not null || told ? Before.FailingSince ?? Start : null,
            FailureTold = told,
            Failures = history?.IsOver(Start) == true ? null : history,
        };
    }

    /// <summary>Tells the owner once about each unknown field: the script works without it, and nobody reads the log.</summary>
    /// <returns>All names told so far.</returns>
    internal IReadOnlyList<string> TellUnknownFields(ScriptResult result)
    {
        var untold = result
            .UnknownFields.Where(field => !Before.ToldFields.Contains(field.Name, StringComparer.Ordinal))
            .ToList();
        return
            untold.Count > 0
            && Before.ToldFields.Count < MaxToldFields
            && settings.FailureAlerts
            && !IsBotUnreachable
            && Tell(
                FailureNotice.UnknownFields(script, untold),
                "of the unknown fields",
                buttons: true,
                state.NotNoted() is null ? null : SendDecision.FieldsKey(script)
            )
            ? [.. Before.ToldFields, .. untold.Select(field => field.Name)]
            : Before.ToldFields;
    }

    /// <summary>Tells the owner once that the script does not run, because its settings can't be read.</summary>
    /// <returns>The state with what was told.</returns>
    internal ScriptState TellWrongSettings(string problem)
    {
        if (Before.ToldSettings == problem)
        {
            return Before;
        }

        report.Say($"{char.ToLowerInvariant(problem[0])}{problem[1..]}");
        var isTold =
            !settings.FailureAlerts
            || Tell(
                FailureNotice.WrongSettings(script, problem),
                what: null,
                buttons: false,
                state.NotNoted() is null ? null : SendDecision.SettingsKey(script, problem)
            );
        return isTold ? Before with { ToldSettings = problem } : Before;
    }

    /// <summary>Tells the owner that a time of the script passed without a run.</summary>
    /// <param name="due">The time; it is told once.</param>
    /// <param name="why">Why it did not run, as a sentence.</param>
    internal void TellOverdue(DateTimeOffset due, string why)
    {
        if (settings.FailureAlerts)
        {
            Tell(
                FailureNotice.Overdue(script, due, why, Start),
                "that it is overdue",
                buttons: false,
                SendDecision.OverdueKey(script, due)
            );
        }
    }

    private bool Tell(string html, string? what, bool buttons, RepeatKey? key)
    {
        var told = owner.Tell(script, html, what, buttons, key);
        IsBotUnreachable |= told.IsBotUnreachable;
        report.Say(told.Sentence);
        return told.IsTold;
    }
}
