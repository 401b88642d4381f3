namespace Notify.Web.Hosting;

/// <summary>
/// What a request says about the address it came to does not count, and less so what a forwarded header says: links, redirects and cookies are
/// made for <c>NOTIFY_WEB_URL</c>.
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

        // nginx may hand the path on with the base or without (proxy_pass with a slash at its end): both are meant.
        if (request.Path.StartsWithSegments(_base, StringComparison.Ordinal, out var rest))
        {
            request.Path = rest.HasValue ? rest : "/";
        }

        request.PathBase = _base;
        return next(context);
    }

    /// <summary>The name that a request was for, where it isn't this dashboard's; else null.</summary>
    internal static string? ForeignHostOf(HttpContext context) =>
        context.Items.TryGetValue(ForeignHost, out var host) ? (string)host! : null;

    /// <summary>The port may be left out: nginx's <c>$host</c> does so.</summary>
    private bool IsOurs(HostString host) =>
        string.Equals(host.Host, _host.Host, StringComparison.OrdinalIgnoreCase)
        && (host.Port is not { } port || port == settings.PublicUrl.Port);
}

/// <summary>
/// Refuses names that somebody else made point here: a page of theirs would count as ours. Only the health check answers to any: whoever asks on this machine
/// uses none of ours.
/// </summary>
internal sealed class ForeignHosts(RequestDelegate next, WebSettings settings)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (PublicAddress.ForeignHostOf(context) is not { } host || context.Request.Path == Api.HealthRoute.Path)
        {
            return next(context);
        }

        throw new ApiException(
            StatusCodes.Status421MisdirectedRequest,
            $"This is {settings.InstanceName} at {settings.PublicUrl}, and nothing else: it does not answer for '{ApiExceptionHandler.Shown(host)}'. (For the operator: let nginx pass the name on with \"proxy_set_header Host $host;\".)"
        );
    }
}
