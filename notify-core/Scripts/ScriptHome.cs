using System.Runtime.InteropServices;
using Notify.Posix;

namespace Notify.Scripts;

/// <summary>Where a user's scripts and their states are.</summary>
/// <param name="Account">The user. The home is the account's; the environment does not count.</param>
public sealed record ScriptHome(Account Account)
{
    /// <summary>The user this process runs as.</summary>
    public static ScriptHome OfThisUser() => new(Account.Current());

    /// <summary>Working folder of the scripts.</summary>
    public string Home => Account.Home;

    /// <summary>The folder that scripts are dropped into.</summary>
    public string ScriptsFolder => Path.Combine(Home, "user", "notifications");

    /// <summary>The runner's files: <c>state/</c>, <c>logs/</c>, <c>locks/</c>.</summary>
    public string KeptFolder => Path.Combine(Home, ".notifications");

    /// <summary>One JSON file a script.</summary>
    public string StateFolder => Path.Combine(KeptFolder, "state");

    /// <summary>One lock file a script.</summary>
    public string LockFolder => Path.Combine(KeptFolder, "locks");

    /// <summary>The runner's log and the output of cron's call.</summary>
    public string LogFolder => Path.Combine(KeptFolder, "logs");

    /// <summary>What rounds did.</summary>
    public string RunnerLog => Path.Combine(LogFolder, "runner.log");

    /// <summary>The output of cron's call, if the crontab line redirects it there.</summary>
    public string CronLog => Path.Combine(LogFolder, "cron.log");

    /// <summary>One file of runs a script: <see cref="HistoryFile"/>.</summary>
    public string HistoryFolder => Path.Combine(KeptFolder, "history");

    /// <summary>The state of the scripts' folder: <see cref="FolderOutage"/>.</summary>
    internal string FolderFile => Path.Combine(KeptFolder, "folder.json");

    /// <summary>When rounds began: <see cref="RoundTimes"/>.</summary>
    public string RoundsFile => Path.Combine(KeptFolder, "rounds.json");

    /// <summary>Whether scripts have run here before. True if the state folder is unreadable.</summary>
    internal bool KnowsScripts
    {
        get
        {
            try
            {
                return Directory.EnumerateFiles(StateFolder, "*.json").Any();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return e is not DirectoryNotFoundException;
            }
        }
    }

    /// <summary>
    /// Creates missing folders for the user alone, as far as possible. A round runs without them, and reports what it
    /// could not save.
    /// </summary>
    /// <returns>Why one could not be created (a full disk, missing rights), as a sentence; null if all exist.</returns>
    public string? TryMakeFolders() => TryMake([KeptFolder, StateFolder, LockFolder, LogFolder]);

    /// <summary>The same for the folder of the history. The first run that is kept makes it.</summary>
    public string? TryMakeHistoryFolder() => TryMake([KeptFolder, HistoryFolder]);

    private static string? TryMake(ReadOnlySpan<string> folders)
    {
        foreach (var folder in folders)
        {
            if (
                !Directory.Exists(folder)
                && LibC.MakeFolder(folder, (uint)FileModes.OwnerFolder) != 0
                && Marshal.GetLastPInvokeError() != LibC.FileExists
            )
            {
                return $"Can't create the folder {folder}: {LibC.LastError()}.";
            }
        }

        return null;
    }

    /// <summary>The runs of a script, one line of JSON each.</summary>
    public string HistoryFile(ScriptName script)
    {
        ArgumentNullException.ThrowIfNull(script);
        return Path.Combine(HistoryFolder, script.Stem + ".jsonl");
    }

    internal string StateFile(ScriptName script) => Path.Combine(StateFolder, script.Stem + ".json");

    internal string LockFile(ScriptName script) => Path.Combine(LockFolder, script.Stem + ".lock");
}
