using Notify.Gateway.Connections;
using Notify.Gateway.Dispatch;
using Notify.Gateway.Tokens;
using Notify.Hosting;
using Notify.Posix;
using Notify.Settings;

namespace Notify.Gateway.Hosting;

/// <summary>The gateway: clients on one side, the bot and the dashboard on the other.</summary>
public static partial class GatewayServer
{
    /// <summary>How long the closing of all connections may take after TERM; systemd waits a little longer.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(7);

    /// <summary>Serves until TERM.</summary>
    /// <returns>The exit status.</returns>
    /// <exception cref="SettingsException">A setting does not fit what systemd hands over.</exception>
    /// <exception cref="SocketTakenException">The dispatch socket is another gateway's.</exception>
    /// <exception cref="IOException">The kernel refuses an address, or <c>revoked.json</c> can't be read.</exception>
    public static async Task<int> RunAsync(GatewaySettings settings, TextWriter console)
    {
        using var logs = new ServiceLog(console, ServiceLog.IsUnderJournal);
        var systemd = new Systemd(Environment.GetEnvironmentVariable);
        await using var app = Build(settings, TimeProvider.System, systemd, logs);
        app.Lifetime.ApplicationStopping.Register(() => systemd.Tell("STOPPING=1"));
        await app.StartAsync();
        systemd.Tell("READY=1");
        await app.WaitForShutdownAsync();

        if (app.Services.GetRequiredService<Heartbeat>().ExecuteTask is { IsFaulted: true } failed)
        {
            // The host has stopped without throwing it.
            await failed;
        }

        return 0;
    }

    /// <summary>Services and endpoints, not started.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="time">The clock of pings, timeouts and tokens.</param>
    /// <param name="systemd">Hands over sockets.</param>
    /// <param name="logs">Where log lines go.</param>
    /// <exception cref="SettingsException">A setting does not fit what systemd hands over.</exception>
    public static WebApplication Build(
        GatewaySettings settings,
        TimeProvider time,
        Systemd systemd,
        ILoggerProvider logs
    )
    {
        ArgumentNullException.ThrowIfNull(settings);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.AddProvider(logs);
        // The program says in a sentence why it does not start. The host would add a stack trace.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        var listeners = new GatewayListeners(settings, systemd);
        listeners.AddTo(builder);
        AddServices(builder.Services, settings, time);

        var app = builder.Build();
        // Requests of clients reach only the WebSocket, whatever their path.
        app.MapWhen(DispatchPeers.IsCall, dispatch => dispatch.UseDispatchRoutes());
        app.UseWebSocketEndpoint();

        var log = app.Services.GetRequiredService<ILogger>();
        WarnOfFaults(settings, log);
        app.Lifetime.ApplicationStarted.Register(() =>
            LogServing(log, ProductVersion.Text, listeners.ClientsAt(app.Urls), settings.SocketPath)
        );
        return app;
    }

    private static void AddServices(IServiceCollection services, GatewaySettings settings, TimeProvider time)
    {
        services.AddSingleton(settings);
        services.AddSingleton(time);
        // One logger for all: each ILogger<T> costs a native program a millisecond.
        services.AddSingleton(provider => provider.GetRequiredService<ILoggerFactory>().CreateLogger("Notify.Gateway"));
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton<GatewayLog>();

        services.AddSingleton(_ => RevokedTokens.Open(settings.StateFolder, time));
        services.AddSingleton<TokenValidator>();

        services.AddSingleton<ConnectionLimiter>();
        services.AddSingleton<ConnectionRegistry>();
        services.AddSingleton<ClientAuthenticator>();
        services.AddSingleton<WaitingOverAll>();
        services.AddSingleton<WebSocketEndpoint>();
        services.AddSingleton<Heartbeat>();
        services.AddHostedService(provider => provider.GetRequiredService<Heartbeat>());

        services.AddDispatchRoutes();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
    }

    private static void WarnOfFaults(GatewaySettings settings, ILogger log)
    {
        if (ServiceFolder.Prepare(settings.StateFolder) is { } unusable)
        {
            LogStateFolder(log, settings.StateFolder, unusable);
        }

        if (Group.Find(settings.TrustedGroup) is null)
        {
            LogNoGroup(log, settings.TrustedGroup);
        }
    }

    [LoggerMessage(
        3000,
        LogLevel.Information,
        "notify-gateway {Version} serves clients on {Address} and the bot on {Socket}."
    )]
    private static partial void LogServing(ILogger log, string? version, string address, string socket);

    [LoggerMessage(
        3001,
        LogLevel.Warning,
        "There is no group {Group} on this machine (NOTIFY_TRUSTED_GROUP), so only root and the gateway's own user can dispatch. Create it (groupadd {Group}) and restart."
    )]
    private static partial void LogNoGroup(ILogger log, string group);

    [LoggerMessage(
        3003,
        LogLevel.Warning,
        "{Folder} can't be used ({Reason}), so revoked tokens count again after a restart. Let systemd create it (StateDirectory=notify-gateway), or name another folder in STATE_DIRECTORY."
    )]
    private static partial void LogStateFolder(ILogger log, string folder, string reason);
}
