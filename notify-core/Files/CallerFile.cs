using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Notify.Posix;

namespace Notify.Files;

/// <summary>Why a file is refused to a caller.</summary>
public enum CallerFileRefusal
{
    /// <summary>Not an absolute path without <c>.</c> and <c>..</c>.</summary>
    NotAPath,

    /// <summary>It does not exist, or a folder on the path is closed to the opener.</summary>
    NotReachable,

    /// <summary>A symbolic link is on the path or at its end.</summary>
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

/// <summary>A file opened for a caller, or the refusal.</summary>
public abstract record CallerFileResult
{
    private CallerFileResult() { }

    /// <summary>The checked file, which nobody can swap any more.</summary>
    /// <param name="Handle">The file, opened for reading.</param>
    /// <param name="Status">Its status at the check.</param>
    public sealed record Opened(SafeFileHandle Handle, FileStatus Status) : CallerFileResult
    {
        /// <summary>When its content was last changed.</summary>
        public DateTimeOffset Modified =>
            DateTimeOffset.UnixEpoch + TimeSpan.FromTicks(Status.ModifiedNanoseconds / 100);

        /// <summary>
        /// Whether the bytes read since are the checked file: its full size, and no write meanwhile. Names and rights may change.
        /// </summary>
        /// <param name="read">The number of bytes read.</param>
        public bool IsWhole(long read) =>
            read == Status.Size
            && FileStatus.Of(Handle) is var now
            && (now.Size, now.ModifiedNanoseconds) == (Status.Size, Status.ModifiedNanoseconds);
    }

    /// <summary>The refusal, as a kind and a sentence for the caller.</summary>
    public sealed record Refused(CallerFileRefusal Reason, string Sentence) : CallerFileResult;
}

/// <summary>What a caller names a file for, in the words of the refusals.</summary>
/// <param name="Field">The field with the path.</param>
/// <param name="Part">The part of a form that takes the bytes instead.</param>
/// <param name="Noun">What the file is.</param>
public sealed record CallerFileUse(string Field, string Part, string Noun)
{
    /// <summary>One picture.</summary>
    public static CallerFileUse PhotoPath { get; } = new("photo_path", "photo", "photo");

    /// <summary>One of several pictures.</summary>
    public static CallerFileUse Images { get; } = new("images", "photos", "photo");

    /// <summary>A file.</summary>
    public static CallerFileUse Files { get; } = new("files", "files", "file");
}

/// <summary>
/// Opens a file that a caller names with the opener's rights, but only if the caller may see it: the caller's own file, or one that
/// everybody on the machine may read. Files for the opener alone stay closed (docs/send-api.md, <c>photo_path</c>).
/// </summary>
/// <remarks>
/// The path is opened folder by folder, without following symbolic links. So the checked file
/// is the file that is read, whatever is renamed meanwhile. A hard link keeps its file's owner and mode, so it gains nothing.
/// "Everybody" means owner, group and others: a mode that excludes the group is not enough.
/// ACLs count for the caller as in the kernel (<see cref="CallerRights"/>). If there may be an unreadable kind of ACL, the file is refused.
/// Beyond a folder that is closed to the caller every refusal is the same, so nobody learns through the bot what is in there.
/// </remarks>
public static class CallerFile
{
    /// <summary>Opens a file for a caller.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="uid">The caller's user id, from the kernel.</param>
    /// <param name="groups">The caller's groups, including the effective one, from the kernel.</param>
    /// <param name="maxBytes">The largest allowed file.</param>
    /// <param name="use">What it is for.</param>
    public static CallerFileResult Open(
        string path,
        uint uid,
        IReadOnlyCollection<uint> groups,
        long maxBytes,
        CallerFileUse use
    )
    {
        ArgumentNullException.ThrowIfNull(use);
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
                use == CallerFileUse.PhotoPath
                    ? "photo_path must be an absolute path without '.' and '..'."
                    : $"Each of {use.Field} must be an absolute path without '.' and '..'."
            );
        }

        ArgumentNullException.ThrowIfNull(groups);
        var way = new Way(new CallerRights(uid, groups), OpenToAll: true, OpenToCaller: true, use);
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

