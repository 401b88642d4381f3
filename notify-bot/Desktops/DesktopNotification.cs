using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Formatting;

namespace Notify.Bot.Desktops;

/// <summary>An accepted notification in the form for desktops and pages.</summary>
internal static class DesktopNotification
{
    /// <summary>Longest title in UTF-16 units; a longer one is cut. A desktop shows one line of it.</summary>
    internal const int MaxTitleLength = 1_000;

    /// <summary>
    /// Longest message in UTF-16 units. A longer one is cut; the dashboard has all of it. JSON takes at most six bytes a unit, so message and
    /// title stay below the gateway's limit of 256 kB.
    /// </summary>
    internal const int MaxMessageLength = 30_000;

    private const string CutSign = "…";

    /// <param name="accepted">The notification.</param>
    /// <param name="webUrl">The dashboard's address, which serves the charts; null for no dashboard and no charts.</param>
    internal static DispatchedNotification Of(AcceptedNotification accepted, Uri? webUrl) =>
        new(
            accepted.Id,
            accepted.Title is null ? null : Cut(TelegramText.Clean(accepted.Title), MaxTitleLength),
            Body(accepted) is { Length: > 0 } body ? Cut(body, MaxMessageLength) : null,
            accepted.Script,
            WireJson.Time(accepted.CreatedAt),
            accepted.Image is { } image && webUrl is not null
                ? $"{webUrl.AbsoluteUri.TrimEnd('/')}/api/notifications/images/{image.Id}"
                : null
        );

    /// <summary>The text, then what clients show of the rest: a table as a block, files by their names.</summary>
    private static string Body(AcceptedNotification accepted)
    {
        var parts = new List<string>();
        if (accepted.Message.Length > 0)
        {
            parts.Add(AsMarkdown(TelegramText.Clean(accepted.Message), accepted.ParseMode));
        }

        if (accepted.Table is { } table)
        {
            // A backtick would end the block.
            parts.Add($"```\n{TelegramText.Clean(table).Replace('`', '\'')}\n```");
        }

        parts.AddRange(accepted.Files.Select(file => MarkupEscape.LegacyMarkdown($"📎 {file.Name}")));
        return string.Join('\n', parts);
    }

    /// <summary>Clients read one kind of markup. A text in another kind loses its formatting, but no words.</summary>
    private static string AsMarkdown(string message, ParseMode mode)
    {
        if (mode == ParseMode.Markdown)
        {
            return message;
        }

        var text =
            (
                mode switch
                {
                    ParseMode.Html => HtmlReader.Read(message),
                    ParseMode.MarkdownV2 => MarkdownV2Reader.Read(message),
                    _ => null,
                }
            )?.Text
            ?? message;

        // Cuts before escaping, to escape no more than needed.
        return MarkupEscape.LegacyMarkdown(Cut(text, MaxMessageLength));
    }

    private static string Cut(string text, int longest)
    {
        if (text.Length <= longest)
        {
            return text;
        }

        var end = longest - CutSign.Length;
        return text[..(char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)] + CutSign;
    }
}
