using System.Net.Sockets;
using Notify.Posix;

namespace Notify.Bot.Operating;

/// <summary>Whether the socket is there with the right owner, group and rights, and a bot listens.</summary>
internal sealed class SocketCheck(BotSettings settings, TimeProvider time, Findings findings)
{
    /// <returns>Whether a bot listens.</returns>
    public async Task<bool> RunAsync(Group? analysts, Group? trusted, CancellationToken cancellation)
    {
        var path = settings.SocketPath;
        if (FileStatus.OfPath(path, followLink: false) is not { } status)
        {
            findings.Wrong("socket", $"{path} is not there: the bot does not run", "systemctl start notify-bot; journalctl -u notify-bot -n 50");
            return false;
        }

        if (status.Kind != FileKind.Socket)
        {
            findings.Wrong("socket", $"{path} is something else than a socket, so the bot does not start", $"mv {path} {path}.aside && systemctl restart notify-bot");
            return false;
        }

        var right = true;
        if (trusted is not null && status.Gid != trusted.Gid)
        {
            right = findings.Wrong("socket", $"{path} is the group {Group.Find(status.Gid)?.Name}'s, not {trusted.Name}'s", $"chgrp {trusted.Name} {path}");
        }

        if ((status.Mode & 0x1FF) != 0x1B0)
        {
            right = findings.Wrong("socket", $"{path} has the mode {Findings.Octal(status.Mode & 0x1FF)}, not 0660", $"chmod 0660 {path}");
        }

        right &= GroupChecks.HasEntry(findings, "socket", path, analysts, AccessRights.Read | AccessRights.Write, "rw");
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            using var limit = new CancellationTokenSource(Doctor.Patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), either.Token);
            if (right)
            {
                findings.Ok("socket", $"{path}, and a bot listens");
            }

            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return findings.Wrong("socket", $"{path} is left over: no bot listens", "systemctl start notify-bot; journalctl -u notify-bot -n 50");
        }
        catch (SocketException e)
        {
            return findings.Wrong("socket", $"{path}: {e.Message}", "run doctor as root");
        }
    }
}
