using Notify.Bot.Outbox;

namespace Notify.Bot.Delivery;

/// <summary>How much of each user waits for delivery. It can't be pruned, so it is bounded before it is accepted. Thread-safe.</summary>
internal sealed class WaitingQuota
{
    /// <summary>Notifications of one user that may wait (specification, section 7).</summary>
    internal const int Most = 200;

    /// <summary>Bytes of one user that may wait, counted as <see cref="HistoryQuota.Size(string)"/> counts: a chart a sixteenth. One more notification may begin below it.</summary>
    internal const long MostBytes = 64_000_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<UserName, (int Count, long Bytes)> _waiting = [];

    /// <summary>Makes room for one; null where it has it, else what waits already.</summary>
    public (int Count, long Bytes)? TryEnter(UserName user, long size)
    {
        lock (_gate)
        {
            var own = _waiting.GetValueOrDefault(user);
            if (own.Count >= Most || own.Bytes >= MostBytes)
            {
                return own;
            }

            _waiting[user] = (own.Count + 1, own.Bytes + size);
            return null;
        }
    }

    /// <summary>One that was accepted before: it waits, whether or not there is room.</summary>
    public void Enter(UserName user, long size)
    {
        lock (_gate)
        {
            var own = _waiting.GetValueOrDefault(user);
            _waiting[user] = (own.Count + 1, own.Bytes + size);
        }
    }

    /// <summary>One waits no more, or was not accepted after all.</summary>
    public void Leave(UserName user, long size)
    {
        lock (_gate)
        {
            var own = _waiting.GetValueOrDefault(user);
            if (own.Count <= 1)
            {
                _waiting.Remove(user);
            }
            else
            {
                _waiting[user] = (own.Count - 1, own.Bytes - size);
            }
        }
    }
}
