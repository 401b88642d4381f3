using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Notify.Posix;

namespace Notify.Scripts;

/// <summary>
/// The exclusive right to run a script, from before its start to after its end. It is a kernel lock (an open
/// file description lock), so a killed round can't leave it behind, and the script does not inherit it.
/// </summary>
/// <remarks>
/// If the lock file can't be opened (a full disk, a folder of root's), the script's own file is locked. If that is unreadable too, the
/// script runs without a lock: an alert must not be lost for it, and the time limit ends what hangs.
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

    /// <summary>The script.</summary>
    public ScriptName Script { get; }

    /// <summary>Why its lock file is unusable, as a sentence; null if it was used.</summary>
    public string? Problem { get; }

    /// <summary>Takes the lock; null if another process has it.</summary>
    /// <exception cref="IOException">The lock file can't be locked.</exception>
    public static ScriptLock? TryAcquire(ScriptHome home, ScriptName script)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(script);
        var path = home.LockFile(script);
        const int Flags =
            LibC.OpenReadWrite | LibC.OpenCreate | LibC.OpenNoFollow | LibC.OpenNonBlocking | LibC.OpenCloseOnExec;
        var descriptor = LibC.Open(path, Flags, (uint)FileModes.OwnerFile);
        if (descriptor < 0)
        {
            return TryAcquireScript(home, script, $"The lock file {path} can't be used: {LibC.LastError()}.");
        }

        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        if (FileStatus.Of(file).Kind != FileKind.Regular)
        {
            file.Dispose();
            return TryAcquireScript(
                home,
                script,
                $"The lock file {path} is not a regular file. Move it away: mv {path} {path}.old"
            );
        }

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

        // Only the user's own file: several users may link to one script, and would wait for each other.
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

    /// <summary>Whether a process holds the lock now. Takes nothing, so it does not disturb a start.</summary>
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

    /// <summary>Records the starting process, for <see cref="EndOrphan"/> of the next round if this one is killed.</summary>
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
            // A full disk, or a file size limit, which .NET reports as a wrong argument. The script runs anyway: only EndOrphan needs the record.
        }
    }

    /// <summary>
    /// Ends a script that a killed round left running: it has no time limit any more, and would run beside the new one.
    /// True if there was one.
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

    /// <summary>Frees the lock.</summary>
    public void Dispose() => _file?.Dispose();
}
