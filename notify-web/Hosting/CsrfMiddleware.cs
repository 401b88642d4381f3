using Microsoft.AspNetCore.Antiforgery;
using Microsoft.Net.Http.Headers;

namespace Notify.Web.Hosting;

/// <summary>
/// What changes something must come from this dashboard's own page: not from a page of another site, with the page's token, in JSON, and small. Each of
/// that would do; together one mistake is not enough.
/// </summary>
internal sealed class CsrfMiddleware(RequestDelegate next, WebSettings settings, IAntiforgery antiforgery)
{
    /// <summary>The largest body, in bytes: what is sent here is a code or a length of time.</summary>
    internal const int LargestBody = 16 * 1024;

    /// <summary>The header that the page's token comes in.</summary>
    internal const string TokenHeader = "X-Notify-Token";

    /// <summary>The one address that a form without script may send to.</summary>
    internal const string LogoutPath = "/logout";

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
                    "The page that this came from is out of date. Reload it and try again."
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
                $"This request came from a page of another site, so nothing was done. Use {settings.PublicUrl} itself."
            );
        }
    }

    private static void RefuseOtherBodies(HttpRequest request)
    {
        if (request.ContentLength > LargestBody)
        {
            throw new ApiException(
                StatusCodes.Status413PayloadTooLarge,
                $"The body is too large: it may have {LargestBody} bytes."
            );
        }

        var hasBody = request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0;
        if (
            hasBody
            && request.Path != LogoutPath
            && !(
                MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
                && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            )
        )
        {
            throw new ApiException(
                StatusCodes.Status415UnsupportedMediaType,
                "The body has to be JSON, with \"Content-Type: application/json\"."
            );
        }
    }
}
