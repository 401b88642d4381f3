using System.Net;
using Microsoft.Net.Http.Headers;

namespace Notify.Sandbox;

/// <summary>Serves only this machine: no other address, no web page of another origin, no foreign name that points here.</summary>
internal static class LoopbackOnly
{
    /// <summary>The address to listen on.</summary>
    /// <exception cref="UsageException">Not plain http on a loopback address.</exception>
    public static IPAddress ListenAddress(Uri listen, string option)
    {
        if (listen.Scheme == Uri.UriSchemeHttp && listen.AbsolutePath == "/")
        {
            if (listen.Host == "localhost")
            {
                return IPAddress.Loopback;
            }

            if (IPAddress.TryParse(listen.Host, out var address) && IPAddress.IsLoopback(address))
            {
                return address;
            }
        }

        throw new UsageException(
            $"{option} is {listen}: the sandbox listens on http://127.0.0.1:PORT or http://[::1]:PORT only, since anybody who reaches it may do anything."
        );
    }

    /// <summary>Why a request is refused, or null where it may pass.</summary>
    /// <param name="http">The request.</param>
    /// <param name="isOpenToNavigation">Whether another site may send a browser here by a link or a redirect. That is a GET, which changes nothing, and whose answer only the person sees.</param>
    public static string? Refusal(HttpContext http, bool isOpenToNavigation = false)
    {
        if (
            http.Connection.RemoteIpAddress is not { } peer
            || !IPAddress.IsLoopback(peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer)
        )
        {
            return "The sandbox serves this machine only.";
        }
        // A foreign name that points to 127.0.0.1 would let a page in (DNS rebinding).
        if (!IsLoopbackHost(http.Request.Host.Host))
        {
            return "The Host header must be 127.0.0.1, localhost or [::1].";
        }

        var isNavigation = isOpenToNavigation && HttpMethods.IsGet(http.Request.Method);
        if (
            !isNavigation
            && http.Request.Headers.Origin is [{ Length: > 0 } origin]
            && origin != $"http://{http.Request.Host.Value}"
        )
        {
            return "Pages of other origins may not use the sandbox.";
        }

        return null;
    }

    /// <summary>Whether a request that changes something has the content type that a form of another page can't send.</summary>
    public static bool IsJson(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase);

    private static bool IsLoopbackHost(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
