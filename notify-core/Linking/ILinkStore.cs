namespace Notify.Linking;

/// <summary>A link: the notifications of a user go to a chat.</summary>
/// <param name="User">Whose notifications.</param>
/// <param name="Chat">Where they go. A chat belongs to one user and a user to one chat.</param>
/// <param name="LinkedAt">Since when; whole seconds, UTC.</param>
/// <param name="Dead">Set where Telegram has said that the chat takes nothing any more.</param>
/// <param name="Account">The account it was made for; null where that is not stored yet, as in a file of an earlier version or an entry typed by hand: then it counts for the account of now.</param>
/// <param name="TimeZone">The time zone in which the user's browser showed the dashboard last; null where it never did.</param>
public sealed record Link(
    UserName User,
    ChatId Chat,
    DateTimeOffset LinkedAt,
    DeadLink? Dead = null,
    AccountId? Account = null,
    TimeZoneName? TimeZone = null
);

/// <summary>Whether a stored link counts. One that does not is kept: it counts again when its account is back.</summary>
public enum LinkStanding
{
    /// <summary>It counts.</summary>
    Holds,

    /// <summary>Its account does not exist any more.</summary>
    AccountGone,

    /// <summary>The name belongs to another account now, or to one where there was none.</summary>
    AccountReplaced,

    /// <summary>Its account is in none of the groups that give access.</summary>
    LeftGroup,
}

/// <summary>Why and since when a link is dead.</summary>
/// <param name="Reason">One word: <c>blocked</c>, <c>chat not found</c>, <c>deactivated</c>.</param>
/// <param name="Since">Since when; whole seconds, UTC.</param>
public sealed record DeadLink(string Reason, DateTimeOffset Since);

/// <summary>A verification code: six digits that a chat was told and that its person types where they are logged in.</summary>
/// <param name="Code">Six digits, leading zeros kept.</param>
/// <param name="Chat">The chat that was told.</param>
/// <param name="ExpiresAt">From this moment on it is void.</param>
public sealed record VerificationCode(string Code, ChatId Chat, DateTimeOffset ExpiresAt);

/// <summary>A one-tap link's payload, for <c>https://t.me/BOT?start=PAYLOAD</c>.</summary>
/// <param name="Payload">22 base64url characters.</param>
/// <param name="User">The logged-in user it was made for.</param>
/// <param name="ExpiresAt">From this moment on it is void.</param>
public sealed record DeepLink(string Payload, UserName User, DateTimeOffset ExpiresAt);

/// <summary>What a new link moved, so that all who are concerned can be told.</summary>
/// <param name="Link">The link as it is now.</param>
/// <param name="PreviousUser">The user the chat was linked to before, if another one.</param>
/// <param name="PreviousChat">The chat the user was linked to before, if another one.</param>
public sealed record LinkChange(Link Link, UserName? PreviousUser, ChatId? PreviousChat);

/// <summary>How the try to verify a code ended.</summary>
public abstract record Verification
{
    private Verification() { }

    /// <summary>The code was right, is used up, and the link is stored.</summary>
    public sealed record Verified(LinkChange Change) : Verification;

    /// <summary>No such code, or it is over. The two are not told apart, or a guesser would learn from it.</summary>
    public sealed record WrongOrExpired : Verification;

    /// <summary>Too many wrong tries; not even the right code is taken until <paramref name="RetryAfter"/> has passed.</summary>
    public sealed record TooManyTries(TimeSpan RetryAfter) : Verification;
}

/// <summary>How the redeeming of a deep link ended.</summary>
public abstract record Redemption
{
    private Redemption() { }

    /// <summary>The payload was right, is used up, and the link is stored.</summary>
    public sealed record Redeemed(LinkChange Change) : Redemption;

    /// <summary>The chat is linked to somebody else; its person must confirm. The payload stays valid.</summary>
    public sealed record AskFirst(UserName LinkedTo, UserName WouldBe) : Redemption;

