using System.Globalization;
using Notify.Hosting;
using Notify.Linking;
using Notify.Sending;
using Notify.Web.Api;
using Notify.Web.Bot;

namespace Notify.Web.Hosting;

/// <summary>Every refusal and every failure is answered with a sentence: as JSON where a script asked, as a page where a person did.</summary>
internal sealed partial class ApiExceptionHandler(
    RequestDelegate next,
    TimeProvider time,
    ILogger<ApiExceptionHandler> log
)
{
    /// <summary>A stranger who finds such a request could fill the log with it.</summary>
    private readonly LogThrottle _unforeseen = new(time, atOnce: 1);

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (ApiException e)
        {
            await AnswerAsync(context, e);
            return;
        }
        catch (Exception e) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            await AnswerAsync(context, Refusal(context, e));
            return;
        }
        catch (Exception e)
            when (e is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            // Nobody reads an answer.
            return;
        }

        var response = context.Response;
        if (
            !response.HasStarted
            && response.StatusCode >= 400
            && response.ContentLength is null
            && response.ContentType is null
        )
        {
            await AnswerAsync(context, new ApiException(response.StatusCode, Sentence(context)));
        }
    }

    /// <summary>What a request quotes may hold anything.</summary>
    internal static string Shown(string text)
    {
        var cut = text.Length > 100 ? text[..100] + "..." : text;
        return string.Concat(cut.Select(c => char.IsControl(c) ? '?' : c));
    }

    private static string Sentence(HttpContext context) =>
        context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => "There is nothing at this address.",
            StatusCodes.Status405MethodNotAllowed =>
                $"{Shown(context.Request.Method)} is not for this address; it takes {context.Response.Headers.Allow}.",
            StatusCodes.Status403Forbidden => "You may not do this.",
            StatusCodes.Status429TooManyRequests => "Too many requests. Try again in a minute.",
            var status => $"The request was refused with HTTP status {status}.",
        };

    private ApiException Refusal(HttpContext context, Exception e)
    {
        switch (e)
        {
            case BotRefusedException refused:
                return new ApiException(refused.Status, refused.Message, refused.RetryAfter);
            case BotUnreachableException:
                return new ApiException(StatusCodes.Status503ServiceUnavailable, e.Message, TimeSpan.FromSeconds(10));
            case StateUnreadableException or StateNotWritableException:
                return new ApiException(StatusCodes.Status503ServiceUnavailable, e.Message, TimeSpan.FromSeconds(30));
            case BadHttpRequestException bad:
                return new ApiException(
                    bad.StatusCode,
                    bad.StatusCode == StatusCodes.Status413PayloadTooLarge
                        ? "The body is too large."
                        : "The request came too slowly, or broken."
                );
            default:
                LogUnforeseen(e, context.Request.Method, context.Request.Path.Value ?? "");
                return new ApiException(
                    StatusCodes.Status500InternalServerError,
                    "The dashboard failed at this request in a way it should not. The operator finds the reason in its log (journalctl -u notify-web)."
                );
        }
    }

    private async Task AnswerAsync(HttpContext context, ApiException refusal)
    {
        if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        var response = context.Response;
        response.StatusCode = refusal.Status;
        if (refusal.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds))
                .ToString(CultureInfo.InvariantCulture);
        }

        if (ApiAuthMiddleware.IsForScripts(context.Request.Path))
        {
            await response.WriteAsJsonAsync(new ErrorAnswer(refusal.Message), context.RequestAborted);
            return;
        }

        if (refusal.Status == StatusCodes.Status421MisdirectedRequest)
        {
            // No page under a name that isn't ours.
            await WriteBareAsync(response, refusal, context.RequestAborted);
            return;
        }

        // The page for it is in Page/Problem.cshtml; where even that fails, the bare sentence.
        try
        {
            context.Items[typeof(ApiException)] = refusal;
            context.SetEndpoint(null);
            context.Request.RouteValues.Clear();
            context.Request.Method = HttpMethods.Get;
            context.Request.Path = "/trouble";
            await next(context);
        }
        catch (Exception e) when (!response.HasStarted)
        {
            LogUnforeseen(e, "GET", "/trouble");
            await WriteBareAsync(response, refusal, context.RequestAborted);
        }
    }

    private static Task WriteBareAsync(HttpResponse response, ApiException refusal, CancellationToken cancellation)
    {
        response.ContentType = "text/plain; charset=utf-8";
        return response.WriteAsync(refusal.Message, cancellation);
    }

    private void LogUnforeseen(Exception e, string method, string path)
    {
        if (_unforeseen.Next() is { } others)
        {
            LogUnforeseen(log, e, Shown(method), Shown(path), others);
        }
    }

    [LoggerMessage(4301, LogLevel.Error, "{Method} {Path} failed in a way that nobody foresaw.{Others}")]
    private static partial void LogUnforeseen(ILogger log, Exception e, string method, string path, string others);
}
