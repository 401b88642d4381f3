using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Notify.Posix;
using Notify.Text;

namespace Notify.Command;

/// <summary>How a command ended.</summary>
/// <param name="Status">Its exit status; null if a signal ended it.</param>
/// <param name="Signal">The signal that ended it, or null.</param>
internal sealed record CommandEnd(int? Status, int? Signal)
{
    /// <summary>The status as shells have it.</summary>
    internal int ShellStatus => Status ?? (ExitStatus.Signalled + Signal!.Value);

    /// <summary>Whether Ctrl-C ended it: by the signal, or by a program that caught it and says so.</summary>
    internal bool IsInterrupted => Signal == Interrupt || Status == ExitStatus.Signalled + Interrupt;

    private const int Interrupt = 2;
}

/// <summary>A command could not be started.</summary>
/// <param name="message">A sentence.</param>
/// <param name="status">The exit status of a shell for that.</param>
internal sealed class CommandNotStartedException(string message, int status) : Exception(message)
{
    /// <summary>The exit status.</summary>
    internal int Status { get; } = status;
}

/// <summary>A command that runs as a shell would run it: in this process's group, with its terminal, folder, environment and open files.</summary>
/// <remarks>The group stays the terminal's foreground group, so a program that reads keys or draws works, and Ctrl-Z stops both.</remarks>
internal sealed class CommandProcess : IDisposable
{
    private const int PipeSignal = 13;

    private readonly Lock _gate = new();
    private readonly SafeFileHandle _handle;
    private bool _ended;

    private CommandProcess(int pid)
    {
        Pid = pid;
        _handle = new SafeFileHandle(LibC.OpenProcess(pid, 0), ownsHandle: true);
    }

    /// <summary>Its process id.</summary>
    internal int Pid { get; }

    /// <summary>Readable when it has ended.</summary>
    internal SafeFileHandle Handle => _handle;

    /// <summary>Starts it.</summary>
    /// <param name="command">The command and its arguments.</param>
    /// <param name="isIgnored">Signals that stay ignored; the others get their defaults back.</param>
    /// <param name="output">Its stdout; null for this process's.</param>
    /// <param name="errors">Its stderr; null for this process's.</param>
    /// <exception cref="CommandNotStartedException">It can't be started.</exception>
    internal static CommandProcess Start(
        IReadOnlyList<string> command,
        Func<int, bool> isIgnored,
        SafeFileHandle? output,
        SafeFileHandle? errors
    )
    {
        // A parent may have left it ignored, and then nobody could wait for the child.
        _ = LibC.SetSignalDisposition(LibC.SignalChild, 0);
        var arguments = RawProcess.Arguments(command);
        var error = Spawn(arguments, isIgnored, output, errors, out var pid);
        if (error == LibC.NotExecutableFormat && PathOf(command[0]) is { } path)
        {
            // A script without its first line: shells run it.
            arguments[0] = Encoding.UTF8.GetBytes(path);
            error = Spawn([Encoding.UTF8.GetBytes("/bin/sh"), .. arguments], isIgnored, output, errors, out pid);
        }

        return error switch
        {
            0 => new CommandProcess(pid),
            LibC.NoSuchFile => throw new CommandNotStartedException(
                $"There is no command {SafeText.Quoted(command[0])}, so nothing ran and nothing was sent.",
                ExitStatus.NoCommand
            ),
            _ => throw new CommandNotStartedException(
                $"{SafeText.Quoted(command[0])} can't be run: {Marshal.GetPInvokeErrorMessage(error)}. Nothing was sent.",
                ExitStatus.CantRun
            ),
        };
    }

    /// <summary>Sends it a signal, unless it has ended.</summary>
    internal void Signal(int signal)
    {
        lock (_gate)
        {
            if (!_ended)
            {
                _ = LibC.Kill(Pid, signal);
            }
        }
    }

    /// <summary>Waits for its end.</summary>
    /// <exception cref="IOException">It can't be waited for.</exception>
    internal CommandEnd Wait()
    {
        lock (_gate)
        {
            // A signal after this could reach another process of the same id.
            _ended = true;
        }

        int status;
        while (LibC.WaitProcess(Pid, out status, 0) != Pid)
        {
            if (Marshal.GetLastPInvokeError() != LibC.Interrupted)
            {
                throw new IOException($"Can't wait for the command: {LibC.LastError()}.");
            }
        }

        var signal = status & 0x7F;
        return signal == 0 ? new CommandEnd((status >> 8) & 0xFF, null) : new CommandEnd(null, signal);
    }

    /// <inheritdoc />
    public void Dispose() => _handle.Dispose();

    private static unsafe int Spawn(
        List<byte[]> arguments,
        Func<int, bool> isIgnored,
        SafeFileHandle? output,
        SafeFileHandle? errors,
        out int pid
    )
    {
        pid = 0;
        var attributes = stackalloc byte[LibC.SpawnStructSize];
        var actions = stackalloc byte[LibC.SpawnStructSize];
        if (LibC.SpawnAttributesInit(attributes) is var noAttributes and not 0)
        {
            return noAttributes;
        }

        if (LibC.SpawnActionsInit(actions) is var noActions and not 0)
        {
            return noActions;
        }

        using var text = new NativeText();
        try
        {
            var defaults = stackalloc byte[LibC.SignalSetSize];
            new Span<byte>(defaults, LibC.SignalSetSize).Clear();
            for (var signal = 1; signal <= 64; signal++)
            {
                // This runtime ignores SIGPIPE for itself.
                if (signal == PipeSignal || !isIgnored(signal))
                {
                    defaults[(signal - 1) / 8] |= (byte)(1 << ((signal - 1) % 8));
                }
            }

            _ = LibC.SpawnAttributesSetSignalDefaults(attributes, defaults);
            _ = LibC.SpawnAttributesSetFlags(attributes, LibC.SpawnSetSignalDefaults);
            if (output is not null && errors is not null)
            {
                _ = LibC.SpawnActionsAddDuplicate(actions, (int)output.DangerousGetHandle(), 1);
                _ = LibC.SpawnActionsAddDuplicate(actions, (int)errors.DangerousGetHandle(), 2);
            }

            return LibC.SpawnByName(
                out pid,
                text.Add(arguments[0]),
                actions,
                attributes,
                text.AddAll(arguments),
                text.AddAll(RawProcess.Environment())
            );
        }
        finally
        {
            _ = LibC.SpawnActionsDestroy(actions);
            _ = LibC.SpawnAttributesDestroy(attributes);
        }
    }

    private static string? PathOf(string name) =>
        name.Contains('/', StringComparison.Ordinal)
            ? name
            : (Environment.GetEnvironmentVariable("PATH") ?? "")
                .Split(':', StringSplitOptions.RemoveEmptyEntries)
                .Select(folder => Path.Combine(folder, name))
                .FirstOrDefault(path => LibC.MayAccess(path, LibC.AccessExecute) == 0);
}
