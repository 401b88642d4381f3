using Microsoft.Data.Sqlite;
using Microsoft.Playwright;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Linking;
using Notify.Sandbox;
using Notify.Sandbox.Google;
using Notify.Testing;
using static Microsoft.Playwright.Assertions;

[assembly: AssemblyFixture(typeof(Notify.Tests.DashboardHouse))]

namespace Notify.Tests;

/// <summary>
/// A sandbox, a real bot, a real gateway and a real dashboard in processes of their own. One for all tests, each of which brings an analyst of its own; a test that
/// breaks something builds a house of its own. Started by the first who enters.
/// </summary>
public sealed class DashboardHouse : IAsyncDisposable
{
    /// <summary>The analysts' group.</summary>
    private const string Analysts = "dataread";

    private readonly SemaphoreSlim _door = new(1, 1);
    private readonly List<TestAccount> _accounts = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("notify-house-").FullName;
    private System.Collections.ObjectModel.ReadOnlyDictionary<string, string>? _webSettings;
    private JsonLinkStore? _links;
    private bool _isOpen;

    /// <summary>Telegram and Google.</summary>
    public SandboxServer Sandbox { get; private set; } = null!;

    /// <summary>The hands on phones, on Google's accounts, and on what goes wrong.</summary>
    public SandboxControl Phones { get; private set; } = null!;

    /// <summary>The bot.</summary>
    public BotProcess Bot { get; private set; } = null!;

    /// <summary>The gateway.</summary>
    public GatewayScene Gateway { get; private set; } = null!;

    /// <summary>The dashboard.</summary>
    public WebProcess Web { get; private set; } = null!;

    /// <summary>The links, as another program on the same files sees them.</summary>
    public JsonLinkStore Links => _links!;

    /// <summary>The folder of the shared files.</summary>
    public string Data => Path.Combine(_folder, "data");

    /// <summary>What is done before the bot starts, such as writing its history.</summary>
    public Func<DashboardHouse, Task>? Before { get; init; }

    /// <summary>Whether the bot is started.</summary>
    public bool HasBot { get; init; } = true;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>An analyst with an account here and one at Google.</summary>
    public async Task<TestAccount> AddAnalystAsync(string name = "alice")
    {
        await OpenAsync();
        return await AddAccountAsync(name);
    }

    /// <summary>The analyst's e-mail address.</summary>
    public static string EmailOf(TestAccount analyst) =>
        $"{(analyst ?? throw new ArgumentNullException(nameof(analyst))).Name}@example.com";

    /// <summary>Logs an analyst in, by Google's page, and gives a page of the dashboard once it is live.</summary>
    public async Task<IPage> LogInAsync(
        Browser browser,
        TestAccount analyst,
        int width = 1280,
        int height = 900,
        bool isPhone = false,
        string path = "/"
    )
    {
        ArgumentNullException.ThrowIfNull(browser);
        await OpenAsync();
        var page = await browser.NewPageAsync(width, height, isPhone: isPhone);
        await page.GotoAsync(Web.Address.AbsoluteUri);
        await page.GetByRole(AriaRole.Link, new() { Name = "Sign in with Google" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = EmailOf(analyst) }).ClickAsync();
        await BeLiveAsync(page);
        if (path != "/")
        {
            await GoAsync(page, path);
        }

        return page;
    }

    /// <summary>Goes to a page of the dashboard and waits until it is live.</summary>
    public async Task GoAsync(IPage page, string path)
    {
        ArgumentNullException.ThrowIfNull(page);
        await page.GotoAsync(At(path));
        await BeLiveAsync(page);
    }

    /// <summary>The address of a page of the dashboard.</summary>
    public string At(string path) => Web.Address.AbsoluteUri.TrimEnd('/') + path;

    /// <summary>Unfolds the notifications of a page.</summary>
    public static Task UnfoldAsync(IPage page) =>
        (page ?? throw new ArgumentNullException(nameof(page))).EvaluateAsync(
            "document.querySelectorAll('details.unfolds').forEach(one => { one.open = true; })"
        );

