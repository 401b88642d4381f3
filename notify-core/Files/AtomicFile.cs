using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Notify.Posix;

namespace Notify.Files;

/// <summary>
/// The new content of a file, written beside it and on disk, that takes the file's place in one step: whoever reads the path, or
/// finds it after a crash, sees the old content whole or the new content whole.
/// </summary>
/// <remarks>
/// A file that is replaced keeps its mode, group and access control list, and its owner where the writer may give files away. A writer
/// who isn't in the file's group can't keep the group; then the group's rights shrink to those of others and the list is dropped:
/// narrower, never wider. A new file gets the mode that the caller names, whatever the umask,
/// and where root writes it, its folder's owner. Costs two <c>fsync</c>: about 1 ms.
/// </remarks>
public sealed class AtomicFile : IDisposable
{
    /// <summary>How long a temporary file may lie untouched before it counts as left behind by a writer that was killed.</summary>
    public static readonly TimeSpan LeftoverAge = TimeSpan.FromMinutes(10);

    private const string LeftoverPrefix = ".notify-";
    private const string LeftoverSuffix = ".tmp";
    private const uint OwnerOnly = 0x180; // 0600

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

    /// <summary>Replaces the content of <paramref name="path"/>, or makes the file; on return it is durable.</summary>
    /// <param name="path">A regular file or nothing. Anything else there (a link, a folder) is refused and left alone.</param>
    /// <param name="content">All of the new content.</param>
    /// <param name="modeIfNew">The mode of a file that wasn't there before.</param>
    /// <exception cref="FileNotWrittenException">The disk is full, a right is missing, ...; the old content is whole.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content, UnixFileMode modeIfNew)
    {
        using var file = Prepare(path, content, modeIfNew);
        file.Commit();
    }

    /// <summary>
    /// Does all that can fail for want of space or rights, so that several files can be prepared first and then take their places one
    /// right after the other with <see cref="Commit"/>. Without that, <see cref="Dispose"/> removes what was prepared.
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

    /// <summary>Why files can't be written in a folder at this moment, by trying with a page of content, which goes again at once; null where they can.</summary>
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

    /// <summary>The prepared file as it is now; its inode stays the same when it takes its place.</summary>
    internal FileStatus Status => FileStatus.Of(_file);

    /// <summary>Takes the file's place, durably.</summary>
    /// <exception cref="FileNotWrittenException">The kernel refused; unless the text says otherwise, the old content is whole.</exception>
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
                $"the new content is there, but may not outlive a power failure ({LibC.LastError()})"
            );
        }
    }

    /// <summary>Removes the temporary file if it has not taken its place.</summary>
    public void Dispose()
    {
        if (!_committed && !_folder.IsClosed)
        {
            _ = LibC.UnlinkAt(_folder, _temporaryName, 0);
        }

        _file.Dispose();
        _folder.Dispose();
    }

    /// <summary>Removes from a folder what writers left behind that were killed in the middle: own temporary files older than <see cref="LeftoverAge"/>.</summary>
    /// <returns>How many were removed. What can't be removed is left: it does no harm but take space.</returns>
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
            // Tidying up must not stop the work it is done beside; the next call tries again.
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
        // The name can't be guessed, and what is already there is never opened: nobody can lay a link in the way. (A Guid's random bits
        // come from the kernel's generator too; RandomNumberGenerator would load OpenSSL, which costs a short-lived program 5 ms.)
        var name = LeftoverPrefix + Guid.NewGuid().ToString("N") + LeftoverSuffix;
        const int Flags =
            LibC.OpenWriteOnly | LibC.OpenCreate | LibC.OpenExclusive | LibC.OpenNoFollow | LibC.OpenCloseOnExec;
        var descriptor = LibC.OpenAt(folder, name, Flags, OwnerOnly);
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
                // What root makes in a service's folder is the service's, as if the service had made it.
                _ = LibC.ChangeOwner(_file, owner, uint.MaxValue);
            }

            SetMode((uint)modeIfNew);
            return;
        }

        var own = FileStatus.Of(_file);
        if (own.Gid != old.Gid && LibC.ChangeOwner(_file, uint.MaxValue, old.Gid) != 0)
        {
            AccessControlList.Clear(_file);
            SetMode((old.Mode & 0x1C0) | ((old.Mode & 7) << 3) | (old.Mode & 7));
            return;
        }

        if (own.Uid != old.Uid)
        {
            // Only root may; for anyone else the file passes to its last writer.
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

    private void SetMode(uint mode)
    {
        if (LibC.ChangeMode(_file, mode) != 0)
        {
            throw new FileNotWrittenException(_path, LibC.LastError());
        }
    }
}

/// <summary>New content could not take a file's place.</summary>
/// <param name="path">The file.</param>
/// <param name="reason">Why, without a full stop, such as <c>No space left on device</c>.</param>
/// <param name="inner">What was caught, if anything.</param>
public sealed class FileNotWrittenException(string path, string reason, Exception? inner = null)
    : IOException($"Can't write {path}: {reason}.", inner)
{
    /// <summary>The file.</summary>
    public string FilePath { get; } = path;

    /// <summary>Why, without a full stop.</summary>
    public string Reason { get; } = reason;

    /// <summary>The kernel's error number; 0 where it was not the kernel that refused.</summary>
    public int ErrorNumber { get; private init; }

    /// <summary>The kernel refused the last call.</summary>
    internal static FileNotWrittenException LastError(string path, string before = "")
    {
        var number = Marshal.GetLastPInvokeError();
        return new FileNotWrittenException(path, before + LibC.LastError()) { ErrorNumber = number };
    }
}
