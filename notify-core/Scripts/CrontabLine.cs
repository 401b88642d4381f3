namespace Notify.Scripts;

/// <summary>The line that lets cron run a user's scripts. Documents, pages and programs show this one.</summary>
public static class CrontabLine
{
    /// <summary>
    /// A round every five minutes. It names the installed program with its whole path, since cron's own path does not reach it, and redirects
    /// nothing: the runner keeps its own log, and a shell that can't write a log starts no program.
    /// </summary>
    public const string EveryFiveMinutes = "*/5 * * * * /usr/local/bin/notify-runner";
}
