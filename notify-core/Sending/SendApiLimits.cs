namespace Notify.Sending;

/// <summary>What the send API takes at most: the bot refuses by these, and the runner keeps to them. Sizes are in bytes.</summary>
public static class SendApiLimits
{
    /// <summary>A JSON body.</summary>
    public const int JsonBody = 1_000_000;

    /// <summary>A picture: what Telegram takes as a document (https://core.telegram.org/bots/api#senddocument).</summary>
    public const int Photo = 50_000_000;

    /// <summary>The texts of all fields of a form together, beside the picture.</summary>
    public const int FormFields = 1_000_000;

    /// <summary>Levels of nesting of a JSON body; the usual limit of JSON readers.</summary>
    public const int JsonLevels = 64;

    /// <summary>Levels of nesting of a field's value: the body itself is one more.</summary>
    public const int FieldLevels = JsonLevels - 1;

    /// <summary>Room that a sender leaves beside title, message and data: for the other fields, and for lines that it adds to the message.</summary>
    internal const int Reserve = 20_000;
}
