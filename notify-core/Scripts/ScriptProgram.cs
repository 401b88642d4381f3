using System.Runtime.InteropServices;
using Notify.Settings;

namespace Notify.Scripts;

/// <summary>What the two programs that run scripts have in common: settings, the user, the signals that end them, and their exit status.</summary>
public static class ScriptProgram
{
    /// <summary>All is done.</summary>
    public const int Done = 0;

    /// <summary>Something failed.</summary>
    public const int Failed = 1;

    /// <summary>The folder of the scripts can't be read, or has lost them all (sysexits.h: EX_NOINPUT); stderr has the sentence for its owner.</summary>
    public const int UnreadableFolder = 66;

    /// <summary>The line on stdin by which a caller of <c>notify-scripts</c> says that the helper ends when that stdin is closed.</summary>
    public const string EndsWithCaller = "end-with-caller";

    /// <summary>A shell's status for a program that a signal ended is 128 and the signal.</summary>
    private const int EndedBySignal = 128;

    /// <summary>
    /// Does one thing as the user, with settings. When this program is told to end (TERM, INT, HUP), the token is cancelled, which
    /// ends the scripts that run.
    /// </summary>
    /// <param name="program">The program's name, for messages.</param>
    /// <param name="act">What to do; returns the exit status.</param>
    /// <param name="watch">Begins to watch for another reason to end, which counts as HUP.</param>
    /// <param name="wrongSettings">Tells more people than stderr has that settings are wrong: with the settings that are right, the others by default, and the sentences.</param>
    public static int Run(
        string program,
        Func<ScriptHome, ScriptSettings, CancellationToken, int> act,
        Action<Action>? watch = null,
        Action<ScriptHome, ScriptSettings, SettingsException>? wrongSettings = null
    )
    {
        ArgumentNullException.ThrowIfNull(act);
        using var stop = new CancellationTokenSource();
        var signalled = 0;
        watch?.Invoke(() =>
        {
            signalled = 1;
            try
            {
                stop.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // All is done.
            }
        });
        void Stop(PosixSignalContext context, int number)
        {
            context.Cancel = true;
            signalled = number;
            stop.Cancel();
        }

        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, 15));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, 2));
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Stop(context, 1));
        try
        {
            var reader = SettingsReader.FromEnvironment();
            var settings = ScriptSettings.Read(reader);
            if (reader.Problems.Count > 0)
            {
                var wrong = new SettingsException([.. reader.Problems]);
                wrongSettings?.Invoke(ScriptHome.OfThisUser(), settings, wrong);
                throw wrong;
            }

            var status = act(ScriptHome.OfThisUser(), settings, stop.Token);
            return signalled == 0 ? status : EndedBySignal + signalled;
        }
        catch (SettingsException e)
        {
            Console.Error.WriteLine(e.Message);
            return SettingsReader.WrongSettingsStatus;
        }
        catch (OperationCanceledException) when (signalled != 0)
        {
            return EndedBySignal + signalled;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            Console.Error.WriteLine($"{program}: {e.Message}");
            return Failed;
        }
    }
}
