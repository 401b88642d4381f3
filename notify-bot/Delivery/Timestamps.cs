namespace Notify.Bot.Delivery;

internal static class Timestamps
{
    /// <summary>A length of time in the units of <see cref="TimeProvider.GetTimestamp"/>.</summary>
    internal static long Ticks(this TimeProvider time, TimeSpan span) =>
        (long)(span.TotalSeconds * time.TimestampFrequency);
}
