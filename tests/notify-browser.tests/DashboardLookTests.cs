using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Playwright;
using Notify.Bot.Outbox;
using Notify.Bot.Watching;
using Notify.Formatting;
using Notify.Images;
using Notify.Testing;
using static Microsoft.Playwright.Assertions;

namespace Notify.Tests;

/// <summary>The dashboard in use for a month, in each light and on each screen. The pictures are looked at; two of them are in docs/screenshots.</summary>
public sealed class DashboardLookTests(Browser browser, DashboardLookTests.House used) : IClassFixture<DashboardLookTests.House>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ColorScheme.Light, 1280, 900, "light")]
    [InlineData(ColorScheme.Dark, 1280, 900, "dark")]
    [InlineData(ColorScheme.Light, 360, 780, "phone-light")]
    [InlineData(ColorScheme.Dark, 360, 780, "phone-dark")]
    public async Task A_month_of_use_looks_right(ColorScheme scheme, int width, int height, string picture)
    {
        var alice = await used.AliceAsync();
        var page = await used.Rooms.LogInAsync(browser, alice, width, height, scheme, isPhone: width < 600);
        await Expect(page.Locator("#feed > li")).ToHaveCountAsync(20);
        await page.WaitForFunctionAsync("[...document.querySelectorAll('.chart img')].some(image => image.naturalWidth > 0)");

        await Looks.AreRightAsync(page, $"dashboard-{picture}");
        await page.GetByText("As a table").ClickAsync();
        await page.GetByText("Its last lines").ClickAsync();
        await Looks.AreRightAsync(page, $"dashboard-{picture}-whole", isFull: true);
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280, 1000, "light")]
    [InlineData(ColorScheme.Dark, 360, 780, "phone-dark")]
    public async Task The_first_visit_looks_right(ColorScheme scheme, int width, int height, string picture)
    {
        var bob = await used.Rooms.AddAnalystAsync("bob");
        var page = await used.Rooms.LogInAsync(browser, bob, width, height, scheme, isPhone: width < 600);
        await Expect(page.GetByText("Nothing yet.")).ToBeVisibleAsync();
        await Looks.AreRightAsync(page, $"dashboard-first-{picture}", isFull: true);
    }

    [Fact]
    public async Task At_200_percent_and_on_the_narrowest_screen_nothing_is_cut_off()
    {
        var alice = await used.AliceAsync();
        var page = await used.Rooms.LogInAsync(browser, alice, 320, 600);
        await Looks.AreRightAsync(page, "dashboard-narrowest", isFull: true);
        await page.Locator(".menu summary").First.ClickAsync();
        Assert.Equal(0, await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
        Assert.True(await page.EvaluateAsync<double>("document.querySelector('.menu[open] .menu-list').getBoundingClientRect().left") >= 0);
        await page.SetViewportSizeAsync(640, 450);
        await Looks.AreRightAsync(page, "dashboard-200-percent");
    }

    [Fact]
    public async Task All_of_it_is_reached_with_the_keyboard_in_the_order_of_the_page()
    {
        var alice = await used.AliceAsync();
        var page = await used.Rooms.LogInAsync(browser, alice);
        await page.Locator("body").FocusAsync();
        List<string> reached = [];
        for (var i = 0; i < 12; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            reached.Add(await page.EvaluateAsync<string>("(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).trim()"));
            // What has the focus shows it.
            Assert.NotEqual("none", await page.EvaluateAsync<string>("getComputedStyle(document.activeElement).outlineStyle"));
        }

        Assert.Equal(["Skip to the content", "Data Analyst", "Sign out", "@NotifyTestBot", "Unlink…", "Run", "Mute", "Its last lines"], reached.Take(8));
        await page.ReloadAsync();
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("main")).ToBeFocusedAsync();
    }

    /// <summary>A house where one analyst has been for a month.</summary>
    public sealed class House : IAsyncDisposable
    {
        private readonly Browser _browser;
        private TestAccount? _alice;

        public House(Browser browser)
        {
            _browser = browser;
            Rooms = new DashboardHouse { Before = FillAsync };
        }

        public DashboardHouse Rooms { get; }

        public async Task<TestAccount> AliceAsync()
        {
            // Anybody's coming opens the house.
            if (_alice is null)
            {
                await Rooms.OpenAsync();
            }

            return _alice!;
        }

        public ValueTask DisposeAsync() => Rooms.DisposeAsync();

        private async Task FillAsync(DashboardHouse house)
        {
            _alice = await house.AddAccountAsync("alice");
            var user = UserName.Parse(_alice.Name);
            await house.Links.LinkAsync(user, new ChatId(await house.AddPhoneAsync()), Cancellation);
            var now = TimeProvider.System.GetUtcNow();
            foreach (var (script, output) in Scripts(now))
            {
                _alice.Write($"user/notifications/{script}", """print('{"notify": false}')""");
                _alice.Write($".notifications/state/{script.Replace(".py", ".json", StringComparison.Ordinal)}", output);
            }

            var folder = Path.Combine(house.Data, "private");
            Directory.CreateDirectory(folder);
            using var outbox = SqliteOutbox.Open(Path.Combine(folder, "outbox.db"), new ChangeFeed(), TimeProvider.System, NullLogger<SqliteOutbox>.Instance);
            var images = new ImageShelf(Path.Combine(folder, "images"), TimeProvider.System);
            foreach (var notification in History(user, now, await _browser.DrawChartAsync()))
            {
                var (accepted, progress, chart) = notification;
                if (chart is not null)
                {
                    using var content = new MemoryStream(chart);
                    accepted = accepted with { Image = await images.PutAsync(content, ImageInfo.Read(chart, chart.Length)!.Value, Cancellation) };
                }

                await outbox.AcceptAsync(accepted, progress, _ => { });
            }

            await outbox.MuteAsync(user, "metric_report", now.AddHours(3));
        }

        private static IEnumerable<(string Script, string State)> Scripts(DateTimeOffset now)
        {
            long Ago(double minutes) => now.AddMinutes(-minutes).ToUnixTimeSeconds();
            yield return ("data_freshness.py", string.Create(CultureInfo.InvariantCulture, $$"""
                {"last_run": {{Ago(2)}}, "last_sent": {{Ago(60 * 31)}}, "last_outcome": "error", "cooldown": "6h", "failing_since": {{Ago(62)}}, "failure_told": true, "error":
                "It ended with exit status 1.\nTraceback (most recent call last):\n  File \"/home/alice/user/notifications/data_freshness.py\", line 31, in <module>\n    frames = load(TABLES)\nFileNotFoundError: [Errno 2] No such file or directory: '/home/alice/server/orders.parquet'"}
                """));
            yield return ("metric_report.py", string.Create(CultureInfo.InvariantCulture, $$"""{"last_run": {{Ago(2)}}, "last_sent": {{Ago(60 * 5)}}, "last_outcome": "held_by_cooldown", "cooldown": "20h"}"""));
            yield return ("revenue_drop.py", string.Create(CultureInfo.InvariantCulture, $$"""{"last_run": {{Ago(2)}}, "last_sent": {{Ago(12)}}, "last_outcome": "delivered", "cooldown": "1h"}"""));
            yield return ("signups_by_country_and_campaign.py", string.Create(CultureInfo.InvariantCulture, $$"""{"last_run": {{Ago(2)}}, "last_sent": {{Ago(60 * 24 * 3)}}, "last_outcome": "no_alert", "cooldown": "1d"}"""));
        }

        private static IEnumerable<(AcceptedNotification Accepted, DeliveryProgress Progress, byte[]? Chart)> History(UserName user, DateTimeOffset now, byte[] chart)
        {
            (string Script, string? Title, string Message, ParseMode Mode)[] said =
            [
                ("revenue_drop.py", "Revenue dropped", "Revenue of *2026-01-29* is `48,210 €`, *23 %* below the 7-day average.\n\n```\nshop      today   average\nberlin   12,400    18,900\nhamburg   9,810    12,300\n```\n[Open the report](https://reports.example.com/revenue)", ParseMode.Markdown),
                ("metric_report.py", "Daily report", "Orders: *1,284* (+4.1 %)\nNew accounts: *37*", ParseMode.Markdown),
                ("data_freshness.py", null, "⚠️ <b>data_freshness.py is broken</b>\nIt ended with exit status 1.\n<blockquote expandable>Traceback (most recent call last):\n  File \"data_freshness.py\", line 31\nFileNotFoundError: orders.parquet</blockquote>\nIt sends nothing until it is mended. You will be told when it works again.", ParseMode.Html),
                ("data_freshness.py", "3 tables are stale", "orders (27 h), events_raw (31 h), customer_dim (2 d). See https://wiki.example.com/freshness.", ParseMode.Markdown),
                ("signups_by_country_and_campaign.py", "Signups by country", string.Join('\n', Enumerable.Range(1, 14).Select(n => $"Country {n}: *{n * 37 % 91}* signups, {n * 13 % 23} from campaigns")), ParseMode.Markdown),
            ];
            for (var age = 29; age >= 0; age--)
            {
                for (var i = 3 + (age * 7 % 4); i > 0; i--)
                {
                    var number = (age * 3) + i;
                    var (script, title, message, mode) = said[(number + 4) % said.Length];
                    var state = number % 11 == 3 ? DeliveryState.Muted : age == 4 && i < 3 ? DeliveryState.Failed : age == 12 && i == 1 ? DeliveryState.Unknown : DeliveryState.Delivered;
                    yield return (
                        new AcceptedNotification
                        {
                            Id = ImageShelf.NewId(),
                            User = user,
                            Script = script,
                            Title = title,
                            Message = message,
                            ParseMode = mode,
                            CreatedAt = now.AddDays(-age).AddMinutes(-(i * 97) + 85),
                        },
                        new DeliveryProgress(state) { Reason = state switch { DeliveryState.Failed => "blocked", DeliveryState.Unknown => "no answer", DeliveryState.Muted => "muted", _ => null } },
                        script == "metric_report.py" ? chart : null);
                }
            }
        }
    }
}
