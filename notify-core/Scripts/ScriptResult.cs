using System.Text.Json;
using Notify.Formatting;

namespace Notify.Scripts;

/// <summary>The result that a script printed (docs/notifications.md).</summary>
public sealed record ScriptResult
{
    /// <summary>Whether to send it.</summary>
    public required bool Notify { get; init; }

    /// <summary>The bold header; literal text.</summary>
    public string? Title { get; init; }

    /// <summary>The message in Markdown.</summary>
    public string? Message { get; init; }

    /// <summary>The chart's path, as the script gave it.</summary>
    public string? ImagePath { get; init; }

    /// <summary>The time until the next notification.</summary>
    public required Cooldown Cooldown { get; init; }

    /// <summary>The script's own data: a JSON object.</summary>
    public JsonElement? Data { get; init; }

    /// <summary>The paths of several charts, as the script gave them.</summary>
    public IReadOnlyList<string> Images { get; init; } = [];

    /// <summary>The paths of all charts, that of <see cref="ImagePath"/> first.</summary>
    public IReadOnlyList<string> AllImages => ImagePath is null ? Images : [ImagePath, .. Images];

    /// <summary>The paths of files, as the script gave them.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>The table.</summary>
    public TableField? Table { get; init; }

    /// <summary>The script's own buttons.</summary>
    public IReadOnlyList<NotificationButton> Buttons { get; init; } = [];

    /// <summary>False for none of Notify's buttons.</summary>
    public bool HasButtons { get; init; } = true;

    /// <summary>Whether it passes quiet hours.</summary>
    public bool Urgent { get; init; }

    /// <summary>Whether the phone makes no sound.</summary>
    public bool Silent { get; init; }

    /// <summary>Unknown fields, in their order; each is among <see cref="Warnings"/> too.</summary>
    public IReadOnlyList<UnknownField> UnknownFields { get; init; } = [];

    /// <summary>Faults that did not cost the notification, one sentence each.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}
