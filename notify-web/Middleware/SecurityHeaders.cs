namespace Notify.Web.Middleware;

/// <summary>The security headers of every answer.</summary>
internal sealed class SecurityHeaders(RequestDelegate next, WebSettings settings)
{
    /// <summary>Scripts, styles, pictures and connections of this dashboard and its gateway only, nothing inline, in nobody's frame.</summary>
    private readonly string _contentSecurityPolicy =
        $"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' {settings.GatewayUrl.GetLeftPart(UriPartial.Authority)}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private const string TwoYears = "max-age=63072000";

    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = _contentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        // With no-referrer, forms would send "Origin: null" like foreign ones, and nobody could log out.
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
        if (settings.IsSecure)
        {
            headers.StrictTransportSecurity = TwoYears;
        }

        return next(context);
    }
}
