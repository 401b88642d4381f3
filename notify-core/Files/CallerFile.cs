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
    private CallerFileResult()
    {
    }

    /// <summary>The file that was checked; it can't be swapped any more.</summary>
    public sealed record Opened(SafeFileHandle Handle) : CallerFileResult;

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
/// Beyond a folder that is closed to the caller every refusal is the same, so that nobody learns through the bot what is in there.
/// </remarks>
public static class CallerFile
{
    private const uint AllRead = 0x124; // r--r--r--
    private const uint AllPass = 0x49; // --x--x--x
    private const uint OwnerPass = 0x40;

    /// <summary>Opens a file for a caller.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="uid">The caller's user id, by the kernel's word.</param>
    /// <param name="mostBytes">The largest file that is opened.</param>
    public static CallerFileResult Open(string path, uint uid, long mostBytes)
    {
        ArgumentNullException.ThrowIfNull(path);
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (!path.StartsWith('/') || path.EndsWith('/') || path.Contains('\0', StringComparison.Ordinal) || path.Length > 4095 || segments.Any(s => s is "." or ".."))
        {
            return new CallerFileResult.Refused(CallerFileRefusal.NotAPath, "photo_path is not an absolute path of a file without '.' and '..' in it.");
        }

        var way = new Way(uid, OpenToAll: true, OpenToCaller: true);
        var folder = new SafeFileHandle(LibC.Open("/", LibC.OpenPathOnly | LibC.OpenDirectory | LibC.OpenCloseOnExec, 0), ownsHandle: true);
        try
        {
            foreach (var segment in segments[..^1])
            {
                way = way.Through(FileStatus.Of(folder));
                var next = LibC.OpenAt(folder, segment, LibC.OpenPathOnly | LibC.OpenDirectory | LibC.OpenNoFollow | LibC.OpenCloseOnExec, 0);
                if (next < 0)
                {
                    return NotOpened(folder, segment, way);
                }

                folder.Dispose();
                folder = new SafeFileHandle(next, ownsHandle: true);
            }

            return OpenIn(folder, segments[^1], way.Through(FileStatus.Of(folder)), mostBytes);
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

        FileStatus status;
        using (var handle = new SafeFileHandle(looked, ownsHandle: true))
        {
            status = FileStatus.Of(handle);
        }

        if (Refusal(status, way, mostBytes) is { } refusal)
        {
            return refusal;
        }

        var opened = LibC.OpenAt(folder, name, LibC.OpenReadOnly | LibC.OpenNonBlocking | LibC.OpenNoFollow | LibC.OpenCloseOnExec, 0);
        if (opened < 0)
        {
            return new CallerFileResult.Refused(
                CallerFileRefusal.NotReadable, $"The bot may not read that file ({LibC.LastError()}). Send its bytes as the part 'photo' of a form, or let all read it (chmod o+r, and o+x on its folders).");
        }

        // What counts is the file that is open now; it may be another one than a moment ago.
        var file = new SafeFileHandle(opened, ownsHandle: true);
        if (Refusal(FileStatus.Of(file), way, mostBytes) is { } swapped)
        {
            file.Dispose();
            return swapped;
        }

        return new CallerFileResult.Opened(file);
    }

    private static CallerFileResult.Refused? Refusal(FileStatus status, Way way, long mostBytes) => status switch
    {
        _ when status.Uid != way.Uid && !way.OpenToCaller => NotTheCallers(),
        { Kind: FileKind.SymbolicLink } => Link(),
        { Kind: not FileKind.Regular } => new(CallerFileRefusal.NotRegular, "photo_path names something else than a regular file."),
        _ when status.Uid != way.Uid && !(way.OpenToAll && (status.Mode & AllRead) == AllRead) => NotTheCallers(),
        _ when status.Size > mostBytes => new(
            CallerFileRefusal.TooLarge, string.Create(CultureInfo.InvariantCulture, $"That photo has {status.Size} bytes; {mostBytes} are the most. Save the chart smaller (plt.savefig with a lower dpi).")),
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
            CallerFileRefusal.NotReachable, $"The bot does not get to that file ({reason}). A home of mode 0750 is closed to it: send the bytes as the part 'photo' of a form, as notify-runner does.");
    }

    private static bool IsLink(SafeFileHandle folder, string name) =>
        LibC.Statx(folder, name, LibC.AtSymlinkNoFollow, LibC.StatxBasicStats, out var result) == 0 && (result.Mode & 0xF000) == 0xA000;

    private static CallerFileResult.Refused Link() => new(CallerFileRefusal.SymbolicLink, "A symbolic link is on the way to that file; give the path without it (realpath shows it).");

    private static CallerFileResult.Refused NotTheCallers() => new(
        CallerFileRefusal.NotTheCallers, "That file is neither yours nor readable by all through folders open to all. Send its bytes as the part 'photo' of a form instead.");

    /// <summary>Who may pass the folders so far, by their modes.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Way(uint Uid, bool OpenToAll, bool OpenToCaller)
    {
        internal Way Through(FileStatus folder)
        {
            var all = (folder.Mode & AllPass) == AllPass;
            return new Way(Uid, OpenToAll && all, OpenToCaller && (all || (folder.Uid == Uid && (folder.Mode & OwnerPass) != 0)));
        }
    }
}
