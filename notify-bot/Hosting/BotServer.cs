using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Notify.Bot.Commands;
using Notify.Bot.Delivery;
using Notify.Bot.Desktops;
using Notify.Bot.Events;
using Notify.Bot.Metrics;
using Notify.Bot.Outbox;
using Notify.Bot.Polling;
using Notify.Bot.Scripts;
using Notify.Bot.SendApi;
using Notify.Bot.Telegram;
using Notify.Dispatching;
using Notify.Files;
using Notify.Hosting;
using Notify.Linking;
using Notify.Posix;
using Notify.Sending;

namespace Notify.Bot.Hosting;

/// <summary>The bot at work: polls Telegram and serves the send API, until it is told to end.</summary>
internal static partial class BotServer
{
    /// <summary>How long what is on its way may take once the bot is told to end; systemd waits a little longer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(7);

    /// <summary>Size of bot.log before it becomes bot.log.1, in bytes.</summary>
    private const long MaxLogBytes = 10_000_000;

    internal static async Task<int> RunAsync(BotSettings settings, TextWriter console)
    {
        var time = TimeProvider.System;
        var trusted = Group.Find(settings.TrustedGroup);
        var analysts = Group.Find(settings.AnalystGroup);
        var faults = DataFolder.Prepare(settings, trusted, analysts);
        using var logFile = new BoundedLog(
            Path.Combine(settings.PrivateFolder, "bot.log"),
            time,
            MaxLogBytes,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead
        );
        using var botLog = new ServiceLog(console, ServiceLog.IsUnderJournal, settings.Token.Redact, logFile);
        var log = botLog.CreateLogger("Notify.Bot");

        SayFaults(faults, trusted, analysts, settings, log);

        // Two bots on one folder would answer each update twice.
        using var only =
            FileLock.TryAcquire(Path.Combine(settings.PrivateFolder, "bot.lock"))
            ?? throw new SocketTakenException(
                $"Another bot works on {settings.DataFolder}, so this one does not start. Stop the other one first (systemctl stop notify-bot.service notify-bot.socket)."
            );
        DataFolder.EmptyIncoming(settings);
        AtomicFile.RemoveLeftovers(settings.DataFolder, time);
        AtomicFile.RemoveLeftovers(settings.PrivateFolder, time);
        var systemd = new Systemd(Environment.GetEnvironmentVariable);
        using var kept = new SocketKeeper(settings.SocketPath, settings.PrivateFolder, "bot", time, log);
        var handedOver = systemd.HandsOverSocket && kept.TryFind();
        if (!handedOver)
        {
            BotSocket.RemoveIfDead(settings.SocketPath);
            if (systemd.HandsOverSocket)
            {
                LogOwnSocket(log, settings.SocketPath);
            }
        }

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.AddProvider(botLog);
        var peers = new TrustedPeers(Account.EffectiveUid, trusted?.Gid);
        AddParts(builder.Services, settings, peers, time);
        ListenOn(builder, settings, handedOver, peers, trusted, analysts);

        await using var app = builder.Build();
        app.MapSendApi();
        using var stop = new CancellationTokenSource();
        var delivery = app.Services.GetRequiredService<NotificationDelivery>();
        delivery.Resume();
        app.Services.GetRequiredService<LinkChangeNotifier>().Remember();
        await app.StartAsync();
        if (handedOver)
        {
            app.Services.GetRequiredService<BotSocket>().GrantAccess();
        }

        kept.Hold();

        LogServing(log, BotVersion.Text, settings.SocketPath);
        await using var metricsPort = settings.MetricsListen is { } listen
            ? await MetricsPort.OpenAsync(listen, app.Services.GetRequiredService<MetricsPage>(), botLog, log)
            : null;
        systemd.Tell("READY=1");
        var polling = app.Services.GetRequiredService<UpdatePoller>().RunAsync(stop.Token);
        var forgetting = app.Services.GetRequiredService<RetentionWorker>().RunAsync(stop.Token);
        var announcing = app.Services.GetRequiredService<LinkChangeNotifier>().RunAsync(stop.Token);
        var keeping = kept.RunAsync(stop.Token);

        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (app.Lifetime.ApplicationStopping.Register(ended.SetResult))
        {
            await Task.WhenAny(ended.Task, polling, announcing, forgetting, keeping);
        }

        systemd.Tell("STOPPING=1");
        LogEnding(log);
        using var patience = new CancellationTokenSource(Patience, time);
        await stop.CancelAsync();
        await Task.WhenAll(
            app.StopAsync(patience.Token),
            delivery.StopAsync(patience.Token),
            app.Services.GetRequiredService<DesktopDispatch>().StopAsync(patience.Token),
            app.Services.GetRequiredService<UpdateDispatcher>().StopAsync(patience.Token),
            app.Services.GetRequiredService<BackgroundTasks>().StopAsync(patience.Token)
        );
        await Task.WhenAll(polling, announcing, forgetting);
        if (!handedOver)
        {
            kept.Remove();
        }

        return await keeping ? 0 : 1;
    }

