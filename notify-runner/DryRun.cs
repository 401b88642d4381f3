using System.Globalization;
using Notify.Formatting;
using Notify.Posix;
using Notify.Scripts;
using Notify.Sending;

namespace Notify.Runner;

/// <summary>Shows on the terminal what a round would send, as the phone would show it, and why or why not. Sends nothing, keeps nothing.</summary>
internal static class DryRun
{
    /// <summary>Runs one script or all; returns the exit status: 1 where one is broken or not there.</summary>
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
                var runner = new ScriptRunner(home, settings.TimeLimit, TimeProvider.System)
                {
                    CrontabVariables = Crontab.Variables(home, TimeProvider.System, cancellation),
                };
                foreach (var problem in CrontabSettings.Problems(home, TimeProvider.System, cancellation))
                {
                    Console.WriteLine($"Warning: {TerminalText.Safe(problem)}\n");
                }

                var mutes = OwnerMutes.AskIfReachable(
                    new SendApiClient(settings.BotSocket, TimeProvider.System),
                    cancellation
                );
                var allWork = true;
                foreach (var script in scripts)
                {
                    cancellation.ThrowIfCancellationRequested();
                    allWork &= Show(home, settings, runner, mutes, script, cancellation);
                }

                ScriptRunner.EndAll(TimeProvider.System);
                Console.WriteLine("Nothing was sent.");
                return allWork ? ScriptProgram.Done : ScriptProgram.Failed;
            }
        );

    /// <param name="home">Whose.</param>
    /// <param name="only">The one that is asked for; null for all.</param>
    /// <param name="nothing">The exit status where there is none.</param>
    private static IReadOnlyList<ScriptName> Choose(ScriptHome home, string? only, out int nothing)
    {
        nothing = ScriptProgram.Failed;
        if (only is not null)
        {
            // The shell completes a path; the file name is what counts, and people leave out its .py.
            var file = Path.GetFileName(only);
            var name =
                ScriptName.TryParse(file, out var named) || ScriptName.TryParse(file + ".py", out named) ? named : null;
            var objection = name is null ? "that is no file name of a script" : ScriptFolder.Objection(home, name);
            if (objection is null)
            {
                return [name!];
            }

            Console.Error.WriteLine(
                $"{TerminalText.Safe(name?.Value ?? only)} can't be run from {home.ScriptsFolder}: {objection}."
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
                TerminalText.Safe(
                    gone
                        ?? (
                            folder.Exists ? $"There is no script in {home.ScriptsFolder}." : StatusReport.NoFolder(home)
                        )
                )
            );
        }

        return folder.Scripts;
    }

    /// <summary>Runs and shows one script; false where it is broken.</summary>
    private static bool Show(
        ScriptHome home,
        ScriptSettings settings,
        ScriptRunner runner,
        OwnerMutes mutes,
        ScriptName script,
        CancellationToken cancellation
    )
    {
        var time = TimeProvider.System;
        Heading(script.Value);
        using var held = ScriptLock.TryAcquire(home, script);
        if (held is null)
        {
            Console.WriteLine("It is running at this moment, from cron or the chat. Try again when it is done.\n");
            return true;
        }

        var state = ScriptState.Read(home, script);
        var start = time.GetUtcNow();
        switch (runner.Run(held, cancellation))
        {
            case ScriptRun.Broken broken:
                Console.WriteLine(
                    $"Broken: {TerminalText.Safe(broken.Summary)}{Notice(state, settings, mutes.Until(script), start, isSaid: false)}"
                );
                ShowErrors(broken.LastErrorLines);
                Console.WriteLine();
                return false;
            case ScriptRun.Finished finished:
                Show(home, settings, mutes, script, finished, state, start);
                return finished.BadEnd is null;
            default:
                throw new InvalidOperationException("A run ends with a result or without.");
        }
    }

    private static void Show(
        ScriptHome home,
        ScriptSettings settings,
        OwnerMutes mutes,
        ScriptName script,
        ScriptRun.Finished finished,
        ScriptState state,
        DateTimeOffset start
    )
    {
        var result = finished.Result;
        var notNoted = StateTrouble.Of(home, script);
        var decision = SendDecision.Of(script, finished, state, start, () => notNoted);
        var mutedUntil = mutes.Until(script);
        Console.WriteLine(Verdict(decision, state, mutedUntil, start));
        if (finished.BadEnd is { } end)
        {
            Console.WriteLine(
                $"Then it failed: {TerminalText.Safe(end.Summary)}{Notice(state, settings, mutedUntil, start, isSaid: decision is SendDecision.Send)}"
            );
        }

        if (notNoted is not null)
        {
            Console.WriteLine($"Warning: What a round does can't be noted. {TerminalText.Safe(notNoted)}");
        }

        ShowErrors(finished.LastErrorLines);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"It ran for {finished.Took.TotalSeconds:0.0} s. Cooldown {TerminalText.Safe(result.Cooldown.Text)}{(result.Data is null ? "" : "; with data")}."
            )
        );
        foreach (var warning in result.Warnings.Concat(state.Problem is { } problem ? [problem] : []))
        {
            Console.WriteLine($"Warning: {TerminalText.Safe(warning)}");
        }

        if (finished.Chart is { } chart)
        {
            var info = chart.Info;
            var how =
                NotificationRenderer.KindOf(info) == MessageKind.Photo
                    ? "as a photo"
                    : "as a document: too large or too narrow for a photo";
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Chart: {TerminalText.Safe(result.ImagePath!)}, {(chart.TypeName is "png" ? "PNG" : "JPEG")} of {info.Width} x {info.Height} pixels, {info.ByteLength / 1000.0:0.#} kB, {how}."
                )
            );
        }

        var content = new NotificationContent
        {
            Title = result.Title,
            Message = decision is SendDecision.Send send ? send.Notification.Message : finished.Message,
            Image = finished.Chart?.Info,
        };
        if (NotificationRenderer.TryRender(content, out var messages))
        {
            foreach (var message in messages)
            {
                Console.WriteLine();
                Show(message);
            }
        }

        Console.WriteLine();
    }

    private static string Verdict(
        SendDecision decision,
        ScriptState state,
        DateTimeOffset? mutedUntil,
        DateTimeOffset start
    ) =>
        decision switch
        {
            SendDecision.NoAlert => "Would not be sent: notify is false.",
            SendDecision.Held { Until: var until } =>
                $"Would not be sent: its cooldown holds it back for {ScriptAge.Span(until - start)} more; last sent {ScriptAge.Ago(start - state.LastSent!.Value)}.",
            _ when mutedUntil is { } until =>
                $"Would not reach your phone: {MuteWords.Until(until, start)}. It would be in the history.",
            SendDecision.Send { Notification.Key: not null } =>
                "Would be sent now, unless it was sent in this cooldown already.",
            _ => "Would be sent now.",
        };

    /// <summary>Whether a round would tell the owner's phone that the script fails, as the end of a sentence.</summary>
    private static string Notice(
        ScriptState state,
        ScriptSettings settings,
        DateTimeOffset? mutedUntil,
        DateTimeOffset start,
        bool isSaid
    ) =>
        isSaid ? " Its message says so."
        : !settings.FailureAlerts ? ""
        : FailureHistory.After(state.Failures, failed: true, start)!.Due(state.FailureTold, start) == FailureNews.None
            ? " Your phone knows."
        : mutedUntil is not null ? " Your phone is told after the mute."
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
                Console.WriteLine($"  | {TerminalText.Safe(line)}");
            }
        }
    }

    private static void Show(OutgoingMessage message)
    {
        if (message.Kind != MessageKind.Text)
        {
            Console.WriteLine(message.Kind == MessageKind.Photo ? "  ┃ [photo]" : "  ┃ [document]");
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
        Console.WriteLine(Terminal.IsOutput ? $"\u001b[1m{TerminalText.Safe(text)}\u001b[0m" : TerminalText.Safe(text));
    }
}
