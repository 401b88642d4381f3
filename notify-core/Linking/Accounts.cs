using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Notify.Posix;

namespace Notify.Linking;

/// <summary>The account that something belongs to: a user id, because a name can move to another account.</summary>
/// <param name="Uid">The account's user id; null for a name without an account, such as a team's group that an admin has linked.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct AccountId(uint? Uid)
{
    /// <summary>A name without an account.</summary>
    public static readonly AccountId None = new(null);

    /// <inheritdoc />
    public override string ToString() => Uid is { } uid ? $"user id {uid}" : "no account";
}

/// <summary>What the name service knows about a user's name.</summary>
/// <param name="Id">The account's id; <see cref="AccountId.None"/> without an account.</param>
/// <param name="IsMember">Whether the account is in one of the access groups.</param>
/// <param name="IsOutside">Whether it is a person's account in none of them, while the first group exists.</param>
public sealed record AccountNow(AccountId Id, bool IsMember, bool IsOutside)
{
    /// <summary>There is no such account.</summary>
    public static readonly AccountNow None = new(AccountId.None, IsMember: false, IsOutside: false);

    /// <summary>Whether it is a person's account: 1000 to 59999 and from 65536 on (Debian Policy, 9.2.2). root, system accounts and nobody are not.</summary>
    public bool IsPersons => Id.Uid is (>= 1000 and <= 59999) or >= 65536;
}

/// <summary>Users' accounts, ids and group memberships, as the name service knows them now.</summary>
/// <remarks>
/// <para>
/// Looked up at every use. Answers are cached for at most a second, for machines with a directory service, and less if
/// <c>/etc/passwd</c> or <c>/etc/group</c> changes.
/// </para>
/// <para>
/// "No such account" and "lookup failed" are different answers. While the name service fails, its last answer counts: a directory that is down must
/// not end anybody's access.
/// </para>
/// <para>
/// Looking up all groups of an account costs six times as much as the account, because every source of groups is searched. So the
/// members of the access groups are looked up once for all users. Only for a user who is not among them, all groups are looked up.
/// </para>
/// <para>Safe for several threads.</para>
/// </remarks>
/// <param name="time">The clock.</param>
/// <param name="groups">Names of the access groups. If the first does not exist, nobody counts as having left it. Without names only ids are looked up.</param>
public sealed class Accounts(TimeProvider time, params string[] groups)
{
    /// <summary>How long an answer is cached, and so how long somebody who left a directory's group keeps access.</summary>
    public static readonly TimeSpan Keep = TimeSpan.FromSeconds(1);

    /// <summary>Most cached accounts.</summary>
    private const int MaxKept = 10_000;

    private readonly ConcurrentDictionary<UserName, Answer<Person>> _people = new();
    private volatile Answer<Members>? _members;

    /// <summary>The access groups.</summary>
    public IReadOnlyList<string> Groups => groups;

    /// <summary>What is known about a user's account; null if the name service fails without an earlier answer.</summary>
    public AccountNow? Find(UserName user)
    {
        ArgumentNullException.ThrowIfNull(user);
        var files = new Files(FileStatus.OfPath("/etc/passwd"), FileStatus.OfPath("/etc/group"));

        // Each answer counts for a second from its lookup. Caching an answer made of both would double that.
        return PersonNow(user, files) is not { } person ? null
            : person.Account is not { } account ? AccountNow.None
            : groups.Length == 0 ? new AccountNow(new AccountId(account.Uid), IsMember: false, IsOutside: false)
            : MembersNow(files) is not { } members ? null
            : Judge(person, account, members);
    }

    /// <summary>The same for an account that the kernel has just named. A cached answer with another id is outdated.</summary>
    public AccountNow? Find(UserName user, uint uid)
    {
        if (Find(user) is { } now && now.Id.Uid == uid)
        {
            return now;
        }

        _people.TryRemove(user, out _);
        return Find(user);
    }

    /// <summary>What is known about a user's account.</summary>
    /// <exception cref="AccountUnknownException">The name service fails without an earlier answer.</exception>
    public AccountNow Of(UserName user) => Find(user) ?? throw new AccountUnknownException(user);

    private static AccountNow Judge(Person person, Account account, Members members)
    {
        var now = new AccountNow(new AccountId(account.Uid), IsMember: false, IsOutside: false);
        return
            members.Gids.Contains(account.Gid)
            || members.Names.Contains(account.Name)
            || person.Groups.Value.Any(members.Gids.Contains)
            ? now with
            {
                IsMember = true,
            }
            : now with
            {
                IsOutside = members.HasFirst && now.IsPersons,
            };
    }

    private Person? PersonNow(UserName user, Files files)
    {
        _people.TryGetValue(user, out var kept);
        if (kept is not null && Counts(kept, files))
        {
            return kept.Content;
        }

        var now = time.GetTimestamp();

        // A missing or empty passwd file is being replaced or not there yet. Later sources would answer "no such user".
        var isKnown = Account.TryFind(user.Value, out var account) & files.Passwd is { Size: > 0 };
        var person = isKnown
            ? new Person(
                account is not null && string.Equals(account.Name, user.Value, StringComparison.Ordinal)
                    ? account
                    : null
            )
            : kept?.Content;
        if (person is not null)
        {
            if (_people.Count > MaxKept)
            {
                _people.Clear();
            }

            _people[user] = new Answer<Person>(person, files, now);
        }

        return person;
    }

    private Members? MembersNow(Files files)
    {
        var kept = _members;
        if (kept is not null && Counts(kept, files))
        {
            return kept.Content;
        }

        var now = time.GetTimestamp();
        var members = Members.TryFind(groups) ?? kept?.Content;
        if (members is not null)
        {
            _members = new Answer<Members>(members, files, now);
        }

        return members;
    }

    private bool Counts<T>(Answer<T> kept, Files files) => kept.Files == files && time.GetElapsedTime(kept.At) < Keep;

    private sealed class Person(Account? account)
    {
        public Account? Account => account;

        public Lazy<IReadOnlyList<uint>> Groups { get; } = new(() => account?.Groups() ?? []);
    }

    /// <param name="Gids">The groups' ids.</param>
    /// <param name="Names">Their listed members.</param>
    /// <param name="HasFirst">Whether the first group exists.</param>
    private sealed record Members(IReadOnlySet<uint> Gids, IReadOnlySet<string> Names, bool HasFirst)
    {
        /// <summary>Null if the name service fails.</summary>
        public static Members? TryFind(string[] groups)
        {
            var gids = new HashSet<uint>();
            var names = new HashSet<string>(StringComparer.Ordinal);
            var hasFirst = false;
            foreach (var group in groups)
            {
                if (!GroupMembers.TryFind(group, out var found))
                {
                    return null;
                }

                if (found is not null)
                {
                    hasFirst |= group == groups[0];
                    gids.Add(found.Gid);
                    names.UnionWith(found.Names);
                }
            }

            return new Members(gids, names, hasFirst);
        }
    }

    private sealed record Answer<T>(T Content, Files Files, long At);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Files(FileStatus? Passwd, FileStatus? Group);
}
