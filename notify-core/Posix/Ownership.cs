namespace Notify.Posix;

/// <summary>Sets the ownership of files, and the rights of new ones.</summary>
public static class Ownership
{
    /// <summary>Gives a file to a group.</summary>
    /// <returns>Null, or why the kernel refused.</returns>
    public static string? TryGiveToGroup(string path, uint gid) =>
        LibC.ChangeOwner(path, uint.MaxValue, gid) == 0 ? null : LibC.LastError();

    /// <summary>Creates something under another umask. The umask is process-wide, so nothing else may create files meanwhile.</summary>
    /// <param name="umask">The rights that new files do not get.</param>
    /// <param name="make">Creates it.</param>
    public static T WithUmask<T>(UnixFileMode umask, Func<T> make)
    {
        ArgumentNullException.ThrowIfNull(make);
        var before = LibC.Umask((uint)umask);
        try
        {
            return make();
        }
        finally
        {
            _ = LibC.Umask(before);
        }
    }
}