    /// <summary>No such payload, or it is over.</summary>
    public sealed record UnknownOrExpired : Redemption;
}

/// <summary>A file of the shared state, or an entry of one, that can't be read as what it should be.</summary>
/// <param name="File">Its name without folder, such as <c>telegram_users.json</c>.</param>
/// <param name="Position">Where in it, such as <c>line 3</c>, or what is wrong with the whole.</param>
/// <param name="Problem">What is wrong at that position, such as <c>chat_id is missing</c>; null where the position says it all.</param>
/// <param name="Entry">The name of the entry, where the others can be read; null for the whole file.</param>
public sealed record UnreadableFile(string File, string Position, string? Problem = null, string? Entry = null)
{
    private const int LongestEntryShown = 100;

    /// <summary>File, entry, position and problem, such as <c>telegram_users.json, entry "alice" (line 3: chat_id is missing)</c>.</summary>
    public override string ToString() =>
        $"{File}{(Entry is null ? "" : $", entry \"{Shown(Entry)}\"")} ({Position}{(Problem is null ? "" : ": " + Problem)})";

    private static string Shown(string entry) =>
        string.Concat(
            entry
                .EnumerateRunes()
                .Take(LongestEntryShown)
                .Select(rune => UnseenCharacters.Include(rune) ? "?" : rune.ToString())
        );
}

/// <summary>
/// Links, verification codes and deep links: the one place that knows where they are stored. Each method is atomic across
/// processes, and what it says is done is durably stored.
/// </summary>
/// <remarks>
/// <para>
/// A link belongs to an account, not only to a name. One whose account is gone, is another one now, or has left the group is not found; it is stored still
/// (<see cref="All"/>, <see cref="Stored(UserName)"/>), and counts again when its account is back.
/// </para>
/// <para>
/// All reading members throw <see cref="StateUnreadableException"/> where the stored state can't be read and nothing was read
/// before; where something was, they go on serving that. An entry that can't be read concerns only those who ask for it. Changing members throw it whenever the state can't be read now, since
/// a change must not be built on what may be old, and <see cref="StateNotWritableException"/> where storing fails (a full disk,
/// missing rights); then nothing has changed. <see cref="AccountUnknownException"/> is one of the former: the name service fails.
/// </para>
/// </remarks>
public interface ILinkStore
{
    /// <summary>The link of a user that counts, or null.</summary>
    Link? Find(UserName user);

    /// <summary>The link of a chat that counts, or null.</summary>
    Link? Find(ChatId chat);

    /// <summary>The link of a user, whether it counts or not, or null.</summary>
    Link? Stored(UserName user);

    /// <summary>The link of a chat, whether it counts or not, or null.</summary>
    Link? Stored(ChatId chat);

    /// <summary>Whether a link counts now.</summary>
    /// <exception cref="AccountUnknownException">The name service fails, and has said nothing before.</exception>
    LinkStanding StandingOf(Link link);

    /// <summary>Stores the account of now with the links that have none stored. Costs a look where there are none; those that can't be looked up stay as they are.</summary>
    /// <returns>How many.</returns>
    Task<int> StoreAccountsAsync(CancellationToken cancellation);

    /// <summary>All links at this moment, whether they count or not, as one consistent picture, by user.</summary>
    IReadOnlyDictionary<UserName, Link> All();

    /// <summary>What can't be read now, for health and log; empty where all is well.</summary>
    IReadOnlyList<UnreadableFile> Unreadable();

    /// <summary>Makes a new code for a chat: unique among the pending, valid 10 minutes, replacing the chat's earlier ones; where too many are pending, also the oldest.</summary>
    Task<VerificationCode> IssueCodeAsync(ChatId chat, CancellationToken cancellation);

    /// <summary>Uses a code up and links its chat to the user. Of many simultaneous tries with one code exactly one wins.</summary>
    /// <remarks>Wrong tries are limited to 5 per user per 10 minutes and 50 per minute over all, counted across processes (specification, section 5).</remarks>
    Task<Verification> VerifyAsync(UserName user, string code, CancellationToken cancellation);

