using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Notify.Posix;

namespace Notify.Files;

/// <summary>Why a file is not opened for a caller.</summary>
public enum CallerFileRefusal
{
    /// <summary>Not an absolute path without <c>.</c> and <c>..</c>.</summary>
    NotAPath,

    /// <summary>Nothing is there, or a folder on the way is closed to the opener.</summary>
    NotReachable,

    /// <summary>A symbolic link is on the way or at the end.</summary>
    SymbolicLink,

    /// <summary>A folder, a pipe, a device.</summary>
    NotRegular,

    /// <summary>Neither the caller's own nor open to all.</summary>
    NotTheCallers,

    /// <summary>The caller's own, but closed to the opener.</summary>
    NotReadable,

    /// <summary>Larger than the caller may send.</summary>
    TooLarge,
}

/// <summary>A file opened for a caller, or why not.</summary>
public abstract record CallerFileResult
{
    private CallerFileResult() { }

    /// <summary>The file that was checked; it can't be swapped any more.</summary>
    /// <param name="Handle">The file, opened for reading.</param>
    /// <param name="Status">What it was when it was checked.</param>
    public sealed record Opened(SafeFileHandle Handle, FileStatus Status) : CallerFileResult
    {
        /// <summary>When its content was last changed.</summary>
        public DateTimeOffset Modified =>
            DateTimeOffset.UnixEpoch + TimeSpan.FromTicks(Status.ModifiedNanoseconds / 100);

        /// <summary>
        /// Whether the bytes that were read since are the file that was checked: as many as its size says, and nothing written meanwhile. Names and rights may change.
        /// </summary>
        /// <param name="read">How many bytes were read up to the end.</param>
        public bool IsWhole(long read) =>
            read == Status.Size
            && FileStatus.Of(Handle) is var now
            && (now.Size, now.ModifiedNanoseconds) == (Status.Size, Status.ModifiedNanoseconds);
    }

    /// <summary>Why not, as a kind and as a sentence for the caller.</summary>
    public sealed record Refused(CallerFileRefusal Reason, string Sentence) : CallerFileResult;
}

/// <summary>
/// Opens a file that a caller names, with the opener's rights but for the caller's eyes only: the caller's own file, or one that
/// everybody on the machine may read. What the opener alone may read stays closed (specification, section 4, <c>photo_path</c>).
/// </summary>
/// <remarks>
/// The path is walked folder by folder, each opened before the next is looked up in it, and no symbolic link is followed. So the file
/// that is checked is the file that is read, whatever is renamed meanwhile. A hard link keeps its file's owner and mode, and so gains nothing.
/// Open to all means to owner, group and others: where a mode shuts out a group, its members are not all.
/// ACLs count as the kernel counts them for the caller (<see cref="CallerRights"/>); where there may be one of a kind that can't be read, the file is refused.
/// Beyond a folder that is closed to the caller every refusal is the same, so that nobody learns through the bot what is in there.
/// </remarks>
public static class CallerFile
{
    /// <summary>Opens a file for a caller.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="uid">The caller's user id, by the kernel's word.</param>
    /// <param name="groups">The caller's groups, the effective one included, by the kernel's word.</param>
    /// <param name="mostBytes">The largest file that is opened.</param>
    public static CallerFileResult Open(string path, uint uid, IReadOnlyCollection<uint> groups, long mostBytes)
    {
        ArgumentNullException.ThrowIfNull(path);
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (
            !path.StartsWith('/')
            || path.EndsWith('/')
            || path.Contains('\0', StringComparison.Ordinal)
            || path.Length > 4095
            || segments.Any(s => s is "." or "..")
        )
        {
            return new CallerFileResult.Refused(
                CallerFileRefusal.NotAPath,
                "photo_path is not an absolute path of a file without '.' and '..' in it."
            );
        }

        ArgumentNullException.ThrowIfNull(groups);
        var way = new Way(new CallerRights(uid, groups), OpenToAll: true, OpenToCaller: true);
        var folder = new SafeFileHandle(
            LibC.Open("/", LibC.OpenPathOnly | LibC.OpenDirectory | LibC.OpenCloseOnExec, 0),
            ownsHandle: true
        );
        try
        {
            foreach (var segment in segments[..^1])
            {
                way = way.Through(folder);
                var next = LibC.OpenAt(
                    folder,
                    segment,
                    LibC.OpenPathOnly | LibC.OpenDirectory | LibC.OpenNoFollow | LibC.OpenCloseOnExec,
                    0
                );
                if (next < 0)
                {
                    return NotOpened(folder, segment, way);
                }

                folder.Dispose();
                folder = new SafeFileHandle(next, ownsHandle: true);
            }

            return OpenIn(folder, segments[^1], way.Through(folder), mostBytes);
        }
        finally
        {
            folder.Dispose();
        }
    }