            return OpenIn(folder, segments[^1], way.Through(folder), maxBytes);
        }
        finally
        {
            folder.Dispose();
        }
    }

    private static CallerFileResult OpenIn(SafeFileHandle folder, string name, Way way, long maxBytes)
    {
        // Checked before opening: opening a device or a pipe can have effects.
        var looked = LibC.OpenAt(folder, name, LibC.OpenPathOnly | LibC.OpenNoFollow | LibC.OpenCloseOnExec, 0);
        if (looked < 0)
        {
            return NotOpened(folder, name, way);
        }

        using (var handle = new SafeFileHandle(looked, ownsHandle: true))
        {
            if (Refusal(handle, FileStatus.Of(handle), way, maxBytes) is { } refusal)
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
                $"The bot may not read that file ({LibC.LastError()}). Send its bytes as the part '{way.Use.Part}' of a form, or let all read it (chmod o+r, and o+x on its folders)."
            );
        }

        // The open file counts: it may be another one than a moment ago.
        var file = new SafeFileHandle(opened, ownsHandle: true);
        var status = FileStatus.Of(file);
        if (Refusal(file, status, way, maxBytes) is { } swapped)
        {
            file.Dispose();
            return swapped;
        }

        return new CallerFileResult.Opened(file, status);
    }

    private static CallerFileResult.Refused? Refusal(SafeFileHandle file, FileStatus status, Way way, long maxBytes) =>
        status switch
        {
            _ when !way.OpenToCaller => NotTheCallers(way),
            { Kind: FileKind.SymbolicLink } => Link(),
            { Kind: not FileKind.Regular } => new(
                CallerFileRefusal.NotRegular,
                way.Use == CallerFileUse.PhotoPath
                    ? "photo_path does not name a regular file."
                    : $"One of {way.Use.Field} is not a regular file."
            ),
            _ when status.Uid == way.Caller.Uid && !way.Caller.Has(file, status, AccessRights.Read) => new(
                CallerFileRefusal.NotReadable,
                $"That file is yours, but its mode closes it to you, or it has an unknown kind of ACL. Send its bytes as the part '{way.Use.Part}' of a form."
            ),
            _ when status.Uid != way.Caller.Uid
                    && !(
                        way.OpenToAll
                        && CallerRights.AllHave(status, AccessRights.Read)
                        && way.Caller.Has(file, status, AccessRights.Read)
                    ) => NotTheCallers(way),
            _ when status.Size > maxBytes => new(
                CallerFileRefusal.TooLarge,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"That {way.Use.Noun} has {status.Size} bytes; the limit is {maxBytes}.{(way.Use.Noun == "photo" ? " Save the chart smaller (plt.savefig with a lower dpi)." : "")}"
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
            return NotTheCallers(way);
        }

        // O_DIRECTORY with O_NOFOLLOW reports "not a directory" for a link. Checking the kind gives a better sentence.
        if (error == LibC.TooManyLinks || IsLink(folder, name))
        {
            return Link();
        }

        return new CallerFileResult.Refused(
            CallerFileRefusal.NotReachable,
            $"The bot can't reach that file ({reason}). A home of mode 0750 is closed to it: send the bytes as the part '{way.Use.Part}' of a form, as notify-runner does."
        );
    }

    private static bool IsLink(SafeFileHandle folder, string name) =>
        LibC.Statx(folder, name, LibC.AtSymlinkNoFollow, LibC.StatxBasicStats, out var result) == 0
        && (result.Mode & 0xF000) == 0xA000;

    private static CallerFileResult.Refused Link() =>
        new(
            CallerFileRefusal.SymbolicLink,
            "The path has a symbolic link. Give the path without it (realpath shows it)."
        );

    private static CallerFileResult.Refused NotTheCallers(Way way) =>
        new(
            CallerFileRefusal.NotTheCallers,
            $"That file is neither yours nor readable by everybody through open folders, or an ACL on the path excludes you. Send its bytes as the part '{way.Use.Part}' of a form instead."
        );

    /// <summary>Who may pass the folders so far.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Way(CallerRights Caller, bool OpenToAll, bool OpenToCaller, CallerFileUse Use)
    {
        internal Way Through(SafeFileHandle folder)
        {
            var status = FileStatus.Of(folder);
            return new Way(
                Caller,
                OpenToAll && CallerRights.AllHave(status, AccessRights.Execute),
                OpenToCaller && Caller.Has(folder, status, AccessRights.Execute),
                Use
            );
        }
    }
}
