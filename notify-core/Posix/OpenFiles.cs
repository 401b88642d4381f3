namespace Notify.Posix;

/// <summary>How many files and sockets this process may have open (getrlimit(2), RLIMIT_NOFILE).</summary>
public static class OpenFiles
{
    /// <summary>The limit that counts now, at most the largest int; .NET raises it at its start as far as it may.</summary>
    public static int Limit =>
        LibC.GetResourceLimit(LibC.OpenFilesLimit, out var limit) == 0
            ? (int)Math.Min(limit.Current, int.MaxValue)
            : 1024;
}
