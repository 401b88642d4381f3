using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using Notify.Contracts;
using Notify.Files;

namespace Notify.Linking;

/// <summary>
/// The link store in JSON files of the data folder: <c>telegram_users.json</c>, <c>pending_codes.json</c>, <c>pending_links.json</c>, and
/// <c>wrong_codes.json</c>, the wrong tries of the last ten minutes.
/// </summary>
/// <remarks>
/// <para>
/// A look-up costs a <c>stat</c>. A change holds the folder's lock, reads the files again and writes them whole. If a change needs two
/// files, both are on disk before the first counts. The code is used up before the link counts. After a crash in between, the person
/// asks for another code; in the other order a code could be used twice.
/// </para>
/// <para>
/// Times over a minute in the future, from a clock that was set back, count as expired. So no code lives longer than eleven minutes.
/// If somebody edits the file and gives two users the same chat, both receive there. The chat acts for the one linked last.
/// </para>
/// <para>
/// Each link and one-tap link holds its account's id (<c>uid</c>; null for a name without an account). An entry without the member is from an earlier version or
/// typed by hand, and belongs to the current account. <see cref="StoreAccountsAsync"/> stores that once.
/// </para>
/// <para>Safe for several threads and several instances, in as many processes.</para>
/// </remarks>
public sealed class JsonLinkStore : ILinkStore, IDisposable
{
    /// <summary>How long a verification code and a one-tap link are valid: invalid at exactly this age.</summary>
    public static readonly TimeSpan Validity = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Most pending codes. Beyond it the oldest is dropped, so a flood of unlinked chats keeps nobody from a code. At Telegram's rate of 30 answers a second
    /// a code still lasts five minutes. With 1 in 100 codes pending, guessing stays hopeless, and the file stays under a megabyte.
    /// </summary>
    public const int MaxPendingCodes = 10_000;

    /// <summary>Most wrong tries of a user within <see cref="UserWindow"/>.</summary>
    public const int MaxWrongTriesOfUser = 5;

    /// <summary>Most wrong tries of all users within <see cref="OverallWindow"/>.</summary>
    public const int MaxWrongTriesOverall = 50;

    /// <summary>See <see cref="MaxWrongTriesOfUser"/>.</summary>
    public static readonly TimeSpan UserWindow = TimeSpan.FromMinutes(10);

    /// <summary>See <see cref="MaxWrongTriesOverall"/>.</summary>
    public static readonly TimeSpan OverallWindow = TimeSpan.FromMinutes(1);

    /// <summary>The files of the store, in the order in which an admin checks them.</summary>
    public static IReadOnlyList<string> FileNames { get; } = [LinksName, CodesName, DeepLinksName, WrongTriesName];

    private const string LinksName = "telegram_users.json";
    private const string CodesName = "pending_codes.json";
    private const string DeepLinksName = "pending_links.json";
    private const string WrongTriesName = "wrong_codes.json";
    private const int PayloadBytes = 16;

    /// <summary>
    /// After a store of codes, the next one waits this many times as long as it took, and stores all new codes together. Anybody on Telegram can ask for
    /// a code, and each store writes the whole file.
    /// </summary>
    private const int CodesPause = 5;

