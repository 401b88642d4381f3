using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Notify.Contracts;
using Notify.Formatting;

namespace Notify.Sending;

/// <summary>A button that opens an address.</summary>
/// <param name="Text">What stands on it.</param>
/// <param name="Url">An http or https address.</param>
public sealed record LinkButton(string Text, string Url);

/// <summary>A table. Each row has a cell for each column.</summary>
/// <param name="Columns">The names of the columns.</param>
/// <param name="Rows">The cells of each row, as text.</param>
public sealed record TextTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);

/// <summary>What a caller says to its own user, outside the scripts. The bot checks it; its refusals name the field.</summary>
public sealed record CallerNotification
{
    /// <summary>The bold header; literal text.</summary>
    public string? Title { get; init; }

    /// <summary>The text, in the notation of <see cref="ParseMode"/>.</summary>
    public string? Text { get; init; }

    /// <summary>The notation of <see cref="Text"/>.</summary>
    public ParseMode ParseMode { get; init; } = ParseMode.Plain;

    /// <summary>Pictures: one, or an album.</summary>
    public IReadOnlyList<UploadFile> Photos { get; init; } = [];

    /// <summary>Documents.</summary>
    public IReadOnlyList<UploadFile> Files { get; init; } = [];

    /// <summary>A table.</summary>
    public TextTable? Table { get; init; }

    /// <summary>Buttons below it.</summary>
    public IReadOnlyList<LinkButton> Buttons { get; init; } = [];

    /// <summary>Whether the phone stays quiet.</summary>
    public bool Silent { get; init; }

    /// <summary>Whether it passes quiet hours.</summary>
    public bool Urgent { get; init; }

    /// <summary>Its key, which makes repeats harmless.</summary>
    public RepeatKey Key { get; init; } = RepeatKey.Unique();

    /// <summary>How long the answer may wait for Telegram; zero: the bot answers when it has stored it.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>Bytes of its files.</summary>
    internal long UploadBytes => Photos.Concat(Files).Sum(file => (long)file.Size);

    /// <summary>Its call: a single picture has one of its own, which bots know that have no albums yet.</summary>
    internal string Call => IsPhoto ? "POST /send_photo" : "POST /send";

    private bool IsPhoto => Photos.Count == 1 && Files.Count == 0;

    /// <summary>Its body: JSON, or a form if it has files.</summary>
    internal (string ContentType, IReadOnlyList<BodyPart> Body) Write()
    {
        if (Photos.Count + Files.Count == 0)
        {
            return ("application/json", [new BodyPart(Json(WriteFields))]);
        }

        var form = new MultipartForm();
        form.Field(SendField.Title, Title);
        form.Field(SendField.Message, Text);
        form.Field(SendField.ParseMode, ParseMode.BotApiName());
        form.Field(SendField.Silent, Silent ? "true" : null);
        form.Field(SendField.Urgent, Urgent ? "true" : null);
        form.Field(SendField.Key, Key.Name);
        form.Field(SendField.KeyFor, KeyFor?.ToString(CultureInfo.InvariantCulture));
        form.Field(SendField.Wait, Wait.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        form.Field(SendField.Table, Table is null ? null : Encoding.UTF8.GetString(Json(WriteTable).Span));
        form.Field(SendField.Buttons, Buttons.Count == 0 ? null : Encoding.UTF8.GetString(Json(WriteButtons).Span));
        foreach (var photo in Photos)
        {
            form.File(IsPhoto ? SendField.Photo : SendField.Photos, photo.Name, photo.MediaType, photo.AsPart());
        }

        foreach (var file in Files)
        {
            form.File(SendField.Files, file.Name, file.MediaType, file.AsPart());
        }

        return (form.ContentType, form.End());
    }

    private long? KeyFor => (long?)Key.Lifetime?.TotalSeconds;

    private static ReadOnlyMemory<byte> Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        // Letters as they are: \uXXXX would triple some texts, and the bot's limit counts bytes.
        using (
            var writer = new Utf8JsonWriter(
                buffer,
                new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
            )
        )
        {
            write(writer);
        }

        return buffer.WrittenMemory;
    }

    private void WriteFields(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        if (Title is not null)
        {
            json.WriteString(SendField.Title, Title);
        }

        if (Text is not null)
        {
            json.WriteString(SendField.Message, Text);
        }

        json.WriteString(SendField.ParseMode, ParseMode.BotApiName());
        if (Silent)
        {
            json.WriteBoolean(SendField.Silent, true);
        }

        if (Urgent)
        {
            json.WriteBoolean(SendField.Urgent, true);
        }

        json.WriteString(SendField.Key, Key.Name);
        if (KeyFor is { } seconds)
        {
            json.WriteNumber(SendField.KeyFor, seconds);
        }

        json.WriteNumber(SendField.Wait, Wait.TotalSeconds);
        if (Table is not null)
        {
            json.WritePropertyName(SendField.Table);
            WriteTable(json);
        }

        if (Buttons.Count > 0)
        {
            json.WritePropertyName(SendField.Buttons);
            WriteButtons(json);
        }

        json.WriteEndObject();
    }

    private void WriteTable(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WritePropertyName("columns");
        WriteTexts(json, Table!.Columns);
        json.WriteStartArray("rows");
        foreach (var row in Table.Rows)
        {
            WriteTexts(json, row);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteButtons(Utf8JsonWriter json)
    {
        json.WriteStartArray();
        foreach (var button in Buttons)
        {
            json.WriteStartObject();
            json.WriteString("text", button.Text);
            json.WriteString("url", button.Url);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter json, IReadOnlyList<string> texts)
    {
        json.WriteStartArray();
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
