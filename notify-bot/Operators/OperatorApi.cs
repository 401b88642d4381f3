using Notify.Http;

namespace Notify.Bot.Operators;

/// <summary>A call of operators.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path below <see cref="OperatorGate.Path"/>.</param>
/// <param name="Handler">Its handler, from the services.</param>
internal sealed record OperatorCall(string Method, string Path, Func<IServiceProvider, RequestDelegate> Handler);

/// <summary>The operators' calls: <c>/operator</c> on the bot's socket (docs/send-api.md). No list of routes shows them.</summary>
internal static class OperatorApi
{
    /// <summary>All calls. None has another way in, so a test can knock at each.</summary>
    internal static readonly IReadOnlyList<OperatorCall> Calls =
    [
        Get("/users", routes => routes.UsersAsync),
        Get("/queue", routes => routes.QueueAsync),
        Get("/failed", routes => routes.FailedAsync),
        Get("/health", routes => routes.HealthAsync),
        Get("/audit", routes => routes.AuditAsync),
        Post("/users/{user}/test", desk => desk.TestAsync),
        Post("/users/{user}/unlink", desk => desk.UnlinkAsync),
        Post("/users/{user}/forget", desk => desk.ForgetAsync),
        Post("/queue/{user}/retry", desk => desk.RetryAsync),
        Post("/queue/{user}/drop", desk => desk.DropAsync),
    ];

    internal static void AddOperatorApi(this IServiceCollection services)
    {
        services.AddSingleton<OperatorGate>();
        services.AddSingleton<OperatorUsers>();
        services.AddSingleton<OperatorChecks>();
        services.AddSingleton<OperatorRoutes>();
        services.AddSingleton<Forgetting>();
        services.AddSingleton<OperatorDesk>();
    }

    internal static void MapOperatorApi(this WebApplication app)
    {
        app.Use(app.Services.GetRequiredService<OperatorGate>().CheckAsync);
        foreach (var call in Calls)
        {
            app.MapMethods(OperatorGate.Path + call.Path, [call.Method], call.Handler(app.Services))
                .WithMetadata(HiddenRoute.Instance);
        }

        app.MapGet("/forgotten", app.Services.GetRequiredService<OperatorRoutes>().ForgottenAsync)
            .WithMetadata(HiddenRoute.Instance);
    }

    private static OperatorCall Get(string path, Func<OperatorRoutes, RequestDelegate> handler) =>
        new("GET", path, services => handler(services.GetRequiredService<OperatorRoutes>()));

    private static OperatorCall Post(string path, Func<OperatorDesk, RequestDelegate> handler) =>
        new("POST", path, services => handler(services.GetRequiredService<OperatorDesk>()));
}
