using System.Runtime.InteropServices;
using Notify.Posix;
using Notify.Scripts;

namespace Notify.Command;

/// <summary><c>notify run</c>: runs a command, tells how it ended, and ends as it did.</summary>
internal sealed class CommandRun(Call.Run call, Messenger messenger, TimeProvider time)
{
    /// <summary>How long a bot that is away is waited for. Somebody may wait for the command's status.</summary>
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(10);

    internal int Run()
    {
        var isIgnored = RawProcess.IgnoredSignals();
        var folder = Environment.CurrentDirectory;
        var tail = new OutputTail(EndReport.KeptTail);
        var began = time.GetTimestamp();
        CommandProcess? command = null;

        // Registered before the start, so that no signal of the first moment ends this program alone.
        using var signals = new SignalPass(isIgnored, signal => Volatile.Read(ref command)?.Signal(signal));
        CommandEnd end;
        try
        {
            end = call.Tail is null ? Inherited(isIgnored, ref command) : Teed(isIgnored, tail, ref command);
        }
        catch (CommandNotStartedException e)
        {
            NotifyProgram.Say(e.Message);
            return e.Status;
        }
        finally
        {
            command?.Dispose();
        }

        signals.CommandEnded();
        var took = time.GetElapsedTime(began);
        if (took >= call.IfLonger && (!call.OnlyFailure || end.ShellStatus != 0))
        {
            _ = messenger.SendPatiently(
                EndReport.Of(call, end, took, folder, tail.ToArray()),
                SendTimeout,
                CancellationToken.None
            );
        }

        return end.ShellStatus;
    }

    private CommandEnd Inherited(Func<int, bool> isIgnored, ref CommandProcess? command)
    {
        Volatile.Write(ref command, CommandProcess.Start(call.Command, isIgnored, output: null, errors: null));
        UntilEnd(command!, []);
        return command!.Wait();
    }

    private CommandEnd Teed(Func<int, bool> isIgnored, OutputTail tail, ref CommandProcess? command)
    {
        using var output = new Tee(1, tail);
        using var errors = new Tee(2, tail);
        Volatile.Write(ref command, CommandProcess.Start(call.Command, isIgnored, output.Writer, errors.Writer));
        output.Started();
        errors.Started();
        UntilEnd(command!, [output, errors]);
        output.Drain();
        errors.Drain();
        if (Math.Max(output.LostBy, errors.LostBy) is var error and not 0)
        {
            NotifyProgram.Say(
                $"Not all output of the command could be written: {Marshal.GetPInvokeErrorMessage(error)}."
            );
        }

        return command!.Wait();
    }

    /// <summary>Waits until the command has ended, and passes its output on meanwhile.</summary>
    private static unsafe void UntilEnd(CommandProcess command, Tee[] tees)
    {
        var polls = stackalloc LibC.PollDescriptor[3];
        while (true)
        {
            polls[0] = new() { Descriptor = (int)command.Handle.DangerousGetHandle(), Wanted = LibC.PollIn };
            for (var i = 0; i < tees.Length; i++)
            {
                polls[i + 1] = new() { Descriptor = tees[i].Descriptor, Wanted = LibC.PollIn };
            }

            if (LibC.Poll(polls, (nuint)(tees.Length + 1), -1) < 0 && Marshal.GetLastPInvokeError() != LibC.Interrupted)
            {
                throw new IOException($"Can't wait for the command: {LibC.LastError()}.");
            }

            for (var i = 0; i < tees.Length; i++)
            {
                if (polls[i + 1].Happened != 0)
                {
                    tees[i].ReadSome();
                }
            }

            if (polls[0].Happened != 0)
            {
                return;
            }
        }
    }
}
