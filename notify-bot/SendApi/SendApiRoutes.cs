using Notify.Bot.Outbox;
using Notify.Http;
using Notify.Linking;

namespace Notify.Bot.SendApi;

/// <summary>The send API: HTTP/1.1 on the Unix socket (docs/send-api.md).</summary>
internal static class SendApiRoutes
{
    /// <summary>How soon a caller may retry after a fault that an admin has to fix.</summary>
    private static readonly TimeSpan RetryAfterFix = TimeSpan.FromSeconds(30);

    internal static void AddSendApi(this IServiceCollection services)
    {
        services.AddRoutingCore();
        services.AddSingleton<UploadLimiter>();
        services.AddSingleton<Recipients>();
        services.AddApiExceptionHandler(
            new ApiErrors
            {
                UnforeseenEvent = 1301,
                Unforeseen = "The bot failed unexpectedly. Tell the admin: bot.log has the reason.",
                Known = Known,
            }
        );
        services.AddSingleton<AccessGate>();
        services.AddSingleton<SendRoutes>();
        services.AddSingleton<BotHealthCheck>();
        services.AddSingleton<WatchRoutes>();
        services.AddSingleton<HistoryRoutes>();
        services.AddSingleton<AgainRoutes>();
        services.AddSingleton<EventStream>();
        services.AddSingleton<MetricsPage>();
        services.AddSingleton<ScriptRoutes>();
        services.AddSingleton<RoundRoutes>();
        services.AddSingleton<QuietRoutes>();
        services.AddSingleton<IncidentRoutes>();
    }

    internal static void MapSendApi(this WebApplication app)
    {
        app.UseApiExceptionHandler();
        app.Use(app.Services.GetRequiredService<AccessGate>().CheckAsync);

        var sending = app.Services.GetRequiredService<SendRoutes>();
        app.MapPost("/send", context => sending.SendAsync(context, photo: false));
        app.MapPost("/send_photo", context => sending.SendAsync(context, photo: true));

        var watching = app.Services.GetRequiredService<WatchRoutes>();
        app.MapGet("/health", watching.HealthAsync);
        app.MapGet("/metrics", app.Services.GetRequiredService<MetricsPage>().ServeAsync);
        app.MapGet("/link", watching.LinkAsync);
        app.MapGet("/mutes", watching.MutesAsync);
        app.MapGet("/notifications/days", watching.DaysAsync);
        app.MapGet("/notifications/quarters", watching.QuartersAsync);
        app.MapGet("/images/{id}", watching.ImageAsync);
        app.MapGet("/files/{id}", watching.FileAsync);
        app.MapGet("/events", app.Services.GetRequiredService<EventStream>().ServeAsync);

        var history = app.Services.GetRequiredService<HistoryRoutes>();
        app.MapGet("/notifications", history.ListAsync);
        app.MapGet("/notifications/scripts", history.ScriptsAsync);
        app.MapGet("/notifications/{id}", history.OneAsync);
        app.MapPost("/notifications/{id}/again", app.Services.GetRequiredService<AgainRoutes>().SendAsync);

        var quiet = app.Services.GetRequiredService<QuietRoutes>();
        app.MapGet("/quiet", quiet.GetAsync);
        app.MapPut("/quiet", quiet.PutAsync);

        var scripts = app.Services.GetRequiredService<ScriptRoutes>();
        app.MapGet("/scripts", scripts.ListAsync);
        app.MapGet("/scripts/{name}/runs", scripts.RunsAsync);
        app.MapPost("/scripts/{name}/run", scripts.RunAsync);
        app.MapPost("/scripts/{name}/mute", scripts.MuteAsync);
        app.MapPost("/scripts/{name}/reset", scripts.ResetAsync);

        var rounds = app.Services.GetRequiredService<RoundRoutes>();
        app.MapPost("/rounds", rounds.PostAsync);
        app.MapDelete("/rounds", rounds.DeleteAsync);
        app.MapGet("/watch", rounds.WatchAsync);
        app.MapPut("/watch", rounds.SwitchWatchAsync);

        var incidents = app.Services.GetRequiredService<IncidentRoutes>();
        app.MapGet("/incidents", incidents.ListAsync);
        app.MapPost("/incidents/{id}/acknowledge", incidents.AcknowledgeAsync);
    }

    private static ApiException? Known(Exception e) =>
        e switch
        {
            OutboxNotWritableException
            or OutboxNotReadableException
            or SearchNotReadyException
            or StateUnreadableException
            or StateNotWritableException => new ApiException(
                StatusCodes.Status503ServiceUnavailable,
                e.Message,
                RetryAfterFix
            ),
            TooManyMutesException => new ApiException(StatusCodes.Status409Conflict, e.Message),
            _ => null,
        };
}
