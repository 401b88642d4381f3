using Notify.Files;
using Notify.Posix;

namespace Notify.Hosting;

/// <summary>A folder that one service alone reads and writes. systemd makes it; elsewhere the service does.</summary>
public static class ServiceFolder
{
    /// <summary>Makes the folder if it is missing, and tries to write in it.</summary>
    /// <returns>Null, or why the service can't write there, without a full stop.</returns>
    public static string? Prepare(string path)
    {
        try
        {
            Directory.CreateDirectory(path, FileModes.OwnerFolder);
            return AtomicFile.WhyNot(path)?.Message.TrimEnd('.');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message.TrimEnd('.');
        }
    }
}
