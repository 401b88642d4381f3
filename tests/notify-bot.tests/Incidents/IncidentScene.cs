using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Notify.Bot;
using Notify.Bot.Commands;
using Notify.Bot.Delivery;
using Notify.Bot.Desktops;
using Notify.Bot.Events;
using Notify.Bot.Limits;
using Notify.Bot.Metrics;
using Notify.Bot.Outbox;
using Notify.Bot.Telegram;
using Notify.Dispatching;
using Notify.Formatting;
using Notify.Images;
using Notify.Linking;
using Notify.Posix;
using Notify.Sandbox;
using Notify.Sandbox.Control;
using Notify.Testing;

namespace Notify.Tests.Incidents;

/// <summary>Outbox and delivery as the bot puts them together, a strict Telegram, and a time of day that the test turns.</summary>
internal sealed class IncidentScene : IAsyncDisposable
{
    public const long Chat = 7001;

    public static readonly UserName Dana = UserName.Parse("dana");

    private readonly string _folder = Directory.CreateTempSubdirectory("notify-incidents-").FullName;
    private readonly SandboxServer _sandbox;
    private readonly JsonLinkStore _links;
    private readonly BotApi _api;
    private readonly GatewaySocket _gateway;
    private readonly DesktopDispatch _desktops;
    private readonly DeliveryWorker _worker;
    private readonly CommitReader _commits;
    private readonly AcceptPipeline _pipeline;

    private IncidentScene(SandboxServer sandbox)
    {
        _sandbox = sandbox;
        Phone = new SandboxControl(sandbox);
        File.WriteAllText(
            Path.Combine(_folder, "telegram_users.json"),
            $$"""
            {
              "dana": {"chat_id": {{Chat}}, "linked_at": "2026-01-05T09:00:00Z"}
            }
            """
        );
        var settings = new BotSettings
        {
            Token = BotToken.TryParse(sandbox.Token)!,
            ApiUrl = sandbox.ApiAddress,
            DataFolder = _folder,
            SocketPath = Path.Combine(_folder, "bot.sock"),
            AnalystGroup = "nogroup",
            TrustedGroup = "nogroup",
            ScriptsProgram = "/bin/false",
            InstanceName = "Test",
            Pace = new PaceLimits(1_000_000, 1_000_000, 1_000_000),
            MessageButtons = true,
            GatewaySocket = Path.Combine(_folder, "no-gateway.sock"),
        };
        Directory.CreateDirectory(settings.PrivateFolder);
        var changes = new ChangeFeed();
        var accounts = new Accounts(TimeProvider.System);
        Outbox = SqliteOutbox.Open(
            Path.Combine(settings.PrivateFolder, "outbox.db"),
            accounts,
            changes,
            Clock,
            NullLogger<SqliteOutbox>.Instance
        );
        _links = new JsonLinkStore(_folder, TimeProvider.System);
        _api = new BotApi(settings.ApiUrl, settings.Token, TimeProvider.System);
        var metrics = new BotMetrics();
        _gateway = new GatewaySocket(settings.GatewaySocket, new TrustedPeers(0, null));
        _desktops = new DesktopDispatch(_gateway, settings, metrics, Clock, NullLogger<DesktopDispatch>.Instance);
        var attachments = new AttachmentStore(Path.Combine(settings.PrivateFolder, "images"), Clock);
        var pendings = new PendingNotifications(Clock);
        var largeTexts = new LargeTexts();
        var delivery = new NotificationDelivery(
            Outbox,
            _links,
            accounts,
            new TelegramSender(_api, attachments, settings, metrics, Clock, NullLogger<TelegramSender>.Instance),
            pendings,
            settings,
            changes,
            metrics,
            largeTexts,
            Clock,
            NullLogger<NotificationDelivery>.Instance
        );
        _worker = new DeliveryWorker(_api, settings, Clock, NullLogger<DeliveryWorker>.Instance);
        _commits = new CommitReader(
            Outbox,
            pendings,
            delivery,
            _worker,
            _desktops,
            changes,
            Clock,
            NullLogger<CommitReader>.Instance
        );
        Edits = new IncidentEdits(
            Outbox,
            _links,
            accounts,
            attachments,
            _api,
            _worker,
            settings,
            changes,
            metrics,
            Clock,
            NullLogger<IncidentEdits>.Instance
        );
        _pipeline = new AcceptPipeline(Outbox, attachments, pendings, _desktops, metrics, largeTexts, Clock);
        foreach (var loop in (BackgroundService[])[_desktops, _worker, _commits])
        {
            _ = loop.StartAsync(CancellationToken.None);
        }
    }

    public SandboxControl Phone { get; }

    public SqliteOutbox Outbox { get; }

    public IncidentEdits Edits { get; }

