using System.Globalization;
using Notify.Bot.Outbox;
using Notify.Hosting;
using Notify.Linking;

namespace Notify.Bot.SendApi;

/// <summary>
/// Turns refusals into answers, for all routes. What nobody foresaw is logged whole and answered with a sentence that shows nothing of it; what no route serves is answered
/// with a sentence too: a caller with a typing error in its path looks for it there.
/// </summary>
internal sealed partial class ApiExceptionHandler(
    EndpointDataSource endpoints,
    TimeProvider time,
    ILogger<ApiExceptionHandler> log
)
{
    /// <summary>How soon a caller may come back where the operator has to mend something first.</summary>
    private static readonly TimeSpan Mending = TimeSpan.FromSeconds(30);

    /// <summary>A caller that finds such a request could fill the log with it.</summary>
    private readonly LogThrottle _unforeseen = new(time, atOnce: 1);

    internal async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
            await SayWhatIsServedAsync(context);
        }
        catch (ApiException refusal)
        {
            await RefuseAsync(context, refusal);
        }
        catch (Exception e)
            when (e is OutboxNotWritableException or OutboxNotReadableException or StateUnreadableException)
        {
            await RefuseAsync(context, new ApiException(StatusCodes.Status503ServiceUnavailable, e.Message, Mending));
        }
        catch (TooManyMutesException e)
        {
            await RefuseAsync(context, new ApiException(StatusCodes.Status409Conflict, e.Message));
        }
        catch (BadHttpRequestException e)
        {
            await RefuseAsync(
                context,
                new ApiException(
                    e.StatusCode,
                    e.StatusCode == StatusCodes.Status413PayloadTooLarge
                        ? "The body is too large."
                        : "The request came too slowly, or broken."
                )
            );
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller is gone; nobody reads an answer.
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            if (_unforeseen.Next() is { } others)
            {
                LogUnforeseen(log, e, context.Request.Method, context.Request.Path.Value ?? "", others);
            }

            await RefuseAsync(
                context,
                new ApiException(
                    StatusCodes.Status500InternalServerError,
                    "The bot failed at this request in a way it should not. The operator finds the reason in bot.log."
                )
            );
        }
    }

    private Task SayWhatIsServedAsync(HttpContext context)
    {
        var response = context.Response;
        if (
            response.HasStarted
            || response.ContentLength is not null
            || response.StatusCode is not (StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed)
        )
        {
            return Task.CompletedTask;
        }

        return RefuseAsync(
            context,
            new ApiException(
                response.StatusCode,
                response.StatusCode == StatusCodes.Status404NotFound
                    ? $"There is nothing at this path. What there is: {SendApiRoutes.Words(endpoints)}."
                    : $"{context.Request.Method} is not for this path; it takes {response.Headers.Allow}."
            )
        );
    }

    private static Task RefuseAsync(HttpContext context, ApiException refusal)
    {
        if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
        {
            return Task.CompletedTask;
        }

        if (refusal.RetryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds))
                .ToString(CultureInfo.InvariantCulture);
        }

        return context.WriteAsync(
            refusal.Status,
            new ErrorAnswer(refusal.Message, refusal.NotificationId),
            SendApiJson.Default.ErrorAnswer
        );
    }

    [LoggerMessage(1301, LogLevel.Error, "{Method} {Path} failed in a way that nobody foresaw.{Others}")]
    private static partial void LogUnforeseen(ILogger log, Exception e, string method, string path, string others);
}
