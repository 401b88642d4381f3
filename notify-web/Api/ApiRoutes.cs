namespace Notify.Web.Api;

/// <summary>The dashboard's API (specification, section 12). All of it is for who is logged in, and about nobody else.</summary>
internal static class ApiRoutes
{
    internal static void MapApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api");
        TelegramRoutes.Map(api.MapGroup("/telegram").WithTags("Telegram"));
        NotificationRoutes.Map(api.MapGroup("/notifications").WithTags("Notifications"));
        ScriptRoutes.Map(api.MapGroup("/scripts").WithTags("Scripts"));
        DesktopRoutes.Map(api.MapGroup("/desktop").WithTags("Desktop"));
        EventsRoute.Map(api);
        api.MapOpenApi("/openapi.json");
    }

    /// <summary>Says in the description which errors an address can answer with, beside those of all.</summary>
    internal static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
        {
            route.Produces<ErrorAnswer>(status);
        }

        return route;
    }
}
