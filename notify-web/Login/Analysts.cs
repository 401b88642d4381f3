using System.Collections.Concurrent;
using Notify.Posix;

namespace Notify.Web.Login;

/// <summary>Which Unix users are analysts now: accounts of people in the analysts' group.</summary>
/// <remarks>
/// Asked at every request. An answer is kept for a second at most, for machines whose accounts come from a directory service, and not even so long where
/// <c>/etc/passwd</c> or <c>/etc/group</c> changes meanwhile.
/// </remarks>
public sealed class Analysts(WebSettings settings, TimeProvider time)
{
    /// <summary>How long an answer is kept, and so the longest that somebody who left a directory service's group stays in.</summary>
    public static readonly TimeSpan Keep = TimeSpan.FromSeconds(1);

    /// <summary>More than this many names are not kept.</summary>
    private const int MostKept = 10_000;

    private readonly ConcurrentDictionary<UserName, Answer> _answers = new();

    /// <summary>Whether a user is an analyst.</summary>
    public bool Includes(UserName user)
    {
        ArgumentNullException.ThrowIfNull(user);
        var files = (FileStatus.OfPath("/etc/passwd"), FileStatus.OfPath("/etc/group"));
        if (_answers.TryGetValue(user, out var kept) && kept.Files == files && time.GetElapsedTime(kept.At) < Keep)
        {
            return kept.IsAnalyst;
        }

        if (_answers.Count > MostKept)
        {
            _answers.Clear();
        }

        var answer = new Answer(IsAnalyst(user), files, time.GetTimestamp());
        _answers[user] = answer;
        return answer.IsAnalyst;
    }

    private bool IsAnalyst(UserName user) =>
        Account.Find(user.Value) is { } account
        && string.Equals(account.Name, user.Value, StringComparison.Ordinal)
        && IsAPersons(account.Uid)
        && Group.Find(settings.AnalystGroup) is { } group
        && account.Groups().Contains(group.Gid);

    /// <summary>Debian's ranges (Policy, 9.2.2): 1000 to 59999 and from 65536 on are people; root, system accounts and nobody are not.</summary>
    private static bool IsAPersons(uint uid) => uid is (>= 1000 and <= 59999) or >= 65536;

    private sealed record Answer(bool IsAnalyst, (FileStatus? Passwd, FileStatus? Group) Files, long At);
}
