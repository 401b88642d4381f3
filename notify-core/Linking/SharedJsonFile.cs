using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Notify.Files;
using Notify.Posix;

namespace Notify.Linking;

/// <summary>
/// A file with a JSON object of named entries, which other processes and people with an editor change too.
/// </summary>
/// <remarks>
/// An unreadable file never counts as empty and is never overwritten. The last readable content is served
/// until somebody fixes it. An invalid entry affects only itself: it is reported by name, every change keeps it, and reading it is an
/// error. A missing file counts as empty.
/// </remarks>
/// <typeparam name="TEntry">An entry's content.</typeparam>
/// <typeparam name="TContent">The lookup structure built from all entries after each change.</typeparam>
internal sealed class SharedJsonFile<TEntry, TContent>
    where TContent : class
{
    /// <summary>Largest file in bytes; a million links take 80 MB.</summary>
    private const long MaxSize = 256 * 1024 * 1024;

    /// <summary>Most reported unreadable entries: enough to fix them, and a bound if a program wrote thousands.</summary>
    private const int MaxFaultsNamed = 20;

    private readonly string _folder;
    private readonly string _name;
    private readonly JsonEntryReader<TEntry> _read;
    private readonly Func<JsonEntries<TEntry>, TContent> _build;
    private readonly string _path;
    private readonly ReloadingFile<Seen> _file;

    internal SharedJsonFile(
        string folder,
        string name,
        JsonEntryReader<TEntry> read,
        Func<JsonEntries<TEntry>, TContent> build
    )
    {
        _folder = folder;
        _name = name;
        _read = read;
        _build = build;
        _path = Path.Combine(folder, name);
        _file = new ReloadingFile<Seen>(
            _path,
            (_, before) =>
            {
                var (seen, isRead, _) = Load(before);
                return (seen, isRead);
            },
            followLink: false
        );
    }

    /// <summary>The current content, or the last readable one while the file is unreadable.</summary>
    /// <exception cref="StateUnreadableException">It is unreadable and always was.</exception>
    internal TContent Content
    {
        get
        {
            var seen = _file.Content;
            return seen.Content ?? throw new StateUnreadableException(seen.Unreadable!);
        }
    }

    /// <summary>The current faults: of the whole file, or entry by entry.</summary>
    internal IReadOnlyList<UnreadableFile> Unreadable
    {
        get
        {
            var seen = _file.Content;
            return seen.Unreadable is { } whole ? [whole] : seen.Faults;
        }
    }

    /// <summary>The file's last write by the file system's clock; null without the file.</summary>
    internal DateTimeOffset? ModifiedAt =>
        FileStatus.OfPath(_path, followLink: false) is { } status
            ? DateTimeOffset.UnixEpoch.AddTicks(status.ModifiedNanoseconds / 100)
            : null;

    /// <summary>Reads the file again for a change. Only under the <see cref="StateLock"/>.</summary>
    /// <exception cref="StateUnreadableException">It is unreadable now.</exception>
    internal JsonEntries<TEntry> Draft()
    {
        var (seen, _, entries) = Load(before: null);
        return entries ?? throw new StateUnreadableException(seen.Unreadable!);
    }

    /// <summary>Does everything in a change that may fail for space or rights. <see cref="PreparedChange.Commit"/> completes it.</summary>
    /// <exception cref="StateNotWritableException">Storing failed; nothing has changed.</exception>
    internal PreparedChange Prepare(JsonEntries<TEntry> draft)
    {
        try
        {
            return new PreparedChange(this, draft);
        }
        catch (FileNotWrittenException exception)
        {
            throw new StateNotWritableException(_name, exception.Reason, exception);
        }
    }

    private (Seen Seen, bool IsRead, JsonEntries<TEntry>? Entries) Load(Seen? before)
    {
        using var file = Open(out var error);
        if (file is null)
        {
            if (error != LibC.NoSuchFile)
            {
                var reason =
                    error == LibC.TooManyLinks ? "it is a symbolic link" : Marshal.GetPInvokeErrorMessage(error);
                return (Broken(before, $"not opened: {reason}"), false, null);
            }

            if (FileStatus.OfPath(_folder) is not { Kind: FileKind.Folder })
            {
                return (Broken(before, $"not opened: the folder {_folder} is not there"), false, null);
            }

            // Not for long: the folder may go, and then an empty file is no answer any more.
            var none = new JsonEntries<TEntry>(_name, []);
            return (new Seen(_build(none), Unreadable: null, [], IsMissing: true), false, none);
        }

        try
        {
            var status = FileStatus.Of(file);
            if (status.Kind != FileKind.Regular || status.Size > MaxSize)
            {
                var problem = status.Kind != FileKind.Regular ? "it is not a regular file" : "it is larger than 256 MB";
                return (Broken(before, $"not opened: {problem}"), true, null);
            }

            // A write in place during the read changes the times, so the next reader parses it again.
            return JsonEntries<TEntry>.TryParse(
                _name,
                ReadAll(file, status.Size),
                _read,
                out var entries,
                out var position,
                out var wrong
            )
                ? (new Seen(_build(entries), Unreadable: null, Named(entries), IsMissing: false), true, entries)
                : (Broken(before, position, wrong), true, null);
        }
        catch (IOException exception)
        {
            return (Broken(before, $"not read: {exception.Message}"), false, null);
        }
    }

    private Seen Broken(Seen? before, string position, string? problem = null) =>
        new(
            before is { IsMissing: false } ? before.Content : null,
            new UnreadableFile(_name, position, problem),
            [],
            IsMissing: false
        );

    private UnreadableFile[] Named(JsonEntries<TEntry> entries) =>
        [.. entries.Faults.Take(MaxFaultsNamed).Select(fault => fault.In(_name))];

    private SafeFileHandle? Open(out int error)
    {
        // Non-blocking and without following links: members of the folder's group could put a pipe or a link there.
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

    /// <param name="Content">The content, or the last readable one; null if it never was readable.</param>
    /// <param name="Unreadable">The whole file's fault.</param>
    /// <param name="Faults">Faults of single entries.</param>
    /// <param name="IsMissing">Whether there was no file. Then there is no earlier content if an unreadable file appears.</param>
    private sealed record Seen(
        TContent? Content,
        UnreadableFile? Unreadable,
        IReadOnlyList<UnreadableFile> Faults,
        bool IsMissing
    );

    /// <summary>A change on disk beside the file, which replaces it with <see cref="Commit"/>.</summary>
    internal sealed class PreparedChange(SharedJsonFile<TEntry, TContent> owner, JsonEntries<TEntry> draft)
        : IDisposable
    {
        private readonly AtomicFile _file = AtomicFile.Prepare(owner._path, draft.ToUtf8(), FileModes.GroupFile);

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

            // Serves only if the file becomes unreadable before the next read.
            owner._file.Set(new Seen(owner._build(draft), Unreadable: null, owner.Named(draft), IsMissing: false));
        }

        public void Dispose() => _file.Dispose();
    }
}
