using System.CommandLine;
using System.CommandLine.Invocation;

namespace Notify.Runner;

/// <summary>The runner's command line, for everything but cron's bare call.</summary>
internal static class RunnerCommands
{
    internal static int Invoke(string[] arguments)
    {
        var script = new Argument<string?>("SCRIPT")
        {
            Description = "With --dry-run: only this script.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var dryRun = new Option<bool>("--dry-run")
        {
            Description =
                "Runs the scripts and shows what would be sent, as it would look, and why or why not. Sends nothing, keeps nothing.",
        };
        var status = new Command(
            "status",
            "Shows what to look at when nothing came: the bot, your link, your scripts, their cooldowns and errors."
        );
        status.SetAction(_ => StatusReport.Print());
        var root = new RootCommand(
            "Runs the scripts of ~/user/notifications and sends what they have to say. Without arguments, as cron calls it: one round."
        )
        {
            script,
            dryRun,
            status,
        };
        root.Validators.Add(parsed =>
        {
            if (parsed.GetValue(script) is { } name && !parsed.GetValue(dryRun))
            {
                parsed.AddError(
                    $"'{name}' is no command. To see what a script would send: notify-runner --dry-run {name}"
                );
            }
        });
        root.SetAction(parsed =>
            parsed.GetValue(dryRun) ? DryRun.Run(parsed.GetValue(script)) : RunnerProgram.RunRound()
        );

        // An argument with an @ is a name, such as @alice. It is not a file to read arguments from.
        var result = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (result.Action is ParseErrorAction error)
        {
            error.ShowHelp = false;
        }

        return result.Invoke();
    }
}