    /// <summary>Waits until a dashboard's page hears of changes.</summary>
    public static Task BeLiveAsync(IPage page) =>
        Expect((page ?? throw new ArgumentNullException(nameof(page))).Locator("html[data-live=yes]"))
            .ToHaveCountAsync(1);

    /// <summary>A phone whose person has written to the bot before.</summary>
    public Task<long> AddPhoneAsync() => Phones.AddStartedPersonAsync("Alice", Cancellation);

    /// <summary>Links an analyst to a new phone, as an operator would; gives the chat.</summary>
    public async Task<long> LinkAsync(TestAccount analyst)
    {
        ArgumentNullException.ThrowIfNull(analyst);
        var chat = await AddPhoneAsync();
        await Links.LinkAsync(UserName.Parse(analyst.Name), new ChatId(chat), Cancellation);
        await Phones.WaitForBotMessagesAsync(
            chat,
            messages => messages.Any(m => m.Text.Contains("Linked", StringComparison.Ordinal)),
            Cancellation
        );
        return chat;
    }

    /// <summary>Asks the bot for a code, in a chat.</summary>
    public async Task<string> AskForCodeAsync(long chat)
    {
        await Phones.TypeAsync(chat, "/start", Cancellation);
        var code = Pattern.Of("[0-9]{6}");
        var answers = await Phones.WaitForBotMessagesAsync(
            chat,
            messages => messages.Any(m => code.IsMatch(m.Text)),
            Cancellation
        );
        return code.Match(answers[^1].Text).Value;
    }

    /// <summary>Has the bot send something to an analyst, as their script would.</summary>
    public async Task SendAsync(
        TestAccount analyst,
        string title,
        string message,
        string? script = "revenue_drop.py",
        string? parseMode = null
    )
    {
        ArgumentNullException.ThrowIfNull(analyst);
        await Bot.SendAsync(
            new
            {
                user = analyst.Name,
                title,
                message,
                script,
                parse_mode = parseMode,
            },
            Cancellation
        );
    }

