using Microsoft.Win32.SafeHandles;
using Notify.Contracts;
using Notify.Files;
using Notify.Text;

namespace Notify.Scripts;

/// <summary>A file that a script sends, opened as the user. It is read while it is sent, since several can have 500 MB.</summary>
/// <param name="Name">Its name for the reader, cleaned.</param>
/// <param name="Length">Its size in bytes when it was opened.</param>
/// <param name="Handle">The open file. Its finalizer closes it with the run.</param>
public sealed record ScriptFile(string Name, long Length, SafeFileHandle Handle)
{
    /// <summary>Opens a file. Follows symbolic links, because this process has only the user's own rights.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="problem">Why there is no file, as the end of "No file: ...".</param>
    public static ScriptFile? Open(string path, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(path);
        var handle = ScriptAttachment.Open(
            path,
            SendApiLimits.File,
            $"files must hold absolute paths, but holds {SafeText.Quoted(path)}",
            out var size,
            out problem
        );
        return handle is null ? null : new ScriptFile(AttachmentName.Clean(path), size, handle);
    }

    /// <summary>Reads the whole file.</summary>
    /// <exception cref="IOException">It can't be read, or has become shorter.</exception>
    public byte[] ReadAll()
    {
        var bytes = new byte[Length];
        for (var at = 0; at < bytes.Length; )
        {
            at += Read(bytes.AsSpan(at), at);
        }

        return bytes;
    }

    /// <summary>Reads a part of it, at least one byte.</summary>
    /// <exception cref="IOException">It can't be read, or has become shorter.</exception>
    internal int Read(Span<byte> into, long at) =>
        RandomAccess.Read(Handle, into, at) is > 0 and var count
            ? count
            : throw new IOException($"The file {Name} became shorter while it was sent.");
}
