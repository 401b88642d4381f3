namespace Notify.Bot;

/// <summary>Keeps trouble that comes thousands of times from filling the log: the same words are logged once a minute, with how often they were left out. Safe for several threads.</summary>
internal sealed class LogThrottle(TimeProvider time)
{
    private static readonly TimeSpan SayAgain = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private string? _said;
    private long _saidAt;
    private int _leftOut;

    /// <summary>Whether to log this now.</summary>
    /// <param name="words">What would be logged.</param>
    /// <param name="leftOut">How often it was not logged since it was the last time.</param>
    internal bool MaySay(string words, out int leftOut)
    {
        lock (_gate)
        {
            leftOut = 0;
            if (words == _said && time.GetElapsedTime(_saidAt) < SayAgain)
            {
                _leftOut++;
                return false;
            }

            if (words == _said)
            {
                leftOut = _leftOut;
            }

            (_said, _saidAt, _leftOut) = (words, time.GetTimestamp(), 0);
            return true;
        }
    }
}
