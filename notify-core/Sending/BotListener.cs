using System.Net.Sockets;
using Notify.Posix;

namespace Notify.Sending;

/// <summary>Checks who listens at the bot's socket before anything is sent. A fake socket at that path could read everything.</summary>
public static class BotListener
{
    /// <summary>Checks, before connecting, that no file or folder is in the socket's place. The kernel would report a missing right or no listener.</summary>
    /// <param name="socketPath">The path of the bot's socket.</param>
    /// <exception cref="BotUnreachableException">Another kind of file is there.</exception>
    public static void CheckPath(string socketPath)
    {
        if (FileStatus.OfPath(socketPath) is { Kind: not FileKind.Socket } other)
        {
            throw new BotUnreachableException(
                $"The bot can't be reached: {(other.Kind == FileKind.Folder ? "a folder" : "a file")} is in the place of its socket, {socketPath}. Tell the admin."
            );
        }
    }

    /// <summary>Checks that root (systemd holds the socket) or the owner of the folder listens. The bot's folder is its own.</summary>
    /// <param name="socket">Connected to the bot.</param>
    /// <param name="socketPath">The path it was connected to.</param>
    /// <exception cref="BotUnreachableException">Another program listens.</exception>
    public static void Check(Socket socket, string socketPath)
    {
        var listener = PeerCredentials.Of(socket).Uid;
        var folder = Path.GetDirectoryName(Path.GetFullPath(socketPath))!;
        if (listener != 0 && listener != FileStatus.OfPath(folder)?.Uid)
        {
            throw new BotUnreachableException(
                $"The program at {socketPath} runs as user id {listener}, which is neither root nor the owner of {folder}. So it is not the bot, and nothing was sent. Tell the admin."
            );
        }
    }
}

/// <summary>The bot could not be reached, gave no answer, or another program listens there.</summary>
/// <param name="message">A sentence that says what to do.</param>
public sealed class BotUnreachableException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>Whether the bot may have taken the request: it went out, and no answer came.</summary>
    public bool MayHaveArrived { get; init; }

    /// <summary>Whether this user may not connect to it.</summary>
    public bool IsForbidden { get; init; }
}
