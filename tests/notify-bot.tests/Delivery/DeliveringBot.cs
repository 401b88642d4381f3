using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Notify.Bot;
using Notify.Bot.Delivery;
using Notify.Bot.Desktops;
using Notify.Bot.Events;
using Notify.Bot.Limits;
using Notify.Bot.Metrics;
using Notify.Bot.Outbox;
using Notify.Bot.Telegram;
using Notify.Dispatching;
using Notify.Linking;
using Notify.Posix;
using Notify.Sandbox;

namespace Notify.Tests.Delivery;

/// <summary>The parts of a bot that accept and deliver, without its server and its chat, on a clock of the test's.</summary>
internal sealed class DeliveringBot : IAsyncDisposable
{
    private readonly GatewaySocket _gateway;
    private readonly BackgroundService[] _loops;

    /// <param name="folder">Its data folder. It may have the state of an earlier one.</param>
    /// <param name="sandbox">Its Telegram.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="network">The clock of calls and of links, where it is another one.</param>
    /// <param name="pace">Its rates; null for those of Telegram.</param>
    internal DeliveringBot(
        string folder,
        SandboxServer sandbox,
        TimeProvider time,
        TimeProvider? network = null,
        PaceLimits? pace = null
    )
    {
        network ??= time;
        Settings = new BotSettings
        {
            Token = BotToken.TryParse(sandbox.Token)!,
            ApiUrl = sandbox.ApiAddress,
            DataFolder = folder,
            SocketPath = Path.Combine(folder, "bot.sock"),
            AnalystGroup = "nogroup",
            TrustedGroup = "nogroup",
            ScriptsProgram = "/bin/false",
            InstanceName = "Test",
            Pace = pace ?? new PaceLimits(30, 1, 20),
            MessageButtons = true,
            GatewaySocket = Path.Combine(folder, "no-gateway.sock"),
        };
        Directory.CreateDirectory(Settings.PrivateFolder);
        Accounts = new Accounts(network);
        Outbox = SqliteOutbox.Open(
            Path.Combine(Settings.PrivateFolder, "outbox.db"),
            Accounts,
            Changes,
            time,
            NullLogger<SqliteOutbox>.Instance
        );
        Links = new JsonLinkStore(folder, network);
        Api = new BotApi(Settings.ApiUrl, Settings.Token, network);
        _gateway = new GatewaySocket(Settings.GatewaySocket, new TrustedPeers(0, null));
        var desktops = new DesktopDispatch(_gateway, Settings, Metrics, time, NullLogger<DesktopDispatch>.Instance);
        Attachments = new AttachmentStore(Path.Combine(Settings.PrivateFolder, "images"), time);
        Pendings = new PendingNotifications(time);
        Sender = new TelegramSender(Api, Attachments, Settings, Metrics, time, NullLogger<TelegramSender>.Instance);
        var delivery = new NotificationDelivery(
            Outbox,
            Links,
            Accounts,
            Sender,
            Pendings,
            Settings,
            Changes,
            Metrics,
            LargeTexts,
            time,
            NullLogger<NotificationDelivery>.Instance
        );
        Worker = new DeliveryWorker(Api, Settings, time, NullLogger<DeliveryWorker>.Instance);
        var commits = new CommitReader(
            Outbox,
            Pendings,
            delivery,
            Worker,
            desktops,
            Changes,
            time,
            NullLogger<CommitReader>.Instance
        );
        Pipeline = new AcceptPipeline(Outbox, Attachments, Pendings, desktops, Metrics, LargeTexts, time);
        _loops = [desktops, Worker, commits];
        foreach (var loop in _loops)
        {
            _ = loop.StartAsync(CancellationToken.None);
        }
    }

    internal BotSettings Settings { get; }

    internal Accounts Accounts { get; }

    internal ChangeFeed Changes { get; } = new();

    internal BotMetrics Metrics { get; } = new();

    internal LargeTexts LargeTexts { get; } = new();

    internal SqliteOutbox Outbox { get; }

    internal JsonLinkStore Links { get; }

    internal BotApi Api { get; }

    internal AttachmentStore Attachments { get; }

    internal PendingNotifications Pendings { get; }

    internal TelegramSender Sender { get; }

    internal DeliveryWorker Worker { get; }

    internal AcceptPipeline Pipeline { get; }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var loop in _loops.Reverse())
        {
            await loop.StopAsync(TestContext.Current.CancellationToken);
            loop.Dispose();
        }

        _gateway.Dispose();
        Api.Dispose();
        Links.Dispose();
        Outbox.Dispose();
    }
}
