namespace Notify.Sandbox.Telegram;

/// <summary>One call of the Bot API, without the token.</summary>
/// <param name="Number">Counted from 1 over the sandbox's life.</param>
/// <param name="Time">When its request was read.</param>
/// <param name="Method">The method as it was asked for.</param>
/// <param name="ChatId">The field <c>chat_id</c>, if it was a number.</param>
/// <param name="Fields">All fields as text; of files their name and size. Very long values are cut.</param>
/// <param name="Status">The HTTP status of the answer; 0 where none was given.</param>
/// <param name="Description">Why it was refused, or which fault was played.</param>
/// <param name="ConnectionId">Which TCP connection it came on.</param>
public sealed record CallRecord(
    long Number,
    DateTimeOffset Time,
    string Method,
    long? ChatId,
    IReadOnlyDictionary<string, string> Fields,
    int Status,
    string? Description,
    string ConnectionId
);

/// <summary>The last calls, bounded in number. Safe to use from many threads.</summary>
internal sealed class CallLog(int most)
{
    private readonly Lock _gate = new();
    private readonly Queue<CallRecord> _calls = new();
    private long _count;

    public void Add(Func<long, CallRecord> make)
    {
        lock (_gate)
        {
            _calls.Enqueue(make(++_count));
            if (_calls.Count > most)
            {
                _calls.Dequeue();
            }
        }
    }

    public IReadOnlyList<CallRecord> All()
    {
        lock (_gate)
        {
            return [.. _calls];
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _calls.Clear();
        }
    }
}
