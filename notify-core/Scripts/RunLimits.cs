using System.Globalization;

namespace Notify.Scripts;

/// <summary>The limits of a script's run. A run that exceeds one is stopped.</summary>
/// <param name="Time">How long it may run.</param>
/// <param name="Memory">The most memory of all its processes together, in bytes (proportional set size); null: none.</param>
public sealed record RunLimits(TimeSpan Time, long? Memory = null)
{
    /// <summary>An amount of memory for people, in MB of 1,048,576 bytes: <c>2,048 MB</c>.</summary>
    public static string MemoryText(long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):#,0} MB");
}
