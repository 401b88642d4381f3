using System.Globalization;
using Notify.Text;

namespace Notify.Posix;

/// <summary>A running process, as far as this process may see it.</summary>
/// <param name="Id">Its process id.</param>
/// <param name="Program">Its program's name; null if unreadable.</param>
/// <param name="User">Its account's name or user id; null if unreadable.</param>
public sealed record RunningProcess(int Id, string? Program, string? User)
{
    /// <summary>Looks up a process in <c>/proc</c>.</summary>
    public static RunningProcess Of(int id)
    {
        var folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{id}");
        string? program = null;
        try
        {
            // A process may have any name.
            program = SafeText.Line(File.ReadAllText(folder + "/comm").Trim());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended, or /proc hides it.
        }

        var uid = FileStatus.OfPath(folder)?.Uid;
        return new RunningProcess(
            id,
            program,
            uid is { } known ? Account.Find(known)?.Name ?? known.ToString(CultureInfo.InvariantCulture) : null
        );
    }

    /// <summary>Such as <c>process 4711 (sqlite3, user root)</c>.</summary>
    public override string ToString()
    {
        var known = string.Join(
            ", ",
            new[] { Program, User is null ? null : $"user {User}" }.Where(part => part is not null)
        );
        return string.Create(CultureInfo.InvariantCulture, $"process {Id}{(known.Length > 0 ? $" ({known})" : "")}");
    }
}

/// <summary>Finds processes with locks on a file, from the kernel's public table <c>/proc/locks</c>.</summary>
public static class LockHolders
{
    /// <summary>Finds another process with a lock on a whole file (<c>flock</c>, <see cref="FileLock"/>); null if there is none or it is unknown.</summary>
    public static RunningProcess? Of(string path) =>
        Of(path, "FLOCK", 0, long.MaxValue, exclusive: true) is [var holder, ..] ? holder : null;

    /// <summary>Finds other processes with a record lock (<c>fcntl</c>) on a range of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="first">The first byte of the range.</param>
    /// <param name="last">The last byte of the range.</param>
    /// <param name="exclusive">Whether only write locks count.</param>
    /// <returns>None if the file or the table is unreadable, or if the file system reports other device numbers than the table.</returns>
    public static IReadOnlyList<RunningProcess> Of(string path, long first, long last, bool exclusive) =>
        Of(path, "POSIX", first, last, exclusive);

    private static IReadOnlyList<RunningProcess> Of(string path, string kind, long first, long last, bool exclusive)
    {
        if (FileStatus.OfPath(path) is not { } file)
        {
            return [];
        }

        var wanted = string.Create(
            CultureInfo.InvariantCulture,
            $"{file.Device >> 32:x2}:{file.Device & uint.MaxValue:x2}:{file.Inode}"
        );
        try
        {
            return
            [
                .. File.ReadLines("/proc/locks")
                    .Select(line => HolderIn(line, kind, wanted, first, last, exclusive))
                    .OfType<int>()
                    .Distinct()
                    .Select(RunningProcess.Of),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Reads a line such as <c>3: POSIX  ADVISORY  WRITE 4711 fe:00:11657761 120 120</c>; the line of a waiting lock has an arrow after its number.</summary>
    private static int? HolderIn(string line, string kind, string file, long first, long last, bool exclusive)
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return
            fields is [_, var lockKind, _, var right, var process, var of, var start, var end]
            && lockKind == kind
            && of == file
            && (right == "WRITE" || !exclusive)
            && int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && id > 0
            && id != Environment.ProcessId
            && long.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out var from)
            && from <= last
            && (
                end == "EOF"
                || (long.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var to) && to >= first)
            )
            ? id
            : null;
    }
}
