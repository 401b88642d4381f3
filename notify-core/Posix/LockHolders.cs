using System.Globalization;

namespace Notify.Posix;

/// <summary>A process that runs, as far as this one may know it.</summary>
/// <param name="Id">Its process id.</param>
/// <param name="Program">The name of its program; null where it can't be read.</param>
/// <param name="User">Its account's name, or its user id; null where it can't be read.</param>
public sealed record RunningProcess(int Id, string? Program, string? User)
{
    /// <summary>Looks a process up in <c>/proc</c>.</summary>
    public static RunningProcess Of(int id)
    {
        var folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{id}");
        string? program = null;
        try
        {
            // Any process may give itself any name.
            program = new string([
                .. File.ReadAllText(folder + "/comm")
                    .Trim()
                    .Select(c => char.IsAscii(c) && !char.IsControl(c) ? c : '?'),
            ]);
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

/// <summary>Which processes hold locks on a file, from the kernel's table <c>/proc/locks</c>, which everybody may read.</summary>
public static class LockHolders
{
    /// <summary>Finds the process other than this one that holds a file as a whole (<c>flock</c>, <see cref="FileLock"/>); null where there is none, or it can't be told.</summary>
    public static RunningProcess? Of(string path) =>
        Of(path, "FLOCK", 0, long.MaxValue, exclusive: true) is [var holder, ..] ? holder : null;

    /// <summary>Finds the processes other than this one that hold a record lock (<c>fcntl</c>) on a range of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="first">The first byte of the range.</param>
    /// <param name="last">The last byte of the range.</param>
    /// <param name="exclusive">Whether only write locks count.</param>
    /// <returns>None where the file or the table can't be read, or where the file system reports other device numbers than the table.</returns>
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

    /// <summary>Reads a line such as <c>3: POSIX  ADVISORY  WRITE 4711 fe:00:11657761 120 120</c>; the line of a lock that waits has an arrow behind its number.</summary>
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
