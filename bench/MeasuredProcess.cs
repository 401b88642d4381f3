using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Notify.Posix;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace Notify.Bench;

/// <summary>
/// A program started and waited for with the fewest steps between (<c>posix_spawn</c>, <c>wait4</c>), since what is measured takes
/// milliseconds. Linux with glibc, x64.
/// </summary>
internal sealed unsafe partial class MeasuredProcess
{
    private MeasuredProcess(int id) => Id = id;

    /// <summary>Its process id.</summary>
    internal int Id { get; }

    /// <summary>Starts a program; what it prints goes nowhere.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">All of its environment.</param>
    /// <param name="ownSession">Whether it leads a session, as cron's jobs and the runner's scripts do. The kernel shares processors out by session first (autogroups).</param>
    internal static MeasuredProcess Start(
        string program,
        string[] arguments,
        IReadOnlyDictionary<string, string> environment,
        bool ownSession = false
    )
    {
        var actions = stackalloc byte[LibC.SpawnStructSize];
        var attributes = stackalloc byte[LibC.SpawnStructSize];
        Check(LibC.SpawnActionsInit(actions));
        Check(LibC.SpawnAttributesInit(attributes));
        using var text = new NativeText();
        try
        {
            for (var descriptor = 0; descriptor <= 2; descriptor++)
            {
                Check(LibC.SpawnActionsAddOpen(actions, descriptor, text.Add("/dev/null"), LibC.OpenReadWrite, 0));
            }

            Check(LibC.SpawnAttributesSetFlags(attributes, ownSession ? LibC.SpawnSetSession : (short)0));
            var variables = text.AddAll(environment.Select(v => $"{v.Key}={v.Value}"));
            Check(
                LibC.Spawn(
                    out var id,
                    text.Add(program),
                    actions,
                    attributes,
                    text.AddAll([program, .. arguments]),
                    variables
                )
            );
            return new MeasuredProcess(id);
        }
        finally
        {
            _ = LibC.SpawnAttributesDestroy(attributes);
            _ = LibC.SpawnActionsDestroy(actions);
        }
    }

    /// <summary>Runs a program to its end and gives the time from before its start until it has ended.</summary>
    /// <exception cref="BenchException">It ended with another status than 0.</exception>
    internal static TimeSpan Time(string program, string[] arguments, IReadOnlyDictionary<string, string> environment)
    {
        var began = Stopwatch.GetTimestamp();
        var process = Start(program, arguments, environment, ownSession: true);
        var status = Wait(process.Id, out _);
        var took = Stopwatch.GetElapsedTime(began);
        return status == 0 ? took : throw new BenchException($"{program} ended with wait status {status}.");
    }

    /// <summary>Runs a program to its end and gives the most memory that it held, in bytes.</summary>
    /// <remarks>
    /// The kernel counts what a process held before exec as well, which for a child of this program is this program's own memory. So a shell,
    /// which holds next to nothing, starts it and ends; this program inherits the orphan and gets its figures.
    /// </remarks>
    internal static long PeakMemory(string program, string[] arguments, IReadOnlyDictionary<string, string> environment)
    {
        if (LibC.ProcessControl(LibC.SetChildSubreaper, 1, 0, 0, 0) != 0)
        {
            throw new BenchException("This kernel lets no process inherit orphans (PR_SET_CHILD_SUBREAPER).");
        }

        var start = new ProcessStartInfo(
            "/bin/sh",
            ["-c", "\"$@\" > /dev/null 2>&1 < /dev/null & echo $!", "sh", program, .. arguments]
        )
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var shell = Process.Start(start)!;
        var id = int.Parse(shell.StandardOutput.ReadToEnd(), CultureInfo.InvariantCulture);
        shell.WaitForExit();
        var status = Wait(id, out var usage);
        return status == 0
            ? usage.MaxResidentKilobytes * 1024
            : throw new BenchException($"{program} ended with wait status {status}.");
    }

    /// <summary>Tells it to end, and waits until it has.</summary>
    internal void End()
    {
        _ = LibC.Kill(Id, LibC.SignalTerminate);
        Wait(Id, out _);
    }

    /// <summary>kill -9.</summary>
    internal void KillNow()
    {
        _ = LibC.Kill(Id, LibC.SignalKill);
        Wait(Id, out _);
    }

    /// <summary>Memory it holds now, in bytes.</summary>
    internal long ResidentMemory()
    {
        var line = File.ReadLines($"/proc/{Id}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
            * 1024;
    }

    /// <summary>CPU time it and its threads have used so far.</summary>
    internal TimeSpan CpuTime()
    {
        // After the name, which may hold spaces and brackets: state is the first; utime and stime the 12th and 13th (proc_pid_stat(5)), in 1/100 s.
        var stat = File.ReadAllText($"/proc/{Id}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromMilliseconds(
            10
                * (
                    long.Parse(fields[11], CultureInfo.InvariantCulture)
                    + long.Parse(fields[12], CultureInfo.InvariantCulture)
                )
        );
    }

    private static int Wait(int id, out Usage usage)
    {
        int status;
        while (Wait4(id, out status, 0, out usage) < 0)
        {
            if (Marshal.GetLastPInvokeError() != LibC.Interrupted)
            {
                throw new Win32Exception();
            }
        }

        return status;
    }

    private static void Check(int error)
    {
        if (error != 0)
        {
            throw new Win32Exception(error);
        }
    }

    [StructLayout(LayoutKind.Explicit, Size = 144)]
    private struct Usage
    {
        /// <summary>ru_maxrss, after two timevals.</summary>
        [FieldOffset(32)]
        public long MaxResidentKilobytes;
    }

    [LibraryImport("libc", EntryPoint = "wait4", SetLastError = true)]
    private static partial int Wait4(int pid, out int status, int options, out Usage usage);
}

/// <summary>Something could not be measured; the message says what and why.</summary>
internal sealed class BenchException(string message) : Exception(message);
