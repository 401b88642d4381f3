using Notify.Http;

namespace Notify.Gateway.Dispatch;

/// <summary>HTTP/1.1 on the dispatch socket, for the bot and the dashboard (docs/gateway.md).</summary>
internal static class DispatchRoutes
{
    /// <summary>Longest body in bytes; ten Telegram messages have fewer.</summary>
    internal const int MaxBody = 256 * 1024;

    internal static void AddDispatchRoutes(this IServiceCollection services)
    {
        services.AddRoutingCore();
        services.AddSingleton<DispatchPeers>();
        services.AddApiExceptionHandler(
            new ApiErrors
            {
                UnforeseenEvent = 3202,
                Unforeseen = "The gateway failed unexpectedly. Its log has the reason.",
                TooLarge = $"A call has at most {MaxBody / 1024} kB.",
            }
        );
        services.AddSingleton<DispatchApi>();
    }

    internal static void UseDispatchRoutes(this IApplicationBuilder app)
    {
        app.UseApiExceptionHandler();
        app.Use(app.ApplicationServices.GetRequiredService<DispatchPeers>().CheckAsync);
        app.UseRouting();
        app.UseEndpoints(routes =>
        {
            var api = routes.ServiceProvider.GetRequiredService<DispatchApi>();
            routes.MapPost("/dispatch", api.DispatchAsync);
            routes.MapPost("/revoke", api.RevokeAsync);
            routes.MapGet("/revoked", api.RevokedAsync);
            routes.MapGet("/health", api.HealthAsync);
            routes.MapGet("/metrics", api.MetricsAsync);
        });
    }
}
