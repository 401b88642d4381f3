using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Notify.Posix;

namespace Notify.Scripts;

/// <summary>Why a process ended.</summary>
internal enum ProcessEnd
{
    /// <summary>It ended by itself, or by a signal from elsewhere.</summary>
    ByItself,

    /// <summary>The time limit ended it.</summary>
    TimeLimit,

    /// <summary>The memory limit ended it.</summary>
    MemoryLimit,

    /// <summary>It printed more than <see cref="ScriptProcess.MaxOutput"/>.</summary>
    TooMuchOutput,

    /// <summary>The program that ran it was told to end.</summary>
    Interrupted,
}

/// <summary>An ended process.</summary>
/// <param name="End">Why it ended.</param>
/// <param name="ExitStatus">Its exit status; null if a signal ended it.</param>
/// <param name="Signal">The signal that ended it, or null.</param>
/// <param name="Output">The last part of its stdout.</param>
/// <param name="OutputLength">Length of its whole stdout, in bytes.</param>
/// <param name="ErrorOutput">The last part of its stderr.</param>
/// <param name="Took">How long it ran.</param>
/// <param name="PeakMemory">The most memory seen, in bytes: of all its processes together where a limit had them watched, else of the largest; 0 for too little to be known.</param>
internal sealed record EndedProcess(
    ProcessEnd End,
    int? ExitStatus,
    int? Signal,
    ReadOnlyMemory<byte> Output,
    long OutputLength,
    ReadOnlyMemory<byte> ErrorOutput,
    TimeSpan Took,
    long PeakMemory
);

/// <summary>
/// Runs a process as leader of its own session and leaves nothing of it behind, at its end, at its time limit, or
/// when this program is told to end.
/// </summary>
/// <remarks>
/// A call blocks one thread, which waits in <c>poll</c> for output, the end (a pidfd), the limit and the cancellation at
/// once. The end of the process counts, not of its pipes, which a child may hold for hours.
/// </remarks>
internal static class ScriptProcess
{
    /// <summary>Kept bytes of stdout and of stderr.</summary>
    internal const int KeptOutput = 1 << 20;

    /// <summary>Most output of both streams, in bytes: far more than any log. An endless loop reaches it within a second.</summary>
    internal const long MaxOutput = 64L << 20;

    /// <summary>Time between TERM and KILL.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>Time after KILL until a process that hangs in the kernel is given up.</summary>
    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How often the memory of a process with a limit is added up. For 20 processes this takes 16 ms.</summary>
    private static readonly TimeSpan MemoryInterval = TimeSpan.FromSeconds(1);

    /// <summary>Starts the process and returns when it and its children are gone.</summary>
    /// <param name="start">What to start.</param>
    /// <param name="started">Called with its process id.</param>
    /// <param name="limits">How long it may run, and with how much memory.</param>
    /// <param name="time">For the limits.</param>
    /// <param name="cancellation">Ends the process like a limit.</param>
    /// <param name="onOutput">Called with all of its stdout, piece by piece.</param>
    /// <exception cref="ProcessNotStartedException">It could not start.</exception>
    internal static EndedProcess Run(
        ProcessStart start,
        Action<int> started,
        RunLimits limits,
        TimeProvider time,
        CancellationToken cancellation,
        Action<ReadOnlySpan<byte>>? onOutput = null
    )
    {
        using var output = new OutputPipe(onOutput);
        using var errors = new OutputPipe(onRead: null);
        using var wake = OpenEvent();
        var began = time.GetTimestamp();
        var leader = SessionLeader.Spawn(start, output.Writer, errors.Writer);
        output.CloseWriter();
        errors.CloseWriter();
        started(leader);

        var end = ProcessEnd.ByItself;
        var peak = 0L;
        using (var handle = new SafeFileHandle(LibC.OpenProcess(leader, 0), ownsHandle: true))
        using (cancellation.Register(() => Wake(wake)))
        {
            end = Watch(leader, start.Mark, handle, output, errors, wake, limits, time, out peak);
        }

        var took = time.GetElapsedTime(began);
        ProcessTree.KillLeftovers(leader, start.Mark, time);
        output.Drain();
        errors.Drain();

        var reaped = LibC.WaitProcess(leader, out var status, LibC.WaitNoHang, out var usage) == leader;
        var signal = status & 0x7F;
        return new EndedProcess(
            end,
            reaped && signal == 0 ? (status >> 8) & 0xFF : null,
            reaped && signal != 0 ? signal : null,
            output.Tail.ToArray(),
            output.Tail.Total,
            errors.Tail.ToArray(),
            took,
            Math.Max(peak, reaped ? LargestResident(usage) : 0)
        );
    }

