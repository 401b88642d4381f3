namespace Notify.Demo;

/// <summary>Rounds of the runner over the sample analyst's scripts.</summary>
internal sealed class DemoRound(Programs programs, ScratchFolder scratch, DemoHome home, Story story)
{
    /// <summary>One call of the runner with what cron gives a job, and the address of this demo's bot, which is not the usual one.</summary>
    internal async Task<int> RunAsync(CancellationToken cancellation)
    {
        var account = home.Account;
        var (status, said) = await programs.RunAsync(
            programs.PathOf("notify-runner"),
            [],
            Programs.EnvironmentOf(
                ("PATH", PathWithPython()),
                ("HOME", account.Home),
                ("LOGNAME", account.Name),
                ("SHELL", "/bin/sh"),
                ("LANG", "C"),
                ("NOTIFY_BOT_SOCKET", scratch.BotSocket)
            ),
            account.Home,
            cancellation
        );
        if (status != 0)
        {
            var log = File.Exists(home.RunnerLog) ? await File.ReadAllLinesAsync(home.RunnerLog, cancellation) : [];
            story.Say($"\nnotify-runner ended with status {status}. {said}\n  {string.Join("\n  ", log.TakeLast(10))}");
        }

        return status;
    }

    /// <summary>Cron's path, and where there is no python3 in it, the folder of the one that the person uses.</summary>
    private static string PathWithPython()
    {
        static bool HasPython(string folder) => folder.StartsWith('/') && File.Exists(Path.Combine(folder, "python3"));
        if (Programs.CronPath.Split(':').Any(HasPython))
        {
            return Programs.CronPath;
        }

        var elsewhere =
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').FirstOrDefault(HasPython)
            ?? throw new DemoException(
                "There is no python3 on this machine, and the examples are Python scripts. Install it: sudo apt-get install python3 python3-matplotlib"
            );
        return $"{Programs.CronPath}:{elsewhere}";
    }

    /// <summary>Whether the Python that the runner takes can draw.</summary>
    internal async Task<bool> HasMatplotlibAsync(CancellationToken cancellation)
    {
        var own = Path.Combine(home.Account.Home, ".venv", "bin", "python");
        var python = File.Exists(own)
            ? own
            : PathWithPython().Split(':').Select(f => Path.Combine(f, "python3")).First(File.Exists);
        var (status, _) = await programs.RunAsync(
            python,
            ["-c", "import importlib.util, sys; sys.exit(importlib.util.find_spec('matplotlib') is None)"],
            Programs.EnvironmentOf(("PATH", PathWithPython()), ("HOME", home.Account.Home)),
            home.Account.Home,
            cancellation
        );
        return status == 0;
    }
}
