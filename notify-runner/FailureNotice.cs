using System.Globalization;
using System.Text;
using Notify.Formatting;
using Notify.Scripts;

namespace Notify.Runner;

/// <summary>
/// Messages to an owner's phone when a script fails and when it works again, once each. A failing script is silent, and silence
/// looks like good news.
/// </summary>
internal static class FailureNotice
{
    /// <summary>Longest quote of stderr, in characters. Telegram takes 4,096 in all (https://core.telegram.org/bots/api#sendmessage).</summary>
    private const int MaxQuoteLength = 3000;

    private const int MaxFields = 10;

    /// <summary>The script is failing: its name, the reason, and the end of its stderr in a folded quote.</summary>
    internal static string Failing(ScriptName script, ScriptRun.Failed failed) =>
        $"⚠️ <b>{Escape(script.Value)} is failing</b>\n{Failure(failed)}It sends nothing until it is fixed. You get a message when it works again.";

    /// <summary>The bot refused the end of an incident that no later run is about.</summary>
    internal static string EndRefused(ScriptName script, string refusal, string why) =>
        $"⚠️ <b>The incident of {Escape(script.Value)} still looks open</b>\nIt ended, since {Escape(why)}. {Escape(refusal)}\nNo later round tries again.";

    /// <summary>The script failed after a result that was not sent.</summary>
    internal static string EndsBadly(ScriptName script, ScriptRun.Failed end) =>
        $"⚠️ <b>{Escape(script.Value)} fails after its result</b>\n{Failure(end)}Its results are still sent. You get a message when it works again.";

    /// <summary>The script fails now and then: how often, and its last failure.</summary>
    internal static string NowAndThen(
        ScriptName script,
        FailureHistory history,
        ScriptRun.Failed? failure,
        DateTimeOffset now
    )
    {
        var notice =
            $"⚠️ <b>{Escape(script.Value)} fails now and then</b>\nIt failed {history.Failed} of the last {history.Runs} runs, in {ScriptAge.Span(now - history.Since)}.";
        return $"{notice}{(failure is null ? " The last run worked.\n" : $"\n{Failure(failure)}")}You now get one message a day, until it has worked for a whole day.";
    }

    /// <summary>The script works again.</summary>
    internal static string WorksAgain(ScriptName script, DateTimeOffset failingSince, DateTimeOffset now)
    {
        var since =
            now - failingSince >= TimeSpan.FromSeconds(1)
                ? $"\nIt was failing for {ScriptAge.Span(now - failingSince)}."
                : "";
        return $"✅ <b>{Escape(script.Value)} works again</b>{since}";
    }

    /// <summary>The script's own settings can't be read.</summary>
    internal static string WrongSettings(ScriptName script, string problem) =>
        $"⚠️ <b>{Escape(script.Value)} does not run</b>\n{Escape(problem)}\nThe next round after the fix runs it as it says.";

    /// <summary>A time of the script passed without a run.</summary>
    internal static string Overdue(ScriptName script, DateTimeOffset due, string why, DateTimeOffset now) =>
        $"⚠️ <b>{Escape(script.Value)} is overdue</b>\nIt was due {ScriptAge.Ago(now - due)} and has not run. {Escape(why)}";

    /// <summary>A notice with a sentence about another fault; it may be null.</summary>
    internal static string With(string notice, string? sentence) =>
        sentence is null ? notice : $"{notice}\n{Escape(sentence)}";

    private static string Failure(ScriptRun.Failed failed)
    {
        var failure = new StringBuilder(Escape(failed.Summary)).Append('\n');
        var quote = Tail(failed.LastErrorLines);
        if (quote.Length > 0)
        {
            failure.Append(CultureInfo.InvariantCulture, $"<blockquote expandable>{Escape(quote)}</blockquote>\n");
        }

        return failure.ToString();
    }

    /// <summary>The script's result has unknown fields.</summary>
    internal static string UnknownFields(ScriptName script, IReadOnlyList<UnknownField> fields) =>
        $"⚠️ <b>{Escape(script.Value)} has an unknown field</b>\n{string.Join('\n', fields.Take(MaxFields).Select(field => Escape(field.Sentence)))}";

    private static string Tail(IReadOnlyList<string> lines)
    {
        var first = lines.Count;
        for (var length = 0; first > 0 && length + lines[first - 1].Length + 1 <= MaxQuoteLength; first--)
        {
            length += lines[first - 1].Length + 1;
        }

        return string.Join('\n', lines.Skip(first));
    }

    private static string Escape(string text) => MarkupEscape.Html(text);
}
