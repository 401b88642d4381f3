using System.Buffers;
using System.Text.Json;
using Notify.Formatting;
using Notify.Scripts;

namespace Notify.Sending;

/// <summary>Values of the send API's fields.</summary>
public static class NotificationJson
{
    /// <summary>The value <c>false</c>.</summary>
    internal static JsonElement False { get; } = Parse("false"u8);

    /// <summary>The field <c>buttons</c> of a script's result; null for the bot's choice.</summary>
    public static JsonElement? Buttons(ScriptResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return Buttons(result.Buttons, result.HasButtons);
    }

    internal static JsonElement? Buttons(IReadOnlyList<NotificationButton> buttons, bool hasButtons) =>
        buttons.Count > 0 ? Of(buttons)
        : hasButtons ? null
        : False;

    /// <summary>Buttons as <see cref="ButtonReader"/> reads them.</summary>
    private static JsonElement Of(IReadOnlyList<NotificationButton> buttons)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartArray();
            foreach (var button in buttons)
            {
                writer.WriteStartObject();
                writer.WriteString("text", button.Text);
                writer.WriteString(button.Url is null ? "run" : "url", button.Url ?? button.Run);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return Parse(json.WrittenSpan);
    }

    private static JsonElement Parse(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        return JsonElement.ParseValue(ref reader);
    }
}
