using System.Net.Sockets;
using System.Text;
using Notify.Bot.Checks;
using Notify.Settings;

namespace Notify.Bot.Doctor;

/// <summary>Checks the bot's proxy and its way to Telegram. Never shows its user and password.</summary>
internal sealed class ProxyCheck(BotSettings settings, TimeProvider time, CheckReport report)
{
    private const int MaxAnswerBytes = 16 * 1024;

    /// <summary>Checks the proxy, if there is one.</summary>
    /// <returns>False if the proxy certainly lets nothing through; then asking Telegram is pointless.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        var target = settings.ApiUrl;
        if (settings.Proxy is not { } proxies)
        {
            return true;
        }

        if (proxies.For(target) is not { } proxy)
        {
            report.Ok(
                "proxy",
                $"none for {target.Host}: no_proxy excludes it, it is this machine, or no proxy is set for {target.Scheme}"
            );
            return true;
        }

        var name = proxies.Describe(target)!;
        using var limit = new TimeLimit(DoctorCommand.CheckTimeout, time, cancellation);
        string? answer;
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(proxy.IdnHost, proxy.Port, limit.Token);
            if (proxy.Scheme != Uri.UriSchemeHttp || target.Scheme != Uri.UriSchemeHttps)
            {
                // Plain http uses no CONNECT; the check of Telegram covers it.
                report.Ok("proxy", $"{name} takes connections");
                return true;
            }

            answer = await ConnectAsync(socket, target, proxies.AuthorizationFor(target), limit.Token);
        }
        catch (SocketException e)
        {
            return report.Wrong(
                "proxy",
                $"{name} can't be reached ({Reason(e)})",
                $"getent hosts {proxy.IdnHost}; nc -vz {proxy.IdnHost} {proxy.Port}   (then fix the variable in {DoctorCommand.DefaultFile}, DNS or the firewall)"
            );
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return report.Wrong(
                "proxy",
                $"{name} does not answer",
                $"ask the proxy's admin whether CONNECT to {Destination(target)} is allowed for this server"
            );
        }

        return Judge(name, proxy.Authority, target, answer, proxies.AuthorizationFor(target) is not null);
    }

    private bool Judge(string name, string proxy, Uri target, string? answer, bool hasLogin)
    {
        if (
            answer?.Split(' ', 3) is not [var version, var code, ..]
            || !version.StartsWith("HTTP/", StringComparison.Ordinal)
            || !int.TryParse(code, out var status)
        )
        {
            return report.Wrong(
                "proxy",
                $"{name} does not answer like an HTTP proxy",
                $"ask the proxy's admin for the address and port that take CONNECT; put them into {DoctorCommand.DefaultFile}"
            );
        }

        return status switch
        {
            >= 200 and < 300 => Through(),
            401 or 407 => report.Wrong(
                "proxy",
                hasLogin
                    ? $"{name} refuses the user and password (HTTP {status})"
                    : $"{name} asks for a user and password (HTTP {status})",
                $"put them before the proxy's host in {DoctorCommand.DefaultFile}: http://USER:PASSWORD@{proxy}; then: systemctl restart notify-bot notify-web"
            ),
            >= 500 => report.Wrong(
                "proxy",
                OutgoingProxy.Refusal(name, target, status),
                $"ask the proxy's admin why it does not reach {Destination(target)} (DNS, firewall)"
            ),
            _ => report.Wrong(
                "proxy",
                OutgoingProxy.Refusal(name, target, status),
                $"ask the proxy's admin to allow CONNECT to {Destination(target)} for this server"
            ),
        };

        bool Through()
        {
            report.Ok("proxy", $"{name} lets the bot through to {Destination(target)}");
            return true;
        }
    }

    /// <summary>Sends CONNECT (RFC 9110, section 9.3.6).</summary>
    /// <returns>The answer's first line; null without an answer.</returns>
    private static async Task<string?> ConnectAsync(
        Socket socket,
        Uri target,
        string? authorization,
        CancellationToken cancellation
    )
    {
        var login = authorization is null ? "" : $"Proxy-Authorization: {authorization}\r\n";
        await socket.SendAsync(
            Encoding.ASCII.GetBytes(
                $"CONNECT {Destination(target)} HTTP/1.1\r\nHost: {Destination(target)}\r\n{login}\r\n"
            ),
            SocketFlags.None,
            cancellation
        );
        var answer = new byte[MaxAnswerBytes];
        var length = 0;
        while (length < answer.Length && answer.AsSpan(0, length).IndexOf((byte)'\n') < 0)
        {
            var count = await socket.ReceiveAsync(answer.AsMemory(length), SocketFlags.None, cancellation);
            if (count == 0)
            {
                break;
            }

            length += count;
        }

        var line = answer.AsSpan(0, length);
        return line.IndexOf((byte)'\n') is >= 0 and var end
            ? Encoding.Latin1.GetString(line[..end]).TrimEnd('\r')
            : null;
    }

    private static string Destination(Uri target) =>
        $"{(target.HostNameType == UriHostNameType.IPv6 ? target.Host : target.IdnHost)}:{target.Port}";

    private static string Reason(SocketException e) =>
        e.SocketErrorCode is SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData
            ? "unknown host name"
            : e.Message;
}
