using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Notify.Images;
using Notify.Posix;
using Notify.Sending;

namespace Notify.Scripts;

/// <summary>A chart that a script left on disk, read by the user it belongs to.</summary>
/// <param name="Info">What it is, by its first bytes; the name's ending does not count.</param>
/// <param name="Bytes">The whole file.</param>
public sealed record ChartFile(ImageInfo Info, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Largest chart in bytes: what the bot takes.</summary>
    public const int MaxSize = SendApiLimits.Photo;

    /// <summary>The word for what it is in JSON: <c>png</c> or <c>jpeg</c>.</summary>
    public string TypeName => Info.Kind == ImageKind.Png ? "png" : "jpeg";

    /// <summary>A name for the upload. Never the script's own: quotes and letters beyond ASCII in it break form uploads.</summary>
    public string UploadName => "chart" + Info.Extension;

    /// <summary>Reads the chart at a path. A symbolic link is followed, since all happens with the rights of the user whose link it is.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="problem">Why there is no chart, as the end of the sentence "No chart: ...".</param>
    public static ChartFile? Read(string path, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!path.StartsWith('/') || path.Contains('\0', StringComparison.Ordinal))
        {
            problem = $"image_path must be an absolute path, but is {SafeText.Quoted(path)}";
            return null;
        }

        // Non-blocking: the open of a pipe without a writer would wait for ever.
        var descriptor = LibC.Open(path, LibC.OpenReadOnly | LibC.OpenNonBlocking | LibC.OpenCloseOnExec, 0);
        if (descriptor < 0)
        {
            problem =
                Marshal.GetLastPInvokeError() == LibC.NoSuchFile
                    ? $"there is no file {SafeText.Quoted(path)}"
                    : $"{SafeText.Quoted(path)} can't be opened ({LibC.LastError()})";
            return null;
        }

        using var file = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            return Read(file, path, out problem);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = $"{SafeText.Quoted(path)} can't be read ({e.Message})";
            return null;
        }
    }

    private static ChartFile? Read(SafeFileHandle file, string path, out string? problem)
    {
        var status = FileStatus.Of(file);
        if (status.Kind != FileKind.Regular)
        {
            problem = $"{SafeText.Quoted(path)} is not a regular file";
            return null;
        }

        if (status.Size > MaxSize)
        {
            problem =
                $"{SafeText.Quoted(path)} has {status.Size / 1_000_000} MB, more than the {MaxSize / 1_000_000} MB that Telegram takes";
            return null;
        }

        var bytes = new byte[status.Size];
        var read = 0;
        while (read < bytes.Length && RandomAccess.Read(file, bytes.AsSpan(read), read) is > 0 and var count)
        {
            read += count;
        }

        // A file that shrinks while it is read is cut off where it ends now.
        var content = bytes.AsMemory(0, read);
        var info = ImageInfo.Read(content.Span);
        problem = info is null
            ? $"{SafeText.Quoted(path)} is {(read == 0 ? "empty" : "neither a PNG nor a JPEG")}"
            : null;
        return info is null ? null : new ChartFile(info.Value, content);
    }
}
