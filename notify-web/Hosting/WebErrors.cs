using Notify.Http;
using Notify.Linking;
using Notify.Sending;
using Notify.Web.Bot;

namespace Notify.Web.Hosting;

/// <summary>Errors as answers: JSON for scripts, a page for people.</summary>
internal static class WebErrors
{
    internal static ApiErrors Make() =>
        new()
        {
            UnforeseenEvent = 4301,
            Unforeseen =
                "The dashboard failed unexpectedly. Tell the admin: its log has the reason (journalctl -u notify-web).",
            NotFound = "There is nothing at this address.",
            Known = Known,
            TryWrite = TryWriteAsync,
        };

    private static ApiException? Known(Exception e) =>
        e switch
        {
            BotRefusedException refused => new ApiException(refused.Status, refused.Message, refused.RetryAfter),
            BotUnreachableException => new ApiException(
                StatusCodes.Status503ServiceUnavailable,
                e.Message,
                TimeSpan.FromSeconds(10)
            ),
            StateUnreadableException or StateNotWritableException => new ApiException(
                StatusCodes.Status503ServiceUnavailable,
                e.Message,
                TimeSpan.FromSeconds(30)
            ),
            _ => null,
        };

    private static async ValueTask<bool> TryWriteAsync(HttpContext context, ApiException refusal, RequestDelegate next)
    {
        if (WebPaths.IsForScripts(context.Request.Path))
        {
            return false;
        }

        if (refusal.Status == StatusCodes.Status421MisdirectedRequest)
        {
            // No page under a foreign host name.
            await WriteBareAsync(context, refusal);
            return true;
        }

        // The page is Page/Problem.cshtml. If it fails too, the answer is the sentence alone.
        try
        {
            context.Items[typeof(ApiException)] = refusal;
            context.SetEndpoint(null);
            context.Request.RouteValues.Clear();
            context.Request.Method = HttpMethods.Get;
            context.Request.Path = "/trouble";
            await next(context);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            context.RequestServices.GetRequiredService<ApiExceptionHandler>().LogUnforeseen(e, "GET", "/trouble");
            await WriteBareAsync(context, refusal);
        }

        return true;
    }

    private static Task WriteBareAsync(HttpContext context, ApiException refusal)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(refusal.Message, context.RequestAborted);
    }
}
