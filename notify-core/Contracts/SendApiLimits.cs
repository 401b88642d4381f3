namespace Notify.Contracts;

/// <summary>The send API's limits, for the bot's checks and the runner's fitting. Sizes are in bytes.</summary>
public static class SendApiLimits
{
    /// <summary>A JSON body.</summary>
    public const int JsonBody = 1_000_000;

    /// <summary>A picture: Telegram's limit for a document (https://core.telegram.org/bots/api#senddocument).</summary>
    public const int Photo = 50_000_000;

    /// <summary>One file: the same limit.</summary>
    public const int File = 50_000_000;

    /// <summary>All pictures and files of a notification together.</summary>
    public const int Attachments = 500_000_000;

    /// <summary>Most pictures: Telegram's limit for an album (https://core.telegram.org/bots/api#sendmediagroup).</summary>
    public const int Images = 10;

    /// <summary>Fewest pictures of an album: the same.</summary>
    public const int LeastImages = 2;

    /// <summary>Most files.</summary>
    public const int Files = 10;

    /// <summary>Most buttons of the sender.</summary>
    public const int Buttons = 6;

    /// <summary>Longest text of a button in UTF-16 units; a phone shows about half of it.</summary>
    public const int ButtonText = 64;

    /// <summary>Longest address of a button in UTF-16 units.</summary>
    public const int ButtonAddress = 2048;

    /// <summary>Longest key of an incident in UTF-16 units.</summary>
    public const int IncidentKey = 100;

    /// <summary>Longest cooldown of an incident in seconds: 30 days.</summary>
    public const long IncidentCooldown = 30 * 24 * 60 * 60;

    /// <summary>All fields of a form together, without pictures and files.</summary>
    public const int FormFields = 1_000_000;

    /// <summary>Levels of nesting of a JSON body; the usual limit of JSON readers.</summary>
    public const int JsonLevels = 64;

    /// <summary>Levels of nesting of a field's value: one less than the body's.</summary>
    public const int FieldLevels = JsonLevels - 1;
}
