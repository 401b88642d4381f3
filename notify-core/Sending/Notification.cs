using System.Text.Json;
using Notify.Formatting;
using Notify.Scripts;

namespace Notify.Sending;

/// <summary>What a call says about an incident.</summary>
/// <param name="Key">The incident's name, as <see cref="Contracts.SendField.Incident"/>.</param>
/// <param name="State">Whether it fires, as <see cref="Contracts.FiringState"/>.</param>
/// <param name="Cooldown">The distance of reminders, and how long a firing after the end opens it again, in seconds.</param>
/// <param name="Confirmed">Whether the end may be told; null for a firing.</param>
public sealed record IncidentFields(string Key, string State, long Cooldown, bool? Confirmed = null);

/// <summary>A script's notification for the bot.</summary>
/// <param name="Script">The script's file name.</param>
/// <param name="Title">The bold header; literal text.</param>
/// <param name="Message">The message in Markdown.</param>
/// <param name="Data">The script's own data.</param>
public sealed record Notification(ScriptName Script, string? Title, string? Message, JsonElement? Data)
{
    /// <summary>A key that makes repeats harmless; null for a unique one.</summary>
    public RepeatKey? Key { get; init; }

    /// <summary>The charts.</summary>
    public IReadOnlyList<ChartFile> Charts { get; init; } = [];

    /// <summary>The files.</summary>
    public IReadOnlyList<ScriptFile> Files { get; init; } = [];

    /// <summary>The table as the script wrote it.</summary>
    public JsonElement? Table { get; init; }

    /// <summary>The script's own buttons.</summary>
    public IReadOnlyList<NotificationButton> Buttons { get; init; } = [];

    /// <summary>False for none of Notify's buttons.</summary>
    public bool HasButtons { get; init; } = true;

    /// <summary>Whether it passes quiet hours.</summary>
    public bool Urgent { get; init; }

    /// <summary>Whether the phone makes no sound.</summary>
    public bool Silent { get; init; }

    /// <summary>The incident that it belongs to; null for none.</summary>
    public IncidentFields? Incident { get; init; }

    /// <summary>A hash of what it shows, without its data: 16 hexadecimal digits.</summary>
    /// <exception cref="IOException">A file can't be read, or has become shorter.</exception>
    public string HashContent() => ContentHash.Of(this);

    /// <summary>A script's name as the name of its incident: visible ASCII characters, at most 100.</summary>
    public static string IncidentKey(ScriptName script)
    {
        ArgumentNullException.ThrowIfNull(script);
        return
            script.Value.Length <= Contracts.SendApiLimits.IncidentKey && script.Value.All(c => c is > ' ' and <= '~')
            ? script.Value
            : $"script-{ContentHash.Of(script.Value)}";
    }

    /// <summary>The notification that a script's result asks for.</summary>
    public static Notification Of(ScriptName script, ScriptRun.Finished finished)
    {
        ArgumentNullException.ThrowIfNull(finished);
        var result = finished.Result;
        return new Notification(script, result.Title, finished.Message, result.Data)
        {
            Charts = finished.Charts,
            Files = finished.Files,
            Table = result.Table?.Json,
            Buttons = result.Buttons,
            HasButtons = result.HasButtons,
            Urgent = result.Urgent,
            Silent = result.Silent,
        };
    }

    /// <summary>The field <c>buttons</c>; null for the bot's choice.</summary>
    internal JsonElement? ButtonsJson() => NotificationJson.Buttons(Buttons, HasButtons);
}
