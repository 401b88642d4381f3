using System.Text.Json.Serialization;

namespace Notify.Contracts;

/// <summary><c>notify-runner status --json</c>. The sentences are for people, and may change.</summary>
/// <param name="Problems">What keeps notifications back, and what to do.</param>
/// <param name="Muted">The mutes, each with its end.</param>
/// <param name="Incidents">Open incidents.</param>
/// <param name="Bot">The bot and the link.</param>
/// <param name="Cron">The crontab line, and the last round.</param>
/// <param name="Folder">The folder of the scripts.</param>
/// <param name="Log">The file of the log.</param>
/// <param name="Scripts">The scripts, the failing ones first.</param>
public sealed record RunnerStatus(
    IReadOnlyList<string> Problems,
    IReadOnlyList<string> Muted,
    IReadOnlyList<string> Incidents,
    IReadOnlyList<string> Bot,
    string Cron,
    string Folder,
    string Log,
    IReadOnlyList<ListedScript> Scripts
);

/// <summary><c>notify-desktop status --json</c>.</summary>
/// <param name="Address">The gateway's address.</param>
/// <param name="User">As whom it accepts this device.</param>
public sealed record DesktopStatus(string Address, string User);

/// <summary><c>notify-bot doctor --json</c>.</summary>
/// <param name="Checks">In the order of the checks.</param>
public sealed record DoctorStatus(IReadOnlyList<OperatorCheckAnswer> Checks);

/// <summary>JSON that programs print about themselves.</summary>
[JsonSerializable(typeof(RunnerStatus))]
[JsonSerializable(typeof(DesktopStatus))]
[JsonSerializable(typeof(DoctorStatus))]
public sealed partial class StatusContract : JsonSerializerContext
{
    /// <summary>As it is on the wire.</summary>
    public static StatusContract Json { get; } = new(WireJson.NewOptions());
}
