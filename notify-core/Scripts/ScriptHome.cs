using System.Runtime.InteropServices;
using Notify.Posix;

namespace Notify.Scripts;

/// <summary>Where a user's scripts are and what is kept about them (specification, section 3).</summary>
/// <param name="Account">The user. The home is what the account says; the environment may say something else or nothing.</param>
public sealed record ScriptHome(Account Account)
{
    private const uint OwnerOnly = 0x1C0; // 0700

    /// <summary>The user this process runs as.</summary>
    public static ScriptHome OfThisUser() => new(Account.Current());

    /// <summary>Working folder of the scripts.</summary>
    public string Home => Account.Home;

    /// <summary>The folder that scripts are dropped into.</summary>
    public string ScriptsFolder => Path.Combine(Home, "user", "notifications");

    /// <summary>What is kept about scripts: <c>state/</c>, <c>logs/</c>, <c>locks/</c>.</summary>
    public string KeptFolder => Path.Combine(Home, ".notifications");

    /// <summary>One JSON file a script.</summary>
    public string StateFolder => Path.Combine(KeptFolder, "state");

    /// <summary>One lock file a script.</summary>
    public string LockFolder => Path.Combine(KeptFolder, "locks");

    /// <summary>The runner's log and the output of cron's call.</summary>
    public string LogFolder => Path.Combine(KeptFolder, "logs");

    /// <summary>What rounds did.</summary>
    public string RunnerLog => Path.Combine(LogFolder, "runner.log");

    /// <summary>What cron's call printed, where the crontab line sends it there.</summary>
    public string CronLog => Path.Combine(LogFolder, "cron.log");

    /// <summary>What is kept about the folder of the scripts: <see cref="FolderOutage"/>.</summary>
    internal string FolderFile => Path.Combine(KeptFolder, "folder.json");

    /// <summary>Whether scripts have run here before. A state that can't be looked at may hold some.</summary>
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
    /// Makes the folders that are missing, for the user alone, as far as that is possible: a round goes on without them, and says what it
    /// could not keep.
    /// </summary>
    /// <returns>Why one could not be made (a full disk, no right to), as a sentence; null where all are there.</returns>
    public string? TryMakeFolders()
    {
        foreach (var folder in (ReadOnlySpan<string>)[KeptFolder, StateFolder, LockFolder, LogFolder])
        {
            if (
                !Directory.Exists(folder)
                && LibC.MakeFolder(folder, OwnerOnly) != 0
                && Marshal.GetLastPInvokeError() != LibC.FileExists
            )
            {
                return $"Can't make the folder {folder}: {LibC.LastError()}.";
            }
        }

        return null;
    }

    internal string StateFile(ScriptName script) => Path.Combine(StateFolder, script.Stem + ".json");

    internal string LockFile(ScriptName script) => Path.Combine(LockFolder, script.Stem + ".lock");
}
