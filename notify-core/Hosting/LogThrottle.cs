using System.Globalization;

namespace Notify.Hosting;

/// <summary>Keeps strangers from filling a log: the first lines of a kind are written at once, then one a minute says how many were left out.</summary>
/// <param name="time">The clock.</param>
/// <param name="atOnce">How many lines are written within a minute before any is left out. Five show whether it is one cause or several.</param>
/// <remarks>Safe for several threads.</remarks>
public sealed class LogThrottle(TimeProvider time, int atOnce = 5)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long? _began;
    private int _room;
    private long _leftOut;

    /// <summary>The end of a line that is to be written now: empty, or how many were left out before it. Null for a line to leave out.</summary>
    public string? Next()
    {
        lock (_gate)
        {
            var leftOut = 0L;
            if (_began is not { } began || time.GetElapsedTime(began) >= Window)
            {
                // While a flood goes on, each minute has one line.
                _room = _leftOut == 0 ? atOnce : 1;
                (leftOut, _leftOut, _began) = (_leftOut, 0, time.GetTimestamp());
            }

            if (_room == 0)
            {
                _leftOut++;
                return null;
            }

            _room--;
            return leftOut == 0
                ? ""
                : string.Create(CultureInfo.InvariantCulture, $" ({leftOut} others since the last such line)");
        }
    }
}
