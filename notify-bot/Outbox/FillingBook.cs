using System.Threading.Channels;

namespace Notify.Bot.Outbox;

/// <summary>How much each user has had stored since their history was last looked at: in memory, so that an acceptance need not ask the disk.</summary>
/// <remarks>A restart forgets it, and so costs a quarter more of one user's room. <see cref="Add"/> is for one thread, <see cref="ReadAsync"/> for another.</remarks>
internal sealed class FillingBook
{
    /// <summary>After so much, counted as <see cref="SqliteOutbox.MostOfUser"/> is, a history is looked at. Who sends what people read never comes to it.</summary>
    private const long Much = SqliteOutbox.MostOfUser / 4;

    private readonly Dictionary<UserName, long> _stored = [];
    private readonly Channel<UserName> _filling = Channel.CreateUnbounded<UserName>();

    /// <summary>One was stored. Characters are counted for bytes: it need not be exact.</summary>
    public void Add(AcceptedNotification notification)
    {
        var stored = _stored.GetValueOrDefault(notification.User)
            + notification.Message.Length + (notification.Title?.Length ?? 0) + (notification.Data?.Length ?? 0) + ((notification.Image?.Info.ByteLength ?? 0) / 16);
        if (stored < Much)
        {
            _stored[notification.User] = stored;
            return;
        }

        _stored.Remove(notification.User);
        _filling.Writer.TryWrite(notification.User);
    }

    /// <summary>Users whose history should be looked at, as they come to it.</summary>
    public IAsyncEnumerable<UserName> ReadAsync(CancellationToken cancellation) => _filling.Reader.ReadAllAsync(cancellation);
}
