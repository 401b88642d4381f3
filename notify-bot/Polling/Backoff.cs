namespace Notify.Bot.Polling;

/// <summary>Growing pauses between tries: each twice the last up to a limit, with up to a fifth taken off at random, so that many do not come back at one moment.</summary>
public sealed class Backoff(TimeSpan first, TimeSpan longest)
{
    private TimeSpan _next = TimeSpan.Zero;

    /// <summary>The next pause.</summary>
    public TimeSpan Next()
    {
        var pause = _next > TimeSpan.Zero ? _next : first;
        _next = TimeSpan.FromTicks(Math.Min(longest.Ticks, pause.Ticks * 2));
        return pause * (1 - (0.2 * System.Security.Cryptography.RandomNumberGenerator.GetInt32(1000) / 1000));
    }

    /// <summary>Starts again at the first pause, after something went well.</summary>
    public void Reset() => _next = TimeSpan.Zero;
}
