using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace Notify.Bench;

/// <summary>
/// A program started and waited for with the fewest steps between (<c>posix_spawn</c>, <c>wait4</c>), since what is measured takes
/// milliseconds. Linux with glibc, x64.
/// </summary>
internal sealed unsafe partial class MeasuredProcess
{
    private const int SubReaper = 36; // PR_SET_CHILD_SUBREAPER
    private const int OpenReadWrite = 2;
    private const int Terminate = 15;
    private const int KillSignal = 9;

    private MeasuredProcess(int id) => Id = id;

    /// <summary>Its process id.</summary>
    internal int Id { get; }

    /// <summary>Starts a program; what it prints goes nowhere.</summary>
    internal static MeasuredProcess Start(string program, string[] arguments, IReadOnlyDictionary<string, string> environment)
    {
        // glibc's posix_spawn_file_actions_t has 80 bytes.
        var actions = stackalloc byte[128];
        Check(FileActionsInit(actions));
        fixed (byte* nowhere = "/dev/null\0"u8)
        {
            for (var descriptor = 0; descriptor <= 2; descriptor++)
            {
                Check(FileActionsAddOpen(actions, descriptor, nowhere, OpenReadWrite, 0));
            }
        }

        var argumentTexts = Texts([program, .. arguments]);
        var environmentTexts = Texts([.. environment.Select(v => $"{v.Key}={v.Value}")]);
        try
        {
            fixed (nint* argv = argumentTexts)
            fixed (nint* envp = environmentTexts)
            {
                Check(Spawn(out var id, (byte*)argv[0], actions, null, (byte**)argv, (byte**)envp));
                return new MeasuredProcess(id);
            }
        }
        finally
        {
            foreach (var text in argumentTexts.Concat(environmentTexts))
            {
                Marshal.FreeCoTaskMem(text);
            }

            _ = FileActionsDestroy(actions);
        }
    }

    /// <summary>Runs a program to its end and gives the time from before its start until it has ended.</summary>
    /// <exception cref="BenchException">It ended with another status than 0.</exception>
    internal static TimeSpan Time(string program, string[] arguments, IReadOnlyDictionary<string, string> environment)
    {
        var began = Stopwatch.GetTimestamp();
        var process = Start(program, arguments, environment);
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
        if (ProcessControl(SubReaper, 1, 0, 0, 0) != 0)
        {
            throw new BenchException("This kernel lets no process inherit orphans (PR_SET_CHILD_SUBREAPER).");
        }

        var start = new ProcessStartInfo("/bin/sh", ["-c", "\"$@\" > /dev/null 2>&1 < /dev/null & echo $!", "sh", program, .. arguments]) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var shell = Process.Start(start)!;
        var id = int.Parse(shell.StandardOutput.ReadToEnd(), CultureInfo.InvariantCulture);
        shell.WaitForExit();
        var status = Wait(id, out var usage);
        return status == 0 ? usage.MaxResidentKilobytes * 1024 : throw new BenchException($"{program} ended with wait status {status}.");
    }

    /// <summary>Tells it to end, and waits until it has.</summary>
    internal void End()
    {
        _ = Kill(Id, Terminate);
        Wait(Id, out _);
    }

    /// <summary>kill -9.</summary>
    internal void KillNow()
    {
        _ = Kill(Id, KillSignal);
        Wait(Id, out _);
    }

    /// <summary>Memory it holds now, in bytes.</summary>
    internal long ResidentMemory()
    {
        var line = File.ReadLines($"/proc/{Id}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    /// <summary>CPU time it and its threads have used so far.</summary>
    internal TimeSpan CpuTime()
    {
        // After the name, which may hold spaces and brackets: state is the first; utime and stime the 12th and 13th (proc_pid_stat(5)), in 1/100 s.
        var stat = File.ReadAllText($"/proc/{Id}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromMilliseconds(10 * (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)));
    }

    private static int Wait(int id, out Usage usage)
    {
        const int Interrupted = 4;
        int status;
        while (Wait4(id, out status, 0, out usage) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted)
            {
                throw new Win32Exception();
            }
        }

        return status;
    }

    private static nint[] Texts(string[] texts) => [.. texts.Select(Marshal.StringToCoTaskMemUTF8), 0];

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

    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    private static partial int Spawn(out int pid, byte* path, void* actions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int FileActionsInit(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int FileActionsDestroy(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen")]
    private static partial int FileActionsAddOpen(void* actions, int descriptor, byte* path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "wait4", SetLastError = true)]
    private static partial int Wait4(int pid, out int status, int options, out Usage usage);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int ProcessControl(int option, nuint value, nuint none3, nuint none4, nuint none5);
}

/// <summary>Something could not be measured; the message says what and why.</summary>
internal sealed class BenchException(string message) : Exception(message);
