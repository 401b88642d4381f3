namespace Notify.Bot.Delivery;

/// <summary>
/// The queues of all users: the order of turns, and the queues that wait. A queue with a message in flight is in no list. Owned by <see cref="DeliveryWorker"/>.
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

    /// <summary>Puts a queue behind the ready ones. An empty queue is removed.</summary>
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

    /// <summary>Lets a queue wait, but no longer than its first job has time left. Then the job ends on time.</summary>
    /// <returns>The end of the wait, as a timestamp.</returns>
    public long WaitFor(UserQueue queue, TimeSpan pause)
    {
        var left = queue.Jobs.Peek().Left;
        queue.WaitsUntil = time.GetTimestamp() + time.Ticks(left > TimeSpan.Zero && left < pause ? left : pause);
        _waiting.Enqueue(queue, queue.WaitsUntil);
        return queue.WaitsUntil;
    }

    /// <summary>Makes queues ready whose wait is over.</summary>
    /// <returns>The end of the next wait, as a timestamp.</returns>
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

    /// <summary>A queue by its key; null if nothing is in it.</summary>
    public UserQueue? Find(object key) => _all.GetValueOrDefault(key);

    /// <summary>Ends a queue's wait, if it waits.</summary>
    public void Hurry(UserQueue queue)
    {
        if (queue.WaitsUntil != 0)
        {
            MakeReady(queue);
        }
    }

    /// <summary>Takes the next ready queue; null if there is none.</summary>
    public UserQueue? TakeNext()
    {
        if ((_ready.First ?? _standingBack.First) is not { } node)
        {
            return null;
        }

        node.List!.Remove(node);
        return node.Value;
    }

    /// <summary>Returns an unused turn. The queue keeps its place.</summary>
    public void PutBack(UserQueue queue) => ListOf(queue).AddFirst(queue);

    /// <summary>Takes, one by one, the ready queues whose first job has expired.</summary>
    public IEnumerable<UserQueue> TakeExpired()
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
