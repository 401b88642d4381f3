using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Notify.Posix;

namespace Notify.Files;

/// <summary>
/// Replaces a file in one step by new content that is already on disk beside it. Readers, also after a crash, see
/// either the whole old content or the whole new content.
/// </summary>
/// <remarks>
/// A replaced file keeps its mode, group and ACL, and its owner if the writer may give files away. A writer outside the file's
/// group can't keep the group. Then the group's rights shrink to those of others and the ACL goes:
/// narrower, never wider. A new file gets the caller's mode regardless of the umask,
/// and, written by root, its folder's owner. Costs two <c>fsync</c>: about 1 ms.
/// </remarks>
public sealed class AtomicFile : IDisposable
{
    /// <summary>The age at which an untouched temporary file counts as left behind by a killed writer.</summary>
    public static readonly TimeSpan LeftoverAge = TimeSpan.FromMinutes(10);

    private const string LeftoverPrefix = ".notify-";
    private const string LeftoverSuffix = ".tmp";

    private readonly string _path;
    private readonly SafeFileHandle _folder;
    private readonly SafeFileHandle _file;
    private readonly string _temporaryName;
    private bool _committed;

    private AtomicFile(string path, SafeFileHandle folder, SafeFileHandle file, string temporaryName)
    {
        _path = path;
        _folder = folder;
        _file = file;
        _temporaryName = temporaryName;
    }

    /// <summary>Replaces or creates <paramref name="path"/>. The content is durable on return.</summary>
    /// <param name="path">A regular file, or nothing yet. Anything else (a link, a folder) is refused and left alone.</param>
    /// <param name="content">All of the new content.</param>
    /// <param name="modeIfNew">The mode of a new file.</param>
    /// <exception cref="FileNotWrittenException">The disk is full, a right is missing, ...; the old content is intact.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content, UnixFileMode modeIfNew)
    {
        using var file = Prepare(path, content, modeIfNew);
        file.Commit();
    }

    /// <summary>
    /// Does everything that can fail for space or rights. Several prepared files can then replace their targets in quick
    /// succession with <see cref="Commit"/>. Without it <see cref="Dispose"/> removes the prepared file.
    /// </summary>
    /// <inheritdoc cref="Replace"/>
    public static AtomicFile Prepare(string path, ReadOnlySpan<byte> content, UnixFileMode modeIfNew)
    {
        path = Path.GetFullPath(path);
        var previous = FileStatus.OfPath(path, followLink: false);
        if (previous is { Kind: not FileKind.Regular })
        {
            throw new FileNotWrittenException(
                path,
                "something that is not a regular file is in its place; move it away"
            );
        }

        var folder = OpenFolder(path);
        AtomicFile? file = null;
        try
        {
            file = Create(path, folder);
            file.Write(content);
            file.TakeOver(previous, modeIfNew);
            if (LibC.Fsync(file._file) != 0)
            {
                throw FileNotWrittenException.LastError(path);
            }

            return file;
        }
        catch (IOException exception)
        {
            if (file is null)
            {
                folder.Dispose();
            }

            file?.Dispose();
            throw exception as FileNotWrittenException
                ?? new FileNotWrittenException(path, exception.Message.TrimEnd('.'), exception);
        }
    }

    /// <summary>Why a folder takes no files now, found by writing and removing a page of content; null if it does.</summary>
    public static FileNotWrittenException? WhyNot(string folder)
    {
        var path = Path.Combine(Path.GetFullPath(folder), "a file");
        try
        {
            using var handle = OpenFolder(path);
            using var file = Create(path, handle);
            file.Write(stackalloc byte[4096]);
            return null;
        }
        catch (FileNotWrittenException exception)
        {
            return exception;
        }
    }

    /// <summary>The prepared file's status. Its inode stays the same after <see cref="Commit"/>.</summary>
    internal FileStatus Status => FileStatus.Of(_file);

    /// <summary>Replaces the target durably.</summary>
    /// <exception cref="FileNotWrittenException">The kernel refused. Unless the text says otherwise, the old content is intact.</exception>
    public void Commit()
    {
        if (LibC.RenameAt(_folder, _temporaryName, _folder, Path.GetFileName(_path)) != 0)
        {
            throw FileNotWrittenException.LastError(_path);
        }

        _committed = true;
        if (LibC.Fsync(_folder) != 0 && Marshal.GetLastPInvokeError() != LibC.InvalidArgument)
        {
            throw new FileNotWrittenException(
                _path,
                $"the new content is there, but may not survive a power failure ({LibC.LastError()})"
            );
        }
    }

    /// <summary>Removes the temporary file, unless it was committed.</summary>
    public void Dispose()
    {
        if (!_committed && !_folder.IsClosed)
        {
            _ = LibC.UnlinkAt(_folder, _temporaryName, 0);
        }

        _file.Dispose();
        _folder.Dispose();
    }

