namespace Notify.Bot.Delivery;

/// <summary>
/// The queues of all users: whose turn is next, and which wait until when. One whose message is on its way is in no list. Not thread-safe: guarded by the
/// scheduler's lock.
/// </summary>
internal sealed class FairQueue(TimeProvider time)
{
    private readonly Dictionary<object, UserQueue> _all = [];
    private readonly LinkedList<UserQueue> _ready = new();
    private readonly LinkedList<UserQueue> _standingBack = new();
    private readonly PriorityQueue<UserQueue, long> _waiting = new();

    /// <summary>Puts a job at the end of its queue.</summary>
    public void Add(DeliveryJob job)
    {
        if (!_all.TryGetValue(job.QueueKey, out var queue))
        {
            _all[job.QueueKey] = queue = new UserQueue(job.QueueKey);
        }

        queue.Jobs.Enqueue(job);
        if (queue.Jobs.Count == 1)
        {
            MakeReady(queue);
        }
    }

    /// <summary>Its next turn comes after those of the queues that are ready already; a queue with nothing more to do is forgotten.</summary>
    public void GoOn(UserQueue queue)
    {
        if (queue.Jobs.Count > 0)
        {
            MakeReady(queue);
        }
        else
        {
            _all.Remove(queue.Key);
        }
    }

    /// <summary>Lets a queue wait, but no longer than its first job may still be tried, so that its end is noticed in time.</summary>
    /// <returns>Until when, as a timestamp.</returns>
    public long WaitFor(UserQueue queue, TimeSpan pause)
    {
        var left = queue.Jobs.Peek().Left;
        queue.WaitsUntil = time.GetTimestamp() + time.Ticks(left > TimeSpan.Zero && left < pause ? left : pause);
        _waiting.Enqueue(queue, queue.WaitsUntil);
        return queue.WaitsUntil;
    }

    /// <summary>Makes those ready that have waited long enough.</summary>
    /// <returns>When the next one has, as a timestamp.</returns>
    public long Wake(long now)
    {
        while (_waiting.TryPeek(out var queue, out var due) && due <= now)
        {
            _waiting.Dequeue();
            if (queue.WaitsUntil == due)
            {
                MakeReady(queue);
            }
        }

        return _waiting.TryPeek(out _, out var soonest) ? soonest : long.MaxValue;
    }

    /// <summary>Takes the queue whose turn it is; null where none is ready.</summary>
    public UserQueue? TakeNext()
    {
        if ((_ready.First ?? _standingBack.First) is not { } node)
        {
            return null;
        }

        node.List!.Remove(node);
        return node.Value;
    }

    /// <summary>Gives a turn back that could not be used: it stays this queue's.</summary>
    public void PutBack(UserQueue queue) => ListOf(queue).AddFirst(queue);

    /// <summary>Takes, one by one, the ready queues whose first job's time is over.</summary>
    public IEnumerable<UserQueue> TakeOver()
    {
        foreach (var list in (LinkedList<UserQueue>[])[_ready, _standingBack])
        {
            for (var node = list.First; node is not null; )
            {
                var following = node.Next;
                if (node.Value.Jobs.Peek().Left <= TimeSpan.Zero)
                {
                    list.Remove(node);
                    yield return node.Value;
                }

                node = following;
            }
        }
    }

    private void MakeReady(UserQueue queue)
    {
        queue.WaitsUntil = 0;
        ListOf(queue).AddLast(queue);
    }

    private LinkedList<UserQueue> ListOf(UserQueue queue) => queue.Jobs.Peek().CanStandBack ? _standingBack : _ready;
}
