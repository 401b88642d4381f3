using System.Buffers.Text;
using System.Security.Cryptography;
using Notify.Files;
using Notify.Images;
using Notify.Posix;

namespace Notify.Bot.Outbox;

/// <summary>The charts and files of the history, as files with random names in <c>private/images</c>. They are on disk before their notification.</summary>
/// <remarks>Files, not rows: a flood of them is written in parallel, and the database stays small.</remarks>
public sealed class AttachmentStore
{
    private const UnixFileMode Mode = FileModes.GroupReadFile;

    private readonly string _folder;
    private readonly TimeProvider _time;

    /// <summary>Opens the folder, or creates it with the rights of its parent.</summary>
    public AttachmentStore(string folder, TimeProvider time)
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

    /// <summary>Stores a chart durably. Creates the folder again if somebody has removed it.</summary>
    /// <exception cref="OutboxNotWritableException">The disk refused. No part of it is left.</exception>
    public Task<StoredImage> PutAsync(Stream content, ImageInfo info, CancellationToken cancellation) =>
        PutAsync(content, new StoredImage(NewId(), info), cancellation);

    /// <summary>Stores a file durably.</summary>
    /// <param name="content">Its bytes, a seekable stream.</param>
    /// <param name="name">The name for its reader, cleaned.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <exception cref="OutboxNotWritableException">The disk refused. No part of it is left.</exception>
    public Task<StoredFile> PutAsync(Stream content, string name, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(content);
        return PutAsync(content, new StoredFile(NewId(), name, content.Length), cancellation);
    }

    private async Task<T> PutAsync<T>(Stream content, T attachment, CancellationToken cancellation)
        where T : StoredAttachment
    {
        ArgumentNullException.ThrowIfNull(content);
        var path = PathOf(attachment);
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
            return attachment;
        }
        catch (Exception e)
        {
            TryRemove(attachment);
            throw e is IOException or UnauthorizedAccessException ? new OutboxNotWritableException(e.Message, e) : e;
        }
    }

    /// <summary>Opens a chart or file; null if it is gone.</summary>
    public FileStream? Open(StoredAttachment attachment)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        try
        {
            return new FileStream(
                PathOf(attachment),
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

    /// <summary>Whether two lists hold the same bytes in the same order. What is gone is the same as nothing.</summary>
    public async Task<bool> AreSameAsync(
        IReadOnlyList<StoredAttachment> one,
        IReadOnlyList<StoredAttachment> other,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        if (!one.Select(each => each.ByteLength).SequenceEqual(other.Select(each => each.ByteLength)))
        {
            return false;
        }

        foreach (var (first, second) in one.Zip(other))
        {
            if (first.Id != second.Id && await HashAsync(first) != await HashAsync(second))
            {
                return false;
            }
        }

        return true;

        async Task<string> HashAsync(StoredAttachment attachment)
        {
            await using var file = Open(attachment);
            return file is null ? "" : Convert.ToHexString(await SHA256.HashDataAsync(file, cancellation));
        }
    }

    /// <summary>Removes a chart or file, if it is there.</summary>
    /// <exception cref="IOException">It can't be removed.</exception>
    public void Remove(StoredAttachment attachment)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        try
        {
            File.Delete(PathOf(attachment));
        }
        catch (DirectoryNotFoundException)
        {
            // The folder is gone too.
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>Removes a chart or file of a notification that was not accepted. If that fails, <see cref="RetentionWorker"/> removes it later.</summary>
    public void TryRemove(StoredAttachment attachment)
    {
        try
        {
            Remove(attachment);
        }
        catch (IOException)
        {
            // The sender hears why the notification was not accepted.
        }
    }

    /// <summary>Removes charts and files that are older than the history. Their notifications were never stored, because the bot was killed before.</summary>
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
            Directory.CreateDirectory(_folder, FileModes.GroupReadFolder);
            File.SetUnixFileMode(_folder, FileModes.GroupReadFolder);
        }
    }

    private string PathOf(StoredAttachment attachment) => Path.Combine(_folder, attachment.FileName);
}
