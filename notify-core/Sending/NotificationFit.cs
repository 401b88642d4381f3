using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Notify.Formatting;

namespace Notify.Sending;

/// <summary>Makes a notification that the bot takes out of one of any size. The words come first, then data; a chart goes beside them and is bounded by itself.</summary>
public static class NotificationFit
{
    /// <summary>Cut off words are looked for in steps of a hundredth of all that ten messages hold.</summary>
    private const int Step = MessageSplitter.MaxParts * TelegramLimits.TextLength / 100;

    /// <summary>Bytes for title, message and data. A form's fields and a JSON body have the same room, and JSON is the longer writing.</summary>
    private static int Room => Math.Min(SendApiLimits.JsonBody, SendApiLimits.FormFields) - SendApiLimits.Reserve;

    /// <summary>Takes what is too much.</summary>
    /// <param name="title">The bold header.</param>
    /// <param name="message">The message in Markdown.</param>
    /// <param name="data">The script's own data.</param>
    /// <param name="lastLine">A line in Markdown that will follow the message, where one will.</param>
    /// <param name="warnings">Told what was taken, in sentences.</param>
    /// <returns>The three, as they can be sent.</returns>
    public static (string? Title, string? Message, JsonElement? Data) Apply(
        string? title,
        string? message,
        JsonElement? data,
        string? lastLine,
        ICollection<string> warnings
    )
    {
        ArgumentNullException.ThrowIfNull(warnings);
        // A unit of a text takes six bytes of JSON at most, so nearly all pass here.
        if (((title?.Length ?? 0) + (message?.Length ?? 0) + (data?.GetRawText().Length ?? 0)) * 6L <= Room)
        {
            return (title, message, data);
        }

        if (Size(title) + Size(message) > Room)
        {
            var characters = Count(title) + Count(message);
            (title, message) = Shorten(title ?? "", message ?? "", lastLine);
            warnings.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The text has {characters:N0} characters, more than the bot takes; what ten messages hold is sent, and they say how much was left out."
                )
            );
        }

        if (data is { } own && Size(title) + Size(message) + Size(own) is var size && size > Room)
        {
            warnings.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"data is left out: with the text it has {size:N0} bytes, and the bot takes {Room:N0}."
                )
            );
            data = null;
        }

        return (title, message, data);
    }

    /// <summary>The beginning of a text that is far too long for ten messages, with the sentence that ends the tenth.</summary>
    private static (string? Title, string Message) Shorten(string title, string message, string? lastLine)
    {
        // Delivery cuts where it reads best, so how much fits is found by trying. What it cuts itself would take the sentence away.
        var length = Math.Min(title.Length + message.Length, MessageSplitter.MaxParts * TelegramLimits.TextLength);
        while (true)
        {
            var shortTitle = Start(title, length);
            var shortMessage = Start(message, length - title.Length);
            var note = MessageSplitter.Note(
                string.Concat(title.AsSpan(shortTitle.Length), message.AsSpan(shortMessage.Length))
            );
            var text = CloseFence(shortMessage) + note;
            if (length <= Step || Ends(shortTitle, lastLine is null ? text : $"{text}\n\n{lastLine}", lastLine ?? note))
            {
                return (shortTitle.Length > 0 ? shortTitle : null, text.TrimStart('\n'));
            }

            length -= Step;
        }
    }

    /// <summary>Whether a notification ends with a text, which it does not where delivery cuts it.</summary>
    private static bool Ends(string title, string message, string end) =>
        NotificationRenderer.TryRender(new NotificationContent { Message = end }, out var alone)
        && NotificationRenderer.TryRender(
            new NotificationContent { Title = title, Message = message },
            out var messages
        )
        && messages[^1].Text.Text.EndsWith(alone[^1].Text.Text, StringComparison.Ordinal);

    /// <summary>The first units of a text, at the end of a line where one is near, never half a pair.</summary>
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

    /// <summary>A code block that the cut has opened ends before the note.</summary>
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

        // A form has it as the script wrote it.
        return Math.Max(written.WrittenCount, Encoding.UTF8.GetByteCount(data.GetRawText()));
    }

    /// <summary>Bytes of a text as a member of a JSON body.</summary>
    private static int Size(string? text) =>
        text is null
            ? 0
            : JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes.Length;
}
