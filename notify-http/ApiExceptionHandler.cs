using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Notify.Contracts;
using Notify.Hosting;
using Notify.Text;

namespace Notify.Http;

/// <summary>
/// Turns exceptions into answers, for all routes. An unexpected exception is logged whole, and its answer shows nothing of it. A path
/// without a route gets a sentence too, for callers with a typing error.
/// </summary>
public sealed class ApiExceptionHandler(
    ApiErrors errors,
    EndpointDataSource endpoints,
    TimeProvider time,
    ILogger<ApiExceptionHandler> log
)
{
    /// <summary>Limits the log, which a caller with such a request could fill.</summary>
    private readonly LogThrottle _unforeseen = new(time, atOnce: 1);

    /// <summary>Middleware.</summary>
    public async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        try
        {
            await next(context);
        }
        catch (ApiException e)
        {
            await RefuseAsync(context, e, next);
            return;
        }
        catch (Exception e)
            when (e is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            // The caller is gone; nobody reads an answer.
            return;
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await RefuseAsync(context, Refusal(context, e), next);
            return;
        }

        var response = context.Response;
        if (
            !response.HasStarted
            && response.StatusCode >= StatusCodes.Status400BadRequest
            && response.ContentLength is null
            && response.ContentType is null
        )
        {
            await RefuseAsync(context, new ApiException(response.StatusCode, Sentence(context)), next);
        }
    }

    /// <summary>Logs an unexpected failure.</summary>
    public void LogUnforeseen(Exception e, string method, string path)
    {
        if (_unforeseen.Next() is { } others)
        {
            log.LogError(
                new EventId(errors.UnforeseenEvent),
                e,
                "{Method} {Path} failed unexpectedly.{Others}",
                SafeText.Line(method, 100),
                SafeText.Line(path, 100),
                others
            );
        }
    }

    private string Sentence(HttpContext context) =>
        context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => errors.NotFound
                ?? $"There is nothing at this path. The API has: {RouteList.Words(endpoints)}.",
            StatusCodes.Status405MethodNotAllowed =>
                $"{SafeText.Line(context.Request.Method, 100)} does not work for this path; use {context.Response.Headers.Allow}.",
            StatusCodes.Status403Forbidden => "You may not do this.",
            StatusCodes.Status429TooManyRequests => "Too many requests. Try again in a minute.",
            var status => $"The request was refused with HTTP status {status}.",
        };

    private ApiException Refusal(HttpContext context, Exception e)
    {
        if (errors.Known(e) is { } known)
        {
            return known;
        }

        if (e is BadHttpRequestException bad)
        {
            return new ApiException(
                bad.StatusCode,
                bad.StatusCode == StatusCodes.Status413PayloadTooLarge
                    ? errors.TooLarge
                    : "The request came too slowly or was malformed."
            );
        }

        LogUnforeseen(e, context.Request.Method, context.Request.Path.Value ?? "");
        return new ApiException(StatusCodes.Status500InternalServerError, errors.Unforeseen);
    }

    private async Task RefuseAsync(HttpContext context, ApiException refusal, RequestDelegate next)
    {
        if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        context.Response.StatusCode = refusal.Status;
        if (refusal.RetryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds))
                .ToString(CultureInfo.InvariantCulture);
        }

        if (errors.TryWrite is null || !await errors.TryWrite(context, refusal, next))
        {
            await context.WriteAsync(
                refusal.Status,
                new ErrorAnswer(refusal.Message, refusal.NotificationId),
                SendContract.Json.ErrorAnswer
            );
        }
    }
}

/// <summary>Puts <see cref="ApiExceptionHandler"/> into a service.</summary>
public static class ApiExceptionHandling
{
    /// <summary>Adds the handler.</summary>
    public static void AddApiExceptionHandler(this IServiceCollection services, ApiErrors errors)
    {
        services.AddSingleton(errors);
        services.AddSingleton<ApiExceptionHandler>();
    }

    /// <summary>Uses it from here on.</summary>
    public static void UseApiExceptionHandler(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.Use(app.ApplicationServices.GetRequiredService<ApiExceptionHandler>().AnswerAsync);
    }
}
