using System.Text.Json;
using Notify.Bot.Outbox;
using Notify.Formatting;
using Notify.Images;

namespace Notify.Bot.Delivery;

/// <summary>What a sender wants said, before it is accepted.</summary>
public sealed record SendCommand
{
    /// <summary>Who is told.</summary>
    public required UserName User { get; init; }

    /// <summary>Which script says it, if one does.</summary>
    public string? Script { get; init; }

    /// <summary>Bold, literal header.</summary>
    public string? Title { get; init; }

    /// <summary>The text; may be empty where there is a title or a picture.</summary>
    public required string Message { get; init; }

    /// <summary>How the text is marked up.</summary>
    public required ParseMode ParseMode { get; init; }

    /// <summary>The chart: a seekable stream, which stays the sender's, and what it holds.</summary>
    public (Stream Content, ImageInfo Info)? Picture { get; init; }

    /// <summary>The script's own data, kept with the notification.</summary>
    public JsonElement? Data { get; init; }

    /// <summary>Whether the phone stays quiet.</summary>
    public bool Silent { get; init; }

    /// <summary>The sender's name for it.</summary>
    public string? Key { get; init; }

    /// <summary>How long the same user and key mean the same notification.</summary>
    public TimeSpan KeyLifetime { get; init; } = SqliteOutbox.KeyLifetime;

    /// <summary>Whether buttons may stand under it, where it is a script's.</summary>
    public bool HasButtons { get; init; } = true;
}
