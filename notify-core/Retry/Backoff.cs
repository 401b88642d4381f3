using System.Security.Cryptography;

namespace Notify.Retry;

/// <summary>Growing pauses between tries. Each step is twice the last, up to a limit.</summary>
/// <remarks>
/// Jitter: a pause takes between half of its step and all of it. Many clients that lose one server at the same moment come back spread
/// over time, and no pause is longer than the limit.
/// </remarks>
/// <param name="first">The first step.</param>
/// <param name="max">The limit.</param>
public sealed class Backoff(TimeSpan first, TimeSpan max)
{
    private TimeSpan? _last;

    /// <summary>The next pause.</summary>
    public TimeSpan Next()
    {
        var step =
            _last is not { } last ? first
            : last * 2 < max ? last * 2
            : max;
        _last = step;
        return step * ((1_000 + RandomNumberGenerator.GetInt32(1_001)) / 2_000.0);
    }

    /// <summary>Starts again at the first step, after a success.</summary>
    public void Reset() => _last = null;
}
