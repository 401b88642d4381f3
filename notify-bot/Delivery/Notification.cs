using System.Text.Json;
using Notify.Images;

namespace Notify.Bot.Delivery;

/// <summary>What a script or a caller wants said.</summary>
public sealed record Notification
{
    /// <summary>22 random base64url characters; the name of the notification in answers and logs.</summary>
    public required string Id { get; init; }

    /// <summary>Who is told.</summary>
    public required UserName User { get; init; }

    /// <summary>Which script says it, if one does.</summary>
    public string? Script { get; init; }

    /// <summary>Bold, literal header.</summary>
    public string? Title { get; init; }

    /// <summary>The text; may be empty where there is a title or a picture.</summary>
    public required string Message { get; init; }

    /// <summary>How the text is marked up.</summary>
    public required Formatting.ParseMode ParseMode { get; init; }

    /// <summary>The chart.</summary>
    public Picture? Picture { get; init; }

    /// <summary>The script's own data, kept with the notification.</summary>
    public JsonElement? Data { get; init; }

    /// <summary>Whether the phone stays quiet.</summary>
    public bool Silent { get; init; }
}

/// <summary>A chart's bytes and what they are.</summary>
/// <param name="Content">A seekable stream.</param>
/// <param name="Info">Kind and size, by content.</param>
public sealed record Picture(Stream Content, ImageInfo Info);
