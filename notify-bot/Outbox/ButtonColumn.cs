using System.Text.Json;
using Notify.Formatting;

namespace Notify.Bot.Outbox;

/// <summary>The sender's buttons of a notification as JSON in a column.</summary>
internal static class ButtonColumn
{
    internal static string? Write(IReadOnlyList<NotificationButton> buttons) =>
        buttons.Count == 0
            ? null
            : JsonSerializer.Serialize(
                [.. buttons.Select(button => new ButtonEntry(button.Text, button.Url, button.Run, button.Show))],
                AttachmentJson.Default.ListButtonEntry
            );

    /// <exception cref="FormatException">It is not what <see cref="Write"/> writes.</exception>
    internal static IReadOnlyList<NotificationButton> Read(string? column)
    {
        if (column is null)
        {
            return [];
        }

        try
        {
            return
            [
                .. JsonSerializer
                    .Deserialize(column, AttachmentJson.Default.ListButtonEntry)!
                    .Select(entry => new NotificationButton(entry.Text, entry.Url, entry.Run) { Show = entry.Show }),
            ];
        }
        catch (JsonException e)
        {
            throw new FormatException("The buttons of a notification can't be read.", e);
        }
    }
}
