using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Notify.Posix;

namespace Notify.Scripts;

/// <summary>Why a process is over.</summary>
internal enum ProcessEnd
{
    /// <summary>By itself: an exit status or a signal from elsewhere.</summary>
    ByItself,

    /// <summary>It was ended at its time limit.</summary>
    TimeLimit,

    /// <summary>It was ended because it printed more than <see cref="ScriptProcess.MostOutput"/>.</summary>
    TooMuchOutput,

    /// <summary>It was ended because the program that ran it is to end.</summary>
    Interrupted,
}

/// <summary>A process that is over, with all that it started.</summary>
/// <param name="End">Why it is over.</param>
/// <param name="ExitStatus">What it ended with; null where a signal ended it.</param>
/// <param name="Signal">The signal that ended it, or null.</param>
/// <param name="Output">The last part of its stdout.</param>
/// <param name="OutputLength">How much it printed on stdout in all, in bytes.</param>
/// <param name="ErrorOutput">The last part of its stderr.</param>
/// <param name="Took">How long it ran.</param>
internal sealed record EndedProcess(
    ProcessEnd End,
    int? ExitStatus,
    int? Signal,
    ReadOnlyMemory<byte> Output,
    long OutputLength,
    ReadOnlyMemory<byte> ErrorOutput,
    TimeSpan Took
);

/// <summary>
/// Runs a process as leader of a session of its own and leaves nothing of it behind: not at its end, not at its time limit, not
/// when this program is told to end.
/// </summary>
/// <remarks>
/// One call blocks one thread, which waits in <c>poll</c> for output, for the end (a pidfd), for the limit and for the cancellation at
/// once. The process's end counts, not the end of its pipes: a child it leaves behind may hold them for hours.
/// </remarks>
internal static class ScriptProcess
{
    /// <summary>Bytes kept of stdout and of stderr (specification, section 9).</summary>
    internal const int KeptOutput = 1 << 20;

    /// <summary>Bytes of both streams after which a process is ended: far more than any log, and reached within a second by a script that prints in an endless loop.</summary>
    internal const long MostOutput = 64L << 20;

    /// <summary>Time between TERM and KILL (specification, section 9).</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>Time after KILL at which a process that hangs in the kernel is given up.</summary>
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(5);

    /// <summary>Starts the process and returns when it and what it started are gone.</summary>
    /// <param name="start">What to start.</param>
    /// <param name="started">Told its process id as soon as there is one.</param>
    /// <param name="limit">How long it may run.</param>
    /// <param name="time">For the limit.</param>
    /// <param name="cancellation">Ends the process as the limit does.</param>
    /// <param name="onOutput">Given all of its stdout, piece by piece.</param>
    /// <exception cref="ProcessNotStartedException">It could not be started.</exception>
    internal static EndedProcess Run(
        ProcessStart start,
        Action<int> started,
        TimeSpan limit,
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
        using (var handle = new SafeFileHandle(LibC.OpenProcess(leader, 0), ownsHandle: true))
        using (cancellation.Register(() => Wake(wake)))
        {
            end = Watch(leader, start.Mark, handle, output, errors, wake, limit, time);
        }

        var took = time.GetElapsedTime(began);
        ProcessTree.KillLeftovers(leader, start.Mark, time);
        output.Drain();
        errors.Drain();

        var reaped = LibC.WaitProcess(leader, out var status, LibC.WaitNoHang) == leader;
        var signal = status & 0x7F;
        return new EndedProcess(
            end,
            reaped && signal == 0 ? (status >> 8) & 0xFF : null,
            reaped && signal != 0 ? signal : null,
            output.Tail.ToArray(),
            output.Tail.Total,
            errors.Tail.ToArray(),
            took
        );
    }

    private static unsafe ProcessEnd Watch(
        int leader,
        string mark,
        SafeFileHandle handle,
        OutputPipe output,
        OutputPipe errors,
        SafeFileHandle wake,
        TimeSpan limit,
        TimeProvider time
    )
    {
        var end = ProcessEnd.ByItself;
        var (stageStart, stageLimit, killed) = (time.GetTimestamp(), limit, false);

        void EndIt(ProcessEnd reason)
        {
            ProcessTree.Signal(leader, mark, LibC.SignalTerminate);
            (end, stageStart, stageLimit) = (reason, time.GetTimestamp(), Grace);
        }

        var polls = stackalloc LibC.PollDescriptor[4];
        while (true)
        {
            // A negative descriptor is passed over by poll. Once the process is being ended, its output is no longer wanted; a full pipe stops it from printing on.
            var running = end == ProcessEnd.ByItself;
            polls[0] = new() { Descriptor = (int)handle.DangerousGetHandle(), Wanted = LibC.PollIn };
            polls[1] = new() { Descriptor = running ? output.Descriptor : -1, Wanted = LibC.PollIn };
            polls[2] = new() { Descriptor = running ? errors.Descriptor : -1, Wanted = LibC.PollIn };
            polls[3] = new() { Descriptor = running ? (int)wake.DangerousGetHandle() : -1, Wanted = LibC.PollIn };
            var left = stageLimit - time.GetElapsedTime(stageStart);
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

            if (running && polls[3].Happened != 0)
            {
                EndIt(ProcessEnd.Interrupted);
            }
            else if (running && output.Tail.Total + errors.Tail.Total > MostOutput)
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
                (killed, stageStart, stageLimit) = (true, time.GetTimestamp(), KillPatience);
            }
            else
            {
                return end;
            }
        }
    }

    private static SafeFileHandle OpenEvent()
    {
        var descriptor = LibC.EventDescriptor(0, LibC.OpenCloseOnExec | LibC.OpenNonBlocking);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"Can't make an event descriptor: {LibC.LastError()}.");
    }

    private static unsafe void Wake(SafeFileHandle wake)
    {
        var one = 1L;
        _ = LibC.Write(wake, (byte*)&one, sizeof(long));
    }
}
