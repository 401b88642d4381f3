using Microsoft.Win32.SafeHandles;
using Notify.Contracts;
using Notify.Files;
using Notify.Images;

namespace Notify.Sending;

/// <summary>An open file that goes to the bot piece by piece: ten large ones would fill the memory of a program that only passes them on.</summary>
/// <remarks>It has the length that it had when it was opened. Safe to send several times.</remarks>
public sealed class UploadFile : IDisposable
{
    /// <summary>Largest file that the bot takes, in bytes.</summary>
    public const int MaxSize = SendApiLimits.File;

    /// <summary>The media type of any file.</summary>
    internal const string AnyType = "application/octet-stream";

    /// <summary>A JPEG's size stands behind its other data: so much of the beginning is read to find it.</summary>
    private const int HeaderSize = 1 << 16;

    private readonly string _path;
    private readonly SafeFileHandle _file;

    private UploadFile(string path, SafeFileHandle file, int size)
    {
        _path = path;
        _file = file;
        Size = size;
    }

    /// <summary>The name for the upload: without what a form's header can't hold, which Telegram takes out of names anyway.</summary>
    public string Name =>
        string.Concat(Path.GetFileName(_path).Select(c => c is '"' or '\\' || char.IsControl(c) ? '_' : c));

    /// <summary>Its length in bytes.</summary>
    public int Size { get; }

    /// <summary>Its type by its first bytes where it is a picture that Telegram shows; else that of any file.</summary>
    public string MediaType { get; private init; } = AnyType;

    /// <summary>Opens a file with the rights of this process.</summary>
    /// <param name="path">The file, or a symbolic link to it.</param>
    /// <exception cref="IOException">It is not there, not a regular file, too large, or can't be read.</exception>
    public static UploadFile Open(string path)
    {
        var file = RegularFile.Open(path, MaxSize, out var size);
        try
        {
            var start = new byte[Math.Min(size, HeaderSize)];
            var read = RandomAccess.Read(file, start, 0);
            return ImageInfo.Read(start.AsSpan(0, read), size) is { } info
                ? new UploadFile(path, file, size) { MediaType = info.MediaType }
                : new UploadFile(path, file, size);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();

    /// <summary>The file as a part of a form.</summary>
    internal BodyPart AsPart() => BodyPart.OfFile(Size, Read);

    private int Read(Span<byte> into, long at) =>
        RandomAccess.Read(_file, into, at) is > 0 and var count
            ? count
            : throw new UploadChangedException(
                $"{_path} became shorter while it was sent, so nothing was sent. Send it again when it is whole."
            );
}

/// <summary>A file changed while it was sent. The bot has not taken the notification.</summary>
/// <param name="message">A sentence that says what to do.</param>
public sealed class UploadChangedException(string message) : IOException(message);
