using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Notify.Posix;
using Notify.Web.Serving;

namespace Notify.Web.Login;

/// <summary>Which Unix users are analysts now: accounts of people in the analysts' group.</summary>
/// <remarks>
/// <para>
/// Asked at every request. An answer of the name service is kept for a second at most, for machines whose accounts come from a directory service, and not
/// even so long where <c>/etc/passwd</c> or <c>/etc/group</c> changes meanwhile.
/// </para>
/// <para>
/// All groups of an account cost six times as much as the account alone: beside the files, systemd's and every other source of groups is gone through. So the
/// group's members are asked for once for all users, and only of who isn't among them all groups are.
/// </para>
/// </remarks>
public sealed class Analysts(WebSettings settings, TimeProvider time)
{
    /// <summary>How long an answer is kept, and so the longest that somebody who left a directory service's group stays in.</summary>
    public static readonly TimeSpan Keep = TimeSpan.FromSeconds(1);

    /// <summary>More than this many accounts are not kept.</summary>
    private const int MostKept = 10_000;

    private readonly Glance _passwdFile = new("/etc/passwd");
    private readonly Glance _groupFile = new("/etc/group");
    private readonly ConcurrentDictionary<UserName, Answer<Person?>> _people = new();
    private volatile Answer<GroupMembers?>? _group;

    /// <summary>Whether a user is an analyst.</summary>
    public bool Includes(UserName user)
    {
        ArgumentNullException.ThrowIfNull(user);
        var files = new Files(_passwdFile.Status(), _groupFile.Status());

        // Each counts for a second from when it was asked for; an answer made of both and kept again would count for two.
        return GroupNow(files) is { } group && PersonNow(user, files) is { } person
            && (person.Account.Gid == group.Gid || group.Names.Contains(person.Account.Name) || person.Groups.Value.Contains(group.Gid));
    }

    private GroupMembers? GroupNow(Files files)
    {
        if (_group is not { } kept || !Counts(kept, files))
        {
            var now = time.GetTimestamp();
            _group = kept = new Answer<GroupMembers?>(GroupMembers.Find(settings.AnalystGroup), files, now);
        }

        return kept.Content;
    }

    private Person? PersonNow(UserName user, Files files)
    {
        if (!_people.TryGetValue(user, out var kept) || !Counts(kept, files))
        {
            if (_people.Count > MostKept)
            {
                _people.Clear();
            }

            var now = time.GetTimestamp();
            _people[user] = kept = new Answer<Person?>(Find(user), files, now);
        }

        return kept.Content;
    }

    private bool Counts<T>(Answer<T> kept, Files files) => kept.Files == files && time.GetElapsedTime(kept.At) < Keep;

    private static Person? Find(UserName user) =>
        Account.Find(user.Value) is { } account && string.Equals(account.Name, user.Value, StringComparison.Ordinal) && IsAPersons(account.Uid)
            ? new Person(account, new Lazy<IReadOnlyList<uint>>(account.Groups))
            : null;

    /// <summary>Debian's ranges (Policy, 9.2.2): 1000 to 59999 and from 65536 on are people; root, system accounts and nobody are not.</summary>
    private static bool IsAPersons(uint uid) => uid is (>= 1000 and <= 59999) or >= 65536;

    private sealed record Person(Account Account, Lazy<IReadOnlyList<uint>> Groups);

    private sealed record Answer<T>(T Content, Files Files, long At);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Files(FileStatus? Passwd, FileStatus? Group);
}
