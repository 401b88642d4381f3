namespace Notify.Formatting;

/// <summary>Telegram's limits for one message. Texts count in UTF-16 units.</summary>
public static class TelegramLimits
{
    /// <summary>Longest text of a message, after entities are parsed (https://core.telegram.org/bots/api#sendmessage).</summary>
    public const int TextLength = 4096;

    /// <summary>Longest caption, after entities are parsed (https://core.telegram.org/bots/api#sendphoto).</summary>
    public const int CaptionLength = 1024;

    /// <summary>Entities of one message that are kept; the formatting of further ones is ignored (https://limits.tginfo.me).</summary>
    public const int Entities = 100;

    /// <summary>Largest photo in bytes: 10 MB (https://core.telegram.org/bots/api#sendphoto). Sources disagree whether a MB has 1,000,000 or 1,048,576 bytes; this is the stricter.</summary>
    public const long PhotoBytes = 10_000_000;

    /// <summary>Width and height of a photo together, in pixels (https://core.telegram.org/bots/api#sendphoto).</summary>
    public const int PhotoWidthAndHeight = 10_000;

    /// <summary>The longer side of a photo may be this many times the shorter (https://core.telegram.org/bots/api#sendphoto).</summary>
    public const int PhotoSideRatio = 20;
}
