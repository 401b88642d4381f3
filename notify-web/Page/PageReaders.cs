namespace Notify.Web.Page;

/// <summary>The readers of pages and cards: one for each.</summary>
internal static class PageReaders
{
    internal static void AddPageReaders(this IServiceCollection services)
    {
        services.AddSingleton<ZoneReader>();
        services.AddSingleton<TelegramReader>();
        services.AddSingleton<OverviewReader>();
        services.AddSingleton<IncidentsReader>();
        services.AddSingleton<ScriptsReader>();
        services.AddSingleton<ScriptReader>();
        services.AddSingleton<NotificationsReader>();
        services.AddSingleton<QuietReader>();
        services.AddSingleton<WatchReader>();
        services.AddSingleton<DesktopReader>();
    }
}
