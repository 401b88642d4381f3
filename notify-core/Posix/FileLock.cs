using Microsoft.Win32.SafeHandles;

namespace Notify.Posix;

/// <summary>
/// A lock on a file that the kernel holds (<c>flock</c>): it binds processes as well as threads, and ends with the process that
/// held it, however that ended. It is advisory: only those who ask for it obey it.
/// </summary>
public sealed class FileLock : IDisposable
{
    private readonly SafeFileHandle _file;

    private FileLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes the lock if nobody holds it; null where somebody does. Creates the lock file with <paramref name="mode"/> if it is missing.</summary>
    /// <exception cref="IOException">The file can't be opened or locked.</exception>
    public static FileLock? TryAcquire(string path, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        while (true)
        {
            var file = Open(path, mode);
            if (LibC.Flock(file, LibC.LockExclusive | LibC.LockNonBlocking) == 0)
            {
                // Somebody may have deleted the file since it was opened. A lock on a file without a name would bind nobody who comes later.
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

            // The umask may have taken rights away that another writer needs. Whoever did not create the file has no right to this, nor need of it.
            var created = new SafeFileHandle(descriptor, ownsHandle: true);
            _ = LibC.ChangeMode(created, (uint)mode);
            return created;
        }

        return new SafeFileHandle(descriptor, ownsHandle: true);
    }
}
