using Microsoft.AspNetCore.Authorization;
using Notify.Dispatching;
using Notify.Linking;
using Notify.Posix;
using Notify.Web.Api;
using Notify.Web.Bot;
using Notify.Web.Desktop;
using Notify.Web.Live;
using Notify.Web.Login;
using Notify.Web.Page;

namespace Notify.Web.Hosting;

/// <summary>The dashboard at work, until it is told to end.</summary>
public static partial class WebServer
{
    /// <summary>How long what is on its way may take once the dashboard is told to end; a run of a script that takes longer goes on in the bot.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(7);

    /// <summary>Serves until TERM.</summary>
    /// <exception cref="Settings.SettingsException">A folder can't be used as it is set.</exception>
    /// <exception cref="IOException">The port is somebody else's.</exception>
    public static async Task<int> RunAsync(WebSettings settings)
    {
        var systemd = new Systemd(Environment.GetEnvironmentVariable);
        await using var app = Build(settings, TimeProvider.System, systemd, Console.Error);
        await app.StartAsync();
        systemd.Tell("READY=1");
        await app.WaitForShutdownAsync();
        systemd.Tell("STOPPING=1");
        return 0;
    }

    /// <summary>All parts, put together and not started.</summary>
    /// <param name="settings">What it is told.</param>
    /// <param name="time">The clock of sessions, limits and pauses.</param>
    /// <param name="systemd">Who may hand a socket over.</param>
    /// <param name="console">Where log lines go.</param>
    /// <exception cref="Settings.SettingsException">A folder can't be used as it is set.</exception>
    public static WebApplication Build(WebSettings settings, TimeProvider time, Systemd systemd, TextWriter console)
    {
        StateFolder.Prepare(settings);
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions
            {
                ApplicationName = typeof(WebServer).Assembly.GetName().Name,
                ContentRootPath = AppContext.BaseDirectory,
            }
        );
        WebLog.Add(builder.Logging, console);
        var limiter = new ConnectionLimiter(Math.Min(ConnectionLimiter.Most, OpenFiles.Limit / 4));
        WebListeners.Configure(builder, settings, systemd, limiter);
        AddParts(builder.Services, settings, time);

        var app = builder.Build();
        app.UseMiddleware<SecurityHeaders>();
        app.UseMiddleware<PublicAddress>();
        app.UseMiddleware<ApiExceptionHandler>();
        app.UseMiddleware<ApiAuthMiddleware>();
        app.UseMiddleware<ForeignHosts>();
        app.UseAuthentication();
        app.Use(limiter.OnRequestAsync);
        app.UseRouting();
        app.UseAuthorization();
        app.UseRateLimiter();
        app.UseMiddleware<CsrfMiddleware>();
        app.MapAssets();
        app.MapHealth();
        app.MapApi();
        app.MapDownloads();
        app.MapLogout();
        app.MapRazorPages();

        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Notify.Web");
        if (Group.Find(settings.AnalystGroup) is null)
        {
            LogNoGroup(log, settings.AnalystGroup);
        }

        app.Lifetime.ApplicationStarted.Register(() =>
            LogServing(log, WebVersion.Text, settings.PublicUrl, string.Join(' ', app.Urls))
        );
        return app;
    }

    private static void AddParts(IServiceCollection services, WebSettings settings, TimeProvider time)
    {
        services.AddSingleton(settings);
        services.AddSingleton(time);
        services.AddSingleton(_ => new Accounts(time, settings.AnalystGroup));
        services.AddSingleton<ILinkStore>(provider => new JsonLinkStore(
            settings.DataFolder,
            time,
            provider.GetRequiredService<Accounts>()
        ));
        services.AddSingleton<BotClient>();
        services.AddSingleton<BotPulse>();
        services.AddSingleton<LinkOffers>();
        services.AddSingleton<SseHub>();
        services.AddHostedService<StreamClock>();
        services.AddHostedService<BotEvents>();
        services.AddSingleton<Assets>();
        services.AddSingleton<DashboardReader>();
        services.AddSingleton<GatewayTokens>();
        services.AddSingleton<DeviceStore>();
        services.AddSingleton<PageStore>();
        services.AddSingleton(_ => new GatewaySocket(
            settings.GatewaySocket,
            new TrustedPeers(Account.EffectiveUid, Group.Find(settings.TrustedGroup)?.Gid)
        ));
        services.AddSingleton<Revocations>();
        services.AddHostedService(provider => provider.GetRequiredService<Revocations>());
        services.AddHostedService<Departures>();
        services.AddLogin(settings);
        services
            .AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        services.AddAntiforgery(antiForgery =>
        {
            antiForgery.HeaderName = CsrfMiddleware.TokenHeader;
            antiForgery.Cookie.Name = GoogleLogin.CookieName(settings, "page");
            antiForgery.Cookie.SecurePolicy = GoogleLogin.Secure(settings);
            antiForgery.SuppressXFrameOptionsHeader = true;
        });
        services.AddRateLimits();
        services.AddApiDescription();
        services.ConfigureHttpJsonOptions(json => ApiJson.Set(json.SerializerOptions));
        services
            .AddRazorPages(options => options.RootDirectory = "/Page")
            .AddMvcOptions(mvc => mvc.Filters.Add<PageMethods>());
        services.Configure<HostOptions>(host => host.ShutdownTimeout = Patience);
    }

    [LoggerMessage(4000, LogLevel.Information, "notify-web {Version} serves {PublicUrl} at {Addresses}.")]
    private static partial void LogServing(ILogger log, string version, Uri publicUrl, string addresses);

    [LoggerMessage(
        4001,
        LogLevel.Warning,
        "There is no group {Group} on this machine (NOTIFY_ANALYST_GROUP), so nobody can log in. Create it (groupadd {Group}) and add the analysts to it."
    )]
    private static partial void LogNoGroup(ILogger log, string group);
}
