using System.Text.Json;
using Notify.Bot.Outbox;
using Notify.Formatting;
using Notify.Images;
using Notify.Tables;

namespace Notify.Bot.Delivery;

/// <summary>A notification before acceptance.</summary>
public sealed record SendCommand
{
    /// <summary>Its user.</summary>
    public required UserName User { get; init; }

    /// <summary>The script that sends it; null for none.</summary>
    public string? Script { get; init; }

    /// <summary>The bold header; literal text.</summary>
    public string? Title { get; init; }

    /// <summary>The text; may be empty if there is a title or a picture.</summary>
    public required string Message { get; init; }

    /// <summary>The notation of the text.</summary>
    public required ParseMode ParseMode { get; init; }

    /// <summary>The charts as seekable streams, which the sender disposes, and their properties.</summary>
    public IReadOnlyList<(Stream Content, ImageInfo Info)> Pictures { get; init; } = [];

    /// <summary>The files as seekable streams, which the sender disposes, and their cleaned names.</summary>
    public IReadOnlyList<(Stream Content, string Name)> Files { get; init; } = [];

    /// <summary>The table.</summary>
    public Table? Table { get; init; }

    /// <summary>The sender's own buttons.</summary>
    public IReadOnlyList<NotificationButton> Buttons { get; init; } = [];

    /// <summary>Whether it passes quiet hours.</summary>
    public bool Urgent { get; init; }

    /// <summary>Whether its user asked for it just now, and so is awake.</summary>
    public bool IsRequested { get; init; }

    /// <summary>Whether quiet hours don't hold it.</summary>
    internal bool PassesQuietHours => Urgent || IsRequested;

    /// <summary>The script's own data, kept with the notification.</summary>
    public JsonElement? Data { get; init; }

    /// <summary>Whether the phone stays quiet.</summary>
    public bool Silent { get; init; }

    /// <summary>The sender's key.</summary>
    public string? Key { get; init; }

    /// <summary>How long the key means this notification.</summary>
    public TimeSpan KeyLifetime { get; init; } = SqliteOutbox.KeyLifetime;

    /// <summary>Whether a script's notification has buttons.</summary>
    public bool HasButtons { get; init; } = true;

    /// <summary>The incident that it is about; null for none.</summary>
    public IncidentCall? Incident { get; init; }

    /// <summary>The failed notification that it repeats, whose table is shown again; null for none.</summary>
    public AcceptedNotification? Again { get; init; }

    /// <summary>A line under the text, literal; null for none.</summary>
    public string? LastLine { get; init; }
}

/// <summary>A post about an incident.</summary>
/// <param name="Key">The sender's name for it.</param>
/// <param name="Fires">Whether it fires; false for its end.</param>
/// <param name="Cooldown">The time between reminders; null keeps the one that is stored.</param>
/// <param name="IsConfirmed">Whether the end is sure.</param>
public sealed record IncidentCall(string Key, bool Fires, TimeSpan? Cooldown, bool IsConfirmed);
