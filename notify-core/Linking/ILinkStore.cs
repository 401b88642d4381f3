using Notify.Contracts;
using Notify.Text;

namespace Notify.Linking;

/// <summary>A link: the notifications of a user go to a chat.</summary>
/// <param name="User">Whose notifications.</param>
/// <param name="Chat">Where they go. A chat belongs to one user and a user to one chat.</param>
/// <param name="LinkedAt">Since when; whole seconds, UTC.</param>
/// <param name="Dead">Set if Telegram said that the chat takes nothing any more.</param>
/// <param name="Account">Its account; null if it is not stored, as in a file of an earlier version or an entry typed by hand. Then the current account counts.</param>
/// <param name="TimeZone">The time zone of the user's browser at its last visit of the dashboard; null if unknown.</param>
public sealed record Link(
    UserName User,
    ChatId Chat,
    DateTimeOffset LinkedAt,
    DeadLink? Dead = null,
    AccountId? Account = null,
    TimeZoneName? TimeZone = null
);

/// <summary>Whether a stored link counts. Other links are kept, and count again when their accounts are back.</summary>
public enum LinkStanding
{
    /// <summary>It counts.</summary>
    Holds,

    /// <summary>Its account no longer exists.</summary>
    AccountGone,

    /// <summary>The name now belongs to another account, or to a new one.</summary>
    AccountReplaced,

    /// <summary>Its account is in no access group.</summary>
    LeftGroup,
}

/// <summary>Why and since when a link is dead.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Since">Since when; whole seconds, UTC.</param>
public sealed record DeadLink(DeadLinkReason Reason, DateTimeOffset Since);

/// <summary>A verification code: six digits that a chat got, for its person to type on the dashboard.</summary>
/// <param name="Code">Six digits, leading zeros kept.</param>
/// <param name="Chat">The chat that got it.</param>
/// <param name="ExpiresAt">From this moment on it is invalid.</param>
public sealed record VerificationCode(string Code, ChatId Chat, DateTimeOffset ExpiresAt);

/// <summary>A one-tap link's payload, for <c>https://t.me/BOT?start=PAYLOAD</c>.</summary>
/// <param name="Payload">22 base64url characters.</param>
/// <param name="User">Its logged-in user.</param>
/// <param name="ExpiresAt">From this moment on it is invalid.</param>
public sealed record DeepLink(string Payload, UserName User, DateTimeOffset ExpiresAt);

/// <summary>What a new link replaced, for messages to the people concerned.</summary>
/// <param name="Link">The current link.</param>
/// <param name="PreviousUser">The chat's earlier user, if another one.</param>
/// <param name="PreviousChat">The user's earlier chat, if another one.</param>
public sealed record LinkChange(Link Link, UserName? PreviousUser, ChatId? PreviousChat);

/// <summary>The result of verifying a code.</summary>
public abstract record Verification
{
    private Verification() { }

    /// <summary>The code was right and is used up; the link is stored.</summary>
    public sealed record Verified(LinkChange Change) : Verification;

    /// <summary>No such code, or it has expired. The answer is the same, or a guesser would learn from it.</summary>
    public sealed record WrongOrExpired : Verification;

    /// <summary>Too many wrong tries: even the right code is refused until <paramref name="RetryAfter"/> has passed.</summary>
    public sealed record TooManyTries(TimeSpan RetryAfter) : Verification;
}

/// <summary>What was erased of a user.</summary>
/// <param name="Link">The link; null without one.</param>
/// <param name="Codes">The number of pending codes of its chat, and of pending one-tap links.</param>
public sealed record ErasedLink(Link? Link, int Codes);

/// <summary>The result of redeeming a one-tap link.</summary>
public abstract record Redemption
{
    private Redemption() { }

    /// <summary>The payload was right and is used up; the link is stored.</summary>
    public sealed record Redeemed(LinkChange Change) : Redemption;

