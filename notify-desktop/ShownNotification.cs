using System.Globalization;
using Notify.Contracts;
using Notify.Formatting;
using Notify.Text;

namespace Notify.Desktop;

/// <summary>A notification as people see it here: plain text, of a bounded length, in which nothing is obeyed by a terminal or a desktop.</summary>
/// <param name="Title">One line.</param>
/// <param name="Body">Some lines; empty for none.</param>
/// <param name="At">When it was accepted.</param>
internal sealed record ShownNotification(string Title, string Body, DateTimeOffset? At)
{
    private const int MaxTitleLength = 200;

    private const int MaxBodyLength = 1_000;

    internal static ShownNotification Of(GatewayMessage notification) =>
        new(
            SafeText.Message(
                (notification.Title ?? notification.Script ?? "Notification").ReplaceLineEndings(" "),
                MaxTitleLength
            ),
            SafeText.Message(MarkdownReader.Parse(notification.Message ?? "").Text, MaxBodyLength),
            DateTimeOffset.TryParse(
                notification.Timestamp,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out var at
            )
                ? at
                : null
        );

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

/// <summary>The last 1,000 shown ids: the gateway may repeat one.</summary>
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