    /// <summary>Removes leftovers of killed writers from a folder: own temporary files older than <see cref="LeftoverAge"/>.</summary>
    /// <returns>The number of removed files. Others only take space.</returns>
    public static int RemoveLeftovers(string folder, TimeProvider time)
    {
        var removed = 0;
        try
        {
            foreach (
                var path in Directory.EnumerateFiles(
                    folder,
                    LeftoverPrefix + "*" + LeftoverSuffix,
                    new EnumerationOptions { AttributesToSkip = FileAttributes.None }
                )
            )
            {
                var isOwn = Path.GetFileName(path).Length == LeftoverPrefix.Length + 32 + LeftoverSuffix.Length;
                if (
                    isOwn
                    && FileStatus.OfPath(path, followLink: false) is { Kind: FileKind.Regular } status
                    && time.GetUtcNow() - DateTimeOffset.UnixEpoch.AddTicks(status.ModifiedNanoseconds / 100)
                        > LeftoverAge
                )
                {
                    File.Delete(path);
                    removed++;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Tidying up must not stop the real work. The next call tries again.
        }

        return removed;
    }

    private static SafeFileHandle OpenFolder(string path)
    {
        var folder = Path.GetDirectoryName(path) ?? throw new FileNotWrittenException(path, "it is a folder");
        var descriptor = LibC.Open(folder, LibC.OpenReadOnly | LibC.OpenDirectory | LibC.OpenCloseOnExec, 0);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw FileNotWrittenException.LastError(path, "can't open its folder: ");
    }

    private static AtomicFile Create(string path, SafeFileHandle folder)
    {
        // The name can't be guessed, and an existing file is never opened, so nobody can plant a link. (A Guid's random bits
        // come from the kernel's generator too; RandomNumberGenerator would load OpenSSL, which costs a short-lived program 5 ms.)
        var name = LeftoverPrefix + Guid.NewGuid().ToString("N") + LeftoverSuffix;
        const int Flags =
            LibC.OpenWriteOnly | LibC.OpenCreate | LibC.OpenExclusive | LibC.OpenNoFollow | LibC.OpenCloseOnExec;
        var descriptor = LibC.OpenAt(folder, name, Flags, (uint)FileModes.OwnerFile);
        return descriptor >= 0
            ? new AtomicFile(path, folder, new SafeFileHandle(descriptor, ownsHandle: true), name)
            : throw FileNotWrittenException.LastError(path, "can't make a file in its folder: ");
    }

    private unsafe void Write(ReadOnlySpan<byte> content)
    {
        fixed (byte* start = content)
        {
            for (var written = 0; written < content.Length; )
            {
                var count = LibC.Write(_file, start + written, (nuint)(content.Length - written));
                if (count >= 0)
                {
                    written += (int)count;
                }
                else if (Marshal.GetLastPInvokeError() != LibC.Interrupted)
                {
                    throw FileNotWrittenException.LastError(_path);
                }
            }
        }
    }

    private void TakeOver(FileStatus? previous, UnixFileMode modeIfNew)
    {
        if (previous is not { } old)
        {
            if (Account.EffectiveUid == 0 && FileStatus.Of(_folder).Uid is var owner and not 0)
            {
                // A file that root creates in a service's folder belongs to the service.
                _ = LibC.ChangeOwner(_file, owner, uint.MaxValue);
            }

            SetMode(modeIfNew);
            return;
        }

        var own = FileStatus.Of(_file);
        if (own.Gid != old.Gid && LibC.ChangeOwner(_file, uint.MaxValue, old.Gid) != 0)
        {
            AccessControlList.Clear(_file);
            var others = (uint)(old.Mode & FileModes.Others);
            SetMode((old.Mode & FileModes.OwnerFolder) | (UnixFileMode)((others << 3) | others));
            return;
        }

        if (own.Uid != old.Uid)
        {
            // Only root may do this. Otherwise the file belongs to its last writer.
            _ = LibC.ChangeOwner(_file, old.Uid, uint.MaxValue);
        }

        if (AccessControlList.Blob(_path) is { } acl)
        {
            AccessControlList.Put(_file, acl);
        }
        else
        {
            AccessControlList.Clear(_file);
        }

        SetMode(old.Mode);
    }

    private void SetMode(UnixFileMode mode)
    {
        if (LibC.ChangeMode(_file, (uint)mode) != 0)
        {
            throw new FileNotWrittenException(_path, LibC.LastError());
        }
    }
}

/// <summary>A file could not be replaced.</summary>
/// <param name="path">The file.</param>
/// <param name="reason">Why, without a full stop, such as <c>No space left on device</c>.</param>
/// <param name="inner">The cause, if any.</param>
public sealed class FileNotWrittenException(string path, string reason, Exception? inner = null)
    : IOException($"Can't write {path}: {reason}.", inner)
{
    /// <summary>The file.</summary>
    public string FilePath { get; } = path;

    /// <summary>Why, without a full stop.</summary>
    public string Reason { get; } = reason;

    /// <summary>The kernel's error number; 0 for another cause.</summary>
    public int ErrorNumber { get; private init; }

    /// <summary>The kernel refused the last call.</summary>
    internal static FileNotWrittenException LastError(string path, string before = "")
    {
        var number = Marshal.GetLastPInvokeError();
        return new FileNotWrittenException(path, before + LibC.LastError()) { ErrorNumber = number };
    }
}
