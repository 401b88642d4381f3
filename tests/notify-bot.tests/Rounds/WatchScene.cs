using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Notify.Bot;
using Notify.Bot.Commands;
using Notify.Bot.Delivery;
using Notify.Bot.Desktops;
using Notify.Bot.Events;
using Notify.Bot.Limits;
using Notify.Bot.Metrics;
using Notify.Bot.Outbox;
using Notify.Bot.Rounds;
using Notify.Dispatching;
using Notify.Linking;
using Notify.Posix;
using Notify.Testing;
using Notify.Tests.Outbox;

namespace Notify.Tests.Rounds;

/// <summary>The watch with links, outbox and pipeline as the bot puts them together, with a clock that the test turns. Nothing is delivered.</summary>
internal sealed class WatchScene : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("notify-watch-").FullName;
    private readonly BotSettings _settings;
    private readonly Accounts _accounts;
    private readonly SqliteOutbox _outbox;
    private readonly GatewaySocket _gateway;
    private readonly DesktopDispatch _desktops;
    private readonly AcceptPipeline _pipeline;
    private readonly BotMetrics _metrics = new();
    private readonly Task _offering;
    private RoundWatch _watch = null!;

    public WatchScene(params IEnumerable<string> linked)
    {
        var place = 0;
        File.WriteAllText(
            Path.Combine(_folder, "telegram_users.json"),
            JsonSerializer.Serialize(
                linked.ToDictionary(
                    name => name,
                    _ => new { chat_id = 7001 + place++, linked_at = "2026-01-05T09:00:00Z" },
                    StringComparer.Ordinal
                )
            )
        );
        Time.SetLocalTimeZone(TimeZoneInfo.FindSystemTimeZoneById("Europe/Prague"));
        _settings = new BotSettings
        {
            Token = BotToken.TryParse("110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw")!,
            ApiUrl = new Uri("http://127.0.0.1:9"),
            DataFolder = _folder,
            SocketPath = Path.Combine(_folder, "bot.sock"),
            AnalystGroup = "dataread",
            TrustedGroup = "data-ops",
            ScriptsProgram = "/bin/false",
            InstanceName = "Test",
            Pace = new PaceLimits(30, 1, 20),
            MessageButtons = true,
            GatewaySocket = Path.Combine(_folder, "no-gateway.sock"),
        };
        Directory.CreateDirectory(_settings.PrivateFolder);
        _accounts = new Accounts(Time);
        Links = new JsonLinkStore(_folder, Time, _accounts);
        _outbox = SqliteOutbox.Open(
            Path.Combine(_settings.PrivateFolder, "outbox.db"),
            _accounts,
            new ChangeFeed(),
            Time,
            NullLogger<SqliteOutbox>.Instance
        );
        _gateway = new GatewaySocket(_settings.GatewaySocket, new TrustedPeers(0, null));
        _desktops = new DesktopDispatch(_gateway, _settings, _metrics, Time, NullLogger<DesktopDispatch>.Instance);
        var pendings = new PendingNotifications(Time);
        _offering = OfferAsync(_outbox, pendings);
        _pipeline = new AcceptPipeline(
            _outbox,
            new AttachmentStore(Path.Combine(_settings.PrivateFolder, "images"), Time),
            pendings,
            _desktops,
            _metrics,
            new LargeTexts(),
            Time
        );
        Start();
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero));

    public CollectedLog<RoundStore> Log { get; } = new();

    public CollectedLog<RoundWatch> WatchLog { get; } = new();

    public RoundStore Store { get; private set; } = null!;

    public JsonLinkStore Links { get; }

    public IOutbox Outbox => _outbox;

    public int Overdue => _metrics.Now().UsersOverdue;

    public string RoundsFile => Path.Combine(_settings.PrivateFolder, RoundStore.FileName);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The bot is killed and starts again.</summary>
    public void Restart()
    {
        Store.Dispose();
        _watch.Dispose();
        Start();
    }

    /// <summary>Starts the loop of the watch, as the host does.</summary>
    public Task StartLoopAsync() => _watch.StartAsync(Cancellation);

    /// <summary>Lets time pass until the loop has done something.</summary>
    public Task WaitForAsync(Func<bool> done) =>
        Eventually.TrueAsync(
            () =>
            {
                Time.Advance(WatchClock.Tick);
                return Task.FromResult(done());
            },
            () => string.Join('\n', WatchLog.Lines),
            Cancellation
        );

    /// <summary>A round of a user begins and ends now.</summary>
    public void Round(string user, int every = 60, AccountId? account = null)
    {
        var name = UserName.Parse(user);
        Store.Add(
            name,
            account ?? _accounts.Of(name).Id,
            new PostedRound(Time.GetUtcNow(), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(every), null)
        );
    }

    /// <summary>Lets time pass in steps of the watch.</summary>
    public async Task RunAsync(TimeSpan span)
    {
        for (var passed = TimeSpan.Zero; passed < span; passed += WatchClock.Tick)
        {
            Time.Advance(WatchClock.Tick);
            await _watch.LookAsync(Cancellation);
        }
    }

    /// <summary>What a user has in the history, the oldest first.</summary>
    public IReadOnlyList<PastNotification> History(string user) =>
        [.. _outbox.History(UserName.Parse(user), 100).Reverse()];

    /// <inheritdoc />
    public void Dispose()
    {
        _watch.Dispose();
        Store.Dispose();
        _desktops.Dispose();
        _gateway.Dispose();
        _outbox.Dispose();
        Assert.False(_offering.IsFaulted, _offering.Exception?.ToString());
        Links.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Takes what is on disk and shows it nowhere.</summary>
    private static async Task OfferAsync(SqliteOutbox outbox, PendingNotifications pendings)
    {
        await foreach (var stored in outbox.Committed.ReadAllAsync(Cancellation))
        {
            if (pendings.TryFind(stored.Accepted.Id, out var pending))
            {
                pending.OfferedTo(Task.FromResult<int?>(null));
            }
        }
    }

    private void Start()
    {
        Store = new RoundStore(RoundsFile, Time, Log);
        _watch = new RoundWatch(
            Store,
            Links,
            _accounts,
            _pipeline,
            _metrics,
            _settings,
            new ChatClock(Time),
            Time,
            WatchLog
        );
    }
}
