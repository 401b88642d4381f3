using Notify.Contracts;

namespace Notify.Web.Api;

/// <summary>The dashboard's API. Every call needs a login and concerns that user alone.</summary>
internal static class ApiRoutes
{
    internal static void MapApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api");
        TelegramRoutes.Map(api.MapGroup("/telegram").WithTags("Telegram"));
        NotificationRoutes.Map(api.MapGroup("/notifications").WithTags("Notifications"));
        IncidentRoutes.Map(api.MapGroup("/incidents").WithTags("Incidents"));
        ScriptRoutes.Map(api.MapGroup("/scripts").WithTags("Scripts"));
        DesktopRoutes.Map(api.MapGroup("/desktop").WithTags("Desktop"));
        EventsRoute.Map(api);
        api.MapOpenApi("/openapi.json");
    }

    /// <summary>Describes the errors of a route, beside those that all routes share.</summary>
    internal static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
        {
            route.Produces<ErrorAnswer>(status);
        }

        return route;
    }
}
