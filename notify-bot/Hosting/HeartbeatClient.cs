using System.Globalization;
using Notify.Bot.Telegram;
using Notify.Settings;

namespace Notify.Bot.Hosting;

/// <summary>Asks the address of a dead man's switch. Says what went wrong in words of its own: those of the framework have the host in them.</summary>
internal sealed class HeartbeatClient(HeartbeatAddress address, OutgoingProxy? proxy, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    private const int MaxRedirects = 5;

    private readonly HttpClient _http = new(Connections.NewHandler(proxy, time)) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>One GET.</summary>
    /// <returns>Null if the address answered well, else what is wrong, as the end of a sentence.</returns>
    internal async Task<string?> CallAsync(CancellationToken cancellation)
    {
        using var limit = new TimeLimit(CallTimeout, time, cancellation);
        var target = address.Value;
        try
        {
            for (var redirects = 0; redirects <= MaxRedirects; redirects++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, target);
                using var response = await _http.SendAsync(
                    request,
                    HttpCompletionOption.ResponseHeadersRead,
                    limit.Token
                );
                var status = (int)response.StatusCode;
                if (response.IsSuccessStatusCode)
                {
                    return null;
                }

                if (status is not (>= 301 and <= 308) || response.Headers.Location is not { } location)
                {
                    return string.Create(CultureInfo.InvariantCulture, $"it answers with HTTP status {status}");
                }

                var next = new Uri(target, location);
                if (
                    next.IdnHost != target.IdnHost
                    || (next.Scheme != target.Scheme && next.Scheme != Uri.UriSchemeHttps)
                )
                {
                    return "it redirects to another host or to plain http, where the bot does not follow";
                }

                target = next;
            }

            return "it redirects without an end";
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return "it does not answer within 10 s";
        }
        catch (HttpRequestException e)
        {
            return e.HttpRequestError switch
            {
                HttpRequestError.NameResolutionError => "its host name is unknown, or the proxy's",
                HttpRequestError.SecureConnectionError => "its certificate is not accepted",
                HttpRequestError.ProxyTunnelError => "the proxy refuses the connection",
                HttpRequestError.ConnectionError => "it can't be reached",
                _ => "it gives no HTTP answer",
            };
        }
        catch (Exception e) when (e is IOException or NotSupportedException or UriFormatException)
        {
            return "it gives no HTTP answer";
        }
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();
}
