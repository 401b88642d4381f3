using System.Globalization;
using Notify.Posix;

namespace Notify.Scripts;

/// <summary>
/// Checks that only the user can change a file or folder, like sshd's <c>StrictModes</c>. It belongs to the user or root, nobody else can write to it, and the same
/// holds for each folder on the path, up to the home. Write access to one of these decides what runs as the user.
/// </summary>
/// <remarks>
/// No other account can replace what was checked, because that needs write access to a folder on the path. A group without other members counts as the user, like
/// Debian's user private groups. Members are looked up only if a group can write. Links are followed by hand to check each folder on the path.
/// </remarks>
/// <param name="account">The user.</param>
internal sealed class StrictModes(Account account)
{
    /// <summary>Debian's group <c>staff</c>, which may write to /usr/local on older systems. It is empty unless root adds members (Debian policy, 9.1.2 and 9.2.2).</summary>
    private const uint Staff = 50;

    /// <summary>As the kernel (MAXSYMLINKS).</summary>
    private const int MaxLinks = 40;

    /// <summary>The kernel's overflow user id, which a user namespace shows for unmapped accounts.</summary>
    private const uint Nobody = 65534;

    private bool? _isRootNobody;

    private readonly Dictionary<uint, bool> _ownGroups = [];
    private readonly Dictionary<(string, bool), string?> _folders = [];
    private string? _home;

    /// <summary>Why others can change a folder that Python imports from, as a clause with the fixing command; null if they can't, or it does not exist.</summary>
    internal string? OfFolder(string path) => Walk(path);

    /// <summary>Why others can change a link's target, as a clause that begins with "it"; null if they can't.</summary>
    internal string? OfLink(string path) => Walk(path, "the file it links to");

    /// <summary>Why others can change a file in a checked folder, as a clause that begins with "it"; null if they can't.</summary>
    internal string? OfFile(string path, FileStatus status) => OfOne(path, status, "it");

    /// <summary>Why others can change an entry of a checked folder, as a clause with its path; null if they can't, it is missing, or Python does not import it.</summary>
    internal string? OfImported(string path, out bool isLink)
    {
        var entry = FileStatus.OfPath(path, followLink: false);
        isLink = entry?.Kind == FileKind.SymbolicLink;
        return entry switch
        {
            { Kind: FileKind.SymbolicLink } => Walk(path),
            { Kind: FileKind.Regular or FileKind.Folder } found => OfOne(path, found, path),
            _ => null,
        };
    }

    /// <summary>Why others can change a Python. Checks a virtual environment's settings (<c>pyvenv.cfg</c>) beside it and one folder up too.</summary>
    internal string? OfProgram(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        return OfFolder(folder) ?? OfFolder(Path.GetDirectoryName(folder) ?? "/") ?? Walk(path);
    }

    /// <param name="path">The file or folder.</param>
    /// <param name="last">The name for the file in the sentence; null for its path.</param>
    private string? Walk(string path, string? last = null)
    {
        _home ??= Resolve(account.Home);
        var inHome = path.StartsWith(account.Home + "/", StringComparison.Ordinal);
        var folder = inHome ? _home : "/";
        var rest = new Stack<string>();
        Push(rest, inHome ? path[account.Home.Length..] : path);
        var links = 0;
        while (rest.TryPop(out var name))
        {
            if (name == "..")
            {
                folder = Path.GetDirectoryName(folder) ?? "/";
                continue;
            }

            if (OfFolderOnTheWay(folder) is { } objection)
            {
                return objection;
            }

            var next = Path.Combine(folder, name);
            if (FileStatus.OfPath(next, followLink: false) is not { } status)
            {
                return null;
            }

            if (status.Kind == FileKind.SymbolicLink)
            {
                if (!IsOwn(status.Uid))
                {
                    return $"{next} is a link of {NameOf(status.Uid)}'s, neither yours nor root's";
                }

                if (++links > MaxLinks || Target(next) is not { } target)
                {
                    return null;
                }

                folder = target.StartsWith('/') ? "/" : folder;
                Push(rest, target);
            }
            else if (rest.Count == 0)
            {
                var subject =
                    last is not null ? $"{last}, {next},"
                    : links == 0 ? path
                    : status.Kind == FileKind.Folder ? next
                    : $"{next}, to which {path} links,";
                return IsAboveHome(next) ? null : OfOne(next, status, subject);
            }
            else
            {
                folder = next;
            }
        }

        return OfFolderOnTheWay(folder, isLast: true);
    }

