using System.Runtime.InteropServices;
using Notify.Settings;
using Notify.Text;

namespace Notify.Scripts;

/// <summary>Common parts of the two programs that run scripts: settings, user, signals, exit status.</summary>
public static class ScriptProgram
{
    /// <summary>Success.</summary>
    public const int Done = 0;

    /// <summary>Something failed.</summary>
    public const int Failed = 1;

    /// <summary>The scripts' folder is unreadable or has lost its scripts (EX_NOINPUT of sysexits.h). stderr has a sentence for its owner.</summary>
    public const int UnreadableFolder = 66;

    /// <summary>The line on stdin that makes <c>notify-scripts</c> end when stdin closes.</summary>
    public const string EndsWithCaller = "end-with-caller";

    /// <summary>A shell's status for a program ended by a signal: 128 plus the signal.</summary>
    private const int EndedBySignal = 128;

    /// <summary>
    /// Runs an action as the user, with settings. TERM, INT and HUP cancel the token, which
    /// ends running scripts.
    /// </summary>
    /// <param name="program">The program's name, for messages.</param>
    /// <param name="act">The action; returns the exit status.</param>
    /// <param name="watch">Watches for another reason to end, which counts as HUP.</param>
    /// <param name="wrongSettings">Reports wrong settings beyond stderr. It gets the sentences and the settings, with defaults for wrong ones.</param>
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
            Console.Error.WriteLine(SafeText.Lines(e.Message));
            return SettingsReader.WrongSettingsStatus;
        }
        catch (OperationCanceledException) when (signalled != 0)
        {
            return EndedBySignal + signalled;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            Console.Error.WriteLine($"{program}: {SafeText.Line(e.Message)}");
            return Failed;
        }
    }
}
