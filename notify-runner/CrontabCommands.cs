using Notify.Files;
using Notify.Scripts;
using Notify.Sending;
using Notify.Text;

namespace Notify.Runner;

/// <summary><c>notify-runner enable</c> and <c>disable</c>: the line in the caller's crontab.</summary>
internal static class CrontabCommands
{
    internal static int Enable() =>
        ScriptProgram.Run(
            RunnerProgram.Name,
            (home, _, cancellation) =>
            {
                var before = Crontab.Read(home, TimeProvider.System, cancellation);
                RequireSimple(before);
                var after = CrontabLine.Enable(before, out var replaced);
                if (after == before)
                {
                    Console.WriteLine("Your crontab already runs your scripts. Nothing was changed.");
                    return ShowProblems(home, cancellation);
                }

                Write(home, after, cancellation);
                foreach (var line in replaced)
                {
                    Console.WriteLine($"Replaced in your crontab: {SafeText.Lines(line)}");
                }

                Console.WriteLine(
                    $"""
                    Your crontab now runs a round every minute: {CrontabLine.EveryMinute}
                    A script with a "# notify: at" or "# notify: every" line runs by it, others every {DefaultEvery(
                        after
                    )}. To change that, edit {ScriptSettings.DefaultEveryName} with crontab -e.
                    """
                );
                return ShowProblems(home, cancellation);
            }
        );

    internal static int Disable() =>
        ScriptProgram.Run(
            RunnerProgram.Name,
            (home, settings, cancellation) =>
            {
                var before = Crontab.Read(home, TimeProvider.System, cancellation);
                RequireSimple(before);
                var after = CrontabLine.Disable(before, out var removed);
                if (removed.Count > 0)
                {
                    Write(home, after, cancellation);
                    foreach (var line in removed)
                    {
                        Console.WriteLine($"Removed from your crontab: {SafeText.Lines(line)}");
                    }

                    Console.WriteLine($"Your scripts run only on request now. To undo it: {CrontabLine.EnableCommand}");
                }
                else
                {
                    Console.WriteLine("Your crontab does not run your scripts. Nothing was changed.");
                }

                return EndWatch(settings, cancellation);
            }
        );

    /// <exception cref="IOException">A line does more than run the runner.</exception>
    private static void RequireSimple(string crontab)
    {
        if (CrontabLine.Compound(crontab) is { } line)
        {
            throw new IOException(
                $"This line of your crontab does more than run notify-runner, so it was not touched: {line} Split it by hand (crontab -e), then try again."
            );
        }
    }

    /// <summary>Wrong settings in the crontab stop every round.</summary>
    private static int ShowProblems(ScriptHome home, CancellationToken cancellation)
    {
        var problems = CrontabSettings.Problems(home, TimeProvider.System, cancellation);
        foreach (var problem in problems)
        {
            Console.Error.WriteLine(SafeText.Lines(problem));
        }

        return problems.Count > 0 ? ScriptProgram.Failed : ScriptProgram.Done;
    }

    /// <summary>The value of <c>NOTIFY_DEFAULT_EVERY</c> for the round's line.</summary>
    private static string DefaultEvery(string crontab) =>
        Crontab.Variables(crontab).GetValueOrDefault(ScriptSettings.DefaultEveryName) ?? "round";

    private static void Write(ScriptHome home, string crontab, CancellationToken cancellation)
    {
        if (home.TryMakeFolders() is { } trouble)
        {
            throw new IOException(trouble);
        }

        try
        {
            Crontab.Write(home, crontab, TimeProvider.System, cancellation);
        }
        catch (FileNotWrittenException e)
        {
            throw new IOException($"Your crontab was not changed. {e.Message}", e);
        }
    }

    /// <summary>Asks the bot not to report that the rounds stopped.</summary>
    private static int EndWatch(ScriptSettings settings, CancellationToken cancellation)
    {
        var trouble = "";
        try
        {
            var answer = new SendApiClient(settings.BotSocket, TimeProvider.System).EndWatch(cancellation);
            trouble = answer.IsOk ? "" : answer.Error;
        }
        catch (BotUnreachableException e)
        {
            trouble = e.Message;
        }

        if (trouble.Length == 0)
        {
            return ScriptProgram.Done;
        }

        Console.Error.WriteLine(
            SafeText.Lines(
                $"The bot does not know that you stopped your scripts, so it will report once that they stopped. {trouble}"
            )
        );
        return RunnerProgram.BotUnreachable;
    }
}
