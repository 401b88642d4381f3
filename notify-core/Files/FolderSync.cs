using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Notify.Posix;

namespace Notify.Files;

/// <summary>Makes the names in a folder durable: a synced new file can still lack its name after a power cut.</summary>
public static class FolderSync
{
    /// <summary>Flushes a folder to disk (<c>fsync</c>).</summary>
    /// <exception cref="FileNotWrittenException">The kernel refused.</exception>
    public static void Flush(string folder)
    {
        using var handle = new SafeFileHandle(
            LibC.Open(folder, LibC.OpenReadOnly | LibC.OpenDirectory | LibC.OpenCloseOnExec, 0),
            ownsHandle: true
        );

        // Some file systems can't sync a folder and need not be asked to (EINVAL).
        if (handle.IsInvalid || (LibC.Fsync(handle) != 0 && Marshal.GetLastPInvokeError() != LibC.InvalidArgument))
        {
            throw new FileNotWrittenException(folder, LibC.LastError());
        }
    }
}
