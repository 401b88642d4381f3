using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Notify.Contracts;

namespace Notify.Formatting;

/// <summary>Fits a notification of any size into the bot's limits. Text comes before data; a chart has its own limit.</summary>
public static class NotificationFit
{
    /// <summary>Step of the search for the cut: a hundredth of ten messages.</summary>
    private const int Step = MessageSplitter.MaxParts * TelegramLimits.TextLength / 100;

    /// <summary>Room for other fields and for lines that the sender adds to the message.</summary>
    private const int Reserve = 20_000;

    /// <summary>Room for title, message and data in bytes. A form and a JSON body have the same limit, and JSON is longer.</summary>
    private static int Room => Math.Min(SendApiLimits.JsonBody, SendApiLimits.FormFields) - Reserve;

    /// <summary>Removes what exceeds the limits.</summary>
    /// <param name="title">The bold header.</param>
    /// <param name="message">The message in Markdown.</param>
    /// <param name="data">The script's own data.</param>
    /// <param name="lastLine">A Markdown line that will follow the message, if any.</param>
    /// <param name="warnings">Gets sentences about what was removed.</param>
    /// <returns>Title, message and data within the limits.</returns>
    public static (string? Title, string? Message, JsonElement? Data) Apply(
        string? title,
        string? message,
        JsonElement? data,
        string? lastLine,
        ICollection<string> warnings
    )
    {
        ArgumentNullException.ThrowIfNull(warnings);
        // A text unit takes at most six bytes of JSON, so nearly all pass here.
        if (((title?.Length ?? 0) + (message?.Length ?? 0) + (data?.GetRawText().Length ?? 0)) * 6L <= Room)
        {
            return (title, message, data);
        }

        if (Size(title) + Size(message) > Room)
        {
            var characters = Count(title) + Count(message);
            (title, message) = Shorten(title ?? "", message ?? "", more: 0, lastLine, ParseMode.Markdown, CloseFence);
            warnings.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The text has {characters:N0} characters, more than the bot takes. Ten messages are sent; the last says how much is missing."
                )
            );
        }

        if (data is { } own && Size(title) + Size(message) + Size(own) is var size && size > Room)
        {
            warnings.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"data is left out: with the text it has {size:N0} bytes, and the limit is {Room:N0}."
                )
            );
            data = null;
        }

        return (title, message, data);
    }

    /// <summary>Whether a table fits beside the rest. If not, it is left out with a sentence.</summary>
    /// <param name="table">The table as JSON.</param>
    /// <param name="title">The bold header.</param>
    /// <param name="message">The message.</param>
    /// <param name="data">The script's own data.</param>
    /// <param name="warnings">Gets the sentence.</param>
    public static bool Fits(
        JsonElement table,
        string? title,
        string? message,
        JsonElement? data,
        ICollection<string> warnings
    )
    {
        ArgumentNullException.ThrowIfNull(warnings);
        var size = Size(title) + Size(message) + (data is { } own ? Size(own) : 0) + Size(table);
        if (size <= Room)
        {
            return true;
        }

        warnings.Add(
            string.Create(
                CultureInfo.InvariantCulture,
                $"table is left out: with the text it has {size:N0} bytes, and the limit is {Room:N0}. Send it as a file."
            )
        );
        return false;
    }

    /// <summary>
    /// Cuts a text that is longer than ten messages, whose sender may have kept only its beginning: to what delivery sends whole, with the
    /// sentence that says how much is left out at its end.
    /// </summary>
    /// <param name="title">The bold header.</param>
    /// <param name="text">The text, or its beginning: more than ten messages hold.</param>
    /// <param name="more">How many characters the sender did not keep.</param>
    /// <param name="mode">The notation of the result.</param>
    /// <param name="write">Writes a piece of the text in that notation.</param>
    /// <returns>The message in that notation.</returns>
    public static string Cut(string? title, string text, long more, ParseMode mode, Func<string, string> write) =>
        Shorten(title ?? "", text, more, lastLine: null, mode, write).Message;

    /// <summary>Whether a text has more characters than ten messages hold.</summary>
    public static bool IsOverTenMessages(string? title, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return (title?.Length ?? 0) + text.Length > MessageSplitter.MaxParts * TelegramLimits.TextLength;
    }

    /// <summary>A Markdown text whose cut code block is closed.</summary>
    public static string WholeMarkdown(string markdown)
    {
        ArgumentNullException.ThrowIfNull(markdown);
        return CloseFence(markdown);
    }

    /// <summary>The beginning of a text too long for ten messages, with the sentence at the end of the tenth.</summary>
    private static (string? Title, string Message) Shorten(
        string title,
        string message,
        long more,
        string? lastLine,
        ParseMode mode,
        Func<string, string> write
    )
    {
        // Delivery cuts where it reads best, so the fitting length is found by trying. A cut by delivery would lose the sentence.
        var length = Math.Min(title.Length + message.Length, MessageSplitter.MaxParts * TelegramLimits.TextLength);
        while (true)
        {
            var shortTitle = Start(title, length);
            var shortMessage = Start(message, length - title.Length);
            var note = MessageSplitter.Note(
                Count(title[shortTitle.Length..]) + Count(message[shortMessage.Length..]) + more
            );
            var text = write(shortMessage) + note;
            if (
                length <= Step
                || Ends(shortTitle, lastLine is null ? text : $"{text}\n\n{lastLine}", lastLine ?? note, mode)
            )
            {
                return (shortTitle.Length > 0 ? shortTitle : null, text.TrimStart('\n'));
            }

            length -= Step;
        }
    }

    /// <summary>Whether a notification would end with a text, and so is not cut by delivery.</summary>
    private static bool Ends(string title, string message, string end, ParseMode mode) =>
        NotificationRenderer.TryRender(new NotificationContent { Message = end, ParseMode = mode }, out var alone)
        && NotificationRenderer.TryRender(
            new NotificationContent
            {
                Title = title,
                Message = message,
                ParseMode = mode,
            },
            out var messages
        )
        && messages[^1].Text.Text.EndsWith(alone[^1].Text.Text, StringComparison.Ordinal);

    /// <summary>The first units of a text, up to a near line end, never half a surrogate pair.</summary>
    private static string Start(string text, int length)
    {
        if (length >= text.Length)
        {
            return text;
        }

        if (length <= 0)
        {
            return "";
        }

        var line = text.LastIndexOf('\n', length - 1);
        var end =
            line > length - Step ? line
            : char.IsHighSurrogate(text[length - 1]) ? length - 1
            : length;
        return text[..Math.Max(0, end)];
    }

    /// <summary>Closes a cut code block before the note.</summary>
    private static string CloseFence(string markdown)
    {
        const string Fence = "```";
        var fences = 0;
        for (var at = 0; (at = markdown.IndexOf(Fence, at, StringComparison.Ordinal)) >= 0; at += Fence.Length)
        {
            fences++;
        }

        return fences % 2 == 0 ? markdown : markdown.TrimEnd('`') + "\n" + Fence;
    }

    private static int Count(string? text) => text?.EnumerateRunes().Count() ?? 0;

    private static int Size(JsonElement data)
    {
        var written = new ArrayBufferWriter<byte>();
        using (
            var writer = new Utf8JsonWriter(
                written,
                new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
            )
        )
        {
            data.WriteTo(writer);
        }

        // A form holds it as the script wrote it.
        return Math.Max(written.WrittenCount, Encoding.UTF8.GetByteCount(data.GetRawText()));
    }

    /// <summary>Size of a text in a JSON body, in bytes.</summary>
    private static int Size(string? text) =>
        text is null
            ? 0
            : JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes.Length;
}
