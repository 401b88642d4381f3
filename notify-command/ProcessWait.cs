using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Notify.Posix;

namespace Notify.Command;

/// <summary><c>notify done</c>: waits for the end of a process that already runs, and tells it.</summary>
internal sealed class ProcessWait(Call.Done call, Messenger messenger)
{
    /// <summary>How long a bot that is away is waited for: nobody waits for this program.</summary>
    private static readonly TimeSpan SendTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Clock ticks of /proc in a second: the same on all of Linux.</summary>
    private const double Ticks = 100;

    internal int Run()
    {
        // A closed terminal.
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true);
        using var process = Open();
        var (uid, command, started, folder) = Look();

        // A running process keeps its id, so these facts are its own.
        if (HasEnded(process, 0))
        {
            throw NoProcess();
        }

        if (uid != LibC.GetUid())
        {
            NotifyProgram.Say(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Process {call.Pid} is not yours. Its owner can wait for it: notify done --pid {call.Pid}"
                )
            );
            return ExitStatus.NotAllowed;
        }

        while (!HasEnded(process, -1)) { }

        var ran = TimeSpan.FromSeconds(Math.Max(0, Uptime() - started));
        return messenger.SendPatiently(EndReport.Of(call, command, ran, folder), SendTimeout, CancellationToken.None);
    }

    private SafeFileHandle Open()
    {
        var descriptor = LibC.OpenProcess(call.Pid, 0);
        if (descriptor >= 0)
        {
            return new SafeFileHandle(descriptor, ownsHandle: true);
        }

        throw Marshal.GetLastPInvokeError() switch
        {
            LibC.NoSuchProcess or LibC.InvalidArgument => NoProcess(),
            _ => new InputException(
                string.Create(CultureInfo.InvariantCulture, $"Process {call.Pid} can't be watched: {LibC.LastError()}.")
            ),
        };
    }

    private InputException NoProcess() =>
        new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"There is no process {call.Pid}, or it has ended. Nothing was sent."
            )
        );

    /// <summary>Its owner, its command, when it began (seconds after the start of the machine), and its folder.</summary>
    private (uint Uid, string Command, double Started, string Folder) Look()
    {
        var folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{call.Pid}");
        try
        {
            var uid = uint.Parse(
                File.ReadLines(folder + "/status")
                    .First(line => line.StartsWith("Uid:", StringComparison.Ordinal))
                    .Split('\t')[1],
                CultureInfo.InvariantCulture
            );

            // "123 (name, which may hold anything) S 1 ...": the 22nd field is the start (proc_pid_stat(5)).
            var stat = File.ReadAllText(folder + "/stat");
            var name = stat[(stat.IndexOf('(', StringComparison.Ordinal) + 1)..stat.LastIndexOf(')')];
            var started = ulong.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19], CultureInfo.InvariantCulture);
            var words = Encoding.UTF8.GetString(File.ReadAllBytes(folder + "/cmdline")).TrimEnd('\0');
            return (
                uid,
                words.Length > 0 ? words.Replace('\0', ' ') : name,
                started / Ticks,
                uid == LibC.GetUid() ? FolderOf(folder) : ""
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            throw NoProcess();
        }
    }

    private static string FolderOf(string process)
    {
        try
        {
            return new FileInfo(process + "/cwd").LinkTarget ?? "?";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "?";
        }
    }

    private static double Uptime() =>
        double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);

    private static unsafe bool HasEnded(SafeFileHandle process, int milliseconds)
    {
        var poll = new LibC.PollDescriptor { Descriptor = (int)process.DangerousGetHandle(), Wanted = LibC.PollIn };
        if (LibC.Poll(&poll, 1, milliseconds) < 0 && Marshal.GetLastPInvokeError() != LibC.Interrupted)
        {
            throw new IOException($"Can't wait for a process: {LibC.LastError()}.");
        }

        return poll.Happened != 0;
    }
}
