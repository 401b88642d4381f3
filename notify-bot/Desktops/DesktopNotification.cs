using Notify.Bot.Outbox;
using Notify.Dispatching;
using Notify.Formatting;

namespace Notify.Bot.Desktops;

/// <summary>An accepted notification as desktops and pages get it.</summary>
internal static class DesktopNotification
{
    /// <summary>Longest title in UTF-16 units; what is longer is cut. A desktop shows a line of it.</summary>
    internal const int LongestTitle = 1_000;

    /// <summary>
    /// Longest message in UTF-16 units; what is longer is cut, and the dashboard has all of it. At six bytes a unit, which is the worst that JSON makes
    /// of one, this and the title stay below the 256 kB that the gateway takes.
    /// </summary>
    internal const int LongestMessage = 30_000;

    private const string CutSign = "…";

    /// <param name="accepted">What was accepted.</param>
    /// <param name="webUrl">The dashboard's address, under which charts are; null: there is none, so no chart can be shown.</param>
    internal static DispatchedNotification Of(AcceptedNotification accepted, Uri? webUrl) =>
        new(
            accepted.Id,
            accepted.Title is null ? null : Cut(accepted.Title, LongestTitle),
            accepted.Message.Length == 0 ? null : Cut(AsMarkdown(accepted.Message, accepted.ParseMode), LongestMessage),
            accepted.Script,
            accepted.CreatedAt,
            accepted.Image is { } image && webUrl is not null
                ? new Uri($"{webUrl.AbsoluteUri.TrimEnd('/')}/api/notifications/images/{image.Id}")
                : null
        );

    /// <summary>Clients read one kind of markup. What came in another one loses its formatting, and none of its words.</summary>
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

        // What is cut in the end need not be escaped first.
        return MarkupEscape.LegacyMarkdown(Cut(text, LongestMessage));
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
