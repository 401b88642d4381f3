using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Notify.Posix;

/// <summary>The processes that descend from this one, and the ending of them.</summary>
/// <remarks>
/// Only descendants are ever signalled, so nobody else's process can be hit, whatever a script does. Those whose parents have
/// ended descend from this process too, once it has called <see cref="AdoptOrphans"/>, even if they made a session of their own. Reads
/// <c>/proc/PID/task/TID/children</c>, which kernels with CONFIG_PROC_CHILDREN have, Debian's among them.
/// </remarks>
internal static class ProcessTree
{
    /// <summary>How long a killed process is waited for. One that hangs in the kernel (a dead network drive) does not die before that is over.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Makes this process the one that orphans among its descendants fall to (PR_SET_CHILD_SUBREAPER), and the system's way of
    /// reporting ended children the ordinary one, which whoever started this process may have switched off.
    /// </summary>
    internal static void AdoptOrphans()
    {
        if (LibC.ProcessControl(LibC.SetChildSubreaper, 1, 0, 0, 0) != 0)
        {
            throw new IOException($"Can't become the reaper of orphaned processes: {LibC.LastError()}.");
        }

        _ = LibC.SetSignalDisposition(LibC.SignalChild, 0);
    }

    /// <summary>Sends a signal to all members of a session, the leader's process group first, and to all descendants that carry the mark.</summary>
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

    /// <summary>Kills what a session's leader has left behind. The leader must have ended and not have been waited for, so that its number is not somebody else's.</summary>
    internal static void KillLeftovers(int leader, string mark, TimeProvider time)
    {
        _ = LibC.Kill(-leader, LibC.SignalKill);
        Kill(process => process != leader && Belongs(process, leader, mark), time);
    }

    /// <summary>Kills the session of a process that is not a descendant, if the process is there and carries the mark; false where it is not.</summary>
    internal static bool KillMarkedSession(int leader, string mark) =>
        leader > 1
        && ReadText(string.Create(CultureInfo.InvariantCulture, $"/proc/{leader}/environ"))
            .Contains(mark, StringComparison.Ordinal)
        && LibC.Kill(-leader, LibC.SignalKill) == 0;

    /// <summary>Kills all descendants and waits for them: the last act of a program that started scripts. False where some would not die.</summary>
    internal static bool KillAll(TimeProvider time)
    {
        var start = time.GetTimestamp();
        while (Kill(_ => true, time) && time.GetElapsedTime(start) <= Patience)
        {
            int ended;
            do
            {
                ended = LibC.WaitProcess(-1, out _, LibC.WaitNoHang);
            } while (ended > 0);

            // A list of children can miss one while another ends; that there is no child at all is the kernel's word.
            if (ended < 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The ids of all descendants, without those that have ended and were waited for.</summary>
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

            if (time.GetElapsedTime(start) > Patience)
            {
                return false;
            }

            foreach (var process in alive)
            {
                KillAndWait(process);
            }
        }
    }

    /// <summary>Whether a process has ended. Waits for it where it is a child of this one, so that it leaves the table of processes.</summary>
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
            // It has ended in the meantime; its children, if any, are this process's now and found in the next pass.
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

    /// <summary>A file of /proc; empty where the process is gone or not ours to look at.</summary>
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
