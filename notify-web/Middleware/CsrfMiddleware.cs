using Microsoft.AspNetCore.Antiforgery;
using Microsoft.Net.Http.Headers;
using Notify.Http;
using Notify.Web.Login;

namespace Notify.Web.Middleware;

/// <summary>
/// A request that changes something must come from the dashboard's own page: from its origin, with the page's token, as JSON or to a page as a form, and small. Each check would be
/// enough. Together they withstand one mistake.
/// </summary>
internal sealed class CsrfMiddleware(RequestDelegate next, WebSettings settings, IAntiforgery antiforgery)
{
    /// <summary>The largest body in bytes. Bodies hold a code, a name or a duration.</summary>
    internal const int MaxBody = 16 * 1024;

    /// <summary>The header with the page's token.</summary>
    internal const string TokenHeader = "X-Notify-Token";

    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            RefuseForeign(request);
            RefuseOtherBodies(request);
            if (!await antiforgery.IsRequestValidAsync(context))
            {
                throw new ApiException(
                    StatusCodes.Status400BadRequest,
                    "This page is out of date. Reload it and try again."
                );
            }
        }

        await next(context);
    }

    private void RefuseForeign(HttpRequest request)
    {
        var isForeign =
            request.Headers.Origin.Count > 0
                ? request.Headers.Origin is not [{ } origin]
                    || !string.Equals(origin, settings.Origin, StringComparison.OrdinalIgnoreCase)
                : request.Headers["Sec-Fetch-Site"] is [{ } site, ..] && site != "same-origin";
        if (isForeign)
        {
            throw new ApiException(
                StatusCodes.Status403Forbidden,
                $"This request came from a page of another site, so it was refused. Use {settings.PublicUrl} itself."
            );
        }
    }

    private static void RefuseOtherBodies(HttpRequest request)
    {
        if (request.ContentLength > MaxBody)
        {
            throw new ApiException(
                StatusCodes.Status413PayloadTooLarge,
                $"The body is too large: the limit is {MaxBody} bytes."
            );
        }

        var hasBody = request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0;
        if (
            hasBody
            && !Is(request, "application/json")
            && (WebPaths.IsForScripts(request.Path) || !Is(request, "application/x-www-form-urlencoded"))
        )
        {
            throw new ApiException(
                StatusCodes.Status415UnsupportedMediaType,
                "The body has to be JSON, with \"Content-Type: application/json\"."
            );
        }
    }

    private static bool Is(HttpRequest request, string mediaType) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase);
}

/// <summary>The tokens of pages.</summary>
internal static class CsrfTokens
{
    internal static void AddCsrf(this IServiceCollection services, WebSettings settings) =>
        services.AddAntiforgery(antiForgery =>
        {
            antiForgery.HeaderName = CsrfMiddleware.TokenHeader;
            antiForgery.Cookie.Name = GoogleLogin.CookieName(settings, "page");
            antiForgery.Cookie.SecurePolicy = GoogleLogin.Secure(settings);
            antiForgery.SuppressXFrameOptionsHeader = true;
        });
}
