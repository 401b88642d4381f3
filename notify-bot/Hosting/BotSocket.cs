using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Notify.Hosting;
using Notify.Posix;

namespace Notify.Bot.Hosting;

/// <summary>
/// The Unix socket that callers connect to: owner and mode right from the bind on, the analysts' group let in by an ACL, a dead
/// one's file replaced, and nothing else ever touched (specification, section 4).
/// </summary>
public sealed partial class BotSocket(string path, Group? trusted, Group? analysts, ILogger<BotSocket> log)
{
    private const UnixFileMode Mode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private readonly SocketFile _file = At(path);

    /// <summary>Makes way for the socket.</summary>
    /// <exception cref="SocketTakenException">A living bot answers there, or something else than a socket is there.</exception>
    public static void RemoveIfDead(string path) => At(path).RemoveIfDead();

    /// <summary>Lets Kestrel bind the socket with the right owner, group, mode and ACL before anybody can connect to it.</summary>
    public Socket Bind(EndPoint endPoint)
    {
        if (endPoint is not UnixDomainSocketEndPoint)
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        }

        // Kestrel listens after this returns; until then a connection is refused, so there is no moment of wider rights.
        var socket = _file.Bind(() => SocketFile.NewBound(_file.Path));
        GrantAccess();
        return socket;
    }

    /// <summary>Gives the socket its group and the analysts their entry. A refusal is a warning: the bot serves whom it can.</summary>
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

    private static SocketFile At(string path) => new(path, Mode, "bot", "NOTIFY_BOT_SOCKET");

    [LoggerMessage(
        1201,
        LogLevel.Warning,
        "{Path} could not be given to the group {Group} ({Reason}): its members can't connect. Run the bot as a member of that group."
    )]
    private static partial void LogGroupNotSet(ILogger log, string path, string group, string reason);

    [LoggerMessage(
        1202,
        LogLevel.Warning,
        "The group {Group} could not be let in to {Path} ({Reason}): analysts can't connect. Put the socket on a file system with ACLs."
    )]
    private static partial void LogAclNotSet(ILogger log, string group, string path, string reason);
}
