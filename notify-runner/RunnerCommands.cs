using System.CommandLine;
using System.CommandLine.Invocation;
using Notify.Text;

namespace Notify.Runner;

/// <summary>The runner's command line, for all calls but cron's.</summary>
internal static class RunnerCommands
{
    internal static int Invoke(string[] arguments)
    {
        var script = new Argument<string?>("SCRIPT")
        {
            Description = "Only this script, with --dry-run.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var dryRun = new Option<bool>("--dry-run")
        {
            Description =
                "Runs the scripts and shows what a round would send, and why. Sends nothing and saves nothing.",
        };
        var json = new Option<bool>("--json") { Description = "Prints one JSON document." };
        var status = new Command(
            "status",
            "Shows why nothing came: the bot, your link, your scripts, their cooldowns and failures."
        )
        {
            json,
        };
        status.SetAction(parsed => StatusReport.Print(parsed.GetValue(json)));
        var enable = new Command(
            "enable",
            "Puts the line that runs your scripts into your crontab. An older one is replaced; the rest stays as it is."
        );
        enable.SetAction(_ => CrontabCommands.Enable());
        var disable = new Command("disable", "Takes the line that runs your scripts out of your crontab.");
        disable.SetAction(_ => CrontabCommands.Disable());
        var name = new Argument<string>("NAME") { Description = "A script, with or without .py." };
        var run = new Command(
            "run",
            "Runs a script now and sends its result, as a Run button does. Ignores schedule and cooldown, and changes neither."
        )
        {
            name,
        };
        run.SetAction(parsed => RunNow.Run(parsed.GetRequiredValue(name)));
        var which = new Argument<string?>("NAME")
        {
            Description = "Only this script.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var failed = new Option<bool>("--failed") { Description = "Only runs that failed." };
        var since = new Option<string?>("--since") { Description = "How far back, such as 7d." };
        var lines = new Option<bool>("--json") { Description = "One line of JSON a run." };
        var history = new Command("history", "Shows the runs of your scripts, newest first.")
        {
            which,
            failed,
            since,
            lines,
        };
        history.SetAction(parsed =>
            HistoryCommand.Run(
                parsed.GetValue(which),
                parsed.GetValue(failed),
                parsed.GetValue(since),
                parsed.GetValue(lines)
            )
        );
        var root = new RootCommand(
            "Runs the scripts of ~/user/notifications and sends their notifications. Without arguments, as from cron: one round."
        )
        {
            script,
            dryRun,
            status,
            run,
            history,
            enable,
            disable,
        };
        root.Validators.Add(parsed =>
        {
            if (parsed.GetValue(script) is { } name && !parsed.GetValue(dryRun))
            {
                parsed.AddError(
                    $"There is no command '{name}'. To see what a script would send, run: notify-runner --dry-run {name}"
                );
            }
        });
        root.SetAction(parsed =>
            parsed.GetValue(dryRun) ? DryRun.Run(parsed.GetValue(script)) : RunnerProgram.RunRound()
        );

        // An argument with an @ is a name, such as @alice, not a response file.
        var result = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (result.Action is ParseErrorAction)
        {
            // Only the sentences: the whole help would hide them.
            return WrongUse.Say(RunnerProgram.Name, result.Errors.Select(error => error.Message));
        }

        return result.Invoke();
    }
}
