using Notify.Posix;

namespace Notify.Files;

/// <summary>What a file says, read again when the file has changed. Asking costs one <c>stat</c>.</summary>
/// <remarks>
/// The kernel's clock for the times of files moves in steps of milliseconds. A file that had just been changed when it was read is read
/// again until it is old enough for the next change to show. Safe for several threads: one of them reads, the others wait for it.
/// </remarks>
/// <typeparam name="T">What is made of the file.</typeparam>
/// <param name="path">The file.</param>
/// <param name="read">
/// Reads the file. It gets the status, null where nothing is there, and what was read before, if anything was. It gives the content, and whether it could
/// be read: if not, the next one who asks reads again. What it throws goes to who asked.
/// </param>
/// <param name="followLink">Whether a symbolic link at the path is followed.</param>
public sealed class ReloadingFile<T>(
    string path,
    Func<FileStatus?, T?, (T Content, bool IsRead)> read,
    bool followLink = true
)
    where T : class
{
    /// <summary>Far above the step of the kernel's clock (4 ms at 250 Hz, 10 ms at 100 Hz).</summary>
    private static readonly TimeSpan ClockStep = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private volatile Seen? _seen;

    /// <summary>What the file says now.</summary>
    public T Content
    {
        get
        {
            var seen = _seen;
            if (IsCurrent(seen))
            {
                return seen!.Content;
            }

            lock (_gate)
            {
                return IsCurrent(_seen) ? _seen!.Content : Read();
            }
        }
    }

    /// <summary>Reads the file, changed or not: before a change of it, under the lock that its writers share.</summary>
    public T Reload()
    {
        lock (_gate)
        {
            return Read();
        }
    }

    /// <summary>Puts a content in place of what was read. The next one who asks reads the file, and has this as what was read before.</summary>
    public void Set(T content)
    {
        lock (_gate)
        {
            _seen = new Seen(content, null, IsSettled: false);
        }
    }

    private T Read()
    {
        var status = Status();
        var (content, isRead) = read(status, _seen?.Content);
        _seen = new Seen(content, status, isRead && status == Status() && IsOld(status));
        return content;
    }

    private bool IsCurrent(Seen? seen) => seen is { IsSettled: true } && Status() == seen.Status;

    private FileStatus? Status() => FileStatus.OfPath(path, followLink);

    /// <summary>Whether a later change must show in the status. By the machine's clock, whatever the program's is: files change by that one.</summary>
    private static bool IsOld(FileStatus? status) =>
        status is not { } file
        || (
            TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch.AddTicks(file.ChangedNanoseconds / 100)
        ).Duration() > ClockStep;

    private sealed record Seen(T Content, FileStatus? Status, bool IsSettled);
}
