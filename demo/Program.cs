using System.Runtime.InteropServices;
using Notify.Demo;

// The demo, for ./dev demo: every program as a real process, linked and run the way a person would, on this machine alone.
if (!DemoOptions.TryParse(args, Console.Error, out var options))
{
    return 64;
}

using var end = new CancellationTokenSource();
void End(PosixSignalContext signal)
{
    signal.Cancel = true;
    end.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
try
{
    using var scratch = ScratchFolder.Make();
    await using var programs = new Programs(options.ProgramsFolder, scratch);
    using var home = new DemoHome(options);
    var story = new Story(Console.Out);
    var servers = new DemoServers(options, programs, scratch, home, story);
    var round = new DemoRound(programs, scratch, home, story);
    var demo = new DemoRun(options, programs, servers, round, home, story);
    return await demo.RunAsync(end.Token) ? 0 : 1;
}
catch (DemoException e)
{
    await Console.Error.WriteLineAsync($"\n{e.Message}");
    return 1;
}
catch (OperationCanceledException) when (end.IsCancellationRequested)
{
    // Ctrl-C, the way the demo is meant to end, unless it should have come to an end by itself.
    return options.IsOnce ? 130 : 0;
}
