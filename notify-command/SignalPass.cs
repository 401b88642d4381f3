using System.Runtime.InteropServices;
using Notify.Posix;

namespace Notify.Command;

/// <summary>
/// Passes the signals of this process on to its command, and outlives them. What a person types at the terminal (Ctrl-C, Ctrl-\) goes to the whole
/// foreground group: the command has it already, and a second one would mean "now at once" to many programs.
/// </summary>
internal sealed class SignalPass : IDisposable
{
    private const int HangUp = 1;
    private const int Interrupt = 2;
    private const int Quit = 3;
    private const int User1 = 10;
    private const int User2 = 12;
    private const int Terminate = LibC.SignalTerminate;

    private static readonly int[] Passed = [HangUp, Interrupt, Quit, User1, User2, Terminate];

    private readonly List<PosixSignalRegistration> _registered = [];
    private readonly PosixSignalRegistration? _hangUp;

    /// <param name="isIgnored">Signals that were ignored at the start, and stay so.</param>
    /// <param name="pass">Gets each signal that the command does not have yet.</param>
    internal SignalPass(Func<int, bool> isIgnored, Action<int> pass)
    {
        foreach (var signal in Passed.Where(one => !isIgnored(one)))
        {
            var registration = PosixSignalRegistration.Create(
                Of(signal),
                context =>
                {
                    context.Cancel = true;
                    if (!(signal is Interrupt or Quit && Terminal.IsInForeground))
                    {
                        pass(signal);
                    }
                }
            );
            if (signal == HangUp)
            {
                _hangUp = registration;
            }
            else
            {
                _registered.Add(registration);
            }
        }
    }

    /// <summary>From now on only a closed terminal is outlived: after the command, Ctrl-C ends this program.</summary>
    internal void CommandEnded()
    {
        _registered.ForEach(one => one.Dispose());
        _registered.Clear();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        CommandEnded();
        _hangUp?.Dispose();
    }

    /// <summary>.NET has names for some, and takes the numbers of the others.</summary>
    private static PosixSignal Of(int signal) =>
        signal switch
        {
            HangUp => PosixSignal.SIGHUP,
            Interrupt => PosixSignal.SIGINT,
            Quit => PosixSignal.SIGQUIT,
            Terminate => PosixSignal.SIGTERM,
            _ => (PosixSignal)signal,
        };
}
