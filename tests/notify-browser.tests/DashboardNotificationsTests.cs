using System.Globalization;
using Microsoft.Playwright;
using Notify.Contracts;
using Notify.Sandbox.Telegram;
using Notify.Testing;
using static Microsoft.Playwright.Assertions;

namespace Notify.Tests;

/// <summary>The dashboard's notifications: what was said, how it looked, and what became of it.</summary>
public sealed class DashboardNotificationsTests(Browser browser, DashboardHouse house)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_says_what_became_of_it_in_Telegram_s_words_and_the_plot_counts_them()
    {
        var alice = await house.AddAnalystAsync();
        var chat = await house.LinkAsync(alice);
        var page = await house.LogInAsync(browser, alice);

        await house.SendAsync(alice, "Arrived", "as it should");
        await Expect(Named(page, "Arrived")).ToContainTextAsync("Delivered");
        await house.Phones.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                ChatId = chat,
                Status = 400,
                Description = "Bad Request: TOPIC_CLOSED",
                Times = 1,
            },
            Cancellation
        );
        await house.SendAsync(alice, "Refused", "by Telegram");
        await Expect(Named(page, "Refused")).ToContainTextAsync("Failed: ");
        await Expect(Named(page, "Refused")).ToContainTextAsync("TOPIC_CLOSED");
        await house.Phones.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                ChatId = chat,
                Status = 500,
                Times = 1,
            },
            Cancellation
        );
        await house.SendAsync(alice, "Late", "but it comes");
        await Expect(Named(page, "Late")).ToContainTextAsync("Delivered");

        await Expect(page.Locator("#plot .legend")).ToContainTextAsync("2 delivered");
        await Expect(page.Locator("#plot .legend")).ToContainTextAsync("1 failed");
        await Expect(page.GetByRole(AriaRole.Group, new() { Name = "Notifications a day" })).ToBeVisibleAsync();
        await page.GetByText("As a table").ClickAsync();
        await Expect(page.Locator("#plot tbody tr")).ToHaveCountAsync(1);
        await Expect(page.Locator("#plot tbody tr td")).ToHaveTextAsync(["2", "0", "0", "1"]);
        await Looks.AreRightAsync(page, "dashboard-notifications");
    }

    [Theory]
    [InlineData("Asia/Kolkata")]
    [InlineData("America/St_Johns")]
    [InlineData("Pacific/Kiritimati")]
    public async Task The_days_of_the_plot_are_the_reader_s_and_without_scripts_the_server_s_and_it_says_which(
        string zone
    )
    {
        await using var own = new DashboardHouse();
        var alice = await own.AddAnalystAsync();
        // A minute before and after midnight there, three days ago.
        var reader = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var day = TimeZoneInfo.ConvertTime(TimeProvider.System.GetUtcNow(), reader).Date.AddDays(-3);
        var midnight = new DateTimeOffset(day, reader.GetUtcOffset(day));
        await own.WriteHistoryAsync(
            alice,
            [
                (midnight.AddMinutes(-1), DeliveryState.Delivered),
                (midnight.AddMinutes(1), DeliveryState.Delivered),
                (midnight.AddMinutes(2), DeliveryState.Delivered),
            ]
        );
        var login = await own.LogInAsync(browser, alice);

        var page = await browser.NewPageAsync(1280, 900, cookiesOf: login, zone: zone);
        await page.GotoAsync(own.Web.Address.AbsoluteUri);
        await Expect(page.Locator("#plot .plot-days"))
            .ToContainTextAsync(Pattern.Of($"Days in ({zone}|Asia/Calcutta)"));
        await page.GetByText("As a table").ClickAsync();
        static string Words(DateTime date) => date.ToString("ddd d MMM", CultureInfo.InvariantCulture);
        await Expect(page.Locator("#plot tbody th")).ToHaveTextAsync([Words(day), Words(day.AddDays(-1))]);
        await Expect(page.Locator("#plot tbody td:nth-of-type(1)")).ToHaveTextAsync(["2", "1"]);
        await Browser.SnapAsync(page, $"plot-{zone.Replace('/', '-')}", isFull: true);

        var plain = await browser.NewPageAsync(1280, 900, cookiesOf: login, zone: zone, hasScript: false);
        await plain.GotoAsync(own.Web.Address.AbsoluteUri);
        await Expect(plain.Locator("#plot .plot-days"))
            .ToContainTextAsync($"Days in {(TimeZoneInfo.Local.Id is "Etc/UTC" ? "UTC" : TimeZoneInfo.Local.Id)}");
    }

    [Fact]
    public async Task Times_in_the_chat_are_in_the_zone_of_the_page_that_was_opened_last()
    {
        var alice = await house.AddAnalystAsync();
        var chat = await house.LinkAsync(alice);
        var login = await house.LogInAsync(browser, alice);

        foreach (var zone in (string[])["America/Lima", "Europe/Prague"])
        {
            var page = await browser.NewPageAsync(1280, 900, cookiesOf: login, zone: zone);
            await page.GotoAsync(house.Web.Address.AbsoluteUri);
            await Eventually.TrueAsync(
                () => house.Links.Find(UserName.Parse(alice.Name))?.TimeZone?.Value == zone,
                () => File.ReadAllText(Path.Combine(house.Data, "telegram_users.json")),
                Cancellation
            );

            await house.Phones.TypeAsync(chat, "/mute 2h", Cancellation);
            await house.Phones.WaitForBotMessagesAsync(
                chat,
                messages => messages.Any(message => message.Text?.Contains(zone, StringComparison.Ordinal) == true),
                Cancellation
            );
        }
    }

    [Fact]
    public async Task What_a_script_wrote_looks_as_on_the_phone_and_is_never_the_page_s_own()
    {
        var alice = await house.AddAnalystAsync();
        await house.LinkAsync(alice);
        await house.SendAsync(
            alice,
            "<img src=x onerror=document.title='taken'>",
            "<script>document.title='taken'</script> *bold* `code` daily_active_users"
        );
        await house.SendAsync(
            alice,
            "Links",
            "[good](https://example.com/) [bad](javascript:document.title='taken') [data](data:text/html,x)"
        );
        await house.SendAsync(
            alice,
            "As HTML",
            "<b>strong</b> <tg-spoiler>hidden</tg-spoiler> <iframe src=x></iframe>",
            parseMode: "HTML"
        );
        // What is folded by itself makes no message long.
        await house.SendAsync(
            alice,
            "Folded",
            $"It broke.\n<blockquote expandable>{string.Join('\n', Enumerable.Range(1, 30).Select(n => $"line {n}"))}</blockquote>\nIt sends nothing until it is fixed.",
            parseMode: "HTML"
        );
        var page = await house.LogInAsync(browser, alice, path: "/notifications");
        await DashboardHouse.UnfoldAsync(page);

        await Expect(page.Locator(".notification")).ToHaveCountAsync(4);
        var first = Named(page, "<img src=x");
        await Expect(first.Locator("h3")).ToHaveTextAsync("<img src=x onerror=document.title='taken'>");
        await Expect(first.Locator(".message"))
            .ToContainTextAsync("<script>document.title='taken'</script> bold code daily_active_users");
        await Expect(first.Locator("strong, b")).ToHaveTextAsync(["bold"]);
        var links = Named(page, "Links").Locator(".message").GetByRole(AriaRole.Link);
        await Expect(links).ToHaveCountAsync(1);
        await Expect(links).ToHaveAttributeAsync("rel", Pattern.Of("noopener"));
        await Expect(page.Locator(".message iframe, .message script, .message img")).ToHaveCountAsync(0);
        await Expect(Named(page, "Folded").GetByText("Details")).ToBeVisibleAsync();
        await Expect(Named(page, "Folded").Locator(".unfold")).ToHaveCountAsync(0);
        await Looks.AreRightAsync(page, "notifications-markup", isFull: true);

        // Nor is it on the page of the latest, where a line of it is shown.
        await house.GoAsync(page, "/");
        await Expect(Named(page, "<img src=x").Locator(".excerpt"))
            .ToHaveTextAsync("<script>document.title='taken'</script> bold code daily_active_users");
        Assert.DoesNotContain("taken", await page.TitleAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task New_ones_announce_themselves_move_nothing_and_come_when_they_are_asked_for()
    {
        var alice = await house.AddAnalystAsync();
        await house.LinkAsync(alice);
        for (var i = 1; i <= 3; i++)
        {
            await house.SendAsync(
                alice,
                string.Create(CultureInfo.InvariantCulture, $"Number {i}"),
                i == 2 ? string.Join('\n', Enumerable.Range(1, 30).Select(n => $"line {n}")) : "of many"
            );
        }

        var page = await house.LogInAsync(browser, alice, path: "/notifications");
        await Expect(page.Locator(".notification")).ToHaveCountAsync(3);
        await Named(page, "Number 2").Locator("summary").First.ClickAsync();
        await Named(page, "Number 2").GetByRole(AriaRole.Button, new() { Name = "Show all" }).ClickAsync();
        await Named(page, "Number 1").FocusAsync();

        await house.SendAsync(alice, "While you read", "something new");

        var news = page.GetByRole(AriaRole.Button, new() { Name = "1 new" });
        await Expect(news).ToBeVisibleAsync();
        await Expect(page.Locator(".announcer", new() { HasText = "New notification: While you read" }))
            .ToHaveCountAsync(1);
        await Expect(page.Locator(".notification")).ToHaveCountAsync(3);
        await Expect(Named(page, "Number 1")).ToBeFocusedAsync();
        await Looks.AreRightAsync(page, "notifications-news");

        await news.ClickAsync();
        await Expect(page.Locator(".notification").First).ToContainTextAsync("While you read");
        await Expect(page.Locator(".notification").First).ToBeFocusedAsync();
        await Expect(news).ToBeHiddenAsync();
        await Expect(Named(page, "Number 2").GetByRole(AriaRole.Button, new() { Name = "Show less" }))
            .ToBeVisibleAsync();
    }

    [Fact]
    public async Task What_waits_for_Telegram_says_so_and_goes_out_when_it_is_back()
    {
        await using var own = new DashboardHouse();
        var alice = await own.AddAnalystAsync();
        var chat = await own.LinkAsync(alice);
        await own.Phones.BeginOutageAsync(Cancellation);
        await own.SendAsync(alice, "During the outage", "waits");

        var page = await own.LogInAsync(browser, alice);
        await Expect(page.Locator("#plot .legend")).ToContainTextAsync("1 queued");
        await own.GoAsync(page, "/notifications");
        await Expect(Named(page, "During the outage")).ToContainTextAsync("Queued");
        await Expect(Named(page, "During the outage")).ToContainTextAsync("The bot delivers it when Telegram takes it");
        await Looks.AreRightAsync(page, "notifications-waiting");
        await own.Phones.EndOutageAsync(Cancellation);

        await Expect(Named(page, "During the outage")).ToContainTextAsync("Delivered", new() { Timeout = 90_000 });
        await own.Phones.WaitForBotMessagesAsync(
            chat,
            all => all.Count(m => m.Text == "During the outage\nwaits") == 1,
            Cancellation
        );
    }

    [Fact]
    public async Task A_busy_month_is_counted_whole_and_can_be_read_to_its_end()
    {
        await using var own = new DashboardHouse();
        var alice = await own.AddAnalystAsync();
        var now = TimeProvider.System.GetUtcNow();
        await own.WriteHistoryAsync(
            alice,
            Enumerable.Range(1, 120).Select(i => (now.AddMinutes(-30 * (121 - i)), DeliveryState.Delivered))
        );
        var page = await own.LogInAsync(browser, alice);
        await Expect(page.Locator("#plot .legend")).ToContainTextAsync("120 delivered");
        await page.GetByRole(AriaRole.Link, new() { Name = "All notifications" }).ClickAsync();

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var count in new[] { 50, 50, 20 })
        {
            await Expect(page.Locator(".notification")).ToHaveCountAsync(count);
            await DashboardHouse.BeLiveAsync(page);
            seen.UnionWith(await page.Locator(".notification").EvaluateAllAsync<string[]>("all => all.map(n => n.id)"));
            if (count == 50)
            {
                await page.GetByRole(AriaRole.Link, new() { Name = "Older" }).ClickAsync();
            }
        }

        Assert.Equal(120, seen.Count);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Older" })).ToHaveCountAsync(0);
        // What is read stays as it is; the newest page has the new one.
        await own.SendAsync(alice, "On top", "of a long list");
        await page.GetByRole(AriaRole.Link, new() { Name = "Newest" }).ClickAsync();
        await Expect(page.Locator(".notification").First).ToContainTextAsync("On top");
        await Expect(page.Locator(".notification")).ToHaveCountAsync(50);
    }

    [Fact]
    public async Task Without_scripts_in_the_browser_the_pages_can_be_read_and_unfolded()
    {
        var alice = await house.AddAnalystAsync();
        await house.LinkAsync(alice);
        await house.SendAsync(alice, "To read", "without any script");
        var page = await house.LogInAsync(browser, alice);
        var plain = await browser.NewPageAsync(1280, 900, cookiesOf: page, hasScript: false);

        foreach (var path in (string[])["/", "/notifications", "/scripts", "/settings"])
        {
            await plain.GotoAsync(house.At(path));
            await Expect(plain.GetByRole(AriaRole.Button, new() { Name = "Sign out" })).ToBeVisibleAsync();
            await Expect(plain.Locator(".needs-script:visible")).ToHaveCountAsync(0);
        }

        await plain.GotoAsync(house.At("/"));
        await Expect(Named(plain, "To read")).ToContainTextAsync("without any script");
        await plain.GotoAsync(house.At("/notifications?q=read"));
        await Named(plain, "To read").Locator("summary").ClickAsync();
        await Expect(Named(plain, "To read").Locator(".message")).ToBeVisibleAsync();
        await Expect(plain.GetByLabel("Search in title, text and script")).ToHaveValueAsync("read");
    }

    private static ILocator Named(IPage page, string title) =>
        page.Locator(".notification", new() { Has = page.Locator("h3", new() { HasText = title }) });
}
