using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authorization;
using Notify.Dispatching;
using Notify.Hosting;
using Notify.Http;
using Notify.Linking;
using Notify.Posix;
using Notify.Web.Api;
using Notify.Web.Bot;
using Notify.Web.Desktop;
using Notify.Web.Help;
using Notify.Web.Live;
using Notify.Web.Login;
using Notify.Web.Middleware;
using Notify.Web.Page;
using Notify.Web.State;

namespace Notify.Web.Hosting;

/// <summary>The dashboard's server: services, middleware, endpoints.</summary>
public static partial class WebServer
{
    /// <summary>How long open requests may take after TERM. A longer run of a script goes on in the bot.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(7);

    /// <summary>Serves until TERM.</summary>
    /// <exception cref="Settings.SettingsException">A folder can't be used as it is set.</exception>
    /// <exception cref="IOException">The kernel refuses the address.</exception>
    public static async Task<int> RunAsync(WebSettings settings)
    {
        var systemd = new Systemd(Environment.GetEnvironmentVariable);
        await using var app = Build(settings, TimeProvider.System, systemd, Console.Error);
        app.Lifetime.ApplicationStopping.Register(() => systemd.Tell("STOPPING=1"));
        await app.StartAsync();
        systemd.Tell("READY=1");
        await app.WaitForShutdownAsync();
        foreach (var loop in app.Services.GetServices<IHostedService>().OfType<BackgroundService>())
        {
            if (loop.ExecuteTask is { IsFaulted: true } failed)
            {
                // The host has stopped without throwing it.
                await failed;
            }
        }

        return 0;
    }

    /// <summary>Services and endpoints, not started.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="time">The clock of sessions, limits and pauses.</param>
    /// <param name="systemd">Hands over sockets.</param>
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
        WebListeners.AddTo(builder, settings, systemd);
        AddServices(builder.Services, settings, time);

        var app = builder.Build();
        app.UseMiddleware<SecurityHeaders>();
        app.UseMiddleware<PublicAddress>();
        app.UseApiExceptionHandler();
        app.UseMiddleware<ApiAuthMiddleware>();
        app.UseMiddleware<ForeignHosts>();
        app.UseAuthentication();
        app.Use(app.Services.GetRequiredService<ConnectionLimiter>().OnRequestAsync);
        app.UseRouting();
        app.UseMiddleware<OperatorGate>();
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
            LogServing(log, ProductVersion.Text, settings.PublicUrl, string.Join(' ', app.Urls))
        );
        return app;
    }

    private static void AddServices(IServiceCollection services, WebSettings settings, TimeProvider time)
    {
        services.AddSingleton(settings);
        services.AddSingleton(time);
        services.AddSingleton<ConnectionLimiter>();
        services.AddSingleton(_ => new Accounts(time, settings.AnalystGroup));
        services.AddSingleton<ILinkStore>(provider => new JsonLinkStore(
            settings.DataFolder,
            time,
            provider.GetRequiredService<Accounts>()
        ));

        services.AddSingleton<BotClient>();
        services.AddSingleton<OperatorClient>();
        services.AddSingleton<BotPulse>();
        services.AddSingleton<LinkOffers>();
        services.AddSingleton<ForgottenSignal>();
        services.AddHostedService<BotEvents>();
        services.AddSingleton<SseHub>();
        services.AddHostedService<StreamClock>();

        services.AddSingleton(_ => new GatewaySocket(
            settings.GatewaySocket,
            new TrustedPeers(Account.EffectiveUid, Group.Find(settings.TrustedGroup)?.Gid)
        ));
        services.AddSingleton<GatewayTokens>();
        services.AddSingleton<DeviceStore>();
        services.AddSingleton<PageStore>();
        services.AddSingleton<Revocations>();
        services.AddHostedService(provider => provider.GetRequiredService<Revocations>());
        services.AddHostedService<Departures>();

        services.AddLogin(settings);
        services
            .AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        services.AddCsrf(settings);
        services.AddSingleton<HtmlEncoder, SafeHtmlEncoder>();
        services.AddRateLimits();

        services.AddApiExceptionHandler(WebErrors.Make());
        services.AddApiDescription();
        services.ConfigureHttpJsonOptions(json => ApiJson.Set(json.SerializerOptions));
        services.AddSingleton<Assets>();
        services.AddPageReaders();
        services.AddSingleton<HelpPages>();
        services
            .AddRazorPages(options => options.RootDirectory = "/Page")
            .AddMvcOptions(mvc => mvc.Filters.Add<PageMethods>());
        services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
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
