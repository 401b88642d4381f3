using System.Reflection;
using Notify.Gateway.Connections;
using Notify.Gateway.Dispatch;
using Notify.Gateway.Tokens;
using Notify.Hosting;
using Notify.Posix;

namespace Notify.Gateway.Hosting;

/// <summary>The gateway at work: clients on one side, the bot and the dashboard on the other, and one clock.</summary>
public sealed partial class GatewayServer : IAsyncDisposable
{
    /// <summary>How long the closing of all connections may take once the gateway is told to end; systemd waits a little longer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(7);

    private readonly WebApplication _app;
    private readonly WebSocketEndpoint _door;
    private readonly CancellationTokenSource _stop;
    private readonly Task _heartbeat;

    private GatewayServer(WebApplication app, WebSocketEndpoint door, Task heartbeat, CancellationTokenSource stop)
    {
        _app = app;
        _door = door;
        _heartbeat = heartbeat;
        _stop = stop;
    }

    private static string? Version =>
        typeof(GatewayServer)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion;

    /// <summary>Where clients connect; null where it is a Unix socket, or systemd has handed the socket over.</summary>
    public Uri? Address { get; private init; }

    /// <summary>Serves until it is told to end.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> RunAsync(GatewaySettings settings, TextWriter console)
    {
        using var log = new ServiceLog(console, ServiceLog.IsUnderJournal);
        var systemd = new Systemd(Environment.GetEnvironmentVariable);
        await using var gateway = await StartAsync(settings, systemd, log, TimeProvider.System);
        systemd.Tell("READY=1");
        await gateway.ToldToEndAsync();
        systemd.Tell("STOPPING=1");
        await gateway.StopAsync();
        return 0;
    }

    /// <summary>Starts serving.</summary>
    /// <param name="settings">All of them.</param>
    /// <param name="systemd">Who may hand the sockets over.</param>
    /// <param name="logs">Where log lines go.</param>
    /// <param name="time">The clock of pings, patience and tokens.</param>
    /// <exception cref="SocketTakenException">The dispatch socket can't be had.</exception>
    /// <exception cref="IOException">An address can't be had, or what is stored can't be read.</exception>
    public static async Task<GatewayServer> StartAsync(
        GatewaySettings settings,
        Systemd systemd,
        ILoggerProvider logs,
        TimeProvider time
    )
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(systemd);
        ArgumentNullException.ThrowIfNull(logs);
        var log = logs.CreateLogger("Notify.Gateway");
        if (StateFolder.Prepare(settings.StateFolder) is { } unusable)
        {
            LogStateFolder(log, settings.StateFolder, unusable);
        }

        var revoked = RevokedTokens.Open(settings.StateFolder, time);
        var counts = new GatewayMetrics();
        var limiter = new ConnectionLimiter(time, counts, OpenFiles.Limit);
        var parts = new ConversationParts(
            limiter,
            new ConnectionRegistry(),
            new TokenValidator(settings.Secrets, revoked, time),
            revoked,
            new WaitingOverAll(),
            counts,
            new GatewayLog(log, time),
            time
        );
        var door = new WebSocketEndpoint(settings.WebOrigin, parts);

        var trusted = Group.Find(settings.TrustedGroup);
        var peers = new DispatchPeers(new TrustedPeers(Account.EffectiveUid, trusted?.Gid));
        var dispatch = new DispatchApi(parts, peers, log);
        if (trusted is null)
        {
            LogNoGroup(log, settings.TrustedGroup);
        }

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.AddProvider(logs);
        var listeners = new Listeners(settings, systemd, trusted, log);
        listeners.Configure(builder, limiter.OnConnectionAsync, DispatchPeers.OnConnectionAsync);
        var app = builder.Build();

        // What came to the clients' endpoint gets to the client's door and no further, whatever it asks for.
        app.Run(context =>
            DispatchPeers.Of(context) is { } peer ? dispatch.HandleAsync(context, peer) : door.HandleAsync(context)
        );
        await listeners.StartAsync(app);

        var stop = new CancellationTokenSource();
        var gateway = new GatewayServer(app, door, new Heartbeat(limiter, revoked, time).RunAsync(stop.Token), stop)
        {
            Address = listeners.AddressOf(app),
        };
        LogServing(log, Version, listeners.ClientsAt(gateway.Address), settings.SocketPath);
        return gateway;
    }

    /// <summary>Waits until the process is told to end (TERM).</summary>
    public async Task ToldToEndAsync()
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (_app.Lifetime.ApplicationStopping.Register(told.SetResult))
        {
            // A clock that stood still would leave dead connections for ever.
            await await Task.WhenAny(told.Task, _heartbeat);
        }
    }

    /// <summary>Ends: clients are told to come back, and what does not close in time is cut.</summary>
    public async Task StopAsync()
    {
        _door.Close();
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        await _app.StopAsync(patience.Token);
        await _stop.CancelAsync();
        await _heartbeat;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _app.DisposeAsync();
        _stop.Dispose();
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
        "{Folder} can't be used ({Reason}), so tokens can't be revoked for good. Let systemd make it (StateDirectory=notify-gateway), or name another one in STATE_DIRECTORY."
    )]
    private static partial void LogStateFolder(ILogger log, string folder, string reason);
}