    /// <summary>Folders above the home belong to the system, as for sshd.</summary>
    private bool IsAboveHome(string folder) =>
        folder == "/" || _home!.StartsWith(folder + "/", StringComparison.Ordinal);

    /// <summary>The results for folders, by their paths without links.</summary>
    private string? OfFolderOnTheWay(string folder, bool isLast = false)
    {
        if (IsAboveHome(folder))
        {
            return null;
        }

        if (!_folders.TryGetValue((folder, isLast), out var objection))
        {
            // In a sticky folder, such as /tmp, nobody can replace another's entry. That is enough on the path, but not where Python imports from.
            objection =
                FileStatus.OfPath(folder, followLink: false) is { } status
                && (isLast || !status.Mode.HasFlag(UnixFileMode.StickyBit) || !IsOwn(status.Uid))
                    ? OfOne(folder, status, folder)
                    : null;
            _folders.Add((folder, isLast), objection);
        }

        return objection;
    }

    private string? OfOne(string path, FileStatus status, string subject)
    {
        if (!IsOwn(status.Uid))
        {
            var owner = $"{subject} belongs to {NameOf(status.Uid)}, neither to you nor to root";
            return status.Kind == FileKind.Folder
                ? $"{owner}. Ask the admin to run: `chown {account.Name} {ShellWord(path)}`"
                : $"{owner}. Read it, then make it yours: `cp {ShellWord(path)} {ShellWord(path + ".mine")} && mv -f {ShellWord(path + ".mine")} {ShellWord(path)}`";
        }

        // The group bits are the ACL's mask: if they forbid writing, no ACL entry allows it.
        if ((status.Mode & FileModes.WrittenByOthers) == UnixFileMode.None)
        {
            return null;
        }

        return Writers(path, status) is var (who, fix)
            ? $"{who} can write to {subject.TrimEnd(',')} (mode {FileModes.Octal(status.Mode)}), and so decide what runs as you. {(status.Uid == account.Uid ? "Run" : "Ask the admin to run")}: `{fix}`"
            : null;
    }

    private (string Who, string Fix)? Writers(string path, FileStatus status)
    {
        string? who = null;
        var fixes = new List<string>();
        var classes = "";
        if (status.Mode.HasFlag(UnixFileMode.GroupWrite))
        {
            var writers = GroupsAndListed(path, status);
            if (
                writers.Any(writer =>
                    writer is { IsListed: true, IsGroup: false }
                        ? !IsOwn(writer.Id)
                        : writer.IsListed && !IsOwnGroup(writer.Id)
                )
            )
            {
                who = "others, by its access list,";
                fixes.Add($"setfacl -b {ShellWord(path)}");
            }

            if (writers.Any(writer => !writer.IsListed && !IsOwnGroup(writer.Id)))
            {
                who ??=
                    $"the group {Group.Find(status.Gid)?.Name ?? status.Gid.ToString(CultureInfo.InvariantCulture)}";
                classes = "g";
            }
        }

        if (status.Mode.HasFlag(UnixFileMode.OtherWrite))
        {
            who = "everybody";
            classes += "o";
        }

        if (classes.Length > 0)
        {
            fixes.Add($"chmod {classes}-w {ShellWord(path)}");
        }

        return who is null ? null : (who, string.Join(" && ", fixes));
    }

