using System.Net.Sockets;
using Notify.Posix;

namespace Notify.Sending;

/// <summary>Who listens at the bot's socket: before anything is said, since whoever can make a socket at a path could read what is sent there.</summary>
public static class BotListener
{
    /// <summary>Checks, before connecting, that no file or folder is in the socket's place: the kernel would call that a missing right, or a bot that does not listen.</summary>
    /// <param name="socketPath">Where the bot's socket is to be.</param>
    /// <exception cref="BotUnreachableException">Something else is there.</exception>
    public static void CheckPath(string socketPath)
    {
        if (FileStatus.OfPath(socketPath) is { Kind: not FileKind.Socket } other)
        {
            throw new BotUnreachableException(
                $"The bot can't be reached: {(other.Kind == FileKind.Folder ? "a folder" : "a file")} is in the place of its socket, {socketPath}. Tell the operator."
            );
        }
    }

    /// <summary>Checks that root (systemd holds the socket) or the owner of the folder listens. The bot's folder is its own.</summary>
    /// <param name="socket">Connected to the bot.</param>
    /// <param name="socketPath">The path it was connected to.</param>
    /// <exception cref="BotUnreachableException">Somebody else listens.</exception>
    public static void Check(Socket socket, string socketPath)
    {
        var listener = PeerCredentials.Of(socket).Uid;
        var folder = Path.GetDirectoryName(Path.GetFullPath(socketPath))!;
        if (listener != 0 && listener != FileStatus.OfPath(folder)?.Uid)
        {
            throw new BotUnreachableException(
                $"Who listens at {socketPath} (user id {listener}) is neither root nor the owner of {folder}, so it is not the bot. Nothing was sent. Tell the operator."
            );
        }
    }
}

/// <summary>The bot could not be reached, or what listens there is not the bot, or it gave no answer.</summary>
/// <param name="message">A sentence that says what to do.</param>
public sealed class BotUnreachableException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>Whether the connection broke after something had gone out, so that the bot may have taken it.</summary>
    public bool MayHaveArrived { get; init; }
}
