using System.Diagnostics.CodeAnalysis;
using Notify.Images;

namespace Notify.Formatting;

/// <summary>A notification's content.</summary>
public sealed record NotificationContent
{
    /// <summary>The header: bold, literal text.</summary>
    public string? Title { get; init; }

    /// <summary>The text, in the notation of <see cref="ParseMode"/>.</summary>
    public string? Message { get; init; }

    /// <summary>The notation of <see cref="Message"/>.</summary>
    public ParseMode ParseMode { get; init; }

    /// <summary>The picture's properties, if there is one; of several, the first.</summary>
    public ImageInfo? Image { get; init; }

    /// <summary>The properties of further pictures.</summary>
    public IReadOnlyList<ImageInfo> MoreImages { get; init; } = [];

    /// <summary>The number of its files.</summary>
    public int Files { get; init; }

    /// <summary>Its table as it is shown (<see cref="Tables.TableLayout.Text"/>).</summary>
    public string? Table { get; init; }

    /// <summary>Whether the table needs a monospace font.</summary>
    public bool IsTableAligned { get; init; }

    /// <summary>The sender's buttons.</summary>
    public IReadOnlyList<NotificationButton> Buttons { get; init; } = [];

    /// <summary>Whether Notify's own buttons are under it.</summary>
    public bool HasOwnButtons { get; init; }

    /// <summary>The line under the text of a message that will be edited. Not null: the text is one message, which is cut at the end if it is too long.</summary>
    public string? LastLine { get; init; }
}

/// <summary>The Bot API's call for a message.</summary>
public enum MessageKind
{
    /// <summary><c>sendMessage</c>.</summary>
    Text,

    /// <summary><c>sendPhoto</c>.</summary>
    Photo,

    /// <summary><c>sendDocument</c>: a picture that Telegram would refuse as a photo.</summary>
    Document,

    /// <summary><c>sendMediaGroup</c>: 2 to 10 photos. It takes no buttons.</summary>
    Album,

    /// <summary><c>sendDocument</c>: a file.</summary>
    File,
}

/// <summary>One Telegram message.</summary>
/// <param name="Kind">Its call.</param>
/// <param name="Text">The text, or the caption of a picture, which may be empty. To be sent with its entities unless <paramref name="Markup"/> is given.</param>
/// <param name="Markup">
/// The author's markup, if Telegram is to read it: sent instead of <paramref name="Text"/> and its entities. <paramref name="Text"/> is then the
/// expected visible text. It is sent if Telegram can't parse the markup or finds it too long or empty. For invalid markup
/// it is the plain source.
/// </param>
public sealed record OutgoingMessage(MessageKind Kind, FormattedText Text, Markup? Markup = null)
{
    /// <summary>Which of the notification's pictures a photo or document carries, or which of its files a file.</summary>
    public int Item { get; init; }

    /// <summary>Which pictures an album carries; null for other kinds.</summary>
    public IReadOnlyList<int>? Album { get; init; }

    /// <summary>How much it counts for Telegram's rates and for progress: an album as many messages as it has photos.</summary>
    public int Count => Album?.Count ?? 1;
}

/// <summary>A text with markup that Telegram is to read.</summary>
/// <param name="Text">The text.</param>
/// <param name="ParseMode"><see cref="ParseMode.Html"/> or <see cref="ParseMode.MarkdownV2"/>.</param>
public sealed record Markup(string Text, ParseMode ParseMode);

/// <summary>Renders a notification as Telegram messages.</summary>
/// <remarks>
/// HTML and MarkdownV2 go to Telegram unchanged if they fit into one message with all their markup. Cutting the source of a longer text would tear tags, so it
/// is read here and split with its entities. An unreadable text is split as plain text with its tags, to lose nothing.
/// </remarks>
public static class NotificationRenderer
{
    /// <summary>The text above buttons where a notification has none of its own.</summary>
    private const string ButtonsOnly = "\u2191";

    /// <summary>The end of a text that is cut to one message.</summary>
    private const string Cut = "\n\u2026";

    /// <summary>The messages for <paramref name="content"/>, in sending order.</summary>
    /// <returns>False if there is nothing to show: no picture, and no visible character in title or message.</returns>
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

        // Removes blank lines between title and text.
        var message = TelegramText.Clean(content.Message ?? "").TrimStart('\n');
        message = content.ParseMode == ParseMode.Html ? HtmlReader.CleanReferences(message) : message;
        var body =
            content.ParseMode switch
            {
                ParseMode.Markdown => MarkdownReader.Parse(message),
                ParseMode.Html => HtmlReader.Read(message),
                ParseMode.MarkdownV2 => MarkdownV2Reader.Read(message),
                _ => null,
            } ?? FormattedText.Plain(message);
        var text = new Text(title, message, content.ParseMode, body);
        if (content.LastLine is not null)
        {
            // An edit sends entities, so the first message does too.
            text = text with
            {
                Mode = ParseMode.Plain,
                LastLine = content.LastLine,
            };
        }

        if (Additions(content) is { } additions)
        {
            // Read here, since Telegram's markup can't be continued with ours.
            text = text with
            {
                Mode = ParseMode.Plain,
                Body = Join(body, additions, content.IsTableAligned),
            };
        }

