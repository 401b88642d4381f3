using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Notify.Posix;

namespace Notify.Linking;

/// <summary>Which account something belongs to: a user id, since a name can be given to another account.</summary>
/// <param name="Uid">The account's user id; null for a name without an account, such as a team's group that an operator has linked.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct AccountId(uint? Uid)
{
    /// <summary>A name without an account.</summary>
    public static readonly AccountId None = new(null);

    /// <inheritdoc />
    public override string ToString() => Uid is { } uid ? $"user id {uid}" : "no account";
}

/// <summary>What the name service says of a user's name.</summary>
/// <param name="Id">The account's id; <see cref="AccountId.None"/> where there is none.</param>
/// <param name="IsMember">Whether the account is in one of the groups that were asked for.</param>
/// <param name="IsOutside">Whether it is a person's account that is in none of them, although the first one exists.</param>
public sealed record AccountNow(AccountId Id, bool IsMember, bool IsOutside)
{
    /// <summary>There is no such account.</summary>
    public static readonly AccountNow None = new(AccountId.None, IsMember: false, IsOutside: false);

    /// <summary>Whether it is a person's: 1000 to 59999 and from 65536 on (Debian Policy, 9.2.2). root, system accounts and nobody are not.</summary>
    public bool IsPersons => Id.Uid is (>= 1000 and <= 59999) or >= 65536;
}

/// <summary>The accounts of users, their ids and whether they are in a group, as the name service knows them now.</summary>
/// <remarks>
/// <para>
/// Asked at every use. An answer is kept for a second at most, for machines whose accounts come from a directory service, and not even so long where
/// <c>/etc/passwd</c> or <c>/etc/group</c> changes meanwhile.
/// </para>
/// <para>
/// "There is no such account" and "it can't be asked now" are two answers. While the name service fails, what it said last counts: a directory that is down must
/// take nobody's access.
/// </para>
/// <para>
/// All groups of an account cost six times as much as the account alone: beside the files, systemd's and every other source of groups is gone through. So the
/// groups' members are asked for once for all users, and only of who isn't among them all groups are.
/// </para>
/// <para>Safe for several threads.</para>
/// </remarks>
/// <param name="time">The clock.</param>
/// <param name="groups">Names of the groups that give access; the first one's absence means that nobody can be said to have left it. None: only ids are asked for.</param>
public sealed class Accounts(TimeProvider time, params string[] groups)
{
    /// <summary>How long an answer is kept, and so the longest that somebody who left a directory service's group stays in.</summary>
    public static readonly TimeSpan Keep = TimeSpan.FromSeconds(1);

    /// <summary>More than this many accounts are not kept.</summary>
    private const int MaxKept = 10_000;

    private readonly Glance _passwdFile = new("/etc/passwd");
    private readonly Glance _groupFile = new("/etc/group");
    private readonly ConcurrentDictionary<UserName, Answer<Person>> _people = new();
    private volatile Answer<Members>? _members;

    /// <summary>The groups that give access.</summary>
    public IReadOnlyList<string> Groups => groups;

    /// <summary>What is known of a user's account; null where the name service fails and has said nothing before.</summary>
    public AccountNow? Find(UserName user)
    {
        ArgumentNullException.ThrowIfNull(user);
        var files = new Files(_passwdFile.Status(), _groupFile.Status());

        // Each counts for a second from when it was asked for; an answer made of both and kept again would count for two.
        return PersonNow(user, files) is not { } person ? null
            : person.Account is not { } account ? AccountNow.None
            : groups.Length == 0 ? new AccountNow(new AccountId(account.Uid), IsMember: false, IsOutside: false)
            : MembersNow(files) is not { } members ? null
            : Judge(person, account, members);
    }

    /// <summary>The same for an account that the kernel has just named: an answer about another id is older than the account.</summary>
    public AccountNow? Find(UserName user, uint uid)
    {
        if (Find(user) is { } now && now.Id.Uid == uid)
        {
            return now;
        }

        _people.TryRemove(user, out _);
        return Find(user);
    }

    /// <summary>What is known of a user's account.</summary>
    /// <exception cref="AccountUnknownException">The name service fails, and has said nothing before.</exception>
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

        // A passwd file that is missing or empty is being replaced or not there yet; a source after it would say "no such user".
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
    /// <param name="Names">Who is listed in one of them.</param>
    /// <param name="HasFirst">Whether the first group exists.</param>
    private sealed record Members(IReadOnlySet<uint> Gids, IReadOnlySet<string> Names, bool HasFirst)
    {
        /// <summary>Null where the name service fails.</summary>
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
