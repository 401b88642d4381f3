using Microsoft.Win32.SafeHandles;
using Notify.Contracts;
using Notify.Images;
using Notify.Text;

namespace Notify.Scripts;

/// <summary>A chart that a script left on disk, read as the user.</summary>
/// <param name="Info">Its type, by its first bytes; the file name does not count.</param>
/// <param name="Bytes">The whole file.</param>
public sealed record ChartFile(ImageInfo Info, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The path, as the script gave it.</summary>
    public string Path { get; init; } = "";

    /// <summary>Largest chart that the bot takes, in bytes.</summary>
    public const int MaxSize = SendApiLimits.Photo;

    /// <summary>Its type in JSON: <c>png</c> or <c>jpeg</c>.</summary>
    public string TypeName => Info.Kind == ImageKind.Png ? "png" : "jpeg";

    /// <summary>A name for the upload, never the script's: quotes and non-ASCII letters break form uploads.</summary>
    public string UploadName => "chart" + Info.Extension;

    /// <summary>Reads the chart at a path. Follows symbolic links, because this process has only the user's own rights.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="problem">Why there is no chart, as the end of "No chart: ...".</param>
    public static ChartFile? Read(string path, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            using var file = ScriptAttachment.Open(
                path,
                MaxSize,
                $"image_path must be an absolute path, but is {SafeText.Quoted(path)}",
                out var size,
                out problem
            );
            return file is null ? null : Read(file, size, path, out problem);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = $"{SafeText.Quoted(path)} can't be read ({e.Message})";
            return null;
        }
    }

    private static ChartFile? Read(SafeFileHandle file, long size, string path, out string? problem)
    {
        var bytes = new byte[size];
        var read = 0;
        while (read < bytes.Length && RandomAccess.Read(file, bytes.AsSpan(read), read) is > 0 and var count)
        {
            read += count;
        }

        // A file that shrinks meanwhile ends early.
        var content = bytes.AsMemory(0, read);
        var info = ImageInfo.Read(content.Span);
        problem = info is null
            ? $"{SafeText.Quoted(path)} is {(read == 0 ? "empty" : "neither a PNG nor a JPEG")}"
            : null;
        return info is null ? null : new ChartFile(info.Value, content) { Path = path };
    }
}
