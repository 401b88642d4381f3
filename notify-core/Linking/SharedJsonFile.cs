using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Notify.Files;
using Notify.Posix;

namespace Notify.Linking;

/// <summary>
/// A JSON object of named entries in a file that other processes, and people with an editor, change too.
/// </summary>
/// <remarks>
/// <para>
/// Reading costs one <c>stat</c>: the file is parsed again only when inode, size or a time of it has changed. The kernel's clock for these
/// times moves in steps of milliseconds, so a file that had just been changed when it was read is read again until it is old enough for the
/// next change to show.
/// </para>
/// <para>
/// A file that can't be read as what it should be is never taken for empty and never written over; what was read before is served
/// until it is right again. One entry of a wrong shape costs that entry: it is named, kept as it is by every change, and whoever asks for it is told that it
/// can't be read. A missing file is an empty one.
/// </para>
/// </remarks>
/// <typeparam name="TEntry">What one entry says.</typeparam>
/// <typeparam name="TContent">What is built from all entries once per change, to be looked things up in.</typeparam>
internal sealed class SharedJsonFile<TEntry, TContent>(
    string folder,
    string name,
    JsonEntryReader<TEntry> read,
    Func<JsonEntries<TEntry>, TContent> build
)
    where TContent : class
{
    /// <summary>Bytes; a million links take 80 MB.</summary>
    private const long MaxSize = 256 * 1024 * 1024;

    private const UnixFileMode Mode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    /// <summary>Far above the step of the kernel's clock (4 ms at 250 Hz, 10 ms at 100 Hz).</summary>
    private static readonly TimeSpan ClockStep = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();

    /// <summary>Entries that are named of those that can't be read: enough for who fixes them, and bounded where a program has written thousands.</summary>
    private const int MostFaultsNamed = 20;

    private readonly Func<JsonEntries<TEntry>, TContent> _build = build;
    private readonly string _path = Path.Combine(folder, name);
    private volatile Seen? _seen;

    /// <summary>What the file says now; what it said last while it can't be read.</summary>
    /// <exception cref="StateUnreadableException">It can't be read, and could not be before.</exception>
    internal TContent Content
    {
        get
        {
            var seen = Look();
            return seen.Content ?? throw new StateUnreadableException(seen.Unreadable!);
        }
    }

    /// <summary>What is wrong with the file now: with the whole, or entry by entry.</summary>
    internal IReadOnlyList<UnreadableFile> Unreadable
    {
        get
        {
            var seen = Look();
            return seen.Unreadable is { } whole ? [whole] : seen.Faults;
        }
    }

    /// <summary>When the file was last written to, by the file system; null where it isn't there.</summary>
    internal DateTimeOffset? ModifiedAt =>
        FileStatus.OfPath(_path, followLink: false) is { } status
            ? DateTimeOffset.UnixEpoch.AddTicks(status.ModifiedNanoseconds / 100)
            : null;

    /// <summary>Reads the file anew to change it. Only under the <see cref="StateLock"/>.</summary>
    /// <exception cref="StateUnreadableException">It can't be read now.</exception>
    internal JsonEntries<TEntry> Draft()
    {
        lock (_gate)
        {
            var (seen, entries) = Load();
            _seen = seen;
            return entries ?? throw new StateUnreadableException(seen.Unreadable!);
        }
    }

    /// <summary>Does all of a change that can fail for want of space or rights; <see cref="PreparedChange.Commit"/> makes it count.</summary>
    /// <exception cref="StateNotWritableException">It can't be stored; nothing has changed.</exception>
    internal PreparedChange Prepare(JsonEntries<TEntry> draft)
    {
        try
        {
            return new PreparedChange(this, draft);
        }
        catch (FileNotWrittenException exception)
        {
            throw new StateNotWritableException(name, exception.Reason, exception);
        }
    }

    private Seen Look()
    {
        return IsCurrent(_seen) ? _seen! : Reload();

        Seen Reload()
        {
            lock (_gate)
            {
                // Of many who find the file changed at the same time one reads it.
                return IsCurrent(_seen) ? _seen! : (_seen = Load().Seen);
            }
        }
    }

    private bool IsCurrent(Seen? seen) =>
        seen is { Settled: true } && FileStatus.OfPath(_path, followLink: false) == seen.Status;

    private (Seen Seen, JsonEntries<TEntry>? Entries) Load()
    {
        using var file = Open(out var error);
        if (file is null)
        {
            if (error != LibC.NoSuchFile)
            {
                var reason =
                    error == LibC.TooManyLinks ? "it is a symbolic link" : Marshal.GetPInvokeErrorMessage(error);
                return (Broken(null, settled: false, new UnreadableFile(name, $"not opened: {reason}")), null);
            }

            if (FileStatus.OfPath(folder) is not { Kind: FileKind.Folder })
            {
                return (
                    Broken(
                        null,
                        settled: false,
                        new UnreadableFile(name, $"not opened: the folder {folder} is not there")
                    ),
                    null
                );
            }

            var none = new JsonEntries<TEntry>(name, []);
            return (new Seen(null, Settled: false, _build(none), Unreadable: null, [], IsMissing: true), none);
        }

        FileStatus status = default;
        try
        {
            status = FileStatus.Of(file);
            if (status.Kind != FileKind.Regular || status.Size > MaxSize)
            {
                var problem = status.Kind != FileKind.Regular ? "it is not a regular file" : "it is larger than 256 MB";
                return (Broken(status, settled: true, new UnreadableFile(name, $"not opened: {problem}")), null);
            }

            var content = ReadAll(file, status.Size);
            var after = FileStatus.Of(file);

            // Whoever writes in place while it is read leaves it changed, and then it is read again the next time.
            var settled =
                status == after
                && (
                    TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch.AddTicks(status.ChangedNanoseconds / 100)
                ).Duration() > ClockStep;
            if (JsonEntries<TEntry>.TryParse(name, content, read, out var entries, out var position, out var wrong))
            {
                return (
                    new Seen(status, settled, _build(entries), Unreadable: null, Named(entries), IsMissing: false),
                    entries
                );
            }

            return (Broken(status, settled, new UnreadableFile(name, position, wrong)), null);
        }
        catch (IOException exception)
        {
            return (Broken(status, settled: false, new UnreadableFile(name, $"not read: {exception.Message}")), null);
        }
    }

    private Seen Broken(FileStatus? status, bool settled, UnreadableFile unreadable) =>
        new(
            status,
            settled,
            _seen is { IsMissing: false } before ? before.Content : null,
            unreadable,
            [],
            IsMissing: false
        );

    private UnreadableFile[] Named(JsonEntries<TEntry> entries) =>
        [.. entries.Faults.Take(MostFaultsNamed).Select(fault => fault.In(name))];

    private SafeFileHandle? Open(out int error)
    {
        // Not blocking, and no link followed: whoever may write to the folder could lay a pipe or a link there.
        var descriptor = LibC.Open(
            _path,
            LibC.OpenReadOnly | LibC.OpenNoFollow | LibC.OpenNonBlocking | LibC.OpenCloseOnExec,
            0
        );
        error = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    private static ReadOnlyMemory<byte> ReadAll(SafeFileHandle file, long size)
    {
        var buffer = new byte[size];
        var length = 0;
        while (length < buffer.Length)
        {
            var count = RandomAccess.Read(file, buffer.AsSpan(length), length);
            if (count == 0)
            {
                break;
            }

            length += count;
        }

        return buffer.AsMemory(0, length);
    }

    /// <param name="Status">The file that was looked at; null where there was none.</param>
    /// <param name="Settled">Whether a later change of the file must show in its status.</param>
    /// <param name="Content">What it said, or what it said before where it can't be read; null where it never could.</param>
    /// <param name="Unreadable">What is wrong with it as a whole.</param>
    /// <param name="Faults">What is wrong with single entries.</param>
    /// <param name="IsMissing">Nothing was there: nothing that could be served when something unreadable appears.</param>
    private sealed record Seen(
        FileStatus? Status,
        bool Settled,
        TContent? Content,
        UnreadableFile? Unreadable,
        IReadOnlyList<UnreadableFile> Faults,
        bool IsMissing
    );

    /// <summary>A change that is on disk beside the file, and takes its place with <see cref="Commit"/>.</summary>
    internal sealed class PreparedChange(SharedJsonFile<TEntry, TContent> owner, JsonEntries<TEntry> draft)
        : IDisposable
    {
        private readonly AtomicFile _file = AtomicFile.Prepare(owner._path, draft.ToUtf8(), Mode);

        /// <exception cref="StateNotWritableException">The kernel refused.</exception>
        internal void Commit()
        {
            try
            {
                _file.Commit();
            }
            catch (FileNotWrittenException exception)
            {
                throw new StateNotWritableException(Path.GetFileName(exception.FilePath), exception.Reason, exception);
            }

            lock (owner._gate)
            {
                // Not settled: the next reader looks for itself. The content is only for the case that the file breaks before that.
                owner._seen = new Seen(
                    null,
                    Settled: false,
                    owner._build(draft),
                    Unreadable: null,
                    owner.Named(draft),
                    IsMissing: false
                );
            }
        }

        public void Dispose() => _file.Dispose();
    }
}
