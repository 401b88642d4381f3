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

    /// <summary>Makes the folders that are missing, for the user alone.</summary>
    /// <exception cref="IOException">A folder can't be made: a full disk, no right to.</exception>
    public void MakeFolders()
    {
        foreach (var folder in (ReadOnlySpan<string>)[KeptFolder, StateFolder, LockFolder, LogFolder])
        {
            if (!Directory.Exists(folder) && LibC.MakeFolder(folder, OwnerOnly) != 0 && Marshal.GetLastPInvokeError() != LibC.FileExists)
            {
                throw new IOException($"Can't make the folder {folder}: {LibC.LastError()}.");
            }
        }
    }

    internal string StateFile(ScriptName script) => Path.Combine(StateFolder, script.Stem + ".json");

    internal string LockFile(ScriptName script) => Path.Combine(LockFolder, script.Stem + ".lock");
}