    private static void AddParts(
        IServiceCollection services,
        BotSettings settings,
        TrustedPeers peers,
        TimeProvider time
    )
    {
        services.AddSingleton(settings);
        services.AddSingleton(time);
        services.AddSingleton(_ => new Accounts(time, [.. settings.AccessGroups]));
        services.AddSingleton<ILinkStore>(provider => new JsonLinkStore(
            settings.DataFolder,
            time,
            provider.GetRequiredService<Accounts>()
        ));

        services.AddSingleton(_ => new BotApi(settings.ApiUrl, settings.Token, time, settings.Proxy));
        services.AddSingleton<TelegramState>();
        services.AddSingleton<BotMetrics>();

        services.AddSingleton(
            new UpdateInbox(Path.Combine(settings.PrivateFolder, "poll_offset.json"), settings.Token.BotId)
        );
        services.AddSingleton<UpdateDispatcher>();
        services.AddSingleton<UpdatePoller>();

        services.AddSingleton<ChatCommands>();
        services.AddSingleton<LinkingInChat>();
        services.AddSingleton<StatusAnswer>();
        services.AddSingleton<RunsInChat>();
        services.AddSingleton<MutingInChat>();
        services.AddSingleton<NotificationButtons>();
        services.AddSingleton<ChatMessenger>();
        services.AddSingleton<ChatClock>();
        services.AddSingleton<LinkChangeNotifier>();
        services.AddSingleton<UnreadableLog>();
        services.AddSingleton<BackgroundTasks>();
        services.AddSingleton<UnlinkedChatLimiter>();
        services.AddSingleton<InertChats>();

        services.AddSingleton<ChangeFeed>();
        services.AddSingleton<IOutbox>(provider =>
            SqliteOutbox.Open(
                Path.Combine(settings.PrivateFolder, "outbox.db"),
                provider.GetRequiredService<Accounts>(),
                provider.GetRequiredService<ChangeFeed>(),
                time,
                provider.GetRequiredService<ILogger<SqliteOutbox>>()
            )
        );
        services.AddSingleton(_ => new ImageStore(Path.Combine(settings.PrivateFolder, "images"), time));
        services.AddSingleton(_ => new GatewaySocket(settings.GatewaySocket, peers));
        services.AddSingleton<DesktopDispatch>();
        services.AddSingleton<LargeTexts>();
        services.AddSingleton<HistoryTurns>();
        services.AddSingleton<NotificationDelivery>();
        services.AddSingleton<RetentionWorker>();
        services.AddSingleton<ScriptsHelper>();
        services.AddSingleton<ScriptLists>();
        services.AddSingleton<RequestedRuns>();
        services.AddSendApi();
    }

    private static void ListenOn(
        WebApplicationBuilder builder,
        BotSettings settings,
        bool handedOver,
        TrustedPeers peers,
        Group? trusted,
        Group? analysts
    )
    {
        builder.Services.AddSingleton(services => new BotSocket(
            settings.SocketPath,
            trusted,
            analysts,
            services.GetRequiredService<ILogger<BotSocket>>()
        ));
        builder
            .Services.AddOptions<SocketTransportOptions>()
            .Configure<BotSocket>(
                (options, socket) =>
                {
                    options.CreateBoundListenSocket = socket.Bind;
                    // The kernel's own limit (net.core.somaxconn): a client that does not wait in connect() is turned away when this is full.
                    options.Backlog = 4096;
                }
            );
        var gate = new PeerCredentialMiddleware(peers);
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                // How many connections there may be is the gate's to say: it knows whose they are.
                kestrel.Limits.MaxRequestBodySize = SendApiLimits.Photo + SendApiLimits.FormFields;
                kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
                // All callers are on this machine: who sends more slowly than this only holds room.
                kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(
                    bytesPerSecond: 20_000,
                    gracePeriod: TimeSpan.FromSeconds(10)
                );
                kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
                kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
                void Listen(ListenOptions listen)
                {
                    listen.Protocols = HttpProtocols.Http1;
                    listen.Use(next => connection => gate.OnConnectionAsync(connection, () => next(connection)));
                }

                if (handedOver)
                {
                    kestrel.ListenHandle(Systemd.FirstDescriptor, Listen);
                }
                else
                {
                    kestrel.ListenUnixSocket(settings.SocketPath, Listen);
                }
            });
    }

    private static void SayFaults(
        IReadOnlyList<string> faults,
        Group? trusted,
        Group? analysts,
        BotSettings settings,
        ILogger log
    )
    {
        if (trusted is null)
        {
            LogNoGroup(log, settings.TrustedGroup, "NOTIFY_TRUSTED_GROUP");
        }

        if (analysts is null)
        {
            LogNoGroup(log, settings.AnalystGroup, "NOTIFY_ANALYST_GROUP");
        }

        foreach (var fault in faults)
        {
            LogFolder(log, fault);
        }
    }

    [LoggerMessage(1000, LogLevel.Information, "notify-bot {Version} serves {Socket}.")]
    private static partial void LogServing(ILogger log, string version, string socket);

    [LoggerMessage(1009, LogLevel.Information, "The bot is told to end; what is on its way is finished first.")]
    private static partial void LogEnding(ILogger log);

    [LoggerMessage(
        1208,
        LogLevel.Warning,
        "Nothing leads to the socket that systemd hands over, so the bot makes one of its own at {Path}. Run systemctl restart notify-bot.socket notify-bot.service when nobody sends."
    )]
    private static partial void LogOwnSocket(ILogger log, string path);

    [LoggerMessage(1203, LogLevel.Warning, "{Fault}. notify-bot doctor says what mends it.")]
    private static partial void LogFolder(ILogger log, string fault);

    [LoggerMessage(
        1204,
        LogLevel.Warning,
        "There is no group {Group} on this machine ({Setting}): its members have no access. Create it (groupadd {Group}) and restart, or set {Setting} to another one."
    )]
    private static partial void LogNoGroup(ILogger log, string group, string setting);
}
