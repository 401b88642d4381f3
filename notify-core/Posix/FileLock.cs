using Microsoft.Win32.SafeHandles;

namespace Notify.Posix;

/// <summary>
/// A kernel lock on a file (<c>flock</c>). It binds processes as well as threads, and ends with its process. It is advisory: it
/// binds only programs that take it.
/// </summary>
public sealed class FileLock : IDisposable
{
    private readonly SafeFileHandle _file;

    private FileLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes the lock; null if another holds it. Creates a missing lock file with <paramref name="mode"/>.</summary>
    /// <exception cref="IOException">The file can't be opened or locked.</exception>
    public static FileLock? TryAcquire(string path, UnixFileMode mode = FileModes.OwnerFile)
    {
        while (true)
        {
            var file = Open(path, mode);
            if (LibC.Flock(file, LibC.LockExclusive | LibC.LockNonBlocking) == 0)
            {
                // Somebody may have deleted the file since it was opened. A lock on a nameless file would bind no later process.
                if (FileStatus.OfPath(path) is { } named && named.Inode == FileStatus.Of(file).Inode)
                {
                    return new FileLock(file);
                }

                file.Dispose();
                continue;
            }

            var wouldBlock = System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == LibC.WouldBlock;
            var reason = LibC.LastError();
            file.Dispose();
            return wouldBlock ? null : throw new IOException($"Can't lock {path}: {reason}.");
        }
    }

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();

    private static SafeFileHandle Open(string path, UnixFileMode mode)
    {
        const int Flags = LibC.OpenReadWrite | LibC.OpenNoFollow | LibC.OpenCloseOnExec;
        var descriptor = LibC.Open(path, Flags, 0);
        if (descriptor < 0)
        {
            descriptor = LibC.Open(path, Flags | LibC.OpenCreate, (uint)mode);
            if (descriptor < 0)
            {
                throw new IOException($"Can't open the lock file {path}: {LibC.LastError()}.");
            }

            // The umask may have removed rights that other writers need. Only the file's creator may and needs to restore them.
            var created = new SafeFileHandle(descriptor, ownsHandle: true);
            _ = LibC.ChangeMode(created, (uint)mode);
            return created;
        }

        return new SafeFileHandle(descriptor, ownsHandle: true);
    }
}
