using System.Net.Sockets;
using Notify.Bot.Checks;
using Notify.Posix;

namespace Notify.Bot.Doctor;

/// <summary>Checks the socket's owner, group and rights, and that a bot listens.</summary>
internal sealed class SocketCheck(BotSettings settings, TimeProvider time, CheckReport report)
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
                return report.Wrong(
                    "socket",
                    $"the bot runs ({running}), but its socket file {path} is missing: no program can reach it",
                    Restart
                );
            }

            report.Wrong(
                "socket",
                $"{path} is missing: the bot is not running",
                "systemctl start notify-bot; journalctl -u notify-bot -n 50"
            );
            return false;
        }

        if (status.Kind != FileKind.Socket && running is not null)
        {
            return report.Wrong(
                "socket",
                $"the bot runs ({running}), but {path} is not its socket: no program can reach it",
                $"mv {path} {path}.aside   (the bot restores its socket; if it does not: {Restart})"
            );
        }

        if (status.Kind != FileKind.Socket)
        {
            report.Wrong(
                "socket",
                $"{path} is not a socket, so the bot does not start",
                $"mv {path} {path}.aside && systemctl restart notify-bot"
            );
            return false;
        }

        var right = true;
        if (trusted is not null && status.Gid != trusted.Gid)
        {
            right = report.Wrong(
                "socket",
                $"{path}: group is {Group.Find(status.Gid)?.Name}, expected {trusted.Name}",
                $"chgrp {trusted.Name} {path}"
            );
        }

        if ((status.Mode & FileModes.AllRights) != FileModes.GroupFile)
        {
            right = report.Wrong(
                "socket",
                $"{path}: mode is {FileModes.Octal(status.Mode & FileModes.AllRights)}, expected 0660",
                $"chmod 0660 {path}"
            );
        }

        right &= GroupChecks.HasEntry(report, "socket", path, analysts, AccessRights.Read | AccessRights.Write, "rw");
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            using var limit = new TimeLimit(DoctorCommand.CheckTimeout, time, cancellation);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), limit.Token);
            if (right)
            {
                report.Ok("socket", $"{path}, and a bot listens");
            }

            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return running is not null
                ? report.Wrong(
                    "socket",
                    $"the bot runs ({running}), but {path} belongs to another program, which does not listen: no program can reach the bot",
                    Restart
                )
                : report.Wrong(
                    "socket",
                    $"{path} is left over: no bot listens on it",
                    "systemctl start notify-bot; journalctl -u notify-bot -n 50"
                );
        }
        catch (SocketException e)
        {
            return report.Wrong("socket", $"{path}: {e.Message}", "run doctor as root");
        }
    }
}
