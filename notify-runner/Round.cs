using System.Collections.Concurrent;
using Notify.Files;
using Notify.Posix;
using Notify.Scripts;
using Notify.Sending;

namespace Notify.Runner;

/// <summary>How a script's turn in a round ended, for the exit status.</summary>
internal enum JobOutcome
{
    /// <summary>Dealt with: run, or left alone for a reason.</summary>
    Done,

    /// <summary>The script is broken, or its notification was not taken.</summary>
    Failed,

    /// <summary>It had something to say, and the bot could not be reached.</summary>
    BotUnreachable,
}

/// <summary>One round: each script of the folder gets its turn, several side by side; one's failure stops no other.</summary>
internal sealed class Round(
    ScriptHome home,
    ScriptSettings settings,
    SendApiClient bot,
    BoundedLog log,
    TimeProvider time
)
{
    private readonly OwnerNotices _owner = new(bot, time);

    /// <summary>How long a folder that holds no script any more is looked at again, before anybody is told: files may just be replaced.</summary>
    private static readonly TimeSpan SecondLook = TimeSpan.FromSeconds(2);

    /// <summary>Runs the round; returns the program's exit status.</summary>
    /// <param name="trouble">What could not be made ready, for the log; null where all was.</param>
    /// <param name="cancellation">Ends the round and its scripts.</param>
    internal int Run(string? trouble, CancellationToken cancellation)
    {
        if (trouble is not null)
        {
            Say(trouble);
        }

        var folder = ScriptFolder.Read(home);
        var outage = FolderOutage.Read(home);
        if (outage?.Since is null && folder.NothingThere(home) is not null)
        {
            using var again = new ManualResetEventSlim();
            using var timer = time.CreateTimer(_ => again.Set(), null, SecondLook, Timeout.InfiniteTimeSpan);
            again.Wait(cancellation);
            folder = ScriptFolder.Read(home);
        }

        foreach (var passedOver in folder.PassedOver)
        {
            PassOver(passedOver);
        }

        var notices = new FolderNotices(home, settings, _owner, Say, time);
        if (folder.NothingThere(home) is { } nothing)
        {
            Say(nothing);
            notices.Gone(outage, nothing);
            return RunnerProgram.NothingThere;
        }

        if (folder.Scripts.Count == 0)
        {
            return folder.PassedOver.Count > 0 ? ScriptProgram.Failed : ScriptProgram.Done;
        }

        if (outage is not null)
        {
            notices.Back(outage, folder.Scripts.Count);
        }

        ScriptRunner.Prepare();
        var waiting = new ConcurrentQueue<ScriptName>(folder.Scripts);
        var ends = new ConcurrentBag<JobOutcome>();
        void TakeTurns()
        {
            while (!cancellation.IsCancellationRequested && waiting.TryDequeue(out var script))
            {
                ends.Add(TakeTurn(script, cancellation));
            }
        }

        // A script's turn is waiting for it, which a thread does best; this one is the first of them.
        var others = Enumerable
            .Range(1, Math.Min(settings.Parallel, folder.Scripts.Count) - 1)
            .Select(_ => new Thread(TakeTurns))
            .ToList();
        others.ForEach(thread => thread.Start());
        TakeTurns();
        others.ForEach(thread => thread.Join());

        if (!ScriptRunner.EndAll(time))
        {
            Say("Something that a script started can't be ended; it hangs in the kernel, perhaps on a network drive.");
        }

        return ends.Contains(JobOutcome.BotUnreachable) ? RunnerProgram.BotUnreachable
            : ends.Contains(JobOutcome.Failed) ? ScriptProgram.Failed
            : ScriptProgram.Done;
    }

    private JobOutcome TakeTurn(ScriptName script, CancellationToken cancellation)
    {
        try
        {
            var turn = new ScriptJob(home, settings, bot, _owner, script, time);
            var end = turn.Take(cancellation);
            Say($"{script}: {turn.Report}");
            return end;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Say($"{script}: could not be dealt with. {e.Message}");
            return JobOutcome.Failed;
        }
    }

    /// <summary>Says why a file does not run, on the phone too where it has run before: its silence must not pass for good news.</summary>
    private void PassOver(PassedOver file)
    {
        var told = "";
        if (file is { Name: { } name, HasRun: true })
        {
            try
            {
                var turn = new ScriptJob(home, settings, bot, _owner, name, time);
                turn.PassOver(file.Sentence);
                told = turn.Report;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                told = e.Message;
            }
        }

        Say($"{file.Sentence} {told}".TrimEnd());
    }

    private void Say(string entry)
    {
        log.Write(entry);
        if (Terminal.IsOutput)
        {
            // By hand, not by cron: who calls it wants to see what it does.
            Console.WriteLine(entry);
        }
    }
}
