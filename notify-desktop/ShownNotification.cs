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

    internal static ShownNotification Of(GatewayMessage notification) =>
        new(
            Printable(
                (notification.Title ?? notification.Script ?? "Notification").ReplaceLineEndings(" "),
                LongestTitle
            ),
            Printable(LegacyMarkdown.Parse(notification.Message ?? "").Text, LongestBody),
            notification.Timestamp
        );

    /// <summary>The text without characters that a terminal obeys, that turn the order of others around, or that nobody sees; longer ones are cut with a sign that says so.</summary>
    /// <param name="text">What somebody wrote.</param>
    /// <param name="longest">Most UTF-16 units of the result.</param>
    internal static string Printable(string text, int longest)
    {
        var clean = new StringBuilder();
        var cutAt = 0;
        foreach (var rune in text.ReplaceLineEndings("\n").EnumerateRunes())
        {
            if (!IsShown(rune))
            {
                continue;
            }

            if (clean.Length + rune.Utf16SequenceLength > longest)
            {
                clean.Length = cutAt;
                return clean.Append('…').ToString();
            }

            clean.Append(rune.ToString());
            cutAt = clean.Length < longest ? clean.Length : cutAt;
        }

        return clean.ToString();
    }

    // The joiners hold emoji of several parts together, and letters of some scripts apart.
    private static bool IsShown(Rune rune) => rune.Value is '\n' or 0x200C or 0x200D || !UnseenCharacters.Include(rune);

    /// <summary>For services that read markup in the body.</summary>
    internal string EscapedBody() =>
        Body.Replace("&", "&amp;", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal);

    /// <summary>One line with the time and the title, and the body indented below.</summary>
    internal string ForTerminal()
    {
        var time = At is { } at ? at.LocalDateTime.ToString("HH:mm", CultureInfo.InvariantCulture) + "  " : "";
        return Body.Length == 0
            ? time + Title
            : $"{time}{Title}\n    {Body.Replace("\n", "\n    ", StringComparison.Ordinal)}";
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
