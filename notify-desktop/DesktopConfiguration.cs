using Notify.Files;
using Notify.Posix;

namespace Notify.Desktop;

/// <summary>The gateway's address and the token, in <c>~/.config/notify-desktop</c> (or below <c>XDG_CONFIG_HOME</c>); for its owner alone.</summary>
internal sealed record DesktopConfiguration(Uri Address, string Token)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Any right of the group and of all others.</summary>
    private const uint ToOthers = 0x3F;

    /// <summary>The right of the group and of all others to write.</summary>
    private const uint ByOthers = 0x12;

    private static string Folder =>
        Path.Combine(
            Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } own && Path.IsPathRooted(own)
                ? own
                : Path.Combine(Account.Current().Home, ".config"),
            "notify-desktop"
        );

    private static string AddressFile => Path.Combine(Folder, "address");

    private static string TokenFile => Path.Combine(Folder, "token");

    /// <summary>Reads it.</summary>
    /// <exception cref="DesktopException">It is missing or wrong, or others can read the token or put another in its place.</exception>
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
                || (folder.Mode & ByOthers) != 0
            )
            {
                throw new DesktopException(
                    DesktopException.NotSetUp,
                    $"Others can change what is in {Folder}, and so let this desktop show what they like. Make it yours alone: chmod 700 {Folder}; then, as you can't know what was changed: notify-desktop login ADDRESS"
                );
            }

            if ((status.Mode & ToOthers) != 0)
            {
                throw new DesktopException(
                    DesktopException.NotSetUp,
                    $"Others can read {TokenFile}, which is a password. Close it: chmod 600 {TokenFile}. If somebody may have read it, revoke the device on the dashboard and make a new token."
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

    /// <summary>Stores it; whoever reads at that moment finds the old or the new one.</summary>
    /// <exception cref="DesktopException">It can't be stored.</exception>
    internal void Write()
    {
        try
        {
            Directory.CreateDirectory(Folder, OwnerOnly | UnixFileMode.UserExecute);
            File.SetUnixFileMode(Folder, OwnerOnly | UnixFileMode.UserExecute);
            AtomicFile.Replace(AddressFile, System.Text.Encoding.UTF8.GetBytes(Address.AbsoluteUri + "\n"), OwnerOnly);
            if (File.Exists(TokenFile))
            {
                // The new one keeps the mode of the one that it replaces.
                File.SetUnixFileMode(TokenFile, OwnerOnly);
            }

            AtomicFile.Replace(TokenFile, System.Text.Encoding.UTF8.GetBytes(Token + "\n"), OwnerOnly);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DesktopException(DesktopException.NotSetUp, $"The configuration can't be stored: {e.Message}");
        }
    }

    /// <summary>A token goes over the network in clear text only where it does not leave this machine.</summary>
    /// <exception cref="DesktopException">It is no address of a gateway.</exception>
    internal static Uri ParseAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
        && (address.Scheme == "wss" || (address.Scheme == "ws" && address.IsLoopback))
        && address.UserInfo.Length == 0
            ? address
            : throw new DesktopException(
                DesktopException.NotSetUp,
                $"\"{text}\" is no address of a gateway: it begins with wss://, as the dashboard shows it with the token."
            );
}

/// <summary>It can't go on; the message says what to do.</summary>
internal sealed class DesktopException(int status, string message) : Exception(message)
{
    /// <summary>Nothing is configured, or wrongly (sysexits.h: EX_CONFIG). Starting again changes nothing.</summary>
    internal const int NotSetUp = 78;

    /// <summary>The gateway does not take the token (EX_NOPERM). Starting again changes nothing.</summary>
    internal const int Refused = 77;

    /// <summary>No desktop, or no gateway (EX_UNAVAILABLE).</summary>
    internal const int Unavailable = 69;

    /// <summary>The program's exit status.</summary>
    internal int Status => status;
}
