using System.Runtime.InteropServices;
using Notify.Runner;

// By default SIGXFSZ ends a program that writes beyond `ulimit -f`. Taken, the write fails instead, as on a full disk, and the round goes on. Scripts are
// started with all signals at their defaults.
const int FileSizeExceeded = 25; // SIGXFSZ on Linux
using var taken = PosixSignalRegistration.Create((PosixSignal)FileSizeExceeded, context => context.Cancel = true);

// Cron's call, each minute for each analyst, does not pay for reading a command line.
return args.Length == 0 ? RunnerProgram.RunRound() : RunnerCommands.Invoke(args);
