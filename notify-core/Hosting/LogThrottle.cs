using System.Globalization;

namespace Notify.Hosting;

/// <summary>Keeps outsiders from filling a log. The first lines of a kind are written at once, then one a minute with the number of omitted lines.</summary>
/// <param name="time">The clock.</param>
/// <param name="atOnce">Lines within a minute before any is omitted. Five show whether there are several causes.</param>
/// <remarks>Safe for several threads.</remarks>
public sealed class LogThrottle(TimeProvider time, int atOnce = 5)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long? _began;
    private int _room;
    private long _leftOut;

    /// <summary>The end of a line to write: empty, or the number of omitted lines. Null for a line to omit.</summary>
    public string? Next()
    {
        lock (_gate)
        {
            var leftOut = 0L;
            if (_began is not { } began || time.GetElapsedTime(began) >= Window)
            {
                // During a flood each minute has one line.
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
