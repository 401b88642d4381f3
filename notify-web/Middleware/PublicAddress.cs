using Notify.Http;
using Notify.Text;

namespace Notify.Web.Middleware;

/// <summary>
/// Gives each request the address of <c>NOTIFY_WEB_URL</c>, for links, redirects and cookies. The request's own address and forwarded headers
/// never count.
/// </summary>
internal sealed class PublicAddress(RequestDelegate next, WebSettings settings)
{
    private static readonly object ForeignHost = new();

    private readonly PathString _base = new(settings.BasePath);
    private readonly HostString _host = settings.PublicUrl.IsDefaultPort
        ? new HostString(settings.PublicUrl.IdnHost)
        : new HostString(settings.PublicUrl.IdnHost, settings.PublicUrl.Port);

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!IsOurs(request.Host))
        {
            context.Items[ForeignHost] = request.Host.Value;
        }

        request.Scheme = settings.PublicUrl.Scheme;
        request.Host = _host;

        // nginx passes the path on with the base, or without it (proxy_pass with a slash at its end).
        if (request.Path.StartsWithSegments(_base, StringComparison.Ordinal, out var rest))
        {
            request.Path = rest.HasValue ? rest : "/";
        }

        request.PathBase = _base;
        return next(context);
    }

    /// <summary>The host name of a request that is not this dashboard's; else null.</summary>
    internal static string? ForeignHostOf(HttpContext context) =>
        context.Items.TryGetValue(ForeignHost, out var host) ? (string)host! : null;

    /// <summary>The port is optional: nginx's <c>$host</c> has none.</summary>
    private bool IsOurs(HostString host) =>
        string.Equals(host.Host, _host.Host, StringComparison.OrdinalIgnoreCase)
        && (host.Port is not { } port || port == settings.PublicUrl.Port);
}

/// <summary>
/// Refuses foreign host names that point here: browsers would treat a page under that name and ours as one site. The health check answers under any name, because
/// local callers use the socket or port.
/// </summary>
internal sealed class ForeignHosts(RequestDelegate next, WebSettings settings)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (PublicAddress.ForeignHostOf(context) is not { } host || context.Request.Path == WebPaths.Health)
        {
            return next(context);
        }

        throw new ApiException(
            StatusCodes.Status421MisdirectedRequest,
            $"This is {settings.InstanceName} at {settings.PublicUrl}, which does not answer for '{SafeText.Line(host, 100)}'. (Admins: let nginx pass the name on with \"proxy_set_header Host $host;\".)"
        );
    }
}