    /// <summary>The longest such pause.</summary>
    private static readonly TimeSpan MaxCodesPause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);

    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly Accounts _accounts;
    private readonly StateLock _lock;
    private readonly SharedJsonFile<Link, LinkTable> _links;
    private readonly SharedJsonFile<PendingCode, NoTable> _codes;
    private readonly SharedJsonFile<PendingLink, NoTable> _deepLinks;
    private readonly SharedJsonFile<WrongTries, NoTable> _wrongTries;
    private readonly Lock _codesGate = new();
    private CodeBatch? _nextCodes;
    private Task _codesTurn = Task.CompletedTask;
    private bool _tidied;

    /// <summary>Opens the store in a data folder. Reads and creates nothing before it is needed.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="time">The clock.</param>
    /// <param name="accounts">Decides which links count; without it only account ids count, not groups.</param>
    public JsonLinkStore(string folder, TimeProvider time, Accounts? accounts = null)
    {
        _accounts = accounts ?? new Accounts(time);
        _folder = Path.GetFullPath(folder);
        _time = time;
        _lock = new StateLock(_folder, time);
        _links = new(_folder, LinksName, StateEntries.ReadLink, links => new LinkTable(LinksName, links));
        _codes = new(_folder, CodesName, StateEntries.ReadCode, _ => NoTable.Instance);
        _deepLinks = new(_folder, DeepLinksName, StateEntries.ReadPendingLink, _ => NoTable.Instance);
        _wrongTries = new(_folder, WrongTriesName, StateEntries.ReadWrongTries, _ => NoTable.Instance);
    }

    /// <inheritdoc />
    public Link? Find(UserName user) => IfItHolds(Stored(user));

    /// <inheritdoc />
    public Link? Find(ChatId chat) => IfItHolds(Stored(chat));

    /// <inheritdoc />
    public Link? Stored(UserName user) => _links.Content.Find(user);

    /// <inheritdoc />
    public Link? Stored(ChatId chat) => _links.Content.Find(chat);

    /// <inheritdoc />
    public LinkStanding StandingOf(Link link)
    {
        ArgumentNullException.ThrowIfNull(link);
        return StandingOf(_accounts.Of(link.User), link.Account);
    }

    /// <inheritdoc />
    public async Task<int> StoreAccountsAsync(CancellationToken cancellation)
    {
        if (
            !_links.Content.HasWithoutAccount
            || _links.Content.ByUser.Values.All(link => link.Account is not null || _accounts.Find(link.User) is null)
        )
        {
            return 0;
        }

        return await ChangeAsync(
            _ =>
            {
                var links = _links.Draft();
                var found = links
                    .All.Where(link => link.Account is null)
                    .Select(link => link with { Account = _accounts.Find(link.User)?.Id })
                    .Where(link => link.Account is not null)
                    .ToArray();
                foreach (var link in found)
                {
                    links.Set(
                        link.User.Value,
                        link,
                        (StateEntries.AccountMember, StateEntries.AccountJson(link.Account))
                    );
                }

                if (found.Length > 0)
                {
                    Store(links);
                }

                return found.Length;
            },
            cancellation
        );
    }

    /// <inheritdoc />
    public IReadOnlyDictionary<UserName, Link> All() => _links.Content.ByUser;

    /// <inheritdoc />
    public IReadOnlyList<UnreadableFile> Unreadable() =>
        [.. _links.Unreadable, .. _codes.Unreadable, .. _deepLinks.Unreadable, .. _wrongTries.Unreadable];

    /// <inheritdoc />
    public async Task<VerificationCode> IssueCodeAsync(ChatId chat, CancellationToken cancellation)
    {
        CodeBatch batch;
        lock (_codesGate)
        {
            if (_nextCodes is null)
            {
                _nextCodes = new CodeBatch();
                _codesTurn = StoreAsync(_nextCodes, _codesTurn);
            }

            batch = _nextCodes;
            batch.Chats.Add(chat);
        }

        return (await batch.Stored.Task.WaitAsync(cancellation))[chat];
    }

    /// <inheritdoc />
    public Task<Verification> VerifyAsync(UserName user, string code, CancellationToken cancellation) =>
        ChangeAsync<Verification>(
            now =>
            {
                if (
                    !TryDraftWrongTries(now, out var tries, out var wait)
                    || (wait = WrongTryLimits.Wait(tries.All, user, now)) > TimeSpan.Zero
                )
                {
                    return new Verification.TooManyTries(wait);
                }

                var codes = _codes.Draft();
                var links = _links.Draft();

                // Counts before it looks: if the count can't be stored, no code is checked, so nobody can guess uncounted.
                WrongTryLimits.Add(tries, user, now);
                using var counted = _wrongTries.Prepare(tries);
                if (Use(codes, links, user, code, now) is { } verified)
                {
                    return verified;
                }

                counted.Commit();
                return new Verification.WrongOrExpired();
            },
            cancellation
        );

    /// <inheritdoc />
    public Task<Verification> VerifyUnlimitedAsync(UserName user, string code, CancellationToken cancellation) =>
        ChangeAsync<Verification>(
            now =>
                Use(_codes.Draft(), _links.Draft(), user, code, now) is { } verified
                    ? verified
                    : new Verification.WrongOrExpired(),
            cancellation
        );

    /// <inheritdoc />
    public Task<DeepLink> OfferDeepLinkAsync(UserName user, CancellationToken cancellation) =>
        ChangeAsync(
            now =>
            {
                var offers = _deepLinks.Draft();
                offers.RemoveAll(offer => offer.User == user || IsOver(offer.CreatedAt, now));
                var account = _accounts.Find(user)?.Id;
                var payload = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(PayloadBytes));
                offers.Set(
                    payload,
                    new PendingLink(payload, user, now, account),
                    ("user", JsonEntries<PendingLink>.Quote(user.Value)),
                    ("created_at", StateEntries.SecondsJson(now)),
                    (StateEntries.AccountMember, StateEntries.AccountJson(account))
                );
                using var change = _deepLinks.Prepare(offers);
                change.Commit();
                return new DeepLink(payload, user, now + Validity);
            },
            cancellation
        );

    /// <inheritdoc />
    public Task<Redemption> RedeemAsync(
        string payload,
        ChatId chat,
        bool evenIfLinkedToAnother,
        CancellationToken cancellation
    ) =>
        ChangeAsync<Redemption>(
            now =>
            {
                var offers = _deepLinks.Draft();
                var links = _links.Draft();
                if (!offers.TryFind(payload, out var offer) || IsOver(offer.CreatedAt, now))
                {
                    return new Redemption.UnknownOrExpired();
                }

                // The payload is invalid if its user has left, or if the name now belongs to another account.
                var owner = _accounts.Of(offer.User);
                if (StandingOf(owner, offer.Account) != LinkStanding.Holds)
                {
                    return new Redemption.UnknownOrExpired();
                }

                var holder = IfItHolds(LinkEntries.HolderOf(links, chat));
                if (!evenIfLinkedToAnother && holder is not null && holder.User != offer.User)
                {
                    return new Redemption.AskFirst(holder.User, offer.User);
                }

                offers.RemoveAll(o => o == offer || IsOver(o.CreatedAt, now));
                var change = LinkEntries.Set(links, offer.User, owner.Id, chat, now);
                using var changedOffers = _deepLinks.Prepare(offers);
                using var changedLinks = _links.Prepare(links);
                changedOffers.Commit();
                changedLinks.Commit();
                return new Redemption.Redeemed(change);
            },
            cancellation
        );

    /// <inheritdoc />
    public Task<LinkChange> LinkAsync(UserName user, ChatId chat, CancellationToken cancellation) =>
        ChangeAsync(
            now =>
            {
                var links = _links.Draft();
                var change = LinkEntries.Set(links, user, _accounts.Find(user)?.Id, chat, now);
                Store(links);
                return change;
            },
            cancellation
        );

    /// <inheritdoc />
    public Task<Link?> UnlinkAsync(UserName user, CancellationToken cancellation) =>
        ChangeAsync(
            _ =>
            {
                var links = _links.Draft();
                if (links.TryFind(user.Value, out var link))
                {
                    links.RemoveAll(l => l.User == user);
                    Store(links);
                }

                return link;
            },
            cancellation
        );

    /// <inheritdoc />
    public Task<ErasedLink> EraseAsync(UserName user, CancellationToken cancellation) =>
        ChangeAsync(
            now =>
            {
                var links = _links.Draft();
                var link = links.TryFind(user.Value, out var own) ? own : null;
                var codes = _codes.Draft();
                var offers = _deepLinks.Draft();
                var pending = codes.Count + offers.Count;
                codes.RemoveAll(code => code.Chat == link?.Chat);
                offers.RemoveAll(offer => offer.User == user);
                pending -= codes.Count + offers.Count;
                if (TryDraftWrongTries(now, out var tries, out _))
                {
                    tries.RemoveAll(tried => string.Equals(tried.User, user.Value, StringComparison.Ordinal));
                    using var changedTries = _wrongTries.Prepare(tries);
                    changedTries.Commit();
                }

                links.RemoveAll(l => l.User == user);
                using var changedCodes = _codes.Prepare(codes);
                using var changedOffers = _deepLinks.Prepare(offers);
                using var changedLinks = _links.Prepare(links);
                changedCodes.Commit();
                changedOffers.Commit();

                // The link last: it names the chat of the codes, if a kill in between makes this happen again.
                changedLinks.Commit();
                return new ErasedLink(link, pending);
            },
            cancellation
        );

    /// <inheritdoc />
    public async Task<Link?> SetTimeZoneAsync(UserName user, TimeZoneName timeZone, CancellationToken cancellation)
    {
        // Each page calls this when it opens, so an unchanged zone must not take the lock.
        if (Find(user) is not { } known || known.TimeZone == timeZone)
        {
            return Find(user);
        }

        return await ChangeAsync(
            _ =>
            {
                var links = _links.Draft();
                var link = IfItHolds(links.TryFind(user.Value, out var own) ? own : null);
                if (link is null || link.TimeZone == timeZone)
                {
                    return link;
                }

                link = link with { TimeZone = timeZone };
                LinkEntries.SetTimeZone(links, link);
                Store(links);
                return link;
            },
            cancellation
        );
    }

    /// <inheritdoc />
    public Task<Link?> MoveChatAsync(ChatId previous, ChatId current, CancellationToken cancellation) =>
        ChangeAsync<Link?>(
            _ =>
            {
                var links = _links.Draft();
                if (previous == current || links.All.FirstOrDefault(l => l.Chat == previous) is not { } link)
                {
                    return null;
                }

                Link? moved = null;
                if (links.All.Any(l => l.Chat == current))
                {
                    links.RemoveAll(l => l.Chat == previous);
                }
                else
                {
                    moved = link with { Chat = current, Dead = null };
                    links.Set(link.User.Value, moved, ("chat_id", StateEntries.ChatJson(current)), ("dead", null));
                }

                Store(links);
                return moved;
            },
            cancellation
        );

    /// <inheritdoc />
    public Task<Link?> MarkDeadAsync(ChatId chat, DeadLinkReason reason, CancellationToken cancellation) =>
        ChangeAsync(
            now =>
                ChangeLinkOf(
                    chat,
                    link =>
                        link.Dead is null
                            ? link with
                            {
                                Dead = new DeadLink(reason, StateEntries.WholeSeconds(now)),
                            }
                            : link
                ),
            cancellation
        );

    /// <inheritdoc />
    public Task<Link?> MarkAliveAsync(ChatId chat, CancellationToken cancellation) =>
        ChangeAsync(_ => ChangeLinkOf(chat, link => link with { Dead = null }), cancellation);

    /// <summary>Closes the lock. A running change ends first.</summary>
    public void Dispose() => _lock.Dispose();

    private static bool IsOver(DateTimeOffset createdAt, DateTimeOffset now) =>
        now - createdAt >= Validity || createdAt - now > ClockSkew;

    private Link? IfItHolds(Link? link) => link is not null && StandingOf(link) == LinkStanding.Holds ? link : null;

    private static LinkStanding StandingOf(AccountNow now, AccountId? account) =>
        account is { } owner && owner != now.Id
            ? now.Id == AccountId.None
                ? LinkStanding.AccountGone
                : LinkStanding.AccountReplaced
            : now.IsOutside
                ? LinkStanding.LeftGroup
                : LinkStanding.Holds;

    private Verification.Verified? Use(
        JsonEntries<PendingCode> codes,
        JsonEntries<Link> links,
        UserName user,
        string code,
        DateTimeOffset now
    )
    {
        if (!codes.TryFind(code, out var pending) || IsOver(pending.CreatedAt, now))
        {
            return null;
        }

        codes.RemoveAll(c => c == pending || IsOver(c.CreatedAt, now));
        var change = LinkEntries.Set(links, user, _accounts.Find(user)?.Id, pending.Chat, now);
        using var changedCodes = _codes.Prepare(codes);
        using var changedLinks = _links.Prepare(links);
        changedCodes.Commit();
        changedLinks.Commit();
        return new Verification.Verified(change);
    }

    /// <summary>Stores codes, and ends when the next ones may follow.</summary>
    private async Task StoreAsync(CodeBatch batch, Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        var pause = TimeSpan.Zero;
        try
        {
            batch.Stored.SetResult(
                await ChangeAsync(
                    now =>
                    {
                        var begun = TimeProvider.System.GetTimestamp();
                        var codes = Store(Close(batch), now);
                        pause = CodesPause * TimeProvider.System.GetElapsedTime(begun);
                        return codes;
                    },
                    CancellationToken.None
                )
            );
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Close(batch);
            batch.Stored.SetException(e);

            // Nobody waits for the result any more.
            _ = batch.Stored.Task.Exception;
        }

        // The system's time, not the program's clock: this measures processor and disk.
        await Task.Delay(pause < MaxCodesPause ? pause : MaxCodesPause, TimeProvider.System);
    }

    /// <summary>Later chats are in the next batch.</summary>
    private HashSet<ChatId> Close(CodeBatch batch)
    {
        lock (_codesGate)
        {
            if (_nextCodes == batch)
            {
                _nextCodes = null;
            }

            return batch.Chats;
        }
    }

    private Dictionary<ChatId, VerificationCode> Store(HashSet<ChatId> chats, DateTimeOffset now)
    {
        var codes = _codes.Draft();
        codes.RemoveAll(code => chats.Contains(code.Chat) || IsOver(code.CreatedAt, now));
        if (codes.Count + chats.Count - MaxPendingCodes is > 0 and var tooMany)
        {
            var oldest = codes
                .All.OrderBy(code => code.CreatedAt)
                .Take(tooMany)
                .Select(code => code.Code)
                .ToHashSet(StringComparer.Ordinal);
            codes.RemoveAll(code => oldest.Contains(code.Code));
        }

        var issued = new Dictionary<ChatId, VerificationCode>();
        foreach (var chat in chats)
        {
            string text;
            do
            {
                text = RandomNumberGenerator.GetInt32(1_000_000).ToString("D6", CultureInfo.InvariantCulture);
            } while (codes.Contains(text));

            codes.Set(
                text,
                new PendingCode(text, chat, now),
                ("chat_id", StateEntries.ChatJson(chat)),
                ("created_at", StateEntries.SecondsJson(now))
            );
            issued[chat] = new VerificationCode(text, chat, now + Validity);
        }

        using var change = _codes.Prepare(codes);
        change.Commit();
        return issued;
    }

    /// <summary>Changes whether a chat's link is dead; null if the chat has none.</summary>
    private Link? ChangeLinkOf(ChatId chat, Func<Link, Link> change)
    {
        var links = _links.Draft();
        if (LinkEntries.HolderOf(links, chat) is not { } link)
        {
            return null;
        }

        var changed = change(link);
        if (changed != link)
        {
            LinkEntries.SetDead(links, changed);
            Store(links);
        }

        return changed;
    }

    /// <summary>Reads the wrong tries; false, with a waiting time, while they are unreadable.</summary>
    /// <remarks>
    /// A damaged file may hold a full count, so every try is refused. Ten minutes after its last write all its entries have expired, and
    /// it is replaced. So damage neither allows guessing nor blocks linking for good.
    /// </remarks>
    private bool TryDraftWrongTries(DateTimeOffset now, out JsonEntries<WrongTries> tries, out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        try
        {
            tries = _wrongTries.Draft();
            if (tries.Faults.FirstOrDefault() is { } fault)
            {
                throw new StateUnreadableException(fault.In(WrongTriesName));
            }
        }
        catch (StateUnreadableException)
        {
            tries = new JsonEntries<WrongTries>(WrongTriesName, []);
            var age = now - (_wrongTries.ModifiedAt ?? now);
            wait = age < TimeSpan.Zero ? UserWindow : UserWindow - age;
        }

        return wait <= TimeSpan.Zero;
    }

    private void Store(JsonEntries<Link> links)
    {
        using var change = _links.Prepare(links);
        change.Commit();
    }

    private async Task<T> ChangeAsync<T>(Func<DateTimeOffset, T> change, CancellationToken cancellation)
    {
        using var held = await _lock.AcquireAsync(cancellation);
        if (!_tidied)
        {
            _tidied = true;
            AtomicFile.RemoveLeftovers(_folder, _time);
        }

        return change(_time.GetUtcNow());
    }

    /// <summary>Chats whose codes are stored together.</summary>
    private sealed class CodeBatch
    {
        public HashSet<ChatId> Chats { get; } = [];

        public TaskCompletionSource<Dictionary<ChatId, VerificationCode>> Stored { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>For files that are read only for a change.</summary>
    private sealed class NoTable
    {
        internal static readonly NoTable Instance = new();
    }
}
