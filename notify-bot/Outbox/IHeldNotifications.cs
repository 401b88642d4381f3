using Notify.Linking;
using Notify.Quiet;

namespace Notify.Bot.Outbox;

/// <summary>The part of the outbox that holds notifications in quiet hours. A held notification stays until a digest tells of it, or until it goes out by itself.</summary>
public interface IHeldNotifications
{
    /// <summary>The quiet hours of the account that has the user's name now; null for none.</summary>
    QuietHours? QuietOf(UserName user);

    /// <summary>The quiet hours of an account; null for none.</summary>
    QuietHours? QuietOf(UserName user, AccountId account);

    /// <summary>The current mutes of an account.</summary>
    Mutes MutesOf(UserName user, AccountId account);

    /// <summary>Stores a user's quiet hours. Null ends them.</summary>
    /// <exception cref="OutboxNotWritableException">It could not be stored.</exception>
    Task SetQuietAsync(UserName user, QuietHours? hours);

    /// <summary>The number and size in bytes of a user's held notifications.</summary>
    (int Count, long Bytes) HeldOf(UserName user);

    /// <summary>The accounts that may have held notifications: all that have some, and perhaps more.</summary>
    IReadOnlyList<(UserName User, AccountId Account)> Holders();

    /// <summary>An account's oldest held notifications, the oldest first, with the beginnings of their texts. If there are none, it is no holder any more.</summary>
    IReadOnlyList<PastNotification> Held(UserName user, AccountId account, int limit, int text);

    /// <summary>Stores a digest, and names it in held notifications of its account, in one transaction. They end with it.</summary>
    /// <param name="digest">The digest.</param>
    /// <param name="upTo">The sequence of the last notification that it tells of.</param>
    /// <param name="count">How many these are.</param>
    /// <param name="over">Those of them whose incidents it calls over, by their ids.</param>
    /// <returns>False, and nothing is stored, if other notifications are held by now, or other incidents are over.</returns>
    /// <exception cref="OutboxNotWritableException">It could not be stored in time, and will not be stored later.</exception>
    Task<bool> ReleaseAsync(AcceptedNotification digest, long upTo, int count, IReadOnlySet<string> over);

    /// <summary>Queues a held notification for delivery by itself. Its time limit counts from now.</summary>
    /// <returns>False if it is not held any more.</returns>
    /// <exception cref="OutboxNotWritableException">It could not be stored in time, and will not be stored later.</exception>
    Task<bool> ReleaseAsync(StoredNotification held);

    /// <summary>The notifications that a digest tells of, by their ids, the oldest first.</summary>
    IReadOnlyList<string> OfDigest(string digest);
}
