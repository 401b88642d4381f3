using System.Globalization;
using Notify.Formatting;
using Notify.Posix;
using Notify.Schedules;
using Notify.Scripts;
using Notify.Sending;
using Notify.Tables;
using Notify.Text;

namespace Notify.Runner;

/// <summary>Shows on the terminal what a round would send, and why. Sends nothing and saves nothing.</summary>
internal static class DryRun
{
    /// <summary>Runs one script or all. Returns the exit status: 1 if one fails or is missing.</summary>
    internal static int Run(string? only) =>
        ScriptProgram.Run(
            RunnerProgram.Name,
            (home, settings, cancellation) =>
            {
                var scripts = Choose(home, only, out var nothing);
                if (scripts.Count == 0)
                {
                    return nothing;
                }

                ScriptRunner.Prepare();
                _ = home.TryMakeFolders();
                var crontab = Crontab.Variables(home, TimeProvider.System, cancellation);
                var rounds = ScriptSettings.OfRounds(home, TimeProvider.System, cancellation);
                var zones = new ZoneNames();
                foreach (var problem in CrontabSettings.Problems(home, TimeProvider.System, cancellation))
                {
                    Console.WriteLine($"Warning: {SafeText.Lines(problem)}\n");
                }

                var mutes = OwnerMutes.AskIfReachable(
                    new SendApiClient(settings.BotSocket, TimeProvider.System),
                    cancellation
                );
                var allWork = true;
                foreach (var script in scripts)
                {
                    cancellation.ThrowIfCancellationRequested();
                    var plan = ScriptPlan.Read(home, script, rounds, zones);
                    var runner = new ScriptRunner(home, plan.Limits, TimeProvider.System)
                    {
                        CrontabVariables = crontab,
                    };
                    allWork &= Show(home, settings, runner, plan, mutes, script, cancellation);
                }

                ScriptRunner.EndAll(TimeProvider.System);
                Console.WriteLine("Nothing was sent.");
                return allWork ? ScriptProgram.Done : ScriptProgram.Failed;
            }
        );

    /// <param name="home">Whose.</param>
    /// <param name="only">The requested script; null for all.</param>
    /// <param name="nothing">The exit status without scripts.</param>
    internal static IReadOnlyList<ScriptName> Choose(ScriptHome home, string? only, out int nothing)
    {
        nothing = ScriptProgram.Failed;
        if (only is not null)
        {
            var objection = !ScriptName.TryParseTyped(only, out var name)
                ? "that is not a script's file name"
                : ScriptFolder.Objection(home, name);
            if (objection is null)
            {
                return [name!];
            }

            Console.Error.WriteLine(
                $"{SafeText.Lines(name?.Value ?? only)} can't be run from {home.ScriptsFolder}: {objection}."
            );
            return [];
        }

        var folder = ScriptFolder.Read(home);
        foreach (var passedOver in folder.PassedOver)
        {
            Console.WriteLine(passedOver.Sentence);
        }

        if (folder.Scripts.Count == 0)
        {
            var gone = folder.NothingThere(home);
            nothing = gone is null ? ScriptProgram.Done : RunnerProgram.NothingThere;
            Console.WriteLine(
                SafeText.Lines(
                    gone
                        ?? (
                            folder.Exists
                                ? $"There are no scripts in {home.ScriptsFolder}."
                                : StatusReport.NoFolder(home)
                        )
                )
            );
        }

        return folder.Scripts;
    }

    /// <summary>Runs and shows one script; false if it fails.</summary>
    private static bool Show(
        ScriptHome home,
        ScriptSettings settings,
        ScriptRunner runner,
        ScriptPlan plan,
        OwnerMutes mutes,
        ScriptName script,
        CancellationToken cancellation
    )
    {
        var time = TimeProvider.System;
        Heading(script.Value);
        if (plan.Problem is { } problem)
        {
            Console.WriteLine($"{SafeText.Lines(problem)}\n");
            return false;
        }

        using var held = ScriptLock.TryAcquire(home, script);
        if (held is null)
        {
            Console.WriteLine("It is already running, from cron or the chat. Try again when it has finished.\n");
            return true;
        }

        var state = ScriptState.Read(home, script);
        var start = time.GetUtcNow();
        Console.WriteLine(Schedule(home, plan, state, start));
        foreach (var warning in plan.Warnings)
        {
            Console.WriteLine($"Warning: {SafeText.Lines(warning)}");
        }

        switch (runner.Run(held, cancellation))
        {
            case ScriptRun.Failed failed:
                Console.WriteLine(
                    $"Failed: {SafeText.Lines(failed.Summary)}{Notice(state, settings, plan, mutes.Until(script), start, isSaid: false)}"
                );
                ShowErrors(failed.LastErrorLines);
                Console.WriteLine();
                return false;
            case ScriptRun.Finished finished:
                Show(home, settings, plan, mutes, script, finished, state, start);
                return finished.BadEnd is null;
            default:
                throw new InvalidOperationException("A run either gives a result or fails.");
        }
    }

