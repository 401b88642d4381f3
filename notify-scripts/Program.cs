using Notify.Scripts;

// The bot's calls skip the command line parser, so a script's name is never an option.
return args switch
{
    ["list"] => ScriptsCommands.List(hasRuns: false),
    ["list", "--runs"] => ScriptsCommands.List(hasRuns: true),
    ["reset", var name] when !name.StartsWith('-') => ScriptsCommands.Reset(name),
    ["sync-status"] => ScriptsCommands.ShowSyncStatus(),
    _ when RunArguments.TryParse(args) is { } run => ScriptsCommands.Run(run),
    _ => ScriptsCommands.Invoke(args),
};