    /// <summary>The chat is linked to another user, so its person must confirm. The payload stays valid.</summary>
    public sealed record AskFirst(UserName LinkedTo, UserName WouldBe) : Redemption;

    /// <summary>No such payload, or it has expired.</summary>
    public sealed record UnknownOrExpired : Redemption;
}

/// <summary>An unreadable file of the shared state, or an unreadable entry.</summary>
/// <param name="File">Its name without folder, such as <c>telegram_users.json</c>.</param>
/// <param name="Position">The position, such as <c>line 3</c>, or the fault of the whole file.</param>
/// <param name="Problem">The fault at that position, such as <c>chat_id is missing</c>; null if the position says it all.</param>
/// <param name="Entry">The entry's name, if the others are readable; null for the whole file.</param>
public sealed record UnreadableFile(string File, string Position, string? Problem = null, string? Entry = null)
{
    private const int MaxEntryShownLength = 100;

    /// <summary>File, entry, position and problem, such as <c>telegram_users.json, entry "alice" (line 3: chat_id is missing)</c>.</summary>
    public override string ToString() =>
        $"{File}{(Entry is null ? "" : ", entry " + SafeText.Quoted(Entry, MaxEntryShownLength))} ({Position}{(Problem is null ? "" : ": " + Problem)})";
}

/// <summary>
/// Stores links, verification codes and one-tap links. Each method is atomic across
/// processes, and its changes are durable when it returns.
/// </summary>
/// <remarks>
/// <para>
/// A link belongs to an account, not only to a name. If its account is gone, replaced, or out of the group, it is not found. It stays stored
/// (<see cref="All"/>, <see cref="Stored(UserName)"/>), and counts again when its account is back.
/// </para>
/// <para>
/// Reading members throw <see cref="StateUnreadableException"/> if the state was never readable. After an earlier success
/// they serve the last readable state. An unreadable entry affects only its own readers. Changing members throw it whenever the state is unreadable now,
/// because a change must not build on old state. They throw <see cref="StateNotWritableException"/> if storing fails (a full disk,
/// missing rights); then nothing has changed. <see cref="AccountUnknownException"/> means that the name service fails.
/// </para>
/// </remarks>
public interface ILinkStore
{
    /// <summary>A user's valid link, or null.</summary>
    Link? Find(UserName user);

    /// <summary>A chat's valid link, or null.</summary>
    Link? Find(ChatId chat);

    /// <summary>A user's link, valid or not, or null.</summary>
    Link? Stored(UserName user);

    /// <summary>A chat's link, valid or not, or null.</summary>
    Link? Stored(ChatId chat);

    /// <summary>Whether a link counts now.</summary>
    /// <exception cref="AccountUnknownException">The name service fails without an earlier answer.</exception>
    LinkStanding StandingOf(Link link);

    /// <summary>Stores the current account in links without one. Cheap if there are none. Links whose accounts can't be looked up stay unchanged.</summary>
    /// <returns>The number of changed links.</returns>
    Task<int> StoreAccountsAsync(CancellationToken cancellation);

    /// <summary>A consistent snapshot of all links, valid or not, by user.</summary>
    IReadOnlyDictionary<UserName, Link> All();

    /// <summary>What is unreadable now, for health and log; empty if nothing is.</summary>
    IReadOnlyList<UnreadableFile> Unreadable();

    /// <summary>Creates a code for a chat: unique among pending codes, valid for 10 minutes. Replaces the chat's earlier codes and, if too many are pending, the oldest.</summary>
    Task<VerificationCode> IssueCodeAsync(ChatId chat, CancellationToken cancellation);

    /// <summary>Uses up a code and links its chat to the user. Of simultaneous tries with one code exactly one wins.</summary>
    /// <remarks>Wrong tries are limited to 5 per user per 10 minutes and 50 per minute over all, counted across processes.</remarks>
    Task<Verification> VerifyAsync(UserName user, string code, CancellationToken cancellation);

