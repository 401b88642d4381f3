using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Notify.Posix;

namespace Notify.Scripts;

/// <summary>How to start a process.</summary>
/// <param name="Executable">An absolute path.</param>
/// <param name="Arguments">The arguments after the program's name.</param>
/// <param name="Environment">The whole environment.</param>
/// <param name="Folder">The working folder.</param>
/// <param name="Mark">A <c>NAME=value</c> of the environment that marks this run and its children.</param>
internal sealed record ProcessStart(
    string Executable,
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string> Environment,
    string Folder,
    string Mark
);

/// <summary>The process could not be started.</summary>
internal sealed class ProcessNotStartedException(string message) : IOException(message);

/// <summary>Starts a process as leader of its own session.</summary>
internal static class SessionLeader
{
    /// <summary>Starts it with empty stdin, these two as stdout and stderr, and no other descriptor.</summary>
    /// <returns>Its process id, which is its session id too.</returns>
    /// <exception cref="ProcessNotStartedException">It could not start.</exception>
    internal static unsafe int Spawn(ProcessStart start, SafeFileHandle output, SafeFileHandle errors)
    {
        var attributes = stackalloc byte[LibC.SpawnStructSize];
        var actions = stackalloc byte[LibC.SpawnStructSize];
        Check(LibC.SpawnAttributesInit(attributes), start);
        Check(LibC.SpawnActionsInit(actions), start);
        using var text = new NativeText();
        try
        {
            // Ignored signals are inherited: this runtime ignores SIGPIPE, cron's children may ignore others. The script starts with defaults.
            var all = stackalloc byte[LibC.SignalSetSize];
            new Span<byte>(all, LibC.SignalSetSize).Fill(0xFF);
            Check(LibC.SpawnAttributesSetSignalDefaults(attributes, all), start);
            var none = stackalloc byte[LibC.SignalSetSize];
            new Span<byte>(none, LibC.SignalSetSize).Clear();
            Check(LibC.SpawnAttributesSetSignalMask(attributes, none), start);
            Check(
                LibC.SpawnAttributesSetFlags(
                    attributes,
                    LibC.SpawnSetSession | LibC.SpawnSetSignalDefaults | LibC.SpawnSetSignalMask
                ),
                start
            );

            Check(LibC.SpawnActionsAddOpen(actions, 0, text.Add("/dev/null"), LibC.OpenReadOnly, 0), start);
            Check(LibC.SpawnActionsAddDuplicate(actions, (int)output.DangerousGetHandle(), 1), start);
            Check(LibC.SpawnActionsAddDuplicate(actions, (int)errors.DangerousGetHandle(), 2), start);
            Check(LibC.SpawnActionsAddCloseFrom(actions, 3), start);
            Check(LibC.SpawnActionsAddChangeFolder(actions, text.Add(start.Folder)), start);

            var arguments = text.AddAll([start.Executable, .. start.Arguments]);
            var environment = text.AddAll(
                start.Environment.Select(variable => $"{variable.Key}={variable.Value}").Append(start.Mark)
            );
            Check(
                LibC.Spawn(out var pid, text.Add(start.Executable), actions, attributes, arguments, environment),
                start
            );
            return pid;
        }
        finally
        {
            _ = LibC.SpawnActionsDestroy(actions);
            _ = LibC.SpawnAttributesDestroy(attributes);
        }
    }

    private static void Check(int error, ProcessStart start)
    {
        if (error != 0)
        {
            throw new ProcessNotStartedException(
                $"{start.Executable} could not be started in {start.Folder}: {Marshal.GetPInvokeErrorMessage(error)}."
            );
        }
    }
}