        var all = WithPictures(content, text);
        all.AddRange(
            Enumerable
                .Range(0, content.Files)
                .Select(file => new OutgoingMessage(MessageKind.File, FormattedText.Empty) { Item = file })
        );
        messages = all;
        return messages.Count > 0;
    }

    /// <summary>The table, and the addresses that can't be buttons; null if there are none.</summary>
    private static FormattedText? Additions(NotificationContent content)
    {
        var parts = new FormattedParts();
        if (content.Table is { } table && TelegramText.HasVisible(table))
        {
            parts.Add(MarkdownReader.Shown(TelegramText.Clean(table), content.IsTableAligned));
        }

        foreach (var button in content.Buttons.Where(button => button.IsLine))
        {
            parts.Add(parts.IsEmpty ? "" : "\n").Add(TelegramText.Clean(button.Line));
        }

        return parts.IsEmpty ? null : parts.Join();
    }

    private static FormattedText Join(FormattedText body, FormattedText additions, bool isBlock) =>
        TelegramText.HasVisible(body.Text)
            ? new FormattedParts().Add(body).Add(isBlock ? "\n" : "\n\n").Add(additions).Join()
            : additions;

    /// <summary>Whether Telegram takes the picture as a photo, shown in the chat, or only as a document.</summary>
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
    private sealed record Text(string Title, string Message, ParseMode Mode, FormattedText Body)
    {
        /// <summary>The line under it; null for a text that may take several messages.</summary>
        public string? LastLine { get; init; }
    }

    private static List<OutgoingMessage> WithPictures(NotificationContent content, Text text)
    {
        if (content.Image is not { } first)
        {
            return Render(text, TelegramLimits.TextLength);
        }

        if (content.MoreImages.Count == 0)
        {
            return WithImage(KindOf(first), 0, text);
        }

        ImageInfo[] images = [first, .. content.MoreImages];
        var photos = Enumerable.Range(0, images.Length).Where(i => KindOf(images[i]) == MessageKind.Photo).ToArray();
        var messages = photos switch
        {
            [] => WithImage(MessageKind.Document, 0, text),
            [var only] => WithImage(MessageKind.Photo, only, text),
            _ => WithAlbum(photos, content, text),
        };
        messages.AddRange(
            Enumerable
                .Range(photos.Length == 0 ? 1 : 0, images.Length - (photos.Length == 0 ? 1 : 0))
                .Except(photos)
                .Select(i => new OutgoingMessage(MessageKind.Document, FormattedText.Empty) { Item = i })
        );
        return messages;
    }

    /// <summary>An album with the text as its caption. Buttons need a message of their own, so the text then follows the album.</summary>
    private static List<OutgoingMessage> WithAlbum(int[] photos, NotificationContent content, Text text)
    {
        var isCustom = content.Buttons.Any(button => !button.IsLine);
        if (!isCustom && !content.HasOwnButtons)
        {
            var messages = WithImage(MessageKind.Album, 0, text);
            messages[0] = messages[0] with { Album = photos };
            return messages;
        }

        var album = new OutgoingMessage(MessageKind.Album, FormattedText.Empty) { Album = photos };
        var below = Render(text, TelegramLimits.TextLength);
        if (below.Count == 0 && (isCustom || text.LastLine is not null))
        {
            below.Add(new OutgoingMessage(MessageKind.Text, FormattedText.Plain(ButtonsOnly)));
        }

        return [album, .. below];
    }

    private static List<OutgoingMessage> WithImage(MessageKind kind, int item, Text text)
    {
        var caption = Render(text, TelegramLimits.CaptionLength);
        if (caption.Count == 0)
        {
            return [new OutgoingMessage(kind, FormattedText.Empty) { Item = item }];
        }

        if (caption is [var only])
        {
            return [only with { Kind = kind, Item = item }];
        }

        // Too long for a caption: sends the picture with the title, then the text alone, so the picture cuts no sentence.
        return text.Title.Length is > 0 and <= TelegramLimits.CaptionLength
            ?
            [
                new OutgoingMessage(kind, Bold(text.Title)) { Item = item },
                .. Render(text with { Title = "" }, TelegramLimits.TextLength),
            ]
            :
            [
                new OutgoingMessage(kind, FormattedText.Empty) { Item = item },
                .. Render(text, TelegramLimits.TextLength),
            ];
    }

    private static List<OutgoingMessage> Render(Text text, int maxLength)
    {
        var (title, message, mode, body) = text;
        if (text.LastLine is { } line)
        {
            return RenderOne(Compose(title, body), TelegramText.Clean(line), maxLength);
        }

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

    /// <summary>One message: the text, cut if necessary, and a line.</summary>
    private static List<OutgoingMessage> RenderOne(FormattedText text, string line, int maxLength)
    {
        var whole = new FormattedParts();
        var room = maxLength - line.Length - Cut.Length - 2;
        if (MessageSplitter.Split(text, room) is [var first, ..] parts)
        {
            whole.Add(first).Add(parts.Count > 1 ? Cut : "").Add(line.Length > 0 ? "\n\n" : "");
        }

        whole.Add(line);
        return whole.IsEmpty ? [] : [new OutgoingMessage(MessageKind.Text, whole.Join())];
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
