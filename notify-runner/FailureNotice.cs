using System.Globalization;
using System.Text;
using Notify.Formatting;
using Notify.Scripts;

namespace Notify.Runner;

/// <summary>
/// What an owner's phone is told when a script fails, and when it works again: once each. A failing alert is silent, and silence
/// looks like good news.
/// </summary>
internal static class FailureNotice
{
    /// <summary>Characters of stderr that go along at most; Telegram takes 4,096 in all (https://core.telegram.org/bots/api#sendmessage).</summary>
    private const int LongestQuote = 3000;

    private const int MostFields = 10;

    /// <summary>The script fails: which, how, and the end of its stderr in a quote that unfolds at a touch.</summary>
    internal static string Broken(ScriptName script, ScriptRun.Broken broken) =>
        $"⚠️ <b>{Escape(script.Value)} is broken</b>\n{Failure(broken)}It sends nothing until it is mended. You will be told when it works again.";

    /// <summary>The script had said something, and failed after that, before this could be sent or while there was nothing to send.</summary>
    internal static string EndsBadly(ScriptName script, ScriptRun.Broken end) =>
        $"⚠️ <b>{Escape(script.Value)} fails after its result</b>\n{Failure(end)}What it prints is still sent. You will be told when it works again.";

    /// <summary>The script fails now and then: how often, and how its last run went.</summary>
    internal static string NowAndThen(
        ScriptName script,
        FailureHistory history,
        ScriptRun.Broken? failure,
        DateTimeOffset now
    )
    {
        var notice =
            $"⚠️ <b>{Escape(script.Value)} fails now and then</b>\nIt failed {history.Failed} of the last {history.Runs} runs, within {ScriptAge.Span(now - history.Since)}.";
        return $"{notice}{(failure is null ? " The last one worked.\n" : $"\n{Failure(failure)}")}You are told of it once a day from now on, until it has worked for a whole day.";
    }

    /// <summary>The script works again.</summary>
    internal static string WorksAgain(ScriptName script, DateTimeOffset failingSince, DateTimeOffset now)
    {
        var since =
            now - failingSince >= TimeSpan.FromSeconds(1)
                ? $"\nIt was broken for {ScriptAge.Span(now - failingSince)}."
                : "";
        return $"✅ <b>{Escape(script.Value)} works again</b>{since}";
    }

    /// <summary>A notice with a sentence about what else must be fixed; it may be null.</summary>
    internal static string With(string notice, string? sentence) =>
        sentence is null ? notice : $"{notice}\n{Escape(sentence)}";

    private static string Failure(ScriptRun.Broken broken)
    {
        var failure = new StringBuilder(Escape(broken.Summary)).Append('\n');
        var quote = Tail(broken.LastErrorLines);
        if (quote.Length > 0)
        {
            failure.Append(CultureInfo.InvariantCulture, $"<blockquote expandable>{Escape(quote)}</blockquote>\n");
        }

        return failure.ToString();
    }

    /// <summary>The script's result has fields that are none.</summary>
    internal static string UnknownFields(ScriptName script, IReadOnlyList<UnknownField> fields) =>
        $"⚠️ <b>{Escape(script.Value)} has a field that does not count</b>\n{string.Join('\n', fields.Take(MostFields).Select(field => Escape(field.Sentence)))}";

    private static string Tail(IReadOnlyList<string> lines)
    {
        var first = lines.Count;
        for (var length = 0; first > 0 && length + lines[first - 1].Length + 1 <= LongestQuote; first--)
        {
            length += lines[first - 1].Length + 1;
        }

        return string.Join('\n', lines.Skip(first));
    }

    private static string Escape(string text) => MarkupEscape.Html(text);
}
