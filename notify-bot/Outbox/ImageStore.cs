using System.Buffers.Text;
using System.Security.Cryptography;
using Notify.Files;
using Notify.Images;

namespace Notify.Bot.Outbox;

/// <summary>The charts of the history, as files with random names in <c>private/images</c>. A chart is on disk before its notification is.</summary>
/// <remarks>Files rather than rows: in a flood of charts they are written side by side, and the database does not grow by them.</remarks>
public sealed class ImageStore
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    private readonly string _folder;
    private readonly TimeProvider _time;

    /// <summary>Opens the folder, or makes it, with the rights of the one it lies in.</summary>
    public ImageStore(string folder, TimeProvider time)
    {
        _folder = folder;
        _time = time;
        MakeFolder();
    }

    /// <summary>A random name of 22 base64url characters.</summary>
    public static string NewId()
    {
        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random);
        return Base64Url.EncodeToString(random);
    }

    /// <summary>Stores a chart durably; in a new folder where somebody has taken the folder away.</summary>
    /// <exception cref="OutboxNotWritableException">It could not be stored; nothing of it is left.</exception>
    public async Task<StoredImage> PutAsync(Stream content, ImageInfo info, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(content);
        var image = new StoredImage(NewId(), info);
        var path = PathOf(image);
        try
        {
            MakeFolder();
            content.Position = 0;
            await using (
                var file = new FileStream(
                    path,
                    new FileStreamOptions
                    {
                        Mode = FileMode.CreateNew,
                        Access = FileAccess.Write,
                        BufferSize = 0,
                        UnixCreateMode = Mode,
                    }
                )
            )
            {
                await content.CopyToAsync(file, 256 * 1024, cancellation);
#pragma warning disable CA1849 // Only the synchronous one reaches the disk.
                file.Flush(flushToDisk: true);
#pragma warning restore CA1849
            }

            FolderSync.Flush(_folder);
            return image;
        }
        catch (Exception e)
        {
            TryRemove(image);
            throw e is IOException or UnauthorizedAccessException ? new OutboxNotWritableException(e.Message, e) : e;
        }
    }

    /// <summary>Opens a chart; null where it is no longer kept.</summary>
    public FileStream? Open(StoredImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        try
        {
            return new FileStream(
                PathOf(image),
                FileMode.Open,
                FileAccess.Read,
                FileShare.Read,
                bufferSize: 0,
                useAsync: false
            );
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Takes a chart away, if it is there.</summary>
    /// <exception cref="IOException">It can't be.</exception>
    public void Remove(StoredImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        try
        {
            File.Delete(PathOf(image));
        }
        catch (DirectoryNotFoundException)
        {
            // Nor is the folder.
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>Takes away a chart whose notification was not accepted. What can't be taken away now goes with what is older than the history.</summary>
    public void TryRemove(StoredImage image)
    {
        try
        {
            Remove(image);
        }
        catch (IOException)
        {
            // The sender is told why it was not accepted, not this.
        }
    }

    /// <summary>Takes away what is older than the history: charts whose notification was never stored, since the bot was killed in between.</summary>
    public void RemoveOlderThan(TimeSpan age)
    {
        var before = _time.GetUtcNow() - age;
        MakeFolder();
        foreach (
            var file in new DirectoryInfo(_folder).EnumerateFiles().Where(f => f.LastWriteTimeUtc < before.UtcDateTime)
        )
        {
            file.Delete();
        }
    }

    private void MakeFolder()
    {
        if (!Directory.Exists(_folder))
        {
            Directory.CreateDirectory(_folder, Hosting.DataFolder.PrivateMode);
            File.SetUnixFileMode(_folder, Hosting.DataFolder.PrivateMode);
        }
    }

    private string PathOf(StoredImage image) => Path.Combine(_folder, image.Id + image.Info.Extension);
}
