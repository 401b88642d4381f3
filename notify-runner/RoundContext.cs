using Notify.Schedules;
using Notify.Scripts;
using Notify.Sending;

namespace Notify.Runner;

/// <summary>What the jobs of a round share.</summary>
internal sealed record RoundContext(ScriptHome Home, ScriptSettings Settings, SendApiClient Bot, TimeProvider Time)
{
    /// <summary>Sends notices to the owner.</summary>
    internal OwnerNotices Owner { get; } = new(Bot, Time);

    /// <summary>The rounds before this one.</summary>
    internal RoundTimes Rounds { get; } = RoundTimes.Read(Home);

    /// <summary>Names of time zones.</summary>
    internal ZoneNames Zones { get; } = new();
}
