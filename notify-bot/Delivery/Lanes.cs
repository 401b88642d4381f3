using Notify.Bot.Polling;

namespace Notify.Bot.Delivery;

/// <summary>The jobs of one user or chat, in the order in which they came.</summary>
internal sealed class Lane(object key)
{
    public object Key => key;

    public Queue<SendingJob> Jobs { get; } = new();

    public long WaitsUntil { get; set; }

    /// <summary>The growing pauses of a lane whose first job fails again and again; null after anything else.</summary>
    public Pauses? Pauses { get; set; }
}

/// <summary>
/// Which lanes there are, whose turn is next, and which wait until when. A lane whose message is on its way is in none of the queues. Not thread-safe: guarded by the
/// scheduler's lock.
/// </summary>
internal sealed class Lanes(TimeProvider time)
{
    private readonly Dictionary<object, Lane> _all = [];
    private readonly LinkedList<Lane> _ready = new();
    private readonly LinkedList<Lane> _standingBack = new();
    private readonly PriorityQueue<Lane, long> _waiting = new();

    /// <summary>Puts a job at the end of its lane.</summary>
    public void Add(SendingJob job)
    {
        if (!_all.TryGetValue(job.Lane, out var lane))
        {
            _all[job.Lane] = lane = new Lane(job.Lane);
        }

        lane.Jobs.Enqueue(job);
        if (lane.Jobs.Count == 1)
        {
            MakeReady(lane);
        }
    }

    /// <summary>Its next turn comes after those of the lanes that are ready already; a lane with nothing more to do is forgotten.</summary>
    public void GoOn(Lane lane)
    {
        if (lane.Jobs.Count > 0)
        {
            MakeReady(lane);
        }
        else
        {
            _all.Remove(lane.Key);
        }
    }

    /// <summary>Lets a lane wait, but no longer than its first job may still be tried, so that its end is noticed in time.</summary>
    /// <returns>Until when, as a timestamp.</returns>
    public long WaitFor(Lane lane, TimeSpan pause)
    {
        var left = lane.Jobs.Peek().Left;
        lane.WaitsUntil = time.GetTimestamp() + time.Ticks(left > TimeSpan.Zero && left < pause ? left : pause);
        _waiting.Enqueue(lane, lane.WaitsUntil);
        return lane.WaitsUntil;
    }

    /// <summary>Makes those ready that have waited long enough.</summary>
    /// <returns>When the next one has, as a timestamp.</returns>
    public long Wake(long now)
    {
        while (_waiting.TryPeek(out var lane, out var due) && due <= now)
        {
            _waiting.Dequeue();
            if (lane.WaitsUntil == due)
            {
                MakeReady(lane);
            }
        }

        return _waiting.TryPeek(out _, out var soonest) ? soonest : long.MaxValue;
    }

    /// <summary>Takes the lane whose turn it is; null where none is ready.</summary>
    public Lane? TakeNext()
    {
        if ((_ready.First ?? _standingBack.First) is not { } node)
        {
            return null;
        }

        node.List!.Remove(node);
        return node.Value;
    }

    /// <summary>Gives a turn back that could not be used: it stays this lane's.</summary>
    public void PutBack(Lane lane) => ListOf(lane).AddFirst(lane);

    /// <summary>Takes, one by one, the ready lanes whose first job's time is over.</summary>
    public IEnumerable<Lane> TakeOver()
    {
        foreach (var list in (LinkedList<Lane>[])[_ready, _standingBack])
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

    private void MakeReady(Lane lane)
    {
        lane.WaitsUntil = 0;
        ListOf(lane).AddLast(lane);
    }

    private LinkedList<Lane> ListOf(Lane lane) => lane.Jobs.Peek().CanStandBack ? _standingBack : _ready;
}
