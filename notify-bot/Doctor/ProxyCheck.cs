using System.Net.Sockets;
using System.Text;
using Notify.Settings;

namespace Notify.Bot.Doctor;

/// <summary>Which proxy the bot goes through, and whether that one lets it through to Telegram. Its user and password are never shown.</summary>
internal sealed class ProxyCheck(BotSettings settings, TimeProvider time, DoctorReport findings)
{
    private const int LongestAnswer = 16 * 1024;

    /// <summary>Looks at it, where there is one.</summary>
    /// <returns>False where it is known to let nothing through, so that Telegram need not be asked.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        var target = settings.ApiUrl;
        if (settings.Proxy is not { } proxies)
        {
            return true;
        }

        if (proxies.For(target) is not { } proxy)
        {
            findings.Ok(
                "proxy",
                $"none for {target.Host}, by no_proxy or since it is this machine or no proxy is set for {target.Scheme}"
            );
            return true;
        }

        var name = proxies.Describe(target)!;
        using var limit = new CancellationTokenSource(DoctorCommand.Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        string? answer;
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(proxy.IdnHost, proxy.Port, either.Token);
            if (proxy.Scheme != Uri.UriSchemeHttp || target.Scheme != Uri.UriSchemeHttps)
            {
                // What has no CONNECT is tried with Telegram itself.
                findings.Ok("proxy", $"{name} takes connections");
                return true;
            }

            answer = await ConnectAsync(socket, target, proxies.AuthorizationFor(target), either.Token);
        }
        catch (SocketException e)
        {
            return findings.Wrong(
                "proxy",
                $"{name} can't be reached ({Reason(e)})",
                $"getent hosts {proxy.IdnHost}; nc -vz {proxy.IdnHost} {proxy.Port}   (then the variable in {DoctorCommand.DefaultFile}, DNS or firewall, whichever it names)"
            );
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return findings.Wrong(
                "proxy",
                $"{name} gives no answer",
                $"ask its operator whether CONNECT to {Destination(target)} is allowed for this server"
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
            return findings.Wrong(
                "proxy",
                $"{name} does not answer as a proxy for HTTP does",
                $"ask its operator for the address and port that take CONNECT; put them into {DoctorCommand.DefaultFile}"
            );
        }

        return status switch
        {
            >= 200 and < 300 => Through(),
            401 or 407 => findings.Wrong(
                "proxy",
                hasLogin
                    ? $"{name} does not take the user and password that it is given (HTTP {status})"
                    : $"{name} wants a user and a password (HTTP {status})",
                $"put them before its host in {DoctorCommand.DefaultFile}: http://USER:PASSWORD@{proxy}; then: systemctl restart notify-bot notify-web"
            ),
            >= 500 => findings.Wrong(
                "proxy",
                OutgoingProxy.Refusal(name, target, status),
                $"ask its operator why it does not reach {Destination(target)} (its DNS, its own way out)"
            ),
            _ => findings.Wrong(
                "proxy",
                OutgoingProxy.Refusal(name, target, status),
                $"ask its operator to allow CONNECT to {Destination(target)} for this server"
            ),
        };

        bool Through()
        {
            findings.Ok("proxy", $"{name} lets the bot through to {Destination(target)}");
            return true;
        }
    }

    /// <summary>Asks for a way through (RFC 9110, section 9.3.6).</summary>
    /// <returns>The first line of the answer; null where there is none.</returns>
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
        var answer = new byte[LongestAnswer];
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
            ? "its name is not known to the DNS"
            : e.Message;
}