    /// <summary>When rounds run it, when they do next, and its last run.</summary>
    private static string Schedule(ScriptHome home, ScriptPlan plan, ScriptState state, DateTimeOffset now)
    {
        var last =
            state.Latest is not { } run ? "it never ran"
            : run.Took is { } took
                ? $"last run {ScriptAge.Ago(now - run.At)}, for {ScriptTable.Took((long)took.TotalMilliseconds)}"
            : $"last run {ScriptAge.Ago(now - run.At)}";
        return $"Runs {plan.ScheduleText ?? "in every round"}; {plan.NextInWords(state, RoundTimes.Read(home), now)}; {last}.";
    }

    private static void Show(
        ScriptHome home,
        ScriptSettings settings,
        ScriptPlan plan,
        OwnerMutes mutes,
        ScriptName script,
        ScriptRun.Finished finished,
        ScriptState state,
        DateTimeOffset start
    )
    {
        var result = finished.Result;
        var notNoted = StateTrouble.Of(home, script);
        var decision = SendDecision.Of(
            script,
            finished,
            state,
            start,
            due: null,
            state.Retry is not null,
            _ => notNoted
        );
        var mutedUntil = mutes.Until(script);
        var isDue = plan.Decide(state, isStateKept: true, RoundTimes.Read(home), start) is Decision.Run;
        var incident = plan.Header.Incident ? IncidentOf(script, finished, state, start, notNoted is null) : null;
        var isSent = incident?.IsFiring ?? (!plan.Header.Incident && decision is SendDecision.Send);
        Console.WriteLine(
            incident is not null
            && IncidentWords.Verdict(
                incident,
                state.Incident,
                result.Cooldown,
                isDue ? "A round" : "Its next run",
                start
            )
                is { } words
                ? mutedUntil is { } muted && incident.Move != IncidentMove.None
                    ? $"{words} It would not reach your phone: {MuteWords.Until(muted, start)}."
                    : words
                : Gone(plan, state, start) + Verdict(decision, state, isDue, mutedUntil, start)
        );
        if (finished.BadEnd is { } end)
        {
            Console.WriteLine(
                $"The script failed after that: {SafeText.Lines(end.Summary)}{Notice(state, settings, plan, mutedUntil, start, isSaid: isSent)}"
            );
        }

        if (notNoted is not null)
        {
            Console.WriteLine($"Warning: Rounds can't save this script's state. {SafeText.Lines(notNoted)}");
        }

        ShowErrors(finished.LastErrorLines);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"It ran for {finished.Took.TotalSeconds:0.0} s. Cooldown {SafeText.Lines(result.Cooldown.Text)}{(result.Data is null ? "" : "; with data")}."
            )
        );
        foreach (var warning in result.Warnings.Concat(state.Problem is { } problem ? [problem] : []))
        {
            Console.WriteLine($"Warning: {SafeText.Lines(warning)}");
        }

        foreach (var chart in finished.Charts)
        {
            var info = chart.Info;
            var how =
                NotificationRenderer.KindOf(info) == MessageKind.Photo
                    ? "as a photo"
                    : "as a document: too large or too narrow for a photo";
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Chart: {SafeText.Lines(chart.Path)}, {(chart.TypeName is "png" ? "PNG" : "JPEG")} of {info.Width} x {info.Height} pixels, {info.ByteLength / 1000.0:0.#} kB, {how}."
                )
            );
        }

        foreach (var file in finished.Files)
        {
            Console.WriteLine($"File: {FileText(file.Name, file.Length)}.");
        }

        var table = result.Table is { } own ? TableLayout.Of(own.Table) : null;
        var csv = table is { IsWhole: false } ? TableCsv.Write(result.Table!.Table).LongLength : (long?)null;
        if (csv is { } length)
        {
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Table: {result.Table!.Table.Rows.Count} rows, the first ones in the message, all in {FileText("table.csv", length)}."
                )
            );
        }

        if (result.Urgent || result.Silent)
        {
            Console.WriteLine(
                $"It is {(result.Urgent ? "urgent" : "")}{(result.Urgent && result.Silent ? " and " : "")}{(result.Silent ? "silent" : "")}."
            );
        }

        var content = new NotificationContent
        {
            Title = result.Title,
            Message = isSent && decision is SendDecision.Send send ? send.Notification.Message : finished.Message,
            Image = finished.Charts is [var first, ..] ? first.Info : null,
            MoreImages = [.. finished.Charts.Skip(1).Select(chart => chart.Info)],
            Files = finished.Files.Count + (csv is null ? 0 : 1),
            Table = table?.Text,
            IsTableAligned = table?.IsAligned ?? false,
            Buttons = result.Buttons,
            HasOwnButtons = result.HasButtons,
        };
        if (NotificationRenderer.TryRender(content, out var messages))
        {
            string[] files = [.. finished.Files.Select(file => SafeText.Line(file.Name)), "table.csv"];
            foreach (var message in messages)
            {
                Console.WriteLine();
                Show(message, files);
            }

            ShowButtons(result.Buttons);
        }

        Console.WriteLine();
    }

    /// <summary>What a round would do about the incident; null if it would leave it alone, since the script failed after a result without an alert.</summary>
    private static IncidentDecision? IncidentOf(
        ScriptName script,
        ScriptRun.Finished finished,
        ScriptState state,
        DateTimeOffset start,
        bool isNoted
    )
    {
        if (!finished.Result.Notify)
        {
            return finished.BadEnd is null ? IncidentDecision.Quiet(state.Incident, isNoted) : null;
        }

        string? hash;
        try
        {
            hash = Notification.Of(script, finished).HashContent();
        }
        catch (IOException)
        {
            hash = null;
        }

        return IncidentDecision.Firing(state.Incident, hash, finished.Result.Cooldown, start, isNoted);
    }

    /// <summary>The end of an incident whose script no longer asks for one, before the usual sentence.</summary>
    private static string Gone(ScriptPlan plan, ScriptState state, DateTimeOffset start) =>
        !plan.Header.Incident && state.Incident is { } incident
            ? $"Its line \"# notify: incident\" is gone. A round would end the {IncidentWords.OpenSince(incident.Since, start)}. "
            : "";

    private static string Verdict(
        SendDecision decision,
        ScriptState state,
        bool isDue,
        DateTimeOffset? mutedUntil,
        DateTimeOffset start
    ) =>
        decision switch
        {
            SendDecision.NoAlert => "A round would not send it: notify is false.",
            SendDecision.Held { Until: var until } =>
                $"A round would not send it: its cooldown lasts {ScriptAge.Span(until - start)} more; last sent {ScriptAge.Ago(start - state.LastSent!.Value)}.",
            _ when mutedUntil is { } until =>
                $"It would not reach your phone: {MuteWords.Until(until, start)}. It would be in the history.",
            SendDecision.Send { MayBeRepeat: true } =>
                "A round would send it now, unless it was already sent within this cooldown.",
            _ => isDue ? "A round would send it now." : "Its next run would send this.",
        };

    /// <summary>Whether a round would report the failure to the owner's phone, as the end of a sentence.</summary>
    private static string Notice(
        ScriptState state,
        ScriptSettings settings,
        ScriptPlan plan,
        DateTimeOffset? mutedUntil,
        DateTimeOffset start,
        bool isSaid
    ) =>
        isSaid ? " Its message would say so."
        : !settings.FailureAlerts ? ""
        : FailureHistory.After(state.Failures, failed: true, start)!.FailedInARow <= plan.Header.Retries
            ? " It would be tried again before your phone is told."
        : FailureHistory.After(state.Failures, failed: true, start)!.Due(state.FailureTold, start) == FailureNews.None
            ? " Your phone was told."
        : mutedUntil is not null ? " Your phone would be told after the mute."
        : " Your phone would be told.";

    private static void ShowErrors(IReadOnlyList<string> lines)
    {
        if (lines.Count > 0)
        {
            Console.WriteLine(
                lines.Count < ScriptRunner.ErrorLines ? "It printed on stderr:" : "It printed on stderr, at the end:"
            );
            foreach (var line in lines)
            {
                Console.WriteLine($"  | {SafeText.Lines(line)}");
            }
        }
    }

    private static string FileText(string name, long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{SafeText.Lines(name)}, {bytes / 1000.0:0.#} kB");

    private static void ShowButtons(IReadOnlyList<NotificationButton> buttons)
    {
        foreach (var button in buttons.Where(button => !button.IsLine))
        {
            Console.WriteLine(
                $"  [ {SafeText.Line(button.Text)} ] {(button.Url is { } url ? SafeText.Line(url) : $"runs {SafeText.Line(button.Run!)}")}"
            );
        }
    }

    private static void Show(OutgoingMessage message, string[] files)
    {
        if (message.Kind != MessageKind.Text)
        {
            Console.WriteLine(
                message.Kind switch
                {
                    MessageKind.Photo => "  ┃ [photo]",
                    MessageKind.Album => $"  ┃ [album of {message.Count} photos]",
                    MessageKind.File => $"  ┃ [file {files[message.Item]}]",
                    _ => "  ┃ [document]",
                }
            );
        }

        if (message.Text.Text.Length > 0)
        {
            foreach (var line in TerminalText.Render(message.Text, Terminal.IsOutput).Split('\n'))
            {
                Console.WriteLine($"  ┃ {line}");
            }
        }
    }

    private static void Heading(string text)
    {
        Console.WriteLine(Terminal.IsOutput ? $"\u001b[1m{SafeText.Lines(text)}\u001b[0m" : SafeText.Lines(text));
    }
}
