using Microsoft.Playwright;
using Notify.Sandbox.Google;
using Notify.Testing;
using static Microsoft.Playwright.Assertions;

namespace Notify.Tests;

/// <summary>What people see where something is not as it should be; and that they get on once it is.</summary>
public sealed class DashboardTroubleTests(Browser browser, DashboardHouse house)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_may_not_enter_is_told_why_and_can_choose_another_account()
    {
        var alice = await house.AddAnalystAsync();
        await using var guest = await TestAccount.CreateAsync("guest");
        await house.Phones.Google.AddAccountAsync(
            GoogleAccount.OfWorkspace(DashboardHouse.EmailOf(guest)),
            Cancellation
        );
        await house.Phones.Google.AddAccountAsync(
            GoogleAccount.OfWorkspace("unchecked@example.com") with
            {
                EmailVerified = false,
            },
            Cancellation
        );
        await house.Phones.Google.AddAccountAsync(GoogleAccount.OfWorkspace("olga@partner.example"), Cancellation);
        await house.Phones.Google.AddAccountAsync(GoogleAccount.OfWorkspace("mallory@elsewhere.example"), Cancellation);
        await house.Phones.Google.AddAccountAsync(GoogleAccount.OfWorkspace("nobody-here@example.com"), Cancellation);
        var page = await browser.NewPageAsync(1280, 900);
        await page.GotoAsync(house.Web.Address.AbsoluteUri);
        await Looks.AreRightAsync(page, "login");
        await page.GetByRole(AriaRole.Link, new() { Name = "Sign in with Google" }).ClickAsync();

        foreach (
            var (email, why) in new[]
            {
                (DashboardHouse.EmailOf(guest), "dataread"),
                ("unchecked@example.com", "verified"),
                ("olga@partner.example", "not in the list of users"),
                ("mallory@elsewhere.example", "is for addresses of example.com"),
                ("nobody-here@example.com", "nobody-here"),
            }
        )
        {
            await page.GetByRole(AriaRole.Button, new() { Name = email }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync(why);
            await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "You can't log in with this account" }))
                .ToBeVisibleAsync();
            await page.GetByRole(AriaRole.Link, new() { Name = "Choose another account" }).ClickAsync();
        }

        await page.GetByRole(AriaRole.Button, new() { Name = DashboardHouse.EmailOf(alice) }).ClickAsync();
        await DashboardHouse.BeLiveAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "You are signed out" })).ToBeVisibleAsync();
        await page.GoBackAsync();
        await Expect(page.GetByText(alice.Name)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task After_the_bot_has_hung_and_goes_on_the_cards_say_so_by_themselves()
    {
        await using var own = new DashboardHouse();
        var alice = await own.AddAnalystAsync();
        await own.LinkAsync(alice);
        var page = await own.LogInAsync(browser, alice);
        await own.SendAsync(alice, "Before", "it hung");
        await Expect(page.Locator(".notification")).ToHaveCountAsync(1);

        await own.Bot.SignalAsync("STOP");
        await page.ReloadAsync();
        foreach (var card in new[] { "#telegram", "#overview", "#latest" })
        {
            await Expect(page.Locator($"{card} .trouble")).ToContainTextAsync("The bot gave no answer");
        }

        await Expect(page.Locator("#telegram .trouble")).Not.ToContainTextAsync("is not running");
        await Browser.SnapAsync(page, "dashboard-bot-has-hung", isFull: true);
        await own.Bot.SignalAsync("CONT");

        await Expect(page.Locator(".trouble")).ToHaveCountAsync(0);
        await Expect(page.Locator("#telegram .state")).ToHaveTextAsync("Linked");
        await Expect(page.Locator(".notification")).ToHaveCountAsync(1);
        await own.SendAsync(alice, "After", "it went on");
        await Expect(page.Locator(".notification")).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task Google_down_says_so_leaves_who_is_in_alone_and_needs_only_another_click_when_it_is_back()
    {
        await using var own = new DashboardHouse();
        var alice = await own.AddAnalystAsync();
        var inside = await own.LogInAsync(browser, alice);
        // A dashboard that was just started knows nothing of Google yet.
        await own.Phones.Google.BeginOutageAsync(Cancellation);
        await own.RestartWebAsync();
        var page = await browser.NewPageAsync(1280, 900);
        await page.GotoAsync(own.Web.Address.AbsoluteUri);

        await page.GetByRole(AriaRole.Link, new() { Name = "Sign in with Google" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Google can't be reached" })).ToBeVisibleAsync();
        await Looks.AreRightAsync(page, "login-google-down");
        await inside.ReloadAsync();
        await DashboardHouse.BeLiveAsync(inside);
        await own.Phones.Google.EndOutageAsync(Cancellation);

        await Eventually.TrueAsync(
            async () =>
            {
                await page.GetByRole(AriaRole.Link, new() { Name = "Try again" })
                    .Or(page.GetByRole(AriaRole.Link, new() { Name = "Sign in with Google" }))
                    .First.ClickAsync();
                return await page.GetByRole(AriaRole.Button, new() { Name = DashboardHouse.EmailOf(alice) })
                        .CountAsync() > 0;
            },
            () => "no account to choose",
            Cancellation
        );
        await page.GetByRole(AriaRole.Button, new() { Name = DashboardHouse.EmailOf(alice) }).ClickAsync();
        await DashboardHouse.BeLiveAsync(page);
    }

    [Fact]
    public async Task A_bot_that_is_down_is_said_and_the_page_is_whole_again_by_itself_when_it_is_back()
    {
        await using var own = new DashboardHouse();
        var alice = await own.AddAnalystAsync();
        await own.LinkAsync(alice);
        await own.SendAsync(alice, "Before", "it went down");
        var page = await own.LogInAsync(browser, alice);
        await Expect(page.Locator(".notification")).ToHaveCountAsync(1);
        await page.EvaluateAsync("document.documentElement.dataset.mark = 'here'");

        await own.Bot.KillAsync();
        await Expect(page.Locator("#latest .trouble").First).ToBeVisibleAsync();
        await Looks.AreRightAsync(page, "dashboard-bot-down", isFull: true);
        await own.StartBotAsync();

        await Expect(page.Locator(".trouble")).ToHaveCountAsync(0, new() { Timeout = 60_000 });
        await own.SendAsync(alice, "After", "it came back");
        await Expect(page.Locator(".notification").First).ToContainTextAsync("After");
        await Expect(page.Locator("html[data-mark=here]")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task A_bot_that_hangs_does_not_hold_the_page_up_and_the_cards_come_when_it_goes_on()
    {
        await using var own = new DashboardHouse();
        var alice = await own.AddAnalystAsync();
        await own.LinkAsync(alice);
        await own.SendAsync(alice, "Before", "it hung");
        alice.Write(Path.Combine("user", "notifications", "loud.py"), """print('{"notify": false}')""");
        await own.Bot.SignalAsync("STOP");
        var page = await own.LogInAsync(browser, alice);

        await Expect(page.Locator("[data-late]:visible")).ToHaveCountAsync(3);
        await Expect(page.Locator("#overview")).ToContainTextAsync("Still loading…");
        await Expect(page.GetByRole(AriaRole.Navigation, new() { Name = "Pages" })).ToBeVisibleAsync();
        await Looks.AreRightAsync(page, "dashboard-bot-hangs", isFull: true);
        await own.Bot.SignalAsync("CONT");

        await Expect(page.Locator("[data-late]")).ToHaveCountAsync(0);
        await Expect(page.Locator(".trouble")).ToHaveCountAsync(0);
        await Expect(page.Locator("#telegram")).ToContainTextAsync("Linked since");
        await Expect(page.Locator("#overview")).ToContainTextAsync("1 fine");
        await Expect(page.Locator(".notification")).ToContainTextAsync("it hung");
    }

    [Fact]
    public async Task Where_there_is_no_bot_the_card_says_that_Telegram_is_not_set_up_here()
    {
        await using var own = new DashboardHouse { HasBot = false };
        var alice = await own.AddAnalystAsync();
        var page = await own.LogInAsync(browser, alice);

        await Expect(page.Locator("#telegram .trouble")).ToBeVisibleAsync();
        await Looks.AreRightAsync(page, "dashboard-no-bot", isFull: true);
    }

    [Fact]
    public async Task Who_leaves_the_analysts_group_is_out_with_the_page_that_is_open()
    {
        var alice = await house.AddAnalystAsync();
        await house.LinkAsync(alice);
        alice.Write(
            Path.Combine("user", "notifications", "loud.py"),
            """print('{"notify": true, "title": "Loud", "message": "again"}')"""
        );
        var page = await house.LogInAsync(browser, alice, path: "/scripts");
        await alice.LeaveAsync("dataread");

        await page.GetByRole(AriaRole.Button, new() { Name = "Run", Exact = true }).ClickAsync();

        await Expect(page.Locator("#signed-out")).ToBeVisibleAsync();
        await Expect(page.Locator("html[data-live=over]")).ToHaveCountAsync(1);
        // Also by who has scrolled down.
        await page.EvaluateAsync("document.querySelector('.scripts').style.paddingBottom = '3000px'");
        await page.EvaluateAsync("scrollTo(0, 1500)");
        await Expect(page.Locator("#signed-out")).ToBeInViewportAsync();
        await page.EvaluateAsync("scrollTo(0, 0); document.querySelector('.scripts').style.paddingBottom = ''");
        await Expect(page.Locator("li[data-script='loud.py'] [data-result]"))
            .ToContainTextAsync("It did not run: you are signed out.");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Run", Exact = true })).ToHaveCountAsync(1);
        await Looks.AreRightAsync(page, "dashboard-signed-out");
        await page.ReloadAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Sign in with Google" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task The_dashboard_restarted_under_an_open_page_costs_nothing()
    {
        await using var own = new DashboardHouse();
        var alice = await own.AddAnalystAsync();
        await own.LinkAsync(alice);
        var page = await own.LogInAsync(browser, alice);
        await page.EvaluateAsync("document.documentElement.dataset.mark = 'here'");

        await own.RestartWebAsync();
        await own.SendAsync(alice, "Meanwhile", "something came");

        await Expect(page.Locator(".notification")).ToContainTextAsync("Meanwhile", new() { Timeout = 60_000 });
        await DashboardHouse.BeLiveAsync(page);
        await Expect(page.Locator("html[data-mark=here]")).ToHaveCountAsync(1);
        await Expect(page.Locator("#lost")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task An_address_that_leads_nowhere_leads_back()
    {
        var alice = await house.AddAnalystAsync();
        var page = await house.LogInAsync(browser, alice);

        await page.GotoAsync(new Uri(house.Web.Address, "nowhere").AbsoluteUri);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Page not found" })).ToBeVisibleAsync();
        await Looks.AreRightAsync(page, "not-found");
        await page.GetByRole(AriaRole.Link, new() { Name = "Back to the dashboard" }).ClickAsync();
        await DashboardHouse.BeLiveAsync(page);
    }
}
