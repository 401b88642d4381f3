namespace Notify.Posix;

/// <summary>Who files belong to, and which rights new ones start with.</summary>
public static class Ownership
{
    /// <summary>Gives a file to a group.</summary>
    /// <returns>Null, or why the kernel refused.</returns>
    public static string? TryGiveToGroup(string path, uint gid) =>
        LibC.ChangeOwner(path, uint.MaxValue, gid) == 0 ? null : LibC.LastError();

    /// <summary>Makes something under another umask. The umask is the whole process's: nothing else may make files meanwhile.</summary>
    /// <param name="umask">The rights that new files do not get.</param>
    /// <param name="make">What makes them.</param>
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
