using System.Diagnostics.CodeAnalysis;
using Notify.Images;

namespace Notify.Formatting;

/// <summary>What a notification wants said.</summary>
public sealed record NotificationContent
{
    /// <summary>The header: bold, and literal whatever characters it holds.</summary>
    public string? Title { get; init; }

    /// <summary>The text, in the notation that <see cref="ParseMode"/> says.</summary>
    public string? Message { get; init; }

    /// <summary>How <see cref="Message"/> is to be read.</summary>
    public ParseMode ParseMode { get; init; }

    /// <summary>What is known of the picture, where there is one.</summary>
    public ImageInfo? Image { get; init; }
}

/// <summary>Which call of the Bot API carries a message.</summary>
public enum MessageKind
{
    /// <summary><c>sendMessage</c>.</summary>
    Text,

    /// <summary><c>sendPhoto</c>.</summary>
    Photo,

    /// <summary><c>sendDocument</c>: a picture that Telegram would refuse as a photo.</summary>
    Document,
}

/// <summary>One Telegram message.</summary>
/// <param name="Kind">Which call carries it. A photo or document carries the notification's picture.</param>
/// <param name="Text">The text, or the caption of a picture, which may be empty. To be sent with its entities unless <paramref name="Markup"/> is given.</param>
/// <param name="Markup">
/// Where the text goes to Telegram as its author wrote it: the markup to send instead of <paramref name="Text"/> and its entities. <paramref name="Text"/> is then what the
/// reader will see as far as we know, and what to send in the same way if Telegram answers that it can't parse the markup, finds it too long, or empty: for markup that is
/// wrong, that is the plain source.
/// </param>
public sealed record OutgoingMessage(MessageKind Kind, FormattedText Text, Markup? Markup = null);

/// <summary>A text with markup that Telegram is to read.</summary>
/// <param name="Text">The text.</param>
/// <param name="ParseMode"><see cref="ParseMode.Html"/> or <see cref="ParseMode.MarkdownV2"/>.</param>
public sealed record Markup(string Text, ParseMode ParseMode);

/// <summary>Makes Telegram messages out of a notification.</summary>
/// <remarks>
/// HTML and MarkdownV2 go to Telegram as they are, while they fit into one message with all their markup. A longer text can't be cut in its source without tearing tags; it
/// is read here and split with its entities. One that can't be read is split as plain text, tags and all, so that nothing its author wrote is lost.
/// </remarks>
public static class NotificationRenderer
{
    /// <summary>The messages that say what <paramref name="content"/> says, in the order to send them.</summary>
    /// <returns>False where there is nothing to show: no picture, and no visible character in title or message.</returns>
    public static bool TryRender(
        NotificationContent content,
        [NotNullWhen(true)] out IReadOnlyList<OutgoingMessage>? messages
    )
    {
        var title = TelegramText.Clean(content.Title ?? "").Trim();
        if (!TelegramText.HasVisible(title))
        {
            title = "";
        }

        // Blank lines before the text would stand between it and its title.
        var message = TelegramText.Clean(content.Message ?? "").TrimStart('\n');
        var body =
            content.ParseMode switch
            {
                ParseMode.Markdown => LegacyMarkdown.Parse(message),
                ParseMode.Html => HtmlReader.Read(message),
                ParseMode.MarkdownV2 => MarkdownV2Reader.Read(message),
                _ => null,
            } ?? FormattedText.Plain(message);
        var text = new Text(title, message, content.ParseMode, body);
        messages = content.Image is { } image ? WithImage(image, text) : Render(text, TelegramLimits.TextLength);
        return messages.Count > 0;
    }

    /// <summary>Whether Telegram takes the picture as a photo, which it shows in the chat, or only as a document, to be opened.</summary>
    public static MessageKind KindOf(ImageInfo image)
    {
        var longer = (long)Math.Max(image.Width, image.Height);
        var shorter = (long)Math.Min(image.Width, image.Height);
        return
            image.ByteLength <= TelegramLimits.PhotoBytes
            && longer + shorter <= TelegramLimits.PhotoWidthAndHeight
            && longer <= shorter * TelegramLimits.PhotoSideRatio
            ? MessageKind.Photo
            : MessageKind.Document;
    }

    /// <summary>Title and message, cleaned.</summary>
    /// <param name="Title">Empty where there is none.</param>
    /// <param name="Message">As its author wrote it.</param>
    /// <param name="Mode">How the message is to be read.</param>
    /// <param name="Body">The message, read.</param>
    private sealed record Text(string Title, string Message, ParseMode Mode, FormattedText Body);

    private static List<OutgoingMessage> WithImage(ImageInfo image, Text text)
    {
        var kind = KindOf(image);
        var caption = Render(text, TelegramLimits.CaptionLength);
        if (caption.Count == 0)
        {
            return [new OutgoingMessage(kind, FormattedText.Empty)];
        }

        if (caption is [var only])
        {
            return [only with { Kind = kind }];
        }

        // Too much for a caption: the picture under its title, then the text by itself, so that no sentence is cut by the picture.
        return text.Title.Length is > 0 and <= TelegramLimits.CaptionLength
            ?
            [
                new OutgoingMessage(kind, Bold(text.Title)),
                .. Render(text with { Title = "" }, TelegramLimits.TextLength),
            ]
            : [new OutgoingMessage(kind, FormattedText.Empty), .. Render(text, TelegramLimits.TextLength)];
    }

    private static List<OutgoingMessage> Render(Text text, int maxLength)
    {
        var (title, message, mode, body) = text;
        var parts = MessageSplitter.Split(Compose(title, body), maxLength);
        if (parts is not [var only])
        {
            return [.. parts.Select(part => new OutgoingMessage(MessageKind.Text, part))];
        }

        if (mode is ParseMode.Html or ParseMode.MarkdownV2 && TelegramText.HasVisible(message))
        {
            var markup = title.Length == 0 ? message : $"{BoldMarkup(title, mode)}\n{message}";
            if (markup.Length <= maxLength)
            {
                return [new OutgoingMessage(MessageKind.Text, only, new Markup(markup, mode))];
            }
        }

        return [new OutgoingMessage(MessageKind.Text, only)];
    }

    private static FormattedText Bold(string title) => new(title, [new TextEntity(EntityKind.Bold, 0, title.Length)]);

    private static FormattedText Compose(string title, FormattedText body)
    {
        if (title.Length == 0)
        {
            return body;
        }

        if (!TelegramText.HasVisible(body.Text))
        {
            return Bold(title);
        }

        var shift = title.Length + 1;
        var entities = new TextEntity[body.Entities.Count + 1];
        entities[0] = new TextEntity(EntityKind.Bold, 0, title.Length);
        for (var i = 0; i < body.Entities.Count; i++)
        {
            entities[i + 1] = body.Entities[i] with { Offset = body.Entities[i].Offset + shift };
        }

        return new FormattedText($"{title}\n{body.Text}", entities);
    }

    private static string BoldMarkup(string title, ParseMode mode) =>
        mode == ParseMode.Html ? $"<b>{MarkupEscape.Html(title)}</b>" : $"*{MarkupEscape.MarkdownV2(title)}*";
}
