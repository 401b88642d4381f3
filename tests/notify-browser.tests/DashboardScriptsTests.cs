using Microsoft.Playwright;
using Notify.Testing;
using static Microsoft.Playwright.Assertions;

namespace Notify.Tests;

/// <summary>The dashboard's list of scripts: what it says of them, running and muting.</summary>
public sealed class DashboardScriptsTests(Browser browser, DashboardHouse house)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_script_that_the_page_shows_works_as_it_is()
    {
        var alice = await house.AddAnalystAsync();
        var phone = await house.LinkAsync(alice);
        var page = await house.LogInAsync(browser, alice);
        await page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await Expect(Card(page)).ToContainTextAsync("No scripts yet: here is your first one");
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy the script" }).ClickAsync();
        await Expect(page.Locator(".announcer", new() { HasText = "Copied." })).ToHaveCountAsync(1);
        var script = await page.EvaluateAsync<string>("navigator.clipboard.readText()");
        Assert.Equal(6, script.Split('\n').Length);
        Assert.Contains("/usr/local/bin/notify-runner", await page.Locator("#crontab").TextContentAsync(), StringComparison.Ordinal);

        alice.Write("user/notifications/first_alert.py", script);
        await page.EvaluateAsync("window.dispatchEvent(new Event('focus'))");
        await page.GetByRole(AriaRole.Button, new() { Name = "Run", Exact = true }).ClickAsync();

        await Expect(Row(page, "first_alert.py")).ToContainTextAsync("Delivered to your phone.");
        await Expect(Feed(page)).ToContainTextAsync("First alert");
        await house.Phones.WaitForBotMessagesAsync(phone, messages => messages.Any(m => m.Text.StartsWith("First alert", StringComparison.Ordinal)), Cancellation);
    }

    [Fact]
    public async Task A_run_is_shown_while_it_goes_on_and_its_chart_when_it_is_done()
    {
        var alice = await house.AddAnalystAsync();
        await house.LinkAsync(alice);
        alice.Write("chart.png", TestPictures.Png(640, 360));
        alice.Write(
            "user/notifications/metric_report.py",
            """
            import json, os, time
            while not os.path.exists(os.path.expanduser("~/go")):
                time.sleep(0.05)
            print(json.dumps({"notify": True, "title": "Daily report", "message": "Active users: *1,284*", "image_path": os.path.expanduser("~/chart.png")}))
            """);
        var page = await house.LogInAsync(browser, alice);
        var run = page.GetByRole(AriaRole.Button, new() { NameRegex = Pattern.Of("^Run") });

        await run.ClickAsync();
        await Expect(run).ToHaveTextAsync("Running…");
        await Expect(run).ToBeFocusedAsync();
        await Expect(page.Locator(".announcer", new() { HasText = "metric_report.py is running." })).ToHaveCountAsync(1);
        await Looks.AreRightAsync(page, "dashboard-running");
        alice.Write("go", "");

        await Expect(Row(page, "metric_report.py")).ToContainTextAsync("Delivered to your phone.");
        await Expect(page.Locator(".announcer", new() { HasText = "metric_report.py: Delivered" })).ToHaveCountAsync(1);
        var chart = Feed(page).GetByRole(AriaRole.Link, new() { Name = "Chart of “Daily report”" });
        await chart.ClickAsync();
        var large = page.GetByRole(AriaRole.Dialog, new() { Name = "Chart of “Daily report”" });
        await Expect(large).ToBeVisibleAsync();
        await page.WaitForFunctionAsync("document.getElementById('picture-image').naturalWidth === 640");
        await Looks.AreRightAsync(page, "dashboard-chart");
        await page.Keyboard.PressAsync("Escape");
        await Expect(large).ToBeHiddenAsync();
        await Expect(chart).ToBeFocusedAsync();
    }

    [Fact]
    public async Task A_broken_script_shows_its_last_lines_and_a_quiet_one_that_it_is_quiet()
    {
        var alice = await house.AddAnalystAsync();
        await house.LinkAsync(alice);
        alice.Write("user/notifications/broken.py", "raise ValueError('no such column: <revenue>')");
        alice.Write("user/notifications/quiet.py", """print('{"notify": false}')""");
        var page = await house.LogInAsync(browser, alice);

        await Row(page, "broken.py").GetByRole(AriaRole.Button, new() { Name = "Run" }).ClickAsync();
        await Expect(Row(page, "broken.py")).ToContainTextAsync("It ended with exit status 1.");
        await Expect(Row(page, "broken.py").Locator("pre").Last).ToContainTextAsync("no such column: <revenue>");
        await Row(page, "quiet.py").GetByRole(AriaRole.Button, new() { Name = "Run" }).ClickAsync();
        await Expect(Row(page, "quiet.py")).ToContainTextAsync("It ran and has nothing to report.");
        // What one run said stays while others change the list.
        await Expect(Row(page, "broken.py")).ToContainTextAsync("It ended with exit status 1.");
        await Looks.AreRightAsync(page, "dashboard-ran");
    }

    [Fact]
    public async Task What_cron_s_rounds_did_is_there_with_the_error_folded()
    {
        var alice = await house.AddAnalystAsync();
        await house.LinkAsync(alice);
        alice.Write("user/notifications/broken.py", "raise ValueError('no such column: revenue')");
        alice.Write("user/notifications/revenue_drop.py", """print('{"notify": true, "title": "Revenue dropped", "message": "by *25 %*", "cooldown": "2h"}')""");
        var page = await house.LogInAsync(browser, alice);
        await Expect(page.GetByText("Cron has not run them yet.")).ToBeVisibleAsync();

        await alice.RunAsync(Programs.Path("notify-runner"), [], new Dictionary<string, string>(StringComparer.Ordinal) { ["NOTIFY_DATA_DIR"] = house.Data }, Cancellation);

        // The notifications are the word that something has run.
        await Expect(Row(page, "revenue_drop.py")).ToContainTextAsync("Delivered");
        await Expect(Row(page, "revenue_drop.py")).ToContainTextAsync("last sent just now");
        await Expect(Row(page, "revenue_drop.py")).ToContainTextAsync(Pattern.Of("cooldown (1 h|2 h|1[01][0-9] min) left"));
        await Expect(Row(page, "broken.py")).ToContainTextAsync("Broken");
        await Expect(Row(page, "broken.py").GetByText("ValueError")).ToBeHiddenAsync();
        await Row(page, "broken.py").GetByText("Its last lines").ClickAsync();
        await Expect(Row(page, "broken.py").GetByText("ValueError")).ToBeVisibleAsync();
        await Expect(page.GetByText("Cron has not run them yet.")).ToHaveCountAsync(0);
        // What the runner told the phone in HTML reads like that here.
        await Expect(Feed(page).Locator("strong", new() { HasText = "broken.py is broken" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_script_is_muted_and_unmuted_with_the_keyboard()
    {
        var alice = await house.AddAnalystAsync();
        var phone = await house.LinkAsync(alice);
        alice.Write("user/notifications/revenue_drop.py", """print('{"notify": false}')""");
        var page = await house.LogInAsync(browser, alice);
        var row = Row(page, "revenue_drop.py");

        await row.Locator("summary", new() { HasText = "Mute" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(row.GetByRole(AriaRole.Button, new() { Name = "For 1 hour" })).ToBeVisibleAsync();
        await Looks.AreRightAsync(page, "dashboard-mute");
        await page.Keyboard.PressAsync("Escape");
        await Expect(row.GetByRole(AriaRole.Button, new() { Name = "For 1 hour" })).ToBeHiddenAsync();
        await Expect(row.Locator("summary", new() { HasText = "Mute" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");

        await Expect(row).ToContainTextAsync(Pattern.Of(@"Muted until (tomorrow, )?\d\d:\d\d"));
        await Expect(row.GetByRole(AriaRole.Button, new() { Name = "Unmute" })).ToBeFocusedAsync();
        await house.SendAsync(alice, "Revenue dropped", "by *25 %*");
        await Expect(Feed(page)).ToContainTextAsync("Held back: muted");
        Assert.DoesNotContain(await house.Phones.BotMessagesAsync(phone, Cancellation), m => m.Text.StartsWith("Revenue dropped", StringComparison.Ordinal));

        await page.Keyboard.PressAsync("Enter");
        await Expect(row).Not.ToContainTextAsync("Muted until");
        await Expect(row.Locator("summary", new() { HasText = "Mute" })).ToBeFocusedAsync();
        await row.Locator("summary", new() { HasText = "Mute" }).ClickAsync();
        await row.GetByRole(AriaRole.Button, new() { Name = "Until I unmute it" }).ClickAsync();
        await Expect(row).ToContainTextAsync("Muted until you unmute it");
    }

    [Fact]
    public async Task What_was_muted_in_the_chat_is_undone_there()
    {
        var alice = await house.AddAnalystAsync();
        var phone = await house.LinkAsync(alice);
        alice.Write("user/notifications/revenue_drop.py", """print('{"notify": false}')""");
        var page = await house.LogInAsync(browser, alice);
        await Expect(Row(page, "revenue_drop.py")).ToBeVisibleAsync();

        await house.Phones.TypeAsync(phone, "/mute", Cancellation);
        await Expect(Card(page)).ToContainTextAsync("All your notifications are muted.");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Unmute" })).ToHaveCountAsync(0);
        await house.Phones.TypeAsync(phone, "/unmute", Cancellation);
        await Expect(Card(page)).Not.ToContainTextAsync("All your notifications are muted.");
    }

    private static ILocator Card(IPage page) => page.GetByRole(AriaRole.Region, new() { Name = "Scripts" });

    private static ILocator Feed(IPage page) => page.GetByRole(AriaRole.Region, new() { Name = "Notifications" });

    private static ILocator Row(IPage page, string name) => page.Locator($"li[data-script='{name}']");
}