    /// <summary>The same for an operator, who is not limited: they could link any chat anyway.</summary>
    Task<Verification> VerifyUnlimitedAsync(UserName user, string code, CancellationToken cancellation);

    /// <summary>Makes a deep link for a logged-in user: random, valid 10 minutes, single use, replacing the user's earlier ones.</summary>
    Task<DeepLink> OfferDeepLinkAsync(UserName user, CancellationToken cancellation);

    /// <summary>Uses a deep link up and links the chat, unless the chat belongs to somebody else and <paramref name="evenIfLinkedToAnother"/> is false.</summary>
    Task<Redemption> RedeemAsync(
        string payload,
        ChatId chat,
        bool evenIfLinkedToAnother,
        CancellationToken cancellation
    );

    /// <summary>Links a user to a chat without a code (an operator's doing), moving what was there.</summary>
    Task<LinkChange> LinkAsync(UserName user, ChatId chat, CancellationToken cancellation);

    /// <summary>Removes a user's link, whether it counts or not; gives what was removed, or null where there was none.</summary>
    Task<Link?> UnlinkAsync(UserName user, CancellationToken cancellation);

    /// <summary>Stores the time zone of a user's browser with their link. Writes nothing where it is stored already.</summary>
    /// <param name="user">The user.</param>
    /// <param name="timeZone">The time zone.</param>
    /// <param name="cancellation">Ends the waiting for the lock.</param>
    /// <returns>The link as it is now; null where the user has none that counts.</returns>
    Task<Link?> SetTimeZoneAsync(UserName user, TimeZoneName timeZone, CancellationToken cancellation);

    /// <summary>Follows a group that became a supergroup: the link keeps its user and time and gets the new id. Null where the old chat has no link.</summary>
    /// <remarks>Where the new chat is linked to somebody already, that later link stands, the old one ends, and the answer is null.</remarks>
    Task<Link?> MoveChatAsync(ChatId previous, ChatId current, CancellationToken cancellation);

    /// <summary>Marks the link of a chat that takes nothing any more. Null where the chat has no link. The first reason and time stay.</summary>
    /// <param name="chat">The chat.</param>
    /// <param name="reason">See <see cref="DeadLink"/>.</param>
    /// <param name="cancellation">Ends the waiting for the lock.</param>
    Task<Link?> MarkDeadAsync(ChatId chat, string reason, CancellationToken cancellation);

    /// <summary>Takes the mark away: the person has come back. Null where the chat has no link.</summary>
    Task<Link?> MarkAliveAsync(ChatId chat, CancellationToken cancellation);
}

/// <summary>A file of the shared state can't be read, and nothing was read before that could be served instead.</summary>
public class StateUnreadableException : IOException
{
    /// <summary>A file can't be read.</summary>
    public StateUnreadableException(UnreadableFile file)
        : this(
            file,
            $"State unreadable: {file}. The operator must put the {(file?.Entry is null ? "file" : "entry")} right; nothing was changed."
        ) { }

    private protected StateUnreadableException(UnreadableFile file, string message)
        : base(message) => Unreadable = file;

    /// <summary>Which file and where in it.</summary>
    public UnreadableFile Unreadable { get; }
}

/// <summary>The name service fails, and has said nothing of this user before: whose a link is can't be told now.</summary>
/// <param name="user">Whose account was asked for.</param>
public sealed class AccountUnknownException(UserName user)
    : StateUnreadableException(
        new UnreadableFile("passwd", $"account {user}", "the name service gives no answer"),
        $"The account {user} can't be looked up at the moment: the name service fails (getent passwd {user}). Nothing was changed; try again later."
    );

/// <summary>A change of the shared state can't be stored; nothing has changed.</summary>
public sealed class StateNotWritableException(string file, string reason, Exception? inner = null)
    : IOException($"Can't store {file}: {reason}. Nothing was changed.", inner);