    private static CallerFileResult OpenIn(SafeFileHandle folder, string name, Way way, long mostBytes)
    {
        // Looked at before it is opened: opening a device or a pipe can do something already.
        var looked = LibC.OpenAt(folder, name, LibC.OpenPathOnly | LibC.OpenNoFollow | LibC.OpenCloseOnExec, 0);
        if (looked < 0)
        {
            return NotOpened(folder, name, way);
        }

        using (var handle = new SafeFileHandle(looked, ownsHandle: true))
        {
            if (Refusal(handle, FileStatus.Of(handle), way, mostBytes) is { } refusal)
            {
                return refusal;
            }
        }

        var opened = LibC.OpenAt(
            folder,
            name,
            LibC.OpenReadOnly | LibC.OpenNonBlocking | LibC.OpenNoFollow | LibC.OpenCloseOnExec,
            0
        );
        if (opened < 0)
        {
            return new CallerFileResult.Refused(
                CallerFileRefusal.NotReadable,
                $"The bot may not read that file ({LibC.LastError()}). Send its bytes as the part 'photo' of a form, or let all read it (chmod o+r, and o+x on its folders)."
            );
        }

        // What counts is the file that is open now; it may be another one than a moment ago.
        var file = new SafeFileHandle(opened, ownsHandle: true);
        var status = FileStatus.Of(file);
        if (Refusal(file, status, way, mostBytes) is { } swapped)
        {
            file.Dispose();
            return swapped;
        }

        return new CallerFileResult.Opened(file, status);
    }

    private static CallerFileResult.Refused? Refusal(SafeFileHandle file, FileStatus status, Way way, long mostBytes) =>
        status switch
        {
            _ when !way.OpenToCaller => NotTheCallers(),
            { Kind: FileKind.SymbolicLink } => Link(),
            { Kind: not FileKind.Regular } => new(
                CallerFileRefusal.NotRegular,
                "photo_path names something else than a regular file."
            ),
            _ when status.Uid == way.Caller.Uid && !way.Caller.Has(file, status, AccessRights.Read) => new(
                CallerFileRefusal.NotReadable,
                "That file is yours, but closed to yourself by its mode, or has an access list of a kind that the bot does not know. Send its bytes as the part 'photo' of a form."
            ),
            _ when status.Uid != way.Caller.Uid
                    && !(
                        way.OpenToAll
                        && CallerRights.AllHave(status, AccessRights.Read)
                        && way.Caller.Has(file, status, AccessRights.Read)
                    ) => NotTheCallers(),
            _ when status.Size > mostBytes => new(
                CallerFileRefusal.TooLarge,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"That photo has {status.Size} bytes; {mostBytes} are the most. Save the chart smaller (plt.savefig with a lower dpi)."
                )
            ),
            _ => null,
        };

    private static CallerFileResult.Refused NotOpened(SafeFileHandle folder, string name, Way way)
    {
        var error = Marshal.GetLastPInvokeError();
        var reason = LibC.LastError();
        if (!way.OpenToCaller)
        {
            return NotTheCallers();
        }

        // O_DIRECTORY with O_NOFOLLOW says "not a directory" for a link; what it is makes a better sentence.
        if (error == LibC.TooManyLinks || IsLink(folder, name))
        {
            return Link();
        }

        return new CallerFileResult.Refused(
            CallerFileRefusal.NotReachable,
            $"The bot does not get to that file ({reason}). A home of mode 0750 is closed to it: send the bytes as the part 'photo' of a form, as notify-runner does."
        );
    }

    private static bool IsLink(SafeFileHandle folder, string name) =>
        LibC.Statx(folder, name, LibC.AtSymlinkNoFollow, LibC.StatxBasicStats, out var result) == 0
        && (result.Mode & 0xF000) == 0xA000;

    private static CallerFileResult.Refused Link() =>
        new(
            CallerFileRefusal.SymbolicLink,
            "A symbolic link is on the way to that file; give the path without it (realpath shows it)."
        );

    private static CallerFileResult.Refused NotTheCallers() =>
        new(
            CallerFileRefusal.NotTheCallers,
            "That file is neither yours nor readable by all through folders open to all, or an access list on the way shuts you out. Send its bytes as the part 'photo' of a form instead."
        );

    /// <summary>Who may pass the folders so far.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Way(CallerRights Caller, bool OpenToAll, bool OpenToCaller)
    {
        internal Way Through(SafeFileHandle folder)
        {
            var status = FileStatus.Of(folder);
            return new Way(
                Caller,
                OpenToAll && CallerRights.AllHave(status, AccessRights.Execute),
                OpenToCaller && Caller.Has(folder, status, AccessRights.Execute)
            );
        }
    }
}
