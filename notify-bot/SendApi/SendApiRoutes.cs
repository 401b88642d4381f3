using Notify.Bot.Events;
using Notify.Bot.Metrics;

namespace Notify.Bot.SendApi;

/// <summary>The send API: HTTP/1.1 on the Unix socket (specification, section 7).</summary>
internal static class SendApiRoutes
{
    /// <summary>All calls in words, such as <c>POST /scripts/NAME.py/run</c>, for callers whose path is none of them.</summary>
    internal static string Words(EndpointDataSource endpoints) =>
        string.Join(
                ", ",
                endpoints
                    .Endpoints.OfType<RouteEndpoint>()
                    .Select(endpoint =>
                        $"{endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods[0]} {endpoint.RoutePattern.RawText}"
                    )
            )
            .Replace("{name}", "NAME.py", StringComparison.Ordinal)
            .Replace("{id}", "ID", StringComparison.Ordinal);

    internal static void AddSendApi(this IServiceCollection services)
    {
        services.AddRoutingCore();
        services.AddSingleton<UploadLimiter>();
        services.AddSingleton<Recipients>();
        services.AddSingleton<ApiExceptionHandler>();
        services.AddSingleton<AccessGate>();
        services.AddSingleton<SendRoutes>();
        services.AddSingleton<WatchRoutes>();
        services.AddSingleton<EventStream>();
        services.AddSingleton<MetricsPage>();
        services.AddSingleton<ScriptRoutes>();
    }

    internal static void MapSendApi(this WebApplication app)
    {
        app.Use(app.Services.GetRequiredService<ApiExceptionHandler>().AnswerAsync);
        app.Use(app.Services.GetRequiredService<AccessGate>().CheckAsync);

        var sending = app.Services.GetRequiredService<SendRoutes>();
        app.MapPost("/send", context => sending.SendAsync(context, photo: false));
        app.MapPost("/send_photo", context => sending.SendAsync(context, photo: true));

        var watching = app.Services.GetRequiredService<WatchRoutes>();
        app.MapGet("/health", watching.HealthAsync);
        app.MapGet("/metrics", app.Services.GetRequiredService<MetricsPage>().ServeAsync);
        app.MapGet("/link", watching.LinkAsync);
        app.MapGet("/mutes", watching.MutesAsync);
        app.MapGet("/notifications", watching.NotificationsAsync);
        app.MapGet("/notifications/days", watching.DaysAsync);
        app.MapGet("/notifications/quarters", watching.QuartersAsync);
        app.MapGet("/images/{id}", watching.ImageAsync);
        app.MapGet("/events", app.Services.GetRequiredService<EventStream>().ServeAsync);

        var scripts = app.Services.GetRequiredService<ScriptRoutes>();
        app.MapGet("/scripts", scripts.ListAsync);
        app.MapPost("/scripts/{name}/run", scripts.RunAsync);
        app.MapPost("/scripts/{name}/mute", scripts.MuteAsync);
    }
}
