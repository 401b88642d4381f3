using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Notify.Hosting;
using Notify.Posix;

namespace Notify.Bot.Hosting;

/// <summary>
/// The Unix socket for callers. Owner and mode are right from the bind on, and an ACL lets the analysts' group in. A stale
/// socket file is replaced; nothing else is touched.
/// </summary>
public sealed partial class BotSocket(string path, Group? trusted, Group? analysts, ILogger<BotSocket> log)
{
    private readonly SocketFile _file = At(path);

    /// <summary>Makes way for the socket.</summary>
    /// <exception cref="SocketTakenException">Another bot listens there, or the path is not a socket.</exception>
    public static void RemoveIfDead(string path) => At(path).RemoveIfDead();

    /// <summary>Binds the socket with the right owner, group, mode and ACL before anybody can connect.</summary>
    public Socket Bind(EndPoint endPoint)
    {
        if (endPoint is not UnixDomainSocketEndPoint)
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        }

        // Kestrel listens after this returns. Until then the kernel refuses connections, so there is no moment of wider rights.
        var socket = _file.Bind(() => SocketFile.NewBound(_file.Path));
        GrantAccess();
        return socket;
    }

    /// <summary>Sets the socket's group and the analysts' ACL entry. A failure is a warning: the bot serves everybody else.</summary>
    public void GrantAccess()
    {
        if (trusted is not null && _file.TryGiveTo(trusted) is { } problem)
        {
            LogGroupNotSet(log, _file.Path, trusted.Name, problem);
        }

        if (analysts is null)
        {
            return;
        }

        try
        {
            AccessControlList.GrantGroup(_file.Path, analysts.Gid, AccessRights.Read | AccessRights.Write);
        }
        catch (IOException e)
        {
            LogAclNotSet(log, analysts.Name, _file.Path, e.Message);
        }
    }

    private static SocketFile At(string path) => new(path, FileModes.GroupFile, "bot", "NOTIFY_BOT_SOCKET");

    [LoggerMessage(
        1201,
        LogLevel.Warning,
        "{Path} can't be given to the group {Group} ({Reason}), so its members can't connect. Run the bot as a member of that group."
    )]
    private static partial void LogGroupNotSet(ILogger log, string path, string group, string reason);

    [LoggerMessage(
        1202,
        LogLevel.Warning,
        "{Path} can't get an ACL entry for the group {Group} ({Reason}), so analysts can't connect. Put the socket on a file system with ACLs."
    )]
    private static partial void LogAclNotSet(ILogger log, string group, string path, string reason);
}
