using System.Runtime.InteropServices;
using Notify.Contracts;

namespace Notify.Bot.Outbox;

/// <summary>The part of the outbox that operators see and use: counts without any text, the audit, and erasing. A change is on disk when its method has returned.</summary>
public interface IOperatorStore
{
    /// <summary>The number of notifications of each user that wait, that are held, and that failed or became unknown since a moment. Leaves out users without any.</summary>
    IReadOnlyDictionary<string, UserCounts> CountUsers(DateTimeOffset since);

    /// <summary>What waits of each user, the oldest first.</summary>
    IReadOnlyList<UserQueueState> WaitingByUser();

    /// <summary>The newest notifications accepted since a moment that failed or became unknown, without their texts.</summary>
    IReadOnlyList<PastFailure> Failures(DateTimeOffset since, int limit);

    /// <summary>Adds an act to the audit, before it begins.</summary>
    /// <returns>Its number, and the moment in the audit.</returns>
    /// <exception cref="OutboxNotWritableException">It could not be stored. The act must not begin.</exception>
    Task<(long Number, DateTimeOffset At)> BeginActAsync(string by, OperatorAct act, UserName user);

    /// <summary>Stores how an act ended.</summary>
    /// <exception cref="OutboxNotWritableException">It could not be stored.</exception>
    Task EndActAsync(long number, string detail);

    /// <summary>A page of the audit, the newest first.</summary>
    /// <param name="limit">The maximum number.</param>
    /// <param name="before">The number before which the page begins.</param>
    IReadOnlyList<OperatorActAnswer> Acts(int limit, long before = long.MaxValue);

    /// <summary>The users whom an operator had forgotten since a moment, the newest first.</summary>
    IReadOnlyList<ForgottenUserAnswer> Forgotten(DateTimeOffset since);

    /// <summary>A part of a name's notifications, of whatever account, with their charts and files; empty if there are none.</summary>
    IReadOnlyList<(long Sequence, IReadOnlyList<StoredAttachment> Attachments)> FindToErase(UserName user);

    /// <summary>Erases notifications: nothing of their texts stays in the file's free pages.</summary>
    /// <exception cref="OutboxNotWritableException">It could not be stored.</exception>
    Task EraseAsync(IReadOnlyList<long> sequences);

    /// <summary>Erases all else of a name, of whatever account: mutes, quiet hours, incidents. Then empties the write-ahead log, which has older copies.</summary>
    /// <exception cref="OutboxNotWritableException">It could not be stored.</exception>
    Task<ErasedSettings> EraseSettingsAsync(UserName user);

    /// <summary>The names of files that were set aside after damage, which may still hold texts of everybody.</summary>
    IReadOnlyList<string> FilesSetAside();
}

/// <summary>The number of a user's notifications.</summary>
/// <param name="Waiting">That wait for delivery.</param>
/// <param name="Held">That quiet hours hold.</param>
/// <param name="Failed">That failed or became unknown.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct UserCounts(int Waiting, int Held, int Failed);

/// <summary>What waits of a user.</summary>
/// <param name="User">The user.</param>
/// <param name="Waiting">How many notifications.</param>
/// <param name="Oldest">When the oldest was accepted, or came out of quiet hours.</param>
/// <param name="Progress">The progress of the oldest.</param>
public sealed record UserQueueState(string User, int Waiting, DateTimeOffset Oldest, DeliveryProgress Progress);

/// <summary>A notification that failed or became unknown, without its text.</summary>
/// <param name="Id">Its id.</param>
/// <param name="User">Its user.</param>
/// <param name="Script">Its script; null for none.</param>
/// <param name="CreatedAt">When it was accepted.</param>
/// <param name="Progress">How it ended.</param>
public sealed record PastFailure(
    string Id,
    string User,
    string? Script,
    DateTimeOffset CreatedAt,
    DeliveryProgress Progress
);

/// <summary>What was erased beside the history.</summary>
/// <param name="Mutes">The number of mutes.</param>
/// <param name="QuietHours">Whether there were quiet hours.</param>
/// <param name="Incidents">The number of incidents.</param>
public sealed record ErasedSettings(int Mutes, bool QuietHours, int Incidents);