    public TurnedClock Clock { get; } = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<IncidentScene> BeginAsync()
    {
        var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Limits = SendLimits.Off }, Cancellation);
        var scene = new IncidentScene(sandbox);
        await scene.Phone.AddStartedPersonAsync("Dana", Cancellation, Chat);
        return scene;
    }

    /// <summary>It fires. Waits until what it sends has arrived.</summary>
    public Task<DeliveryOutcome> FireAsync(
        string text = "down by 25 %",
        string key = "orders",
        TimeSpan? cooldown = null,
        byte[]? chart = null,
        string? title = "Orders",
        ParseMode mode = ParseMode.Plain,
        TimeSpan? wait = null,
        IReadOnlyList<NotificationButton>? buttons = null,
        IReadOnlyList<byte[]>? charts = null
    ) =>
        PostAsync(
            new IncidentCall(key, true, cooldown ?? TimeSpan.FromHours(1), true),
            title,
            text,
            charts ?? (chart is null ? [] : [chart]),
            mode,
            wait ?? TimeSpan.FromSeconds(30),
            buttons
        );

    /// <summary>It is over.</summary>
    public Task<DeliveryOutcome> EndAsync(bool isConfirmed = true, string key = "orders") =>
        PostAsync(
            new IncidentCall(key, false, null, isConfirmed),
            null,
            "",
            [],
            ParseMode.Plain,
            TimeSpan.FromSeconds(30)
        );

    /// <summary>Presses one of Notify's buttons under a message, which showed what it did then.</summary>
    public Task PressAsync(string button, MessageView shown)
    {
        var messenger = new ChatMessenger(_api, _worker, _links, Clock, NullLogger<ChatMessenger>.Instance);
        // None of the buttons here runs a script.
        var buttons = new NotificationButtons(Outbox, null!, messenger, new ChatClock(Clock), Clock);
        var message = new ApiMessage(shown.MessageId, new ApiChat(Chat, "private", null), null, shown.Text, null)
        {
            ReplyMarkup = new ApiKeyboard([
                .. shown.Buttons.Select(row =>
                    (IReadOnlyList<ApiButton>)[.. row.Select(b => new ApiButton(b.Text, b.Data, b.Url))]
                ),
            ]),
        };
        var data = shown.Buttons.SelectMany(row => row).Single(b => b.Text == button).Data;
        return buttons.PressedAsync(
            PressedButton.Read(new ApiCallbackQuery("1", new ApiUser(Chat, false, null, null), message, data))!,
            _links.Find(Dana)!,
            Cancellation
        );
    }

    /// <summary>Time passes, and the bot looks at what is due.</summary>
    public async Task PassAsync(TimeSpan span, bool settles = true)
    {
        Clock.Shift += span;
        if (settles)
        {
            await SettleAsync();
        }
    }

    /// <summary>Looks at what is due until all edits that are due are made.</summary>
    public async Task SettleAsync()
    {
        await Eventually.TrueAsync(
            async () =>
            {
                await Edits.LookAsync(Cancellation);
                return Outbox
                        .IncidentsBehind(0, 1000)
                        .All(i =>
                            !IncidentJudge.MayEdit(i, Clock.GetUtcNow(), IsMuted(i))
                            && !IncidentJudge.LacksMessage(i, IsMuted(i))
                        )
                    && Outbox.Waiting().Count == 0;
            },
            () => string.Join("; ", Outbox.IncidentsBehind(0, 1000)),
            Cancellation
        );
    }

    public Task<IReadOnlyList<MessageView>> MessagesAsync() => Phone.BotMessagesAsync(Chat, Cancellation);

    /// <summary>The incident of a key.</summary>
    public Incident Incident(string key = "orders") =>
        Outbox.IncidentsOf(Dana, DateTimeOffset.MinValue.AddYears(1970), 1000).First(i => i.Key == key);

    public async ValueTask DisposeAsync()
    {
        foreach (var loop in (BackgroundService[])[_commits, _worker, _desktops])
        {
            await loop.StopAsync(CancellationToken.None);
        }

        _commits.Dispose();
        _worker.Dispose();
        _desktops.Dispose();
        Edits.Dispose();
        _gateway.Dispose();
        _api.Dispose();
        _links.Dispose();
        Outbox.Dispose();
        Phone.Dispose();
        await _sandbox.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private bool IsMuted(Incident incident) => Outbox.MutesOf(incident.User).Until(incident.Script) is not null;

    private async Task<DeliveryOutcome> PostAsync(
        IncidentCall call,
        string? title,
        string text,
        IReadOnlyList<byte[]> charts,
        ParseMode mode,
        TimeSpan wait,
        IReadOnlyList<NotificationButton>? buttons = null
    )
    {
        return await _pipeline.SendAsync(
            new SendCommand
            {
                User = Dana,
                Script = "orders.py",
                Title = title,
                Message = text,
                ParseMode = mode,
                Pictures =
                [
                    .. charts.Select(chart =>
                        ((Stream)new MemoryStream(chart), ImageInfo.Read(chart, chart.Length)!.Value)
                    ),
                ],
                Buttons = buttons ?? [],
                Incident = call,
            },
            _links.Find(Dana),
            wait,
            Cancellation
        );
    }
}

/// <summary>The machine's steady clock, and a time of day that the test turns.</summary>
internal sealed class TurnedClock : TimeProvider
{
    private readonly DateTimeOffset _began = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    /// <summary>What has passed.</summary>
    public TimeSpan Shift { get; set; }

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => _began + Shift;

    public override string ToString() => GetUtcNow().ToString("HH:mm", CultureInfo.InvariantCulture);
}
