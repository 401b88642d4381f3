using Microsoft.Playwright;
using Notify.Testing;
using static Microsoft.Playwright.Assertions;

namespace Notify.Tests;

/// <summary>The dashboard's scripts: seeing how they are, running and muting them; through the real bot, as their real owner.</summary>
public sealed class DashboardScriptsTests(Browser browser, DashboardHouse house)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Running_the_report_brings_its_chart_to_the_page_and_to_the_phone()
    {
        var alice = await house.AddAnalystAsync();
        var chat = await house.LinkAsync(alice);
        Put(
            alice,
            "metric_report.py",
            await File.ReadAllTextAsync(
                Path.Combine(Programs.Repository, "examples", "notifications", "metric_report.py"),
                Cancellation
            )
        );
        var page = await house.LogInAsync(browser, alice, path: "/scripts");
        await Expect(Row(page, "metric_report.py")).ToContainTextAsync("Not run yet");

        await Run(page, "metric_report.py").ClickAsync();

        await Expect(Row(page, "metric_report.py")).ToContainTextAsync("Delivered to your phone.");
        await Expect(page.Locator(".announcer", new() { HasText = "metric_report.py: Delivered to your phone." }))
            .ToHaveCountAsync(1);
        await house.GoAsync(page, "/notifications");
        await DashboardHouse.UnfoldAsync(page);
        var chart = page.Locator(".notification .chart img");
        await Expect(chart).ToHaveCountAsync(1);
        await chart.ScrollIntoViewIfNeededAsync();
        await Eventually.TrueAsync(
            async () => await chart.EvaluateAsync<int>("i => i.naturalWidth") > 600,
            () => "the chart is not drawn",
            Cancellation
        );
        await page.EvaluateAsync("scrollTo(0, 0)");
        await Looks.AreRightAsync(page, "dashboard-chart", isFull: true);
        await Expect(chart).ToHaveAttributeAsync("alt", Pattern.Of("^Chart of “.+”$"));
        var onPhone = await house.Phones.WaitForBotMessagesAsync(
            chat,
            all => all.Any(m => m.Photo is not null),
            Cancellation
        );
        Assert.Contains("Orders", onPhone[^1].Text, StringComparison.Ordinal);

        await chart.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await Expect(page.Locator("#picture-image")).ToHaveJSPropertyAsync("complete", true);
        await Looks.AreRightAsync(page, "dashboard-chart-large");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToBeHiddenAsync();
        await Expect(page.Locator("[data-chart]")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task A_script_that_breaks_says_so_with_its_last_lines()
    {
        var alice = await house.AddAnalystAsync();
        await house.LinkAsync(alice);
        Put(alice, "broken.py", "import sys\nprint('loading orders', file=sys.stderr)\nprint({}['no such column'])\n");
        Put(alice, "noise.py", "print('<b>not json</b>')\n");
        Put(alice, "quiet.py", """print('{"notify": false}')""");
        var page = await house.LogInAsync(browser, alice, path: "/scripts");

        await Run(page, "quiet.py").ClickAsync();
        await Expect(Result(page, "quiet.py")).ToContainTextAsync("It ran: no alert.");
        await Run(page, "broken.py").ClickAsync();
        await Expect(Result(page, "broken.py")).ToContainTextAsync("exit status 1");
        await Expect(Result(page, "broken.py").Locator("pre")).ToContainTextAsync("KeyError: 'no such column'");
        await Run(page, "noise.py").ClickAsync();
        await Expect(Result(page, "noise.py")).ToContainTextAsync("<b>not json</b>");

        await Expect(Result(page, "broken.py")).ToContainClassAsync("bad");
        await Looks.AreRightAsync(page, "dashboard-broken-script");
    }

    [Fact]
    public async Task How_a_run_ended_is_there_after_a_reload_and_the_end_of_a_long_error_is_what_is_seen()
    {
        var alice = await house.AddAnalystAsync();
        await house.LinkAsync(alice);
        Put(
            alice,
            "broken.py",
            "import sys\nfor n in range(60): print(f'line {n} of what it had to say before', file=sys.stderr)\nraise RuntimeError('the warehouse is closed')\n"
        );
        Put(alice, "sales report.py", """print('{"notify": false}')""");
        var page = await house.LogInAsync(browser, alice, path: "/scripts");
        await Expect(Row(page, "sales report.py")).ToContainTextAsync("can be run by cron alone");
        await Expect(Row(page, "sales report.py").Locator("[data-run]")).ToHaveCountAsync(0);

        await Run(page, "broken.py").ClickAsync();
        await Expect(Result(page, "broken.py").Locator("pre"))
            .ToContainTextAsync("RuntimeError: the warehouse is closed");
        await EndIsSeenAsync(Result(page, "broken.py").Locator("pre"));
        await Looks.AreRightAsync(page, "dashboard-broken-long");
        await page.ReloadAsync();

        await Expect(Row(page, "broken.py")).ToContainTextAsync("Failing");
        await Expect(Row(page, "broken.py")).ToContainTextAsync("just now");
        await Expect(page.Locator("#scripts")).ToContainTextAsync("Cron has not run them yet");
        await Row(page, "broken.py").GetByText("Its last lines").ClickAsync();
        await EndIsSeenAsync(Row(page, "broken.py").Locator(".error-lines pre"));
    }

    [Fact]
    public async Task Without_a_phone_a_run_says_where_its_notification_is()
    {
        var alice = await house.AddAnalystAsync();
        Put(alice, "first.py", """print('{"notify": true, "title": "First", "message": "hello"}')""");
        var page = await house.LogInAsync(browser, alice, path: "/scripts");
        await Expect(page.Locator("html[data-gateway=yes]")).ToHaveCountAsync(1);

        await Run(page, "first.py").ClickAsync();

        await Expect(Result(page, "first.py"))
            .ToContainTextAsync("The notification is on the page Notifications. No phone is linked.");
        await house.GoAsync(page, "/notifications");
        await Expect(page.Locator(".notification"))
            .ToContainTextAsync("Delivered: shown on the desktop; no phone is linked");
    }

    [Fact]
    public async Task What_cron_found_out_is_there_with_the_error_and_its_lines()
    {
        var alice = await house.AddAnalystAsync();
        await house.LinkAsync(alice);
        Put(
            alice,
            "broken.py",
            "import sys\nprint('loading orders', file=sys.stderr)\nraise RuntimeError('the warehouse is closed')\n"
        );
        Put(
            alice,
            "alert.py",
            """print('{"notify": true, "title": "Orders", "message": "*12* wait", "cooldown": "6h"}')"""
        );
        await house.RoundAsync(alice);
        var page = await house.LogInAsync(browser, alice, path: "/scripts");

        await Expect(Row(page, "alert.py")).ToContainTextAsync("Delivered");
        await Expect(Row(page, "alert.py")).ToContainTextAsync("last sent");
        await Expect(Row(page, "alert.py")).ToContainTextAsync(Pattern.Of("cooldown (6 h|5 h 5[0-9] min) left"));
        await Expect(Row(page, "broken.py")).ToContainTextAsync("Failing");
        await Expect(Row(page, "broken.py").Locator("pre")).ToBeHiddenAsync();
        await Row(page, "broken.py").GetByText("Its last lines").ClickAsync();
        await Expect(Row(page, "broken.py").Locator("pre")).ToContainTextAsync("RuntimeError: the warehouse is closed");
        await Looks.AreRightAsync(page, "dashboard-scripts");
    }

    [Fact]
    public async Task A_script_shows_its_schedule_its_next_run_and_how_long_the_last_took_and_what_fails_comes_first()
    {
        var alice = await house.AddAnalystAsync();
        await house.LinkAsync(alice);
        Put(alice, "a_report.py", "# notify: at monthly 1 06:00\nprint('{\"notify\": false}')\n");
        Put(alice, "b_check.py", "# notify: every 15m\nprint('{\"notify\": false}')\n");
        Put(alice, "c_wrong.py", "# notify: at weekday 9am\nprint('{\"notify\": false}')\n");
        await house.RoundAsync(alice);
        var page = await house.LogInAsync(browser, alice, path: "/scripts");

        await Expect(page.Locator("[data-script] h3")).ToHaveTextAsync(["c_wrong.py", "a_report.py", "b_check.py"]);
        await Expect(Row(page, "a_report.py")).ToContainTextAsync("monthly 1 06:00");
        await Expect(Row(page, "b_check.py")).ToContainTextAsync(Pattern.Of("just now\\s+Took [0-9.]+ s"));
        await Expect(Row(page, "b_check.py")).ToContainTextAsync("every 15m");
        await Expect(Row(page, "c_wrong.py")).ToContainTextAsync("at weekdays 09:00");
        await Expect(page.Locator("#scripts")).Not.ToContainTextAsync("Cron has not run them yet");
        await Looks.AreRightAsync(page, "dashboard-schedules");
    }

    private static Task EndIsSeenAsync(ILocator box) =>
        Eventually.TrueAsync(
            // In a column that runs upwards the end is where scrolling begins.
            async () =>
                await box.EvaluateAsync<bool>(
                    "b => b.scrollHeight > b.clientHeight && Math.abs(b.scrollTop) < 1 && getComputedStyle(b).flexDirection === 'column-reverse'"
                ),
            () => "the end is not seen",
            Cancellation
        );

    [Fact]
    public async Task A_run_is_seen_in_another_tab_and_is_not_begun_twice()
    {
        var alice = await house.AddAnalystAsync();
        await house.LinkAsync(alice);
        // Runs until the test lets it go on.
        Put(
            alice,
            "slow.py",
            $$"""
            import json, os, time
            os.mkfifo("{{alice.Home}}/go") if not os.path.exists("{{alice.Home}}/go") else None
            open("{{alice.Home}}/begun", "a").write("x")
            open("{{alice.Home}}/go").read()
            print(json.dumps({"notify": True, "title": "Slow", "message": "done"}))
            """
        );
        var page = await house.LogInAsync(browser, alice, path: "/scripts");
        var other = await page.Context.NewPageAsync();
        await other.GotoAsync(house.At("/scripts"));
        await DashboardHouse.BeLiveAsync(other);

        await Run(page, "slow.py").ClickAsync();
        await Expect(Row(page, "slow.py").GetByRole(AriaRole.Button, new() { Name = "Running…" }))
            .ToHaveAttributeAsync("aria-disabled", "true");
        await Eventually.TrueAsync(
            () => File.Exists(Path.Combine(alice.Home, "begun")),
            () => "it does not begin",
            Cancellation
        );
        await Expect(Row(other, "slow.py").Locator(".state.busy")).ToHaveCountAsync(1);
        await Row(page, "slow.py")
            .GetByRole(AriaRole.Button, new() { Name = "Running…" })
            .ClickAsync(new() { Force = true });
        await File.WriteAllTextAsync(Path.Combine(alice.Home, "go"), "on", Cancellation);

        await Expect(Result(page, "slow.py")).ToContainTextAsync("Delivered to your phone.");
        await Expect(Row(other, "slow.py").GetByRole(AriaRole.Button, new() { Name = "Run", Exact = true }))
            .ToBeVisibleAsync();
        Assert.Equal("x", await File.ReadAllTextAsync(Path.Combine(alice.Home, "begun"), Cancellation));
    }

    [Fact]
    public async Task Muting_holds_one_script_back_until_it_is_unmuted()
    {
        var alice = await house.AddAnalystAsync();
        await house.LinkAsync(alice);
        Put(alice, "loud.py", """print('{"notify": true, "title": "Loud", "message": "again"}')""");
        Put(alice, "other.py", """print('{"notify": true, "title": "Other", "message": "too"}')""");
        var page = await house.LogInAsync(browser, alice, path: "/scripts");

        await More(page, "loud.py").ClickAsync();
        await Looks.AreRightAsync(page, "dashboard-mute-menu");
        await Row(page, "loud.py").GetByRole(AriaRole.Button, new() { Name = "Mute for 1 hour" }).ClickAsync();
        await Expect(Row(page, "loud.py")).ToContainTextAsync("Muted until");
        await Expect(More(page, "loud.py")).ToBeFocusedAsync();

        await Run(page, "loud.py").ClickAsync();
        await Expect(Result(page, "loud.py")).ToContainTextAsync("muted");
        await Run(page, "other.py").ClickAsync();
        await Expect(Result(page, "other.py")).ToContainTextAsync("Delivered");
        await house.GoAsync(page, "/notifications");
        await Expect(page.Locator(".notification", new() { HasText = "Loud" })).ToContainTextAsync("Muted");
        await house.GoAsync(page, "/scripts");

        await More(page, "loud.py").ClickAsync();
        await Row(page, "loud.py").GetByRole(AriaRole.Button, new() { Name = "Unmute" }).ClickAsync();
        await Expect(More(page, "loud.py")).ToBeFocusedAsync();
        await Expect(Row(page, "loud.py")).Not.ToContainTextAsync("Muted until");
        await Run(page, "loud.py").ClickAsync();
        await Expect(Result(page, "loud.py")).ToContainTextAsync("Delivered to your phone.");
    }

    [Fact]
    public async Task The_first_script_of_the_empty_page_is_saved_as_it_stands_listed_without_a_reload_and_runs()
    {
        var alice = await house.AddAnalystAsync();
        var chat = await house.LinkAsync(alice);
        var page = await house.LogInAsync(browser, alice, path: "/scripts");
        await page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await Expect(Scripts(page)).ToContainTextAsync("No scripts yet. Here is a first one");
        await Looks.AreRightAsync(page, "dashboard-first-script", isFull: true);

        await Scripts(page).GetByRole(AriaRole.Button, new() { Name = "Copy the script" }).ClickAsync();
        var script = await page.EvaluateAsync<string>("navigator.clipboard.readText()");
        Assert.Equal(6, script.Trim().Split('\n').Length);
        Put(alice, "first_alert.py", script);
        // Who saved it in a terminal comes back to the tab.
        await page.EvaluateAsync("document.dispatchEvent(new Event('visibilitychange'))");
        await Run(page, "first_alert.py").ClickAsync();
        await Expect(Result(page, "first_alert.py")).ToContainTextAsync("Delivered to your phone.");
        await house.Phones.WaitForBotMessagesAsync(
            chat,
            all => all.Any(m => m.Text.StartsWith("First alert\nThe load is ", StringComparison.Ordinal)),
            Cancellation
        );
        await Expect(Scripts(page)).ToContainTextAsync("Cron has not run them yet.");
    }

    [Fact]
    public async Task Whatever_a_file_is_called_its_name_is_only_text()
    {
        var alice = await house.AddAnalystAsync();
        await house.LinkAsync(alice);
        string[] names =
        [
            "\"><img src=x onerror=document.title='taken'>.py",
            "a b & c.py",
            "übung.py",
            "'; alert(1) #.py",
            new string('n', 120) + ".py",
        ];
        foreach (var name in names)
        {
            Put(alice, name, """print('{"notify": true, "title": "Odd", "message": "name"}')""");
        }

        Put(alice, "plain.py", """print('{"notify": true, "title": "Plain", "message": "name"}')""");
        var page = await house.LogInAsync(browser, alice, path: "/scripts");

        await Expect(Scripts(page).Locator("li.script")).ToHaveCountAsync(names.Length + 1);
        foreach (var name in names)
        {
            await Expect(Scripts(page).Locator("h3", new() { HasText = name })).ToHaveCountAsync(1);
        }

        Assert.DoesNotContain("taken", await page.TitleAsync(), StringComparison.Ordinal);
        await Expect(Scripts(page).Locator("li.script", new() { HasText = "a b & c.py" }))
            .ToContainTextAsync("can be run by cron alone, for its name");
        await Expect(Scripts(page).Locator("[data-run]")).ToHaveCountAsync(2);
        await Run(page, "plain.py").ClickAsync();
        await Expect(Result(page, "plain.py")).ToContainTextAsync("Delivered");
        await Looks.AreRightAsync(page, "dashboard-odd-names");

        // What is none of them says why; and a folder that can't be read is not an empty one.
        Directory.CreateDirectory(Path.Combine(alice.Home, "user", "notifications", "folder.py"));
        await page.ReloadAsync();
        await Expect(Row(page, "folder.py")).ToContainTextAsync("folder.py is passed over: it is not a file.");
        File.SetUnixFileMode(Path.Combine(alice.Home, "user", "notifications"), UnixFileMode.None);
        await page.ReloadAsync();
        await Expect(Scripts(page).Locator(".trouble")).ToContainTextAsync("can't be read");
    }

    private static ILocator Scripts(IPage page) => page.GetByRole(AriaRole.Region, new() { Name = "Scripts" });

    private static ILocator Row(IPage page, string name) => page.Locator($"li[data-script='{name}']");

    private static ILocator Run(IPage page, string name) =>
        Row(page, name).GetByRole(AriaRole.Button, new() { Name = "Run", Exact = true });

    private static ILocator More(IPage page, string name) => Row(page, name).Locator(".menu summary");

    private static ILocator Result(IPage page, string name) => Row(page, name).Locator("[data-result]");

    private static void Put(TestAccount analyst, string name, string script) =>
        analyst.Write(Path.Combine("user", "notifications", name), script);
}
