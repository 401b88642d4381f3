using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Notify.Posix;
using Notify.Text;

namespace Notify.Scripts;

/// <summary>Opens the charts and files that a script names. This process has only the user's own rights, so it follows symbolic links.</summary>
internal static class ScriptAttachment
{
    /// <summary>Opens a regular file.</summary>
    /// <param name="path">The path as the script gave it.</param>
    /// <param name="maxSize">Largest file, in bytes.</param>
    /// <param name="notAbsolute">The sentence for a path that is not absolute.</param>
    /// <param name="size">Its size in bytes.</param>
    /// <param name="problem">Why there is none, as the end of a sentence.</param>
    /// <returns>The open file; null if there is none.</returns>
    internal static SafeFileHandle? Open(
        string path,
        int maxSize,
        string notAbsolute,
        out long size,
        out string? problem
    )
    {
        size = 0;
        if (!path.StartsWith('/') || path.Contains('\0', StringComparison.Ordinal))
        {
            problem = notAbsolute;
            return null;
        }

        // Non-blocking: opening a pipe without a writer would wait for ever.
        var descriptor = LibC.Open(path, LibC.OpenReadOnly | LibC.OpenNonBlocking | LibC.OpenCloseOnExec, 0);
        if (descriptor < 0)
        {
            problem =
                Marshal.GetLastPInvokeError() == LibC.NoSuchFile
                    ? $"there is no file {SafeText.Quoted(path)}"
                    : $"{SafeText.Quoted(path)} can't be opened ({LibC.LastError()})";
            return null;
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        var status = FileStatus.Of(handle);
        problem =
            status.Kind != FileKind.Regular ? $"{SafeText.Quoted(path)} is not a regular file"
            : status.Size > maxSize
                ? $"{SafeText.Quoted(path)} has {status.Size / 1_000_000} MB, over Telegram's limit of {maxSize / 1_000_000} MB"
            : null;
        if (problem is null)
        {
            size = status.Size;
            return handle;
        }

        handle.Dispose();
        return null;
    }
}
