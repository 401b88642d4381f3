using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Notify.Posix;

/// <summary>Finds and ends the descendants of this process.</summary>
/// <remarks>
/// Signals only descendants, so it never hits other processes, whatever a script does. After
/// <see cref="AdoptOrphans"/>, orphans are descendants too, even in sessions of their own. Reads
/// <c>/proc/PID/task/TID/children</c>, which needs CONFIG_PROC_CHILDREN, as in Debian's kernels.
/// </remarks>
internal static class ProcessTree
{
    /// <summary>How long to wait for a killed process. One that hangs in the kernel (a dead network drive) dies only when that ends.</summary>
    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Makes this process the parent of orphans among its descendants (PR_SET_CHILD_SUBREAPER). Also restores the default
    /// reporting of ended children, which the parent process may have switched off.
    /// </summary>
    internal static void AdoptOrphans()
    {
        if (LibC.ProcessControl(LibC.SetChildSubreaper, 1, 0, 0, 0) != 0)
        {
            throw new IOException($"Can't become the reaper of orphaned processes: {LibC.LastError()}.");
        }

        _ = LibC.SetSignalDisposition(LibC.SignalChild, 0);
    }

    /// <summary>Signals all members of a session, the leader's process group first, and all descendants with the mark.</summary>
    internal static void Signal(int leader, string mark, int signal)
    {
        _ = LibC.Kill(-leader, signal);
        foreach (var process in Descendants())
        {
            if (process != leader && Belongs(process, leader, mark))
            {
                _ = LibC.Kill(process, signal);
            }
        }
    }

    /// <summary>
    /// Memory of a session's members and of all descendants with the mark, in bytes: the sum of their proportional set sizes. A page
    /// that several share counts once, so forked children don't add up to memory that nobody uses.
    /// </summary>
    internal static long MemoryOf(int leader, string mark) =>
        Descendants().Where(process => process == leader || Belongs(process, leader, mark)).Sum(MemoryOf);

    /// <summary>The proportional set size, or the resident one of a process that hides it; 0 for one that is gone.</summary>
    private static long MemoryOf(int process)
    {
        var rollup = ReadText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/smaps_rollup"));
        var at = rollup.IndexOf("\nPss:", StringComparison.Ordinal);
        if (at < 0)
        {
            rollup = ReadText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/status"));
            at = rollup.IndexOf("\nVmRSS:", StringComparison.Ordinal);
            if (at < 0)
            {
                return 0;
            }
        }

        // "Pss:                 812 kB"
        var number = rollup.AsSpan(rollup.IndexOf(':', at) + 1).TrimStart();
        return long.TryParse(
            number[..Math.Max(0, number.IndexOf(' '))],
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var kibibytes
        )
            ? kibibytes * 1024
            : 0;
    }

    /// <summary>Kills what a session's leader left behind. The leader must have ended without being waited for, so its id is not reused.</summary>
    internal static void KillLeftovers(int leader, string mark, TimeProvider time)
    {
        _ = LibC.Kill(-leader, LibC.SignalKill);
        Kill(process => process != leader && Belongs(process, leader, mark), time);
    }

    /// <summary>Kills the session of a process that is not a descendant, if it exists and has the mark; else false.</summary>
    internal static bool KillMarkedSession(int leader, string mark) =>
        leader > 1
        && ReadText(string.Create(CultureInfo.InvariantCulture, $"/proc/{leader}/environ"))
            .Contains(mark, StringComparison.Ordinal)
        && LibC.Kill(-leader, LibC.SignalKill) == 0;

    /// <summary>Kills all descendants and waits for them, at the end of a program that started scripts. False if some do not die.</summary>
    internal static bool KillAll(TimeProvider time)
    {
        var start = time.GetTimestamp();
        while (Kill(_ => true, time) && time.GetElapsedTime(start) <= KillTimeout)
        {
            int ended;
            do
            {
                ended = LibC.WaitProcess(-1, out _, LibC.WaitNoHang);
            } while (ended > 0);

            // A list of children can miss one while another ends. Only the kernel's "no child" is certain.
            if (ended < 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Ids of all descendants, without those already waited for.</summary>
    internal static List<int> Descendants()
    {
        var found = new List<int>();
        AddChildren("/proc/self/task", found);
        for (var i = 0; i < found.Count; i++)
        {
            AddChildren(string.Create(CultureInfo.InvariantCulture, $"/proc/{found[i]}/task"), found);
        }

        return found;
    }

    private static bool Kill(Predicate<int> isMeant, TimeProvider time)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            var alive = Descendants().FindAll(process => isMeant(process) && !IsOver(process));
            if (alive.Count == 0)
            {
                return true;
            }

            if (time.GetElapsedTime(start) > KillTimeout)
            {
                return false;
            }

            foreach (var process in alive)
            {
                KillAndWait(process);
            }
        }
    }

    /// <summary>Whether a process has ended. Waits for a child of this process, so it leaves the process table.</summary>
    private static bool IsOver(int process)
    {
        if (LibC.WaitProcess(process, out _, LibC.WaitNoHang) == process)
        {
            return true;
        }

        // "123 (name, which may hold anything) Z 1 ...": the state stands behind the last bracket.
        var status = ReadText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
        var bracket = status.LastIndexOf(')');
        return bracket < 0 || bracket + 2 >= status.Length || status[bracket + 2] is 'Z' or 'X';
    }

    private static unsafe void KillAndWait(int process)
    {
        var descriptor = LibC.OpenProcess(process, 0);
        if (descriptor < 0)
        {
            return;
        }

        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        _ = LibC.Kill(process, LibC.SignalKill);
        var poll = new LibC.PollDescriptor { Descriptor = descriptor, Wanted = LibC.PollIn };
        _ = LibC.Poll(&poll, 1, 1000);
    }

    private static bool Belongs(int process, int leader, string mark) =>
        LibC.GetSession(process) == leader
        || ReadText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/environ"))
            .Contains(mark, StringComparison.Ordinal);

    private static void AddChildren(string tasks, List<int> found)
    {
        string[] folders;
        try
        {
            folders = Directory.GetDirectories(tasks);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has just ended. This process now has its children, and finds them in the next pass.
            return;
        }

        foreach (var folder in folders)
        {
            foreach (
                var id in ReadText(folder + "/children")
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            )
            {
                if (int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var process))
                {
                    found.Add(process);
                }
            }
        }
    }

    /// <summary>A file of /proc; empty if the process is gone or hidden.</summary>
    private static unsafe string ReadText(string path)
    {
        var descriptor = LibC.Open(path, LibC.OpenReadOnly | LibC.OpenCloseOnExec, 0);
        if (descriptor < 0)
        {
            return "";
        }

        using var file = new SafeFileHandle(descriptor, ownsHandle: true);
        var bytes = new byte[4096];
        var length = 0;
        while (true)
        {
            fixed (byte* start = bytes)
            {
                var read = LibC.Read(file, start + length, (nuint)(bytes.Length - length));
                if (read <= 0)
                {
                    return Encoding.UTF8.GetString(bytes, 0, length);
                }

                length += (int)read;
            }

            if (length == bytes.Length)
            {
                Array.Resize(ref bytes, length * 2);
            }
        }
    }
}
