using System.Collections.Concurrent;
using Notify.Contracts;
using Notify.Files;
using Notify.Posix;
using Notify.Schedules;
using Notify.Scripts;
using Notify.Text;

namespace Notify.Runner;

/// <summary>The outcome of a script's job, for the exit status.</summary>
internal enum JobOutcome
{
    /// <summary>Done: run, or left alone for a reason.</summary>
    Done,

    /// <summary>The script failed, or the bot refused its notification.</summary>
    Failed,

    /// <summary>The bot could not be reached for its notification.</summary>
    BotUnreachable,
}

/// <summary>One round over the scripts of the folder, several side by side. A failing script stops no other.</summary>
internal sealed class Round(RoundContext context, BoundedLog log)
{
    private readonly ConcurrentBag<RoundScript> _scripts = [];
    private bool _isBotUnreachable;

    /// <summary>How long a folder without scripts is checked again before a notice: somebody may just be replacing files.</summary>
    private static readonly TimeSpan SecondLook = TimeSpan.FromSeconds(2);

    /// <summary>Runs the round. Returns the exit status.</summary>
    /// <param name="trouble">What could not be prepared, for the log; null if all was.</param>
    /// <param name="cancellation">Ends the round and its scripts.</param>
    internal int Run(string? trouble, CancellationToken cancellation)
    {
        // A round by hand says nothing about cron.
        using var post = Terminal.IsOutput ? null : new RoundPost(context, Say);
        if (trouble is not null)
        {
            Say(trouble);
        }

        var outage = FolderOutage.Read(context.Home);
        var folder = ReadFolder(outage, cancellation);
        post?.Keep(
            folder.NothingThere(context.Home) is null
                ? [.. folder.Scripts, .. folder.PassedOver.Select(file => file.Name).OfType<ScriptName>()]
                : null
        );
        var status = RunScripts(folder, outage, cancellation);
        if (!_isBotUnreachable && !cancellation.IsCancellationRequested)
        {
            post?.Send([.. _scripts], cancellation);
        }

        return status;
    }

    private ScriptFolder ReadFolder(FolderOutage? outage, CancellationToken cancellation)
    {
        var folder = ScriptFolder.Read(context.Home);
        if (outage?.Since is not null || folder.NothingThere(context.Home) is null)
        {
            return folder;
        }

        using var again = new ManualResetEventSlim();
        using var timer = context.Time.CreateTimer(_ => again.Set(), null, SecondLook, Timeout.InfiniteTimeSpan);
        again.Wait(cancellation);
        return ScriptFolder.Read(context.Home);
    }

    private int RunScripts(ScriptFolder folder, FolderOutage? outage, CancellationToken cancellation)
    {
        var (home, time) = (context.Home, context.Time);
        foreach (var passedOver in folder.PassedOver)
        {
            PassOver(passedOver);
        }

        var notices = new FolderNotices(home, context.Settings, context.Owner, Say, time);
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

        // A job mostly waits for its script, so each gets a thread. This thread is the first.
        var others = Enumerable
            .Range(1, Math.Min(context.Settings.Parallel, folder.Scripts.Count) - 1)
            .Select(_ => new Thread(TakeTurns))
            .ToList();
        others.ForEach(thread => thread.Start());
        TakeTurns();
        others.ForEach(thread => thread.Join());

        foreach (var gone in GoneIncidents.Find(home, folder, context.Rounds))
        {
            ends.Add(EndIncident(gone));
        }

        if (!ScriptRunner.EndAll(time))
        {
            Say("A process that a script started can't be killed. It hangs in the kernel, perhaps on a network drive.");
        }

        _isBotUnreachable = ends.Contains(JobOutcome.BotUnreachable);
        return _isBotUnreachable ? RunnerProgram.BotUnreachable
            : ends.Contains(JobOutcome.Failed) ? ScriptProgram.Failed
            : ScriptProgram.Done;
    }

    private JobOutcome TakeTurn(ScriptName script, CancellationToken cancellation)
    {
        try
        {
            var job = new ScriptJob(context, script);
            var end = job.Take(cancellation);
            _scripts.Add(new RoundScript(script.Value, job.Outcome?.Word(), job.NextDue));
            if (job.Report is { } report)
            {
                Say($"{script}: {report}");
            }

            return end;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Say($"{script}: failed unexpectedly. {e.Message}");
            return JobOutcome.Failed;
        }
    }

    private JobOutcome EndIncident(ScriptName gone)
    {
        var job = new ScriptJob(context, gone);
        var end = job.EndIncident("the script is gone");
        if (job.Report is { } report)
        {
            Say($"{gone}: {report}");
        }

        return end;
    }

    /// <summary>Reports why a file does not run, also to the phone if it ran before or has times to run: its silence must not look like good news.</summary>
    private void PassOver(PassedOver file)
    {
        var told = "";
        if (file.Name is { } name && (file.HasRun || HasTimes(name)))
        {
            try
            {
                var job = new ScriptJob(context, name);
                job.PassOver(file.Sentence);
                told = job.Report ?? "";
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                told = e.Message;
            }
        }

        Say($"{file.Sentence} {told}".TrimEnd());
    }

    private bool HasTimes(ScriptName script)
    {
        try
        {
            return ScriptPlan.Read(context.Home, script, context.Settings, context.Zones).Schedule is Schedule.At;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private void Say(string entry)
    {
        log.Write(entry);
        if (Terminal.IsOutput)
        {
            // Called by hand, not by cron: the caller wants to see the output.
            Console.WriteLine(SafeText.Lines(entry));
        }
    }
}
