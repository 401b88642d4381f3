using System.Threading.Channels;
using Notify.Contracts;

namespace Notify.Bot.Events;

/// <summary>Something that a dashboard shows has changed.</summary>
public abstract record Change
{
    private Change() { }

    /// <summary>A notification was accepted, or its state changed.</summary>
    /// <param name="User">Whose.</param>
    /// <param name="Id">Its name.</param>
    /// <param name="State">Its current state.</param>
    public sealed record OfNotification(UserName User, string Id, DeliveryState State) : Change;

    /// <summary>A run on request began or ended, or a script was muted or unmuted.</summary>
    /// <param name="User">Whose.</param>
    public sealed record OfScripts(UserName User) : Change;

    /// <summary>An operator has the bot forget a user. Services forget, too.</summary>
    /// <param name="User">Whom.</param>
    public sealed record OfForgotten(UserName User) : Change;

    /// <summary>The watcher was too slow and missed changes. It has to read everything again.</summary>
    public sealed record Missed : Change;
}

/// <summary>
/// Publishes changes to watchers, so nobody has to poll. Nothing is kept: the history has what a watcher missed.
/// </summary>
/// <remarks>Publishing never waits. Safe for several threads.</remarks>
public sealed class ChangeFeed
{
    private readonly Lock _gate = new();
    private Watcher[] _watchers = [];

    /// <summary>A notification was accepted, or its state changed.</summary>
    public void NotificationChanged(UserName user, string id, DeliveryState state) =>
        Tell(user, new Change.OfNotification(user, id, state));

    /// <summary>A run on request began or ended, or a script was muted or unmuted.</summary>
    public void ScriptsChanged(UserName user) => Tell(user, new Change.OfScripts(user));

    /// <summary>An operator has the bot forget a user.</summary>
    public void Forgotten(UserName user) => Tell(user, new Change.OfForgotten(user));

    /// <summary>A watcher of changes from now on. Dispose it to stop.</summary>
    /// <param name="only">Only changes of this user; null for everybody's.</param>
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
        /// <summary>Most changes that wait for one watcher, some 100 bytes each. Beyond it the oldest are dropped, and the watcher gets <see cref="Change.Missed"/>.</summary>
        public const int MaxUnread = 1000;

        private readonly ChangeFeed _feed;
        private readonly UserName? _only;
        private readonly Channel<Change> _unread;
        private bool _missed;

        internal Watcher(ChangeFeed feed, UserName? only)
        {
            _feed = feed;
            _only = only;
            _unread = Channel.CreateBounded<Change>(
                new BoundedChannelOptions(MaxUnread)
                {
                    FullMode = BoundedChannelFullMode.DropOldest,
                    SingleReader = true,
                },
                _ => Volatile.Write(ref _missed, true)
            );
        }

        /// <summary>Waits for the next change.</summary>
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