    private static IReadOnlyList<AccessControlList.Grantee> GroupsAndListed(string path, FileStatus status)
    {
        try
        {
            return AccessControlList.Granting(path, AccessRights.Write, status);
        }
        catch (IOException)
        {
            // It has just gone, or its file system has no ACLs. Then only the mode counts.
            return [new AccessControlList.Grantee(IsGroup: true, IsListed: false, status.Gid)];
        }
    }

    private bool IsOwn(uint uid) => uid == 0 || uid == account.Uid || (uid == Nobody && IsRootNobody);

    /// <summary>Whether this is a user namespace without root and nobody, such as the demo's. It shows root's files as nobody's.</summary>
    private bool IsRootNobody => _isRootNobody ??= HasNoNumberForRoot();

    private static bool HasNoNumberForRoot()
    {
        try
        {
            // One line for each range: first id inside, first id outside, count.
            return !File.ReadLines("/proc/self/uid_map")
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Any(range =>
                    uint.Parse(range[0], CultureInfo.InvariantCulture) is var first
                    && (
                        first == 0
                        || (first <= Nobody && Nobody - first < uint.Parse(range[2], CultureInfo.InvariantCulture))
                    )
                );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private bool IsOwnGroup(uint gid)
    {
        if (!_ownGroups.TryGetValue(gid, out var own))
        {
            own = HasNoOther(gid);
            _ownGroups.Add(gid, own);
        }

        return own;
    }

    /// <summary>
    /// Whether a group has only the user (or root). The name service knows its members. Only local accounts tell whose primary group it is, because listing a
    /// directory takes seconds. So a group without members counts only if name or local account show that it is the user's.
    /// </summary>
    private bool HasNoOther(uint gid)
    {
        if (
            GroupMembers.Find(gid) is not { } members
            || members.Names.Any(name => name != account.Name && name != "root")
        )
        {
            return false;
        }

        var known = gid is 0 or Staff || members.Names.Contains(account.Name) || Group.Find(gid)?.Name == account.Name;
        foreach (var (uid, primary) in LocalAccounts())
        {
            if (primary == gid)
            {
                if (!IsOwn(uid))
                {
                    return false;
                }

                known |= uid == account.Uid;
            }
        }

        return known;
    }

    private static IEnumerable<(uint Uid, uint Gid)> LocalAccounts()
    {
        foreach (var line in File.ReadLines("/etc/passwd"))
        {
            var fields = line.Split(':');
            if (
                fields.Length > 3
                && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var uid)
                && uint.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out var gid)
            )
            {
                yield return (uid, gid);
            }
        }
    }

    private static string NameOf(uint uid) =>
        Account.Find(uid)?.Name ?? string.Create(CultureInfo.InvariantCulture, $"user id {uid}");

    /// <summary>A path without links; the path itself if it can't be resolved.</summary>
    internal static string Resolve(string path)
    {
        var folder = "/";
        var rest = new Stack<string>();
        Push(rest, path);
        for (var links = 0; rest.TryPop(out var name); )
        {
            var next = name == ".." ? Path.GetDirectoryName(folder) ?? "/" : Path.Combine(folder, name);
            if (name != ".." && FileStatus.OfPath(next, followLink: false) is { Kind: FileKind.SymbolicLink })
            {
                if (++links > MaxLinks || Target(next) is not { } target)
                {
                    return path;
                }

                folder = target.StartsWith('/') ? "/" : folder;
                Push(rest, target);
            }
            else
            {
                folder = next;
            }
        }

        return folder;
    }

    private static void Push(Stack<string> rest, string path)
    {
        foreach (
            var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse().Where(name => name != ".")
        )
        {
            rest.Push(name);
        }
    }

    private static string? Target(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>A path as one shell word.</summary>
    private static string ShellWord(string path) =>
        path.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or '+' or '@' or ':' or ',')
            ? path
            : $"'{path.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
