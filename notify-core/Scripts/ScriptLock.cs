using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Notify.Posix;

namespace Notify.Scripts;

/// <summary>
/// The right to run a script: one process at a time has it, from before the start to after the end. The kernel holds it (an open
/// file description lock), so a round that was killed can't leave it behind, and the script does not inherit it.
/// </summary>
/// <remarks>
/// Where its file can't be opened (a full disk, a folder of root's) the script's own file is locked instead, and where that can't be read either the
/// script runs without: an alert must not be lost for a lock, and the time limit ends what hangs.
/// </remarks>
public sealed class ScriptLock : IDisposable
{
    private readonly SafeFileHandle? _file;
    private readonly bool _isOwnFile;

    private ScriptLock(SafeFileHandle? file, ScriptName script, string? problem = null)
    {
        _file = file;
        _isOwnFile = problem is null;
        Script = script;
        Problem = problem;
    }

    /// <summary>The script it is about.</summary>
    public ScriptName Script { get; }

    /// <summary>Why its lock file could not be used, as a sentence; null where it was.</summary>
    public string? Problem { get; }

    /// <summary>Takes the right if nobody has it; null where somebody does.</summary>
    /// <exception cref="IOException">The lock file can't be locked.</exception>
    public static ScriptLock? TryAcquire(ScriptHome home, ScriptName script)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(script);
        var path = home.LockFile(script);
        const int Flags =
            LibC.OpenReadWrite | LibC.OpenCreate | LibC.OpenNoFollow | LibC.OpenNonBlocking | LibC.OpenCloseOnExec;
        var descriptor = LibC.Open(
            path,
            Flags,
            0x180 /* 0600 */
        );
        if (descriptor < 0)
        {
            return TryAcquireScript(home, script, $"The lock file {path} can't be used: {LibC.LastError()}.");
        }

        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        var whole = new LibC.LockRange { Type = LibC.LockRangeWrite };
        if (LibC.FileControl(file, LibC.SetOpenFileLock, ref whole) == 0)
        {
            return new ScriptLock(file, script);
        }

        var (held, reason) = (
            Marshal.GetLastPInvokeError() is LibC.WouldBlock or LibC.PermissionDenied,
            LibC.LastError()
        );
        file.Dispose();
        return held ? null : throw new IOException($"Can't lock {path}: {reason}.");
    }

    private static ScriptLock? TryAcquireScript(ScriptHome home, ScriptName script, string problem)
    {
        var descriptor = LibC.Open(
            Path.Combine(home.ScriptsFolder, script.Value),
            LibC.OpenReadOnly | LibC.OpenNonBlocking | LibC.OpenCloseOnExec,
            0
        );
        if (descriptor < 0)
        {
            return new ScriptLock(null, script, problem);
        }

        // Only one's own: a script that several users link to would make them wait for each other.
        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        if (FileStatus.Of(file).Uid != home.Account.Uid)
        {
            file.Dispose();
            return new ScriptLock(null, script, problem);
        }

        if (
            LibC.Flock(file, LibC.LockExclusive | LibC.LockNonBlocking) == 0
            || Marshal.GetLastPInvokeError() != LibC.WouldBlock
        )
        {
            return new ScriptLock(file, script, problem);
        }

        file.Dispose();
        return null;
    }

    /// <summary>Whether somebody has the right at this moment. Only looks: a starter at the same instant is not disturbed.</summary>
    public static bool IsHeld(ScriptHome home, ScriptName script)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(script);
        var descriptor = LibC.Open(
            home.LockFile(script),
            LibC.OpenReadOnly | LibC.OpenNoFollow | LibC.OpenNonBlocking | LibC.OpenCloseOnExec,
            0
        );
        if (descriptor < 0)
        {
            return false;
        }

        using var file = new SafeFileHandle(descriptor, ownsHandle: true);
        var whole = new LibC.LockRange { Type = LibC.LockRangeWrite };
        return LibC.FileControl(file, LibC.GetOpenFileLock, ref whole) == 0 && whole.Type != LibC.LockRangeNone;
    }

    /// <summary>Writes down which process is about to run, for <see cref="EndOrphan"/> of the next round, should this one be killed.</summary>
    internal void Record(int leader, string mark)
    {
        if (!_isOwnFile)
        {
            return;
        }

        try
        {
            RandomAccess.Write(
                _file!,
                Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{leader, -10} {mark}\n")),
                0
            );
        }
        catch (Exception e) when (e is IOException or ArgumentOutOfRangeException)
        {
            // A full disk, or a limit on the size of files, which .NET takes for a wrong argument. The script is running, and that it could not be ended after a kill of this round is no reason to end it now.
        }
    }

    /// <summary>
    /// Ends a script whose round was killed and so could not end it: it has no time limit any more, and would run beside the new one.
    /// True where there was one.
    /// </summary>
    internal bool EndOrphan()
    {
        if (!_isOwnFile)
        {
            return false;
        }

        var bytes = new byte[200];
        var text = Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(_file!, bytes, 0));
        var parts = text.Split(' ', 2, StringSplitOptions.TrimEntries);
        return parts.Length == 2
            && parts[1].Length > 0
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var leader)
            && ProcessTree.KillMarkedSession(leader, parts[1]);
    }

    /// <summary>Gives the right back.</summary>
    public void Dispose() => _file?.Dispose();
}
