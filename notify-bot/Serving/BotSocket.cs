using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Notify.Posix;

namespace Notify.Bot.Serving;

/// <summary>
/// The Unix socket that callers connect to: owner and mode right from the bind on, the analysts' group let in by an ACL, a dead
/// one's file replaced, and nothing else ever touched (specification, section 4).
/// </summary>
public sealed partial class BotSocket(string path, Group? trusted, Group? analysts, ILogger<BotSocket> log)
{
    /// <summary>The kernel takes 108 bytes with the closing NUL (sockaddr_un in unix(7)).</summary>
    public const int LongestPath = 107;

    /// <summary>What a new socket does not get: it is owner's and group's to read and write, nobody's to execute, others' not at all.</summary>
    private const UnixFileMode NotForOthers = UnixFileMode.UserExecute | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Makes way for the socket.</summary>
    /// <exception cref="SocketTakenException">A living bot answers there, or something else than a socket is there.</exception>
    public static void RemoveIfDead(string path)
    {
        switch (FileStatus.OfPath(path, followLink: false)?.Kind)
        {
            case null:
                return;
            case FileKind.Socket:
                break;
            default:
                throw new SocketTakenException($"{path} is not a socket, so the bot leaves it alone and does not start. Move it away, or set NOTIFY_BOT_SOCKET to another path.");
        }

        try
        {
            using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            // Nobody listens: the file of a bot that was killed.
            File.Delete(path);
            return;
        }
        catch (SocketException e)
        {
            throw new SocketTakenException($"{path} can't be looked at ({e.Message}), so the bot does not start.");
        }

        throw new SocketTakenException($"Another bot answers on {path}, so this one does not start. Stop the other one first (systemctl stop notify-bot.service notify-bot.socket).");
    }

    /// <summary>Lets Kestrel bind the socket with the right owner, group, mode and ACL before anybody can connect to it.</summary>
    public Socket Bind(EndPoint endPoint)
    {
        if (endPoint is not UnixDomainSocketEndPoint)
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        }

        // Kestrel listens after this returns; until then a connection is refused, so there is no moment of wider rights. The
        // umask is the whole process's: nothing else makes files while the bot starts.
        var socket = Ownership.WithUmask(NotForOthers, () => SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint));
        GrantAccess();
        return socket;
    }

    /// <summary>Gives the socket its group and the analysts their entry. A refusal is a warning: the bot serves whom it can.</summary>
    public void GrantAccess()
    {
        if (trusted is not null && Ownership.TryGiveToGroup(path, trusted.Gid) is { } problem)
        {
            LogGroupNotSet(log, path, trusted.Name, problem);
        }

        if (analysts is null)
        {
            return;
        }

        try
        {
            AccessControlList.GrantGroup(path, analysts.Gid, AccessRights.Read | AccessRights.Write);
        }
        catch (IOException e)
        {
            LogAclNotSet(log, analysts.Name, path, e.Message);
        }
    }

    [LoggerMessage(1201, LogLevel.Warning, "{Path} could not be given to the group {Group} ({Reason}): its members can't connect. Run the bot as a member of that group.")]
    private static partial void LogGroupNotSet(ILogger log, string path, string group, string reason);

    [LoggerMessage(1202, LogLevel.Warning, "The group {Group} could not be let in to {Path} ({Reason}): analysts can't connect. Put the socket on a file system with ACLs.")]
    private static partial void LogAclNotSet(ILogger log, string group, string path, string reason);
}

/// <summary>The bot can't have its socket; the message says why and what to do.</summary>
public sealed class SocketTakenException(string message) : Exception(message);
