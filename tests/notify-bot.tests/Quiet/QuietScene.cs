using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Notify.Bot.Commands;
using Notify.Bot.Delivery;
using Notify.Bot.Digests;
using Notify.Bot.Outbox;
using Notify.Bot.Telegram;
using Notify.Contracts;
using Notify.Formatting;
using Notify.Images;
using Notify.Linking;
using Notify.Posix;
using Notify.Quiet;
using Notify.Sandbox;
using Notify.Sandbox.Control;
using Notify.Testing;
using Notify.Tests.Delivery;
using Notify.Tests.Outbox;

namespace Notify.Tests.Quiet;

/// <summary>Acceptance, outbox, digests and delivery as the bot puts them together, and a strict Telegram, all on one clock that the test turns.</summary>
internal sealed class QuietScene : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("notify-quiet-").FullName;
    private readonly SandboxServer _sandbox;
    private Running? _bot;

    private QuietScene(SandboxServer sandbox, FakeTimeProvider time)
    {
        _sandbox = sandbox;
        Time = time;
        Phone = new SandboxControl(sandbox);
    }

    public static readonly UserName Dana = UserName.Parse("user0");

    public FakeTimeProvider Time { get; }

    public SandboxControl Phone { get; }

    public CollectedLog<DigestLoop> Log { get; } = new();

    public SqliteOutbox Outbox => Bot.Outbox;

    public JsonLinkStore Links => Bot.Links;

    private Running Bot => _bot ?? throw new InvalidOperationException("The bot is down.");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Begins at a local time in Prague, with people who are linked: user0, user1 and so on.</summary>
    public static async Task<QuietScene> BeginAsync(string local, int people = 1)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Prague");
        var time = new FakeTimeProvider(At(local));
        time.SetLocalTimeZone(zone);
        var sandbox = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Limits = SendLimits.Published,
                Time = time,
                KeptCalls = 100_000,
            },
            Cancellation
        );
        var scene = new QuietScene(sandbox, time);
        for (var i = 0; i < people; i++)
        {
            await scene.Phone.AddStartedPersonAsync($"user{i}", Cancellation, Chat(i));
        }

        await File.WriteAllTextAsync(
            Path.Combine(scene._folder, "telegram_users.json"),
            JsonSerializer.Serialize(
                Enumerable
                    .Range(0, people)
                    .ToDictionary(
                        i => $"user{i}",
                        i => new { chat_id = Chat(i), linked_at = "2026-01-05T09:00:00Z" },
                        StringComparer.Ordinal
                    )
            ),
            Cancellation
        );
        scene.Start();
        return scene;
    }

    public static long Chat(int person) => 7001 + person;

    public static UserName User(int person) => UserName.Parse($"user{person}");

    /// <summary>A local time in Prague.</summary>
    public static DateTimeOffset At(string local) =>
        LocalClock.FirstMoment(
            new DateTimeOffset(DateTime.Parse(local, System.Globalization.CultureInfo.InvariantCulture), TimeSpan.Zero),
            TimeZoneInfo.FindSystemTimeZoneById("Europe/Prague").GetUtcOffset
        );

    /// <summary>Starts the bot. The loop of digests looks when the test turns the clock.</summary>
    public void Start() => _bot = new Running(_folder, _sandbox, Time, Log);

    /// <summary>Ends the bot.</summary>
    public async Task StopAsync()
    {
        await Bot.DisposeAsync();
        _bot = null;
    }

    public Task QuietAsync(string hours, int person = 0)
    {
        Assert.True(QuietHours.TryRead(hours, out var read, out var problem), problem);
        return Outbox.SetQuietAsync(User(person), read);
    }

    /// <summary>Sends a notification as a script does.</summary>
    public async Task<DeliveryOutcome> SendAsync(
        string title,
        int person = 0,
        bool urgent = false,
        byte[]? chart = null,
        string? key = null,
        bool silent = false,
        bool isRequested = false,
        int charts = 1,
        IncidentCall? incident = null
    )
    {
        return await Bot.Pipeline.SendAsync(
            new SendCommand
            {
                User = User(person),
                Script = "night.py",
                Title = title,
                Message = $"The whole text of {title}.",
                ParseMode = ParseMode.Plain,
                Urgent = urgent,
                Silent = silent,
                IsRequested = isRequested,
                Key = key,
                Incident = incident,
                Pictures = chart is null
                    ? []
                    :
                    [
                        .. Enumerable
                            .Range(0, charts)
                            .Select(_ => ((Stream)new MemoryStream(chart), ImageInfo.Read(chart, chart.Length)!.Value)),
                    ],
            },
            Links.Find(User(person)),
            TimeSpan.Zero,
            Cancellation
        );
    }

    /// <summary>Sends one that has to be held.</summary>
    public async Task<string> HoldAsync(string title, int person = 0)
    {
        var accepted = Assert.IsType<DeliveryOutcome.Accepted>(await SendAsync(title, person));
        Assert.Equal(DeliveryState.Held, accepted.Progress.State);
        return accepted.Id;
    }

    /// <summary>Turns the clock to a local time.</summary>
    public async Task GoToAsync(string local)
    {
        while (Time.GetUtcNow() < At(local))
        {
            var left = At(local) - Time.GetUtcNow();
            Time.Advance(left < TimeSpan.FromMinutes(20) ? left : TimeSpan.FromMinutes(20));
            await Bot.Digests.LookAsync(Cancellation);
        }
    }

    /// <summary>Turns the clock by small steps until something holds.</summary>
    public Task UntilAsync(Func<Task<bool>> holds, Func<string> found, TimeSpan? step = null) =>
        Eventually.TrueAsync(
            async () =>
            {
                Time.Advance(step ?? TimeSpan.FromMilliseconds(200));
                await Bot.Digests.LookAsync(Cancellation);
                return await holds();
            },
            found,
            Cancellation
        );

    /// <summary>What a phone shows, once it shows so many messages.</summary>
    public async Task<IReadOnlyList<MessageView>> MessagesAsync(int count, int person = 0)
    {
        IReadOnlyList<MessageView> messages = [];
        await UntilAsync(
            async () =>
            {
                messages = await Phone.BotMessagesAsync(Chat(person), Cancellation);
                return messages.Count >= count;
            },
            () =>
                $"{messages.Count} of {count}: {string.Join(" | ", messages.Select(m => m.Text))} {string.Join(" | ", History(person).Select(n => n.Progress))} {string.Join(" | ", Log.Lines)}"
        );
        return messages;
    }

    /// <summary>Waits until nothing waits for delivery.</summary>
    public Task UntilDeliveredAsync() =>
        UntilAsync(() => Task.FromResult(Outbox.Waiting().Count == 0), () => $"{Outbox.Waiting().Count} wait");

    /// <summary>What a phone shows now.</summary>
    public async Task<string[]> TextsAsync(int person = 0) =>
        [.. (await Phone.BotMessagesAsync(Chat(person), Cancellation)).Select(m => m.Text)];

    /// <summary>The history, the oldest first.</summary>
    public PastNotification[] History(int person = 0) => [.. Outbox.History(User(person), 200).Reverse()];

    /// <summary>Presses a button as Telegram reports it.</summary>
    public Task PressAsync(string data, int person = 0)
    {
        var message = new ApiMessage(1, new ApiChat(Chat(person), "private", null), null, null, null);
        return Bot.Held.PressedAsync(
            PressedButton.Read(new ApiCallbackQuery("1", new ApiUser(Chat(person), false, null, null), message, data))!,
            Links.Find(User(person))!,
            Cancellation
        );
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_bot is not null)
        {
            await _bot.DisposeAsync();
        }

        Phone.Dispose();
        await _sandbox.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private sealed class Running : IAsyncDisposable
    {
        private readonly DeliveringBot _bot;

        public Running(string folder, SandboxServer sandbox, FakeTimeProvider time, CollectedLog<DigestLoop> log)
        {
            _bot = new DeliveringBot(folder, sandbox, time);
            Digests = new DigestLoop(_bot.Outbox, _bot.Pendings, _bot.Links, time, log);
            Held = new HeldInChat(
                _bot.Outbox,
                _bot.Accounts,
                new NotificationShow(
                    _bot.Worker,
                    _bot.Sender,
                    _bot.Outbox,
                    _bot.Links,
                    _bot.LargeTexts,
                    time,
                    NullLogger<NotificationShow>.Instance
                ),
                new ChatMessenger(_bot.Api, _bot.Worker, _bot.Links, time, NullLogger<ChatMessenger>.Instance)
            );
        }

        public SqliteOutbox Outbox => _bot.Outbox;

        public JsonLinkStore Links => _bot.Links;

        public AcceptPipeline Pipeline => _bot.Pipeline;

        public DigestLoop Digests { get; }

        public HeldInChat Held { get; }

        public async ValueTask DisposeAsync()
        {
            Digests.Dispose();
            await _bot.DisposeAsync();
        }
    }
}
