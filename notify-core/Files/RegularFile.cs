using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Notify.Posix;

namespace Notify.Files;

/// <summary>Opens regular files, and reads small ones whole. A pipe in a file's place can't hang the reader, and a huge file can't fill its memory.</summary>
public static class RegularFile
{
    /// <summary>Reads all of a file.</summary>
    /// <param name="path">The file, or a symbolic link to it.</param>
    /// <param name="maxBytes">The largest file that is read, in bytes.</param>
    /// <exception cref="FileNotFoundException">Nothing is there.</exception>
    /// <exception cref="IOException">It is not a regular file, too large, or can't be read.</exception>
    public static byte[] ReadAll(string path, int maxBytes)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Read(path, maxBytes, flags: 0) ?? throw Missing(path);
    }

    /// <summary>Opens a file, to be read in pieces.</summary>
    /// <param name="path">The file, or a symbolic link to it.</param>
    /// <param name="maxBytes">The largest file that is opened, in bytes.</param>
    /// <param name="size">Its length in bytes.</param>
    /// <exception cref="FileNotFoundException">Nothing is there.</exception>
    /// <exception cref="IOException">It is not a regular file, too large, or can't be opened.</exception>
    public static SafeFileHandle Open(string path, int maxBytes, out int size)
    {
        ArgumentNullException.ThrowIfNull(path);
        return TryOpen(path, maxBytes, flags: 0, out size) ?? throw Missing(path);
    }

    /// <summary>Reads all of a file; null if nothing is there. A symbolic link in its place is not followed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">The largest file that is read, in bytes.</param>
    /// <exception cref="IOException">It is not a regular file, too large, or can't be read.</exception>
    public static byte[]? TryReadAll(string path, int maxBytes)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Read(path, maxBytes, LibC.OpenNoFollow);
    }

    private static FileNotFoundException Missing(string path) =>
        new($"{path}: {Marshal.GetPInvokeErrorMessage(LibC.NoSuchFile)}", path);

    private static byte[]? Read(string path, int maxBytes, int flags)
    {
        using var handle = TryOpen(path, maxBytes, flags, out var size);
        if (handle is null)
        {
            return null;
        }

        using var file = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        var bytes = new byte[size];
        return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }

    private static SafeFileHandle? TryOpen(string path, int maxBytes, int flags, out int size)
    {
        size = 0;
        var descriptor = LibC.Open(path, LibC.OpenReadOnly | LibC.OpenNonBlocking | LibC.OpenCloseOnExec | flags, 0);
        if (descriptor < 0)
        {
            return Marshal.GetLastPInvokeError() == LibC.NoSuchFile
                ? null
                : throw new IOException($"{path}: {LibC.LastError()}");
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            var status = FileStatus.Of(handle);
            if (status.Kind != FileKind.Regular)
            {
                throw new IOException($"{path} is not a regular file");
            }

            if (status.Size > maxBytes)
            {
                throw new IOException(
                    string.Create(CultureInfo.InvariantCulture, $"{path} has {status.Size} bytes, more than {maxBytes}")
                );
            }

            size = (int)status.Size;
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }
}
