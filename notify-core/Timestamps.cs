namespace Notify;

/// <summary>Lengths of time beside the timestamps of a <see cref="TimeProvider"/>.</summary>
public static class Timestamps
{
    /// <summary>A length of time in the units of <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public static long Ticks(this TimeProvider time, TimeSpan span)
    {
        ArgumentNullException.ThrowIfNull(time);
        return (long)(span.TotalSeconds * time.TimestampFrequency);
    }
}
