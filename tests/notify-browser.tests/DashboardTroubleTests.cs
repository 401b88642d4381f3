using Microsoft.Playwright;
using Notify.Sandbox.Google;
using Notify.Sandbox.Telegram;
using static Microsoft.Playwright.Assertions;

namespace Notify.Tests;

/// <summary>What the dashboard says when something is wrong: each page and card names it, and what to do.</summary>
public sealed class DashboardTroubleTests(Browser browser)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_Telegram_or_a_bot_the_cards_say_so_and_go_on_by_themselves()
    {
        await using var house = new DashboardHouse();
        var alice = await house.AddAnalystAsync();
        await house.LinkAsync(alice);
        alice.Write("user/notifications/revenue_drop.py", """print('{"notify": false}')""");
        var page = await house.LogInAsync(browser, alice);

        await house.Phones.BeginOutageAsync(Cancellation);
        await house.Bot.SendAsync(new { user = alice.Name, title = "Revenue dropped", message = "by *25 %*", script = "revenue_drop.py", wait = 0 }, Cancellation);
        await Expect(Feed(page)).ToContainTextAsync("Waiting for Telegram");
        await house.Bot.WaitForHealthAsync(health => health.GetProperty("telegram").GetProperty("state").GetString() == "unreachable", Cancellation);
        await page.ReloadAsync();
        await Expect(Card(page)).ToContainTextAsync("The bot can’t reach Telegram at the moment.");
        await Looks.AreRightAsync(page, "dashboard-outage");
        await house.Phones.EndOutageAsync(Cancellation);
        await Expect(Feed(page)).ToContainTextAsync("Delivered");

        await house.Bot.KillAsync();
        await page.ReloadAsync();
        await Expect(Card(page)).ToContainTextAsync("The bot is not running.");
        await Expect(Card(page)).ToContainTextAsync("Linked since");
        await Expect(Feed(page)).ToContainTextAsync("The bot is not running. Tell the operator.");
        await Looks.AreRightAsync(page, "dashboard-no-bot");
        await house.StartBotAsync();
        await Expect(Feed(page)).ToContainTextAsync("Revenue dropped");
        await Expect(Card(page)).Not.ToContainTextAsync("The bot is not running.");
    }

    [Fact]
    public async Task What_failed_says_why_in_Telegram_s_words()
    {
        await using var house = new DashboardHouse();
        var alice = await house.AddAnalystAsync();
        await house.LinkAsync(alice);
        await house.Phones.AddFaultAsync(new Fault { Kind = FaultKind.Answer, Method = "sendMessage", Status = 400, Description = "Bad Request: TOPIC_CLOSED", Times = 1 }, Cancellation);
        await house.SendAsync(alice, "Refused", "by Telegram");
        var page = await house.LogInAsync(browser, alice);
        await Expect(Feed(page)).ToContainTextAsync("Not delivered: Bad Request: TOPIC_CLOSED");
    }

    [Fact]
    public async Task A_link_that_can_t_be_read_and_a_bot_that_was_never_there_are_said()
    {
        await using var house = new DashboardHouse { HasBot = false };
        var alice = await house.AddAnalystAsync();
        var page = await house.LogInAsync(browser, alice);
        await Expect(Card(page)).ToContainTextAsync("The bot is not running.");
        await Expect(page.GetByLabel("Type them here")).ToHaveCountAsync(0);
        await Looks.AreRightAsync(page, "dashboard-never-a-bot");

        await File.WriteAllTextAsync(Path.Combine(house.Data, "telegram_users.json"), "[]", Cancellation);
        await page.ReloadAsync();
        await Expect(Card(page)).ToContainTextAsync("Your link can’t be read: telegram_users.json");
        await Expect(Card(page)).ToContainTextAsync("operator");
        await Looks.AreRightAsync(page, "dashboard-unreadable");
    }

    [Fact]
    public async Task Who_may_not_enter_is_told_why_and_whom_to_ask()
    {
        await using var house = new DashboardHouse();
        var alice = await house.AddAnalystAsync();
        var stranger = GoogleAccount.OfWorkspace("nobody-of-us@example.com");
        await house.Phones.Google.AddAccountAsync(stranger, Cancellation);
        var page = await browser.NewPageAsync(1280, 900);
        await page.GotoAsync(house.Web.Address.AbsoluteUri);
        await Looks.AreRightAsync(page, "login");
        await page.GetByRole(AriaRole.Link, new() { Name = "Sign in with Google" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = stranger.Email }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Ask whoever runs");
        await Looks.AreRightAsync(page, "login-not-allowed");

        await page.GetByRole(AriaRole.Link, new() { Name = "Choose another account" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = DashboardHouse.EmailOf(alice) }).ClickAsync();
        await DashboardHouse.BeLiveAsync(page);
        await page.GotoAsync(new Uri(house.Web.Address, "nothing-here").AbsoluteUri);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Nothing here" })).ToBeVisibleAsync();
        await Looks.AreRightAsync(page, "not-found");
        await page.GetByRole(AriaRole.Link, new() { Name = "Back to the dashboard" }).ClickAsync();

        // A second tab notices that the first one signed out.
        var tab = await page.Context.NewPageAsync();
        await tab.GotoAsync(house.Web.Address.AbsoluteUri);
        await DashboardHouse.BeLiveAsync(tab);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "You are signed out" })).ToBeVisibleAsync();
        await Looks.AreRightAsync(page, "signed-out");
        await tab.EvaluateAsync("window.dispatchEvent(new Event('focus'))");
        await Expect(tab.GetByText("You are signed out.").First).ToBeVisibleAsync();
        await Looks.AreRightAsync(tab, "dashboard-signed-out");

        await house.Phones.Google.BeginOutageAsync(Cancellation);
        await page.GetByRole(AriaRole.Link, new() { Name = "Sign in again" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Google can't be reached" })).ToBeVisibleAsync();
        await Looks.AreRightAsync(page, "login-provider-down");
    }

    [Fact]
    public async Task A_dashboard_that_is_gone_for_a_while_is_said_and_caught_up_with()
    {
        await using var house = new DashboardHouse();
        var alice = await house.AddAnalystAsync();
        await house.LinkAsync(alice);
        var page = await house.LogInAsync(browser, alice);

        await page.Context.RouteAsync("**/api/events*", route => route.AbortAsync());
        await house.RestartWebAsync();
        await Expect(page.GetByText("Not live at the moment")).ToBeVisibleAsync();
        await house.SendAsync(alice, "Meanwhile", "this came");
        await page.Context.UnrouteAsync("**/api/events*");

        await Expect(page.GetByText("Not live at the moment")).ToBeHiddenAsync();
        await Expect(Feed(page)).ToContainTextAsync("Meanwhile");
    }

    private static ILocator Card(IPage page) => page.GetByRole(AriaRole.Region, new() { Name = "Telegram" });

    private static ILocator Feed(IPage page) => page.GetByRole(AriaRole.Region, new() { Name = "Notifications" });
}
