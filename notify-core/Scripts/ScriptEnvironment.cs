using System.Collections;
using Notify.Posix;

namespace Notify.Scripts;

/// <summary>A script's Python and environment.</summary>
internal static class ScriptEnvironment
{
    private const string CronPath = "/usr/bin:/bin";

    /// <summary>
    /// Variables that scripts never get. If the bot runs as the scripts' user, as in the demo, its secrets are in the environment.
    /// systemd's variables for a service are not for its grandchildren either.
    /// </summary>
    private static readonly string[] Withheld =
    [
        "TELEGRAM_BOT_TOKEN",
        "GOOGLE_CLIENT_SECRET",
        "NOTIFY_JWT_SECRET",
        "NOTIFY_JWT_SECRET_PREVIOUS",
        "NOTIFY_SOCKET",
        "LISTEN_PID",
        "LISTEN_FDS",
        "LISTEN_FDNAMES",
        "WATCHDOG_PID",
        "WATCHDOG_USEC",
        "OLDPWD",
    ];

    /// <summary>This process's environment, corrected for scripts.</summary>
    /// <param name="home">Whose script it is.</param>
    /// <param name="crontab">Variables of the user's crontab, unless cron has set them.</param>
    internal static Dictionary<string, string> For(ScriptHome home, IReadOnlyDictionary<string, string> crontab)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            environment[(string)variable.Key] = (string?)variable.Value ?? "";
        }

        if (environment.ContainsKey("SUDO_USER"))
        {
            // Run for the bot through sudo, whose variables differ from cron's. A script that works from cron must work here.
            foreach (
                var name in environment
                    .Keys.Where(name => name.StartsWith("SUDO_", StringComparison.Ordinal) || name is "TERM" or "MAIL")
                    .ToList()
            )
            {
                environment.Remove(name);
            }

            environment["PATH"] = CronPath;
            environment["SHELL"] = "/bin/sh";
        }

        foreach (var (name, value) in crontab)
        {
            environment[name] = value;
        }

        foreach (var name in Withheld)
        {
            environment.Remove(name);
        }

        environment["HOME"] = environment["PWD"] = home.Home;
        environment["USER"] = environment["LOGNAME"] = home.Account.Name;
        environment.TryAdd("PATH", CronPath);
        environment["MPLBACKEND"] = "Agg";
        if (!environment.ContainsKey("MPLCONFIGDIR"))
        {
            // An analyst's matplotlibrc counts. Without one, uses a lasting folder: its font cache takes seconds to build.
            var own = Path.Combine(home.Home, ".config", "matplotlib");
            environment["MPLCONFIGDIR"] = Directory.Exists(own) ? own : Path.Combine(home.KeptFolder, "matplotlib");
        }

        environment["PYTHONUNBUFFERED"] = "1";
        environment["PYTHONUTF8"] = "1";
        environment["PYTHONIOENCODING"] = "utf-8:surrogateescape";
        return environment;
    }

    /// <summary>The Python: the user's virtual environment if there is one, else the first <c>python3</c> of the path.</summary>
    /// <param name="home">Whose scripts.</param>
    /// <param name="modes">Checks that only the user can change a Python.</param>
    /// <param name="path">The <c>PATH</c>.</param>
    /// <param name="problem">Why there is none, as a sentence.</param>
    internal static string? FindPython(ScriptHome home, StrictModes modes, string path, out string? problem)
    {
        var own = Path.Combine(home.Home, ".venv", "bin", "python");
        if (FileStatus.OfPath(own, followLink: false) is not null)
        {
            problem =
                Objection(modes, own)
                ?? (
                    IsProgram(own)
                        ? null
                        : $"{own} exists, but its Python is missing or not executable. Create the virtual environment again, or remove ~/.venv to use the system's python3."
                );
            return problem is null ? own : null;
        }

        foreach (var folder in path.Split(':'))
        {
            // A relative folder depends on where the program was started.
            if (folder.StartsWith('/') && Path.Combine(folder, "python3") is var candidate && IsProgram(candidate))
            {
                problem = Objection(modes, candidate);
                return problem is null ? candidate : null;
            }
        }

        problem = $"There is no python3 in {path} and no ~/.venv/bin/python.";
        return null;
    }

    private static string? Objection(StrictModes modes, string python) =>
        modes.OfProgram(python) is { } open ? $"{python} is not started: {open}." : null;

    private static bool IsProgram(string path) =>
        FileStatus.OfPath(path) is { Kind: FileKind.Regular } && LibC.MayAccess(path, LibC.AccessExecute) == 0;
}
