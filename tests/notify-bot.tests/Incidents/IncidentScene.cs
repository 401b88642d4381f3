using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Notify.Bot;
using Notify.Bot.Commands;
using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Bot.Telegram;
using Notify.Formatting;
using Notify.Images;
using Notify.Sandbox;
using Notify.Sandbox.Control;
using Notify.Testing;
using Notify.Tests.Delivery;

namespace Notify.Tests.Incidents;

/// <summary>Outbox and delivery as the bot puts them together, a strict Telegram, and a time of day that the test turns.</summary>
internal sealed class IncidentScene : IAsyncDisposable
{
    public const long Chat = 7001;

    public static readonly UserName Dana = UserName.Parse("dana");

    private readonly string _folder = Directory.CreateTempSubdirectory("notify-incidents-").FullName;
    private readonly SandboxServer _sandbox;
    private readonly DeliveringBot _bot;

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
        _bot = new DeliveringBot(
            _folder,
            sandbox,
            Clock,
            network: TimeProvider.System,
            new PaceLimits(1_000_000, 1_000_000, 1_000_000)
        );
        Edits = new IncidentEdits(
            Outbox,
            _bot.Links,
            _bot.Accounts,
            new IncidentEditor(_bot.Attachments, _bot.Api, _bot.Settings, NullLogger<IncidentEditor>.Instance),
            _bot.Worker,
            _bot.Changes,
            _bot.Metrics,
            Clock,
            NullLogger<IncidentEdits>.Instance
        );
    }

    public SandboxControl Phone { get; }

    public SqliteOutbox Outbox => _bot.Outbox;

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
        var messenger = new ChatMessenger(_bot.Api, _bot.Worker, _bot.Links, Clock, NullLogger<ChatMessenger>.Instance);
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
            _bot.Links.Find(Dana)!,
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
        Edits.Dispose();
        await _bot.DisposeAsync();
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
        return await _bot.Pipeline.SendAsync(
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
            _bot.Links.Find(Dana),
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
