using System.Net.Sockets;
using Notify.Posix;

namespace Notify.Bot.Doctor;

/// <summary>Whether the socket is there with the right owner, group and rights, and a bot listens.</summary>
internal sealed class SocketCheck(BotSettings settings, TimeProvider time, DoctorReport findings)
{
    private const string Restart =
        "systemctl restart notify-bot.socket notify-bot.service; journalctl -u notify-bot -n 50";

    /// <returns>Whether a bot listens.</returns>
    public async Task<bool> RunAsync(Group? analysts, Group? trusted, CancellationToken cancellation)
    {
        var path = settings.SocketPath;
        var running = LockHolders.Of(Path.Combine(settings.PrivateFolder, "bot.lock"));
        if (FileStatus.OfPath(path, followLink: false) is not { } status)
        {
            if (running is not null)
            {
                return findings.Wrong(
                    "socket",
                    $"the bot runs ({running}), but its socket file {path} is gone: nobody can reach it",
                    Restart
                );
            }

            findings.Wrong(
                "socket",
                $"{path} is not there: the bot does not run",
                "systemctl start notify-bot; journalctl -u notify-bot -n 50"
            );
            return false;
        }

        if (status.Kind != FileKind.Socket && running is not null)
        {
            return findings.Wrong(
                "socket",
                $"the bot runs ({running}), but {path} is something else than its socket: nobody can reach it",
                $"mv {path} {path}.aside   (the bot puts its socket back by itself; if it does not: {Restart})"
            );
        }

        if (status.Kind != FileKind.Socket)
        {
            findings.Wrong(
                "socket",
                $"{path} is something else than a socket, so the bot does not start",
                $"mv {path} {path}.aside && systemctl restart notify-bot"
            );
            return false;
        }

        var right = true;
        if (trusted is not null && status.Gid != trusted.Gid)
        {
            right = findings.Wrong(
                "socket",
                $"{path} is the group {Group.Find(status.Gid)?.Name}'s, not {trusted.Name}'s",
                $"chgrp {trusted.Name} {path}"
            );
        }

        if ((status.Mode & 0x1FF) != 0x1B0)
        {
            right = findings.Wrong(
                "socket",
                $"{path} has the mode {DoctorReport.Octal(status.Mode & 0x1FF)}, not 0660",
                $"chmod 0660 {path}"
            );
        }

        right &= GroupChecks.HasEntry(findings, "socket", path, analysts, AccessRights.Read | AccessRights.Write, "rw");
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            using var limit = new CancellationTokenSource(DoctorCommand.Patience, time);
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
            return running is not null
                ? findings.Wrong(
                    "socket",
                    $"the bot runs ({running}), but {path} is another program's, which does not listen: nobody can reach the bot",
                    Restart
                )
                : findings.Wrong(
                    "socket",
                    $"{path} is left over: no bot listens",
                    "systemctl start notify-bot; journalctl -u notify-bot -n 50"
                );
        }
        catch (SocketException e)
        {
            return findings.Wrong("socket", $"{path}: {e.Message}", "run doctor as root");
        }
    }
}
