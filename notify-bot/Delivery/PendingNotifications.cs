using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Notify.Bot.Outbox;

namespace Notify.Bot.Delivery;

/// <summary>
/// The pending notifications, and the room of each user. The history can't prune them, so acceptance limits them. Thread-safe.
/// </summary>
public sealed class PendingNotifications(TimeProvider time)
{
    /// <summary>Maximum number of waiting notifications of a user (docs/send-api.md).</summary>
    internal const int MaxOfUser = 200;

    /// <summary>Bytes of a user from which no more notifications are accepted. <see cref="HistoryQuota.Size(string)"/> counts them: a chart a sixteenth.</summary>
    internal const long MaxBytesOfUser = 64_000_000;

    private readonly ConcurrentDictionary<string, PendingNotification> _all = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly Dictionary<UserName, (int Count, long Bytes)> _ofUsers = [];

    /// <summary>Their number, and the age of the oldest.</summary>
    public (int Length, TimeSpan Oldest) Queue
    {
        get
        {
            var all = _all.Values;
            return all.Count == 0 ? (0, TimeSpan.Zero) : (all.Count, time.GetUtcNow() - all.Min(n => n.CreatedAt));
        }
    }

    /// <summary>Finds a pending notification; false if it has ended or was never accepted.</summary>
    public bool TryFind(string id, [NotNullWhen(true)] out PendingNotification? pending) =>
        _all.TryGetValue(id, out pending);

    /// <summary>The number and size of a user's pending notifications.</summary>
    public (int Count, long Bytes) Of(UserName user)
    {
        lock (_gate)
        {
            return _ofUsers.GetValueOrDefault(user);
        }
    }

    /// <summary>Adds a notification before it is stored.</summary>
    /// <returns>Null if its user has room; otherwise what waits already.</returns>
    public (int Count, long Bytes)? TryAdd(PendingNotification pending)
    {
        lock (_gate)
        {
            var own = _ofUsers.GetValueOrDefault(pending.User);
            if (own.Count >= MaxOfUser || own.Bytes >= MaxBytesOfUser)
            {
                return own;
            }

            Count(pending);
        }

        _all[pending.Id] = pending;
        return null;
    }

    /// <summary>Adds a notification that was accepted before, with or without room.</summary>
    public void Add(PendingNotification pending)
    {
        lock (_gate)
        {
            Count(pending);
        }

        _all[pending.Id] = pending;
    }

    /// <summary>Removes a notification that has ended or was not stored.</summary>
    public void Remove(PendingNotification pending)
    {
        if (!_all.TryRemove(KeyValuePair.Create(pending.Id, pending)))
        {
            return;
        }

        lock (_gate)
        {
            var own = _ofUsers[pending.User];
            if (own.Count == 1)
            {
                _ofUsers.Remove(pending.User);
            }
            else
            {
                _ofUsers[pending.User] = (own.Count - 1, own.Bytes - pending.Size);
            }
        }
    }

    private void Count(PendingNotification pending)
    {
        var own = _ofUsers.GetValueOrDefault(pending.User);
        _ofUsers[pending.User] = (own.Count + 1, own.Bytes + pending.Size);
    }
}
