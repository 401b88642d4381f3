using System.Runtime.InteropServices;
using Notify.Runner;

// By default SIGXFSZ kills a program that writes beyond `ulimit -f`. With a handler the write fails, as on a full disk, and the round continues. Scripts
// start with default signals.
const int FileSizeExceeded = 25; // SIGXFSZ on Linux
using var taken = PosixSignalRegistration.Create((PosixSignal)FileSizeExceeded, context => context.Cancel = true);

// Cron's call, each minute for each analyst, skips the command line parser.
return args.Length == 0 ? RunnerProgram.RunRound() : RunnerCommands.Invoke(args);
