using Notify.Scripts;

// The three calls that the bot makes do not pay for reading a command line, and a script's name is never taken for an option.
return args switch
{
    ["list"] => ScriptsCommands.List(),
    ["run", var name] when name is not ("--help" or "-h" or "-?") => ScriptsCommands.Run(name),
    ["sync-status"] => ScriptsCommands.ShowSyncStatus(),
    _ => ScriptsCommands.Invoke(args),
};
