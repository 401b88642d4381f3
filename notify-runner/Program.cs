using Notify.Runner;

// Cron's call, each minute for each analyst, does not pay for reading a command line.
return args.Length == 0 ? RunnerProgram.RunRound() : RunnerCommands.Invoke(args);