    /// <summary>The same for an admin, without a limit: they can link any chat anyway.</summary>
    Task<Verification> VerifyUnlimitedAsync(UserName user, string code, CancellationToken cancellation);

    /// <summary>Creates a one-tap link for a logged-in user: random, valid for 10 minutes, for one use. Replaces the user's earlier ones.</summary>
    Task<DeepLink> OfferDeepLinkAsync(UserName user, CancellationToken cancellation);

    /// <summary>Uses up a one-tap link and links the chat, unless the chat belongs to another user and <paramref name="evenIfLinkedToAnother"/> is false.</summary>
    Task<Redemption> RedeemAsync(
        string payload,
        ChatId chat,
        bool evenIfLinkedToAnother,
        CancellationToken cancellation
    );

    /// <summary>Links a user to a chat without a code, for an admin. Replaces earlier links of both.</summary>
    Task<LinkChange> LinkAsync(UserName user, ChatId chat, CancellationToken cancellation);

    /// <summary>Removes a user's link, valid or not. Returns it, or null if there was none.</summary>
    Task<Link?> UnlinkAsync(UserName user, CancellationToken cancellation);

    /// <summary>Erases all of a user: the link, valid or not, the codes of its chat, the one-tap links, the counted wrong tries. Done again after a kill, it finishes.</summary>
    Task<ErasedLink> EraseAsync(UserName user, CancellationToken cancellation);

    /// <summary>Stores the time zone of a user's browser in their link. Writes nothing if it is unchanged.</summary>
    /// <param name="user">The user.</param>
    /// <param name="timeZone">The time zone.</param>
    /// <param name="cancellation">Ends the waiting for the lock.</param>
    /// <returns>The current link; null without a valid one.</returns>
    Task<Link?> SetTimeZoneAsync(UserName user, TimeZoneName timeZone, CancellationToken cancellation);

    /// <summary>Follows a group that became a supergroup: the link keeps user and time and gets the new id. Null if the old chat has no link.</summary>
    /// <remarks>If the new chat already has a link, that one stays, the old one ends, and the result is null.</remarks>
    Task<Link?> MoveChatAsync(ChatId previous, ChatId current, CancellationToken cancellation);

    /// <summary>Marks the link of a chat that takes nothing any more. Keeps the first reason and time. Null if the chat has no link.</summary>
    /// <param name="chat">The chat.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellation">Ends the waiting for the lock.</param>
    Task<Link?> MarkDeadAsync(ChatId chat, DeadLinkReason reason, CancellationToken cancellation);

    /// <summary>Removes the mark when the person comes back. Null if the chat has no link.</summary>
    Task<Link?> MarkAliveAsync(ChatId chat, CancellationToken cancellation);
}

/// <summary>A file of the shared state can't be read, and no earlier state is known.</summary>
public class StateUnreadableException : IOException
{
    /// <summary>A file can't be read.</summary>
    public StateUnreadableException(UnreadableFile file)
        : this(
            file,
            $"State unreadable: {file}. Nothing has changed. Ask the admin to fix the {(file?.Entry is null ? "file" : "entry")}."
        ) { }

    private protected StateUnreadableException(UnreadableFile file, string message)
        : base(message) => Unreadable = file;

    /// <summary>Which file and where in it.</summary>
    public UnreadableFile Unreadable { get; }
}

/// <summary>The name service fails without an earlier answer about this user, so a link's account is unknown.</summary>
/// <param name="user">The user.</param>
public sealed class AccountUnknownException(UserName user)
    : StateUnreadableException(
        new UnreadableFile("passwd", $"account {user}", "the name service gives no answer"),
        $"The account {user} can't be looked up at the moment: the name service fails (getent passwd {user}). Nothing has changed. Try again later."
    );

/// <summary>A change of the shared state can't be stored; nothing has changed.</summary>
public sealed class StateNotWritableException(string file, string reason, Exception? inner = null)
    : IOException($"Can't store {file}: {reason}. Nothing was changed.", inner);
