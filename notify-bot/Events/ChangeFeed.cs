using System.Threading.Channels;
using Notify.Bot.Outbox;

namespace Notify.Bot.Events;

/// <summary>Something that a dashboard shows has changed.</summary>
public abstract record Change
{
    private Change() { }

    /// <summary>A notification was accepted, or its delivery has come further.</summary>
    /// <param name="User">Whose.</param>
    /// <param name="Id">Its name.</param>
    /// <param name="State">Where it stands now.</param>
    public sealed record OfNotification(UserName User, string Id, DeliveryState State) : Change;

    /// <summary>A script was started or has ended on request, or was muted or unmuted.</summary>
    /// <param name="User">Whose.</param>
    public sealed record OfScripts(UserName User) : Change;

    /// <summary>The watcher was too slow, and some are lost: it looks at everything anew.</summary>
    public sealed record Missed : Change;
}

/// <summary>
/// Tells whoever watches what has changed, so that nobody has to ask every second. Nothing is kept: who was not there looks at the history.
/// </summary>
/// <remarks>Telling never waits. Safe for several threads.</remarks>
public sealed class ChangeFeed
{
    private readonly Lock _gate = new();
    private Watcher[] _watchers = [];

    /// <summary>A notification was accepted, or its delivery has come further.</summary>
    public void NotificationChanged(UserName user, string id, DeliveryState state) =>
        Tell(user, new Change.OfNotification(user, id, state));

    /// <summary>A script was started or has ended on request, or was muted or unmuted.</summary>
    public void ScriptsChanged(UserName user) => Tell(user, new Change.OfScripts(user));

    /// <summary>A watcher of what changes from now on; disposing it ends the watching.</summary>
    /// <param name="only">Changes of this user; null is of everybody.</param>
    public Watcher Watch(UserName? only)
    {
        var watcher = new Watcher(this, only);
        lock (_gate)
        {
            _watchers = [.. _watchers, watcher];
        }

        return watcher;
    }

    private void Tell(UserName user, Change change)
    {
        foreach (var watcher in Volatile.Read(ref _watchers))
        {
            watcher.Tell(user, change);
        }
    }

    private void Remove(Watcher watcher)
    {
        lock (_gate)
        {
            _watchers = [.. _watchers.Where(other => other != watcher)];
        }
    }

    /// <summary>One watcher's changes, in their order.</summary>
    public sealed class Watcher : IDisposable
    {
        /// <summary>Changes that wait for one watcher at the most, some 100 bytes each; the oldest give way, and <see cref="Change.Missed"/> says so.</summary>
        public const int MostUnread = 1000;

        private readonly ChangeFeed _feed;
        private readonly UserName? _only;
        private readonly Channel<Change> _unread;
        private bool _missed;

        internal Watcher(ChangeFeed feed, UserName? only)
        {
            _feed = feed;
            _only = only;
            _unread = Channel.CreateBounded<Change>(
                new BoundedChannelOptions(MostUnread)
                {
                    FullMode = BoundedChannelFullMode.DropOldest,
                    SingleReader = true,
                },
                _ => Volatile.Write(ref _missed, true)
            );
        }

        /// <summary>The next change; waits for one.</summary>
        public async ValueTask<Change> NextAsync(CancellationToken cancellation)
        {
            var next = await _unread.Reader.ReadAsync(cancellation);
            return Interlocked.Exchange(ref _missed, false) ? new Change.Missed() : next;
        }

        /// <inheritdoc />
        public void Dispose() => _feed.Remove(this);

        internal void Tell(UserName user, Change change)
        {
            if (_only is null || _only == user)
            {
                _unread.Writer.TryWrite(change);
            }
        }
    }
}
