namespace Notify.Posix;

/// <summary>
/// The status of a file, looked at once a millisecond at most: where requests come faster than that, looking for each of them is a tenth of their work. Nothing is
/// let through by it that could not have been under way when the file changed.
/// </summary>
public sealed class Glance(string path)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(1);

    private volatile Seen? _seen;

    /// <summary>The file.</summary>
    public string Path => path;

    /// <summary>The status now; null where nothing is there or no right to look.</summary>
    public FileStatus? Status()
    {
        // The machine's clock, whatever the program's is: files change by this one.
        if (_seen is not { } seen || TimeProvider.System.GetElapsedTime(seen.At) >= LookAgain)
        {
            var now = TimeProvider.System.GetTimestamp();
            _seen = seen = new Seen(FileStatus.OfPath(path), now);
        }

        return seen.Status;
    }

    private sealed record Seen(FileStatus? Status, long At);
}
