using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Notify.Bot.Commands;
using Notify.Bot.Delivery;
using Notify.Bot.Desktops;
using Notify.Bot.Digests;
using Notify.Bot.Events;
using Notify.Bot.Limits;
using Notify.Bot.Links;
using Notify.Bot.Metrics;
using Notify.Bot.Operators;
using Notify.Bot.Outbox;
using Notify.Bot.Polling;
using Notify.Bot.Rounds;
using Notify.Bot.Scripts;
using Notify.Bot.SendApi;
using Notify.Bot.Telegram;
using Notify.Contracts;
using Notify.Dispatching;
using Notify.Files;
using Notify.Hosting;
using Notify.Linking;
using Notify.Posix;

namespace Notify.Bot.Hosting;

/// <summary>Runs the bot: polls Telegram and serves the send API until it is told to end.</summary>
internal static partial class BotServer
{
    /// <summary>How long unfinished work may take once the bot is told to end. systemd waits a little longer.</summary>
    private static readonly TimeSpan StopTimeout =
        BackgroundTasks.EndTimeout + BackgroundTasks.LastWord + TimeSpan.FromMilliseconds(500);

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
            FileModes.GroupReadFile
        );
        using var botLog = new ServiceLog(
            console,
            ServiceLog.IsUnderJournal,
            text => settings.Heartbeat?.Redact(settings.Token.Redact(text)) ?? settings.Token.Redact(text),
            logFile
        );
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
        app.MapOperatorApi();
        await app.StartAsync();
        if (handedOver)
        {
            app.Services.GetRequiredService<BotSocket>().GrantAccess();
        }

        kept.Hold();

        LogServing(log, ProductVersion.Text, settings.SocketPath);
        await using var metricsPort = settings.MetricsListen is { } listen
            ? await MetricsPort.OpenAsync(listen, app.Services.GetRequiredService<MetricsPage>(), botLog, log)
            : null;
        systemd.Tell("READY=1");
        using var stop = new CancellationTokenSource();
        var keeping = kept.RunAsync(stop.Token);

        // A loop that fails ends the application, too.
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (app.Lifetime.ApplicationStopping.Register(ended.SetResult))
        {
            await Task.WhenAny(ended.Task, keeping);
        }

        systemd.Tell("STOPPING=1");
        LogEnding(log);
        await stop.CancelAsync();
        try
        {
            await app.StopAsync();
        }
        catch (OperationCanceledException)
        {
            // The time is over. What was not ended is in the outbox and the inbox.
        }

        if (!handedOver)
        {
            kept.Remove();
        }

        var hasFailed = app
            .Services.GetServices<IHostedService>()
            .OfType<BackgroundService>()
            .Any(loop => loop.ExecuteTask is { IsFaulted: true });
        return await keeping && !hasFailed ? 0 : 1;
    }

    /// <summary>A loop, or something that has to end in order, which others use.</summary>
    private static void AddHosted<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(
        IServiceCollection services
    )
        where T : class, IHostedService
    {
        services.AddSingleton<T>();
        services.AddHostedService(provider => provider.GetRequiredService<T>());
    }

    private static void AddParts(
        IServiceCollection services,
        BotSettings settings,
        TrustedPeers peers,
        TimeProvider time
    )
    {
        // All at once: they share what time there is.
        services.Configure<HostOptions>(host =>
        {
            host.ShutdownTimeout = StopTimeout;
            host.ServicesStopConcurrently = true;
        });
        services.AddSingleton(settings);
        services.AddSingleton(time);
        services.AddSingleton(_ => new Accounts(time, [.. settings.AccessGroups]));
        services.AddSingleton<ILinkStore>(provider => new JsonLinkStore(
            settings.DataFolder,
            time,
            provider.GetRequiredService<Accounts>()
        ));

        services.AddSingleton(_ => new BotApi(settings.ApiUrl, settings.Token, time, settings.Proxy));
        services.AddSingleton<TelegramStatus>();
        services.AddSingleton<BotMetrics>();

        services.AddSingleton(
            new UpdateInbox(Path.Combine(settings.PrivateFolder, "poll_offset.json"), settings.Token.BotId)
        );

        services.AddSingleton<ChatCommands>();
        services.AddSingleton<LinkingInChat>();
        services.AddSingleton<StatusAnswer>();
        services.AddSingleton<RunsInChat>();
        services.AddSingleton<NamedScripts>();
        services.AddSingleton<MutingInChat>();
        services.AddSingleton<WatchInChat>();
        services.AddSingleton<NotificationButtons>();
        services.AddSingleton<QuietInChat>();
        services.AddSingleton<HeldInChat>();
        services.AddSingleton<IncidentsInChat>();
        services.AddSingleton<ChatMessenger>();
        services.AddSingleton<ChatClock>();
        AddHosted<LinkChangeNotifier>(services);
        services.AddSingleton<UnreadableLog>();
        AddHosted<BackgroundTasks>(services);
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
        services.AddSingleton(_ => new AttachmentStore(Path.Combine(settings.PrivateFolder, "images"), time));
        services.AddSingleton(_ => new GatewaySocket(settings.GatewaySocket, peers));
        AddHosted<DesktopDispatch>(services);
        services.AddSingleton<LargeTexts>();
        services.AddSingleton<HistoryTurns>();
        services.AddSingleton(provider => new HistorySearch(
            provider.GetRequiredService<IOutbox>(),
            Path.Combine(settings.PrivateFolder, "search.db"),
            time,
            provider.GetRequiredService<ILogger<HistorySearch>>()
        ));
        services.AddHostedService(provider => provider.GetRequiredService<HistorySearch>());
        services.AddSingleton<PendingNotifications>();
        services.AddSingleton<AcceptPipeline>();
        services.AddSingleton<NotificationDelivery>();
        services.AddSingleton<TelegramSender>();
        services.AddSingleton<NotificationShow>();
        AddHosted<DeliveryWorker>(services);
        services.AddHostedService<CommitReader>();
        services.AddHostedService<DigestLoop>();
        services.AddSingleton<IncidentEditor>();
        AddHosted<IncidentEdits>(services);
        services.AddHostedService<RetentionWorker>();
        services.AddHostedService<RoundWatch>();
        services.AddSingleton(provider => new RoundStore(
            Path.Combine(settings.PrivateFolder, RoundStore.FileName),
            time,
            provider.GetRequiredService<ILogger<RoundStore>>()
        ));
        services.AddSingleton<ScriptsHelper>();
        services.AddSingleton<ScriptLists>();
        services.AddSingleton<RequestedRuns>();
        services.AddSendApi();
        services.AddOperatorApi();
        if (settings.Heartbeat is { } address)
        {
            services.AddSingleton(_ => new HeartbeatClient(address, settings.Proxy, time));
            services.AddHostedService<HeartbeatSender>();
        }

        // Last, since they start in this order: by then the notifier knows the links, and what waits is first in its queues.
        AddHosted<UpdateDispatcher>(services);
        services.AddHostedService<UpdatePoller>();
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
                    // The kernel's limit (net.core.somaxconn). When it is full, a client that does not wait in connect() is refused.
                    options.Backlog = 4096;
                }
            );
        var gate = new PeerCredentialMiddleware(peers);
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                // PeerCredentialMiddleware limits connections, because it knows their users.
                kestrel.Limits.MaxRequestBodySize = SendApiLimits.Attachments + SendApiLimits.FormFields;
                kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
                // All callers are on this machine, so a slower one only blocks a place.
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

    [LoggerMessage(1009, LogLevel.Information, "The bot is told to end. It finishes what it has begun.")]
    private static partial void LogEnding(ILogger log);

    [LoggerMessage(
        1208,
        LogLevel.Warning,
        "The socket from systemd has lost its path, so the bot opens its own at {Path}. Run systemctl restart notify-bot.socket notify-bot.service at a quiet time."
    )]
    private static partial void LogOwnSocket(ILogger log, string path);

    [LoggerMessage(1203, LogLevel.Warning, "{Fault}. notify-bot doctor prints the fix.")]
    private static partial void LogFolder(ILogger log, string fault);

    [LoggerMessage(
        1204,
        LogLevel.Warning,
        "There is no group {Group} on this machine ({Setting}). Create it (groupadd {Group}) and restart, or set {Setting} to another group."
    )]
    private static partial void LogNoGroup(ILogger log, string group, string setting);
}