    private static unsafe ProcessEnd Watch(
        int leader,
        string mark,
        SafeFileHandle handle,
        OutputPipe output,
        OutputPipe errors,
        SafeFileHandle wake,
        RunLimits limits,
        TimeProvider time,
        out long peakMemory
    )
    {
        peakMemory = 0;
        var end = ProcessEnd.ByItself;
        var (stageStart, stageLimit, killed) = (time.GetTimestamp(), limits.Time, false);
        var memorySeen = stageStart;

        void EndIt(ProcessEnd reason)
        {
            ProcessTree.Signal(leader, mark, LibC.SignalTerminate);
            (end, stageStart, stageLimit) = (reason, time.GetTimestamp(), Grace);
        }

        var polls = stackalloc LibC.PollDescriptor[4];
        while (true)
        {
            // poll ignores a negative descriptor. Once the process is being ended, a full pipe stops it from printing.
            var running = end == ProcessEnd.ByItself;
            polls[0] = new() { Descriptor = (int)handle.DangerousGetHandle(), Wanted = LibC.PollIn };
            polls[1] = new() { Descriptor = running ? output.Descriptor : -1, Wanted = LibC.PollIn };
            polls[2] = new() { Descriptor = running ? errors.Descriptor : -1, Wanted = LibC.PollIn };
            polls[3] = new() { Descriptor = running ? (int)wake.DangerousGetHandle() : -1, Wanted = LibC.PollIn };
            var left = stageLimit - time.GetElapsedTime(stageStart);
            var watchesMemory = running && limits.Memory is not null;
            if (watchesMemory && left > MemoryInterval)
            {
                left = MemoryInterval;
            }

            if (
                LibC.Poll(polls, 4, Math.Max(0, (int)Math.Ceiling(left.TotalMilliseconds))) < 0
                && Marshal.GetLastPInvokeError() != LibC.Interrupted
            )
            {
                throw new IOException($"Can't wait for a script: {LibC.LastError()}.");
            }

            if (polls[1].Happened != 0)
            {
                output.ReadSome();
            }

            if (polls[2].Happened != 0)
            {
                errors.ReadSome();
            }

            if (polls[0].Happened != 0)
            {
                return end;
            }

            if (watchesMemory && time.GetElapsedTime(memorySeen) >= MemoryInterval)
            {
                memorySeen = time.GetTimestamp();
                peakMemory = Math.Max(peakMemory, ProcessTree.MemoryOf(leader, mark));
            }

            if (running && polls[3].Happened != 0)
            {
                EndIt(ProcessEnd.Interrupted);
            }
            else if (watchesMemory && peakMemory > limits.Memory)
            {
                EndIt(ProcessEnd.MemoryLimit);
            }
            else if (running && output.Tail.Total + errors.Tail.Total > MaxOutput)
            {
                EndIt(ProcessEnd.TooMuchOutput);
            }
            else if (time.GetElapsedTime(stageStart) < stageLimit)
            {
                continue;
            }
            else if (running)
            {
                EndIt(ProcessEnd.TimeLimit);
            }
            else if (!killed)
            {
                ProcessTree.Signal(leader, mark, LibC.SignalKill);
                (killed, stageStart, stageLimit) = (true, time.GetTimestamp(), KillTimeout);
            }
            else
            {
                return end;
            }
        }
    }

    /// <summary>The most memory of the largest process; 0 if that was less than this program's own, which a spawned process begins with.</summary>
    private static long LargestResident(LibC.ResourceUsage usage) =>
        LibC.GetResourceUsage(LibC.ResourceUsageOfSelf, out var own) == 0
        && usage.LargestResidentKibibytes > own.LargestResidentKibibytes
            ? usage.LargestResidentKibibytes * 1024
            : 0;

    private static SafeFileHandle OpenEvent()
    {
        var descriptor = LibC.EventDescriptor(0, LibC.OpenCloseOnExec | LibC.OpenNonBlocking);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"Can't create an event descriptor: {LibC.LastError()}.");
    }

    private static unsafe void Wake(SafeFileHandle wake)
    {
        var one = 1L;
        _ = LibC.Write(wake, (byte*)&one, sizeof(long));
    }
}
