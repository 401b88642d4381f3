using System.Text;
using Notify.Formatting;
using Notify.Scripts;

namespace Notify.Runner;

/// <summary>
/// What an owner's phone is told when a script breaks, and when it works again: once each. A broken alert is silent, and silence
/// looks like good news.
/// </summary>
internal static class FailureNotice
{
    /// <summary>Characters of stderr that go along at most; Telegram takes 4,096 in all (https://core.telegram.org/bots/api#sendmessage).</summary>
    private const int LongestQuote = 3000;

    private const int MostFields = 10;

    /// <summary>The script broke: which, how, and the end of its stderr in a quote that unfolds at a touch.</summary>
    internal static string Broken(ScriptName script, ScriptRun.Broken broken)
    {
        var notice = new StringBuilder($"⚠️ <b>{Escape(script.Value)} is broken</b>\n{Escape(broken.Summary)}\n");
        var quote = Tail(broken.LastErrorLines);
        if (quote.Length > 0)
        {
            notice.Append($"<blockquote expandable>{Escape(quote)}</blockquote>\n");
        }

        return notice.Append("It sends nothing until it is mended. You will be told when it works again.").ToString();
    }

    /// <summary>The script works again.</summary>
    internal static string WorksAgain(ScriptName script, DateTimeOffset failingSince, DateTimeOffset now)
    {
        var since = now > failingSince ? $" It was broken for {ScriptAge.Span(now - failingSince)}." : "";
        return $"✅ <b>{Escape(script.Value)} works again</b>\n{since}".TrimEnd();
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
