using System.Globalization;
using System.Text;
using Notify.Formatting;

namespace Notify.Desktop;

/// <summary>A notification as people see it here: plain text, of a bounded length, in which nothing is obeyed by a terminal or a desktop.</summary>
/// <param name="Title">One line.</param>
/// <param name="Body">Some lines; empty for none.</param>
/// <param name="At">When it was accepted.</param>
internal sealed record ShownNotification(string Title, string Body, DateTimeOffset? At)
{
    private const int LongestTitle = 200;

    private const int LongestBody = 1_000;

    internal static ShownNotification Of(GatewayMessage notification) => new(
        Printable((notification.Title ?? notification.Script ?? "Notification").ReplaceLineEndings(" "), LongestTitle),
        Printable(LegacyMarkdown.Parse(notification.Message ?? "").Text, LongestBody),
        notification.Timestamp);

    /// <summary>The text without control and formatting characters but line ends, cut with a sign that says so.</summary>
    internal static string Printable(string text, int longest)
    {
        var clean = new StringBuilder();
        foreach (var rune in text.ReplaceLineEndings("\n").EnumerateRunes())
        {
            if (rune.Value != '\n' && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                continue;
            }

            if (clean.Length + rune.Utf16SequenceLength >= longest)
            {
                return clean.Append('…').ToString();
            }

            clean.Append(rune.ToString());
        }

        return clean.ToString();
    }

    /// <summary>For services that read markup in the body.</summary>
    internal string EscapedBody() => Body.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    /// <summary>One line with the time and the title, and the body indented below.</summary>
    internal string ForTerminal()
    {
        var time = At is { } at ? at.LocalDateTime.ToString("HH:mm", CultureInfo.InvariantCulture) + "  " : "";
        return Body.Length == 0 ? time + Title : $"{time}{Title}\n    {Body.Replace("\n", "\n    ", StringComparison.Ordinal)}";
    }
}

/// <summary>The ids that were shown, the last 1,000: the gateway may say one twice.</summary>
internal sealed class ShownIds
{
    private const int Most = 1_000;

    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    internal bool IsNew(string? id)
    {
        if (id is null || !_ids.Add(id))
        {
            return false;
        }

        _order.Enqueue(id);
        if (_order.Count > Most)
        {
            _ids.Remove(_order.Dequeue());
        }

        return true;
    }
}

/// <summary>What becomes of one notification in a burst.</summary>
internal enum Burst
{
    /// <summary>It is shown.</summary>
    Through,

    /// <summary>It is the first that is not: that there are more is said.</summary>
    First,

    /// <summary>It is not shown.</summary>
    More,
}

/// <summary>A script that goes wild must not bury the desktop: at most ten within ten seconds.</summary>
internal sealed class BurstGate(TimeProvider time)
{
    private const int Most = 10;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Queue<long> _shown = new();
    private bool _isSaid;

    internal Burst Next()
    {
        while (_shown.TryPeek(out var oldest) && time.GetElapsedTime(oldest) > Window)
        {
            _shown.Dequeue();
        }

        if (_shown.Count < Most)
        {
            _shown.Enqueue(time.GetTimestamp());
            _isSaid = false;
            return Burst.Through;
        }

        var next = _isSaid ? Burst.More : Burst.First;
        _isSaid = true;
        return next;
    }
}