    /// <summary>Runs an analyst's scripts once, as cron does; the round's status says whether one of them broke.</summary>
    public async Task RoundAsync(TestAccount analyst)
    {
        ArgumentNullException.ThrowIfNull(analyst);
        await analyst.RunAsync(
            Programs.Path("notify-runner"),
            [],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["NOTIFY_DATA_DIR"] = Data },
            Cancellation
        );
    }

    /// <summary>Writes what an analyst was told long ago into the history, beside the bot: nobody can wait for it. The bot is started again.</summary>
    public async Task WriteHistoryAsync(
        TestAccount analyst,
        IEnumerable<(DateTimeOffset At, DeliveryState State)> notifications
    )
    {
        ArgumentNullException.ThrowIfNull(analyst);
        ArgumentNullException.ThrowIfNull(notifications);
        await Bot.StopAsync(Cancellation);
        await using (
            var connection = new SqliteConnection(
                new SqliteConnectionStringBuilder
                {
                    DataSource = Path.Combine(Data, "private", "outbox.db"),
                    Pooling = false,
                }.ToString()
            )
        )
        {
            await connection.OpenAsync(Cancellation);
            await using var together = await connection.BeginTransactionAsync(Cancellation);
            await using var command = connection.CreateCommand();
            command.CommandText = """
                INSERT INTO notification (id, user, script, title, message, parse_mode, silent, created_at, state, reason)
                VALUES ($id, $user, 'revenue_drop.py', 'Revenue down', '*Yesterday*: $45,300', 0, 0, $at, $state, $reason)
                """;
            foreach (var (at, state) in notifications)
            {
                command.Parameters.Clear();
                command.Parameters.AddWithValue("$id", AttachmentStore.NewId());
                command.Parameters.AddWithValue("$user", analyst.Name);
                command.Parameters.AddWithValue("$at", at.ToUnixTimeMilliseconds());
                command.Parameters.AddWithValue("$state", (int)state);
                command.Parameters.AddWithValue(
                    "$reason",
                    state == DeliveryState.Failed ? "Bad Request: chat not found" : DBNull.Value
                );
                await command.ExecuteNonQueryAsync(Cancellation);
            }

            await together.CommitAsync(Cancellation);
        }

        await StartBotAsync();
    }

    /// <summary>Starts the bot, or starts it again.</summary>
    public async Task StartBotAsync()
    {
        if (Bot is not null)
        {
            await Bot.DisposeAsync();
        }

        Bot = await BotProcess.StartAsync(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["TELEGRAM_BOT_TOKEN"] = Sandbox.Token,
                ["TELEGRAM_API_URL"] = Sandbox.ApiAddress.AbsoluteUri,
                ["TELEGRAM_MESSAGES_PER_SECOND"] = "1000000",
                ["TELEGRAM_CHAT_MESSAGES_PER_SECOND"] = "1000000",
                ["NOTIFY_DATA_DIR"] = Data,
                ["NOTIFY_SCRIPTS_BIN"] = Programs.Path("notify-scripts"),
                ["NOTIFY_GATEWAY_SOCKET"] = Gateway.SocketPath,
                ["NOTIFY_WEB_URL"] = _webSettings!["NOTIFY_WEB_URL"],
            },
            null,
            Cancellation
        );
        await Bot.WaitForHealthAsync(
            health => health.GetProperty("telegram").GetProperty("state").GetString() == "ok",
            Cancellation
        );
    }

    /// <summary>Ends the dashboard and starts it again, at the same address.</summary>
    public async Task RestartWebAsync()
    {
        await Web.DisposeAsync();
        await StartWebAsync();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Web is not null)
        {
            await Web.DisposeAsync();
        }

        if (Bot is not null)
        {
            await Bot.DisposeAsync();
        }

        if (Gateway is not null)
        {
            await Gateway.DisposeAsync();
        }

        Phones?.Dispose();
        _links?.Dispose();
        if (Sandbox is not null)
        {
            await Sandbox.DisposeAsync();
        }

        foreach (var account in _accounts)
        {
            await account.DisposeAsync();
        }

        _door.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>An account of the analysts' group with one at Google beside it.</summary>
    public async Task<TestAccount> AddAccountAsync(string name)
    {
        var account = await TestAccount.CreateAsync(name, Analysts);
        lock (_accounts)
        {
            _accounts.Add(account);
        }

        await Phones.Google.AddAccountAsync(GoogleAccount.OfWorkspace(EmailOf(account)), Cancellation);
        return account;
    }

    private async Task StartWebAsync() => Web = await WebProcess.StartAsync(_webSettings!, null, Cancellation);

    /// <summary>Starts all that is in it, unless somebody has.</summary>
    public async Task OpenAsync()
    {
        TestAccount.SkipUnlessRoot();
        await _door.WaitAsync(Cancellation);
        try
        {
            if (_isOpen)
            {
                return;
            }

            File.SetUnixFileMode(_folder, (UnixFileMode)0b111_101_101);
            Directory.CreateDirectory(Data);
            Sandbox = await SandboxServer.StartAsync(new SandboxOptions { Limits = SendLimits.Off }, Cancellation);
            Phones = new SandboxControl(Sandbox);
            _links = new JsonLinkStore(Data, TimeProvider.System);
            if (Before is not null)
            {
                await Before(this);
            }

            var settings = WebProcess.Settings(Sandbox.GoogleAddress, _folder);
            Gateway = GatewayScene.Set();
            Gateway.Environment["NOTIFY_GATEWAY_LISTEN"] = settings["NOTIFY_GATEWAY_LISTEN"] = string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"http://127.0.0.1:{FreePort.Next()}"
            );
            Gateway.Environment["NOTIFY_WEB_URL"] = settings["NOTIFY_WEB_URL"];
            settings["NOTIFY_GATEWAY_SOCKET"] = Gateway.SocketPath;
            settings["NOTIFY_JWT_SECRET"] = GatewayToken.Secret;
            _webSettings = settings.AsReadOnly();
            await Gateway.StartAsync();

            if (HasBot)
            {
                await StartBotAsync();
            }

            await StartWebAsync();
            _isOpen = true;
        }
        finally
        {
            _door.Release();
        }
    }
}
