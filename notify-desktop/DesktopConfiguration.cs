using Notify.Files;
using Notify.Posix;

namespace Notify.Desktop;

/// <summary>The gateway's address and the token, in <c>~/.config/notify-desktop</c> (or below <c>XDG_CONFIG_HOME</c>); for its owner alone.</summary>
internal sealed record DesktopConfiguration(Uri Address, string Token)
{
    private static string Folder =>
        Path.Combine(
            Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } own && Path.IsPathRooted(own)
                ? own
                : Path.Combine(Account.Current().Home, ".config"),
            "notify-desktop"
        );

    private static string AddressFile => Path.Combine(Folder, "address");

    private static string TokenFile => Path.Combine(Folder, "token");

    /// <summary>Reads the configuration.</summary>
    /// <exception cref="DesktopException">It is missing or wrong, or others can read or replace the token.</exception>
    internal static DesktopConfiguration Read()
    {
        try
        {
            if (FileStatus.OfPath(TokenFile) is not { } status || !File.Exists(AddressFile))
            {
                throw new DesktopException(
                    DesktopException.NotSetUp,
                    "This device has no token yet. Make one on the dashboard (Desktop, Add a device), then: notify-desktop login ADDRESS"
                );
            }

            if (
                FileStatus.OfPath(Folder) is not { } folder
                || folder.Uid != Account.EffectiveUid
                || (folder.Mode & FileModes.WrittenByOthers) != UnixFileMode.None
            )
            {
                throw new DesktopException(
                    DesktopException.NotSetUp,
                    $"Others can change {Folder}, and so decide what this desktop shows. Close it: chmod 700 {Folder}; then log in again, because somebody may have changed it: notify-desktop login ADDRESS"
                );
            }

            if ((status.Mode & FileModes.GroupAndOthers) != UnixFileMode.None)
            {
                throw new DesktopException(
                    DesktopException.NotSetUp,
                    $"Others can read the token in {TokenFile}. Close it: chmod 600 {TokenFile}. If somebody may have read it, revoke the device on the dashboard and make a new token."
                );
            }

            return new DesktopConfiguration(
                ParseAddress(File.ReadAllText(AddressFile).Trim()),
                File.ReadAllText(TokenFile).Trim()
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DesktopException(DesktopException.NotSetUp, $"The configuration can't be read: {e.Message}");
        }
    }

    /// <summary>Saves it atomically: readers find the old or the new one.</summary>
    /// <exception cref="DesktopException">It can't be stored.</exception>
    internal void Write()
    {
        try
        {
            Directory.CreateDirectory(Folder, FileModes.OwnerFolder);
            File.SetUnixFileMode(Folder, FileModes.OwnerFolder);
            AtomicFile.Replace(
                AddressFile,
                System.Text.Encoding.UTF8.GetBytes(Address.AbsoluteUri + "\n"),
                FileModes.OwnerFile
            );
            if (File.Exists(TokenFile))
            {
                // The new file keeps the mode of the old one.
                File.SetUnixFileMode(TokenFile, FileModes.OwnerFile);
            }

            AtomicFile.Replace(TokenFile, System.Text.Encoding.UTF8.GetBytes(Token + "\n"), FileModes.OwnerFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DesktopException(DesktopException.NotSetUp, $"The configuration can't be stored: {e.Message}");
        }
    }

    /// <summary>Checks the address. A token travels in clear text only within this machine.</summary>
    /// <exception cref="DesktopException">It is not a gateway's address.</exception>
    internal static Uri ParseAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
        && (address.Scheme == "wss" || (address.Scheme == "ws" && address.IsLoopback))
        && address.UserInfo.Length == 0
            ? address
            : throw new DesktopException(
                DesktopException.NotSetUp,
                $"\"{text}\" is not a gateway's address. Copy the one that the dashboard shows with the token; it begins with wss://."
            );
}

/// <summary>The program can't continue; the message says what to do.</summary>
internal sealed class DesktopException(int status, string message) : Exception(message)
{
    /// <summary>The configuration is missing or wrong (sysexits.h: EX_CONFIG). A restart does not help.</summary>
    internal const int NotSetUp = 78;

    /// <summary>The gateway refuses the token (EX_NOPERM). A restart does not help.</summary>
    internal const int Refused = 77;

    /// <summary>No desktop, or no gateway (EX_UNAVAILABLE).</summary>
    internal const int Unavailable = 69;

    /// <summary>The program's exit status.</summary>
    internal int Status => status;
}
