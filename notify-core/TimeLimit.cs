namespace Notify;

/// <summary>A caller's cancellation and a time limit, in one token.</summary>
public sealed class TimeLimit : IDisposable
{
    private readonly CancellationTokenSource _limit;
    private readonly CancellationTokenSource _either;

    /// <summary>The time begins now.</summary>
    public TimeLimit(TimeSpan limit, TimeProvider time, CancellationToken cancellation)
    {
        _limit = new CancellationTokenSource(limit, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_limit.Token, cancellation);
    }

    /// <summary>Cancelled with the caller's, and when the time is over.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>The time begins anew.</summary>
    public void Renew(TimeSpan limit) => _limit.CancelAfter(limit);

    /// <inheritdoc />
    public void Dispose()
    {
        _either.Dispose();
        _limit.Dispose();
    }
}
