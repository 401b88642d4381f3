namespace Notify.Posix;

/// <summary>The limit of open files and sockets of this process (getrlimit(2), RLIMIT_NOFILE).</summary>
public static class OpenFiles
{
    /// <summary>The current limit, at most the largest int. .NET raises it at start as far as allowed.</summary>
    public static int Limit =>
        LibC.GetResourceLimit(LibC.OpenFilesLimit, out var limit) == 0
            ? (int)Math.Min(limit.Current, int.MaxValue)
            : 1024;
}
