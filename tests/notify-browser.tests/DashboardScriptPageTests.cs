using System.Globalization;
using Microsoft.Playwright;
using Notify.Testing;
using static Microsoft.Playwright.Assertions;

namespace Notify.Tests;

/// <summary>The page of one script: how it is, its runs, its notifications; through the real bot, as its real owner.</summary>
public sealed class DashboardScriptPageTests(Browser browser, DashboardHouse house)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_script_has_a_page_with_its_runs_and_it_runs_and_is_muted_from_there()
    {
        var alice = await FurnishedAsync();
        var page = await house.LogInAsync(browser, alice, path: "/scripts");
        await page.Locator("li[data-script='stock_levels.py'] h3 a").ClickAsync();
        await page.WaitForURLAsync("**/scripts/stock_levels.py");
        await DashboardHouse.BeLiveAsync(page);

        await Expect(State(page)).ToContainTextAsync(Pattern.Of("Failing\\s+since .*, for 4 runs"));
        await Expect(page.Locator("#runs-plot")).ToContainTextAsync("4 failed, marked below the axis");
        await Expect(page.Locator(".runs-list > li")).ToHaveCountAsync(40);
        var failed = page.Locator(".runs-list > li").First;
        await failed.Locator("summary").ClickAsync();
        await Expect(failed.Locator("pre")).ToContainTextAsync("KeyError: '<b>sku</b>'");
        await Expect(page.Locator("#about")).ToContainTextAsync("~/user/notifications/stock_levels.py");

        await page.Locator("#mute-open").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Mute until 9:00" }).ClickAsync();
        await Expect(State(page)).ToContainTextAsync(Pattern.Of("Muted until .*09:00"));
        await Expect(page.Locator("#unmute")).ToBeFocusedAsync();
        await page.Locator("#unmute").ClickAsync();
        await Expect(page.Locator("#mute-open")).ToBeFocusedAsync();

        Put(alice, "stock_levels.py", """print('{"notify": true, "title": "Stock", "message": "*3* are low"}')""");
        await page.Locator("#run").ClickAsync();
        await Expect(page.Locator("[data-result]")).ToContainTextAsync("Delivered to your phone.");
        await Expect(State(page)).ToContainTextAsync("Delivered");
        await Expect(page.Locator("#sent")).ToContainTextAsync("Stock");
        await Expect(page.Locator(".runs-list > li").First).ToContainTextAsync("by you, on the dashboard");
        await Expect(failed.Locator("pre")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task The_list_and_a_script_fit_each_kind_of_screen()
    {
        var alice = await FurnishedAsync();
        var first = await house.LogInAsync(browser, alice);
        foreach (
            var (picture, width, height, scheme, isPhone) in new[]
            {
                ("phone", 390, 844, ColorScheme.Light, true),
                ("phone-dark", 390, 844, ColorScheme.Dark, true),
                ("dark", 1280, 900, ColorScheme.Dark, false),
                ("light", 1280, 900, ColorScheme.Light, false),
                ("tablet", 800, 1000, ColorScheme.Light, true),
                ("narrow", 320, 640, ColorScheme.Light, false),
            }
        )
        {
            var page = await browser.NewPageAsync(width, height, scheme, isPhone, cookiesOf: first);
            await house.GoAsync(page, "/scripts");
            await Expect(page.Locator("li.script")).ToHaveCountAsync(3);
            await Looks.AreRightAsync(page, $"scripts-{picture}", isFull: true);
            await page.Locator("li[data-script='stock_levels.py'] .menu summary").ClickAsync();
            await Looks.AreRightAsync(page, $"scripts-menu-{picture}");
            await house.GoAsync(page, "/scripts/stock_levels.py");
            await Expect(page.Locator(".runs-list > li")).ToHaveCountAsync(40);
            await Looks.AreRightAsync(page, $"script-{picture}");
            await page.Locator(".runs-list > li summary").First.ClickAsync();
            await Looks.AreRightAsync(page, $"script-unfolded-{picture}", isFull: true);
            await page.Context.CloseAsync();
        }
    }

    [Fact]
    public async Task Without_scripts_of_the_page_buttons_run_and_mute_by_a_form()
    {
        var alice = await FurnishedAsync();
        var login = await house.LogInAsync(browser, alice);
        var page = await browser.NewPageAsync(1280, 900, cookiesOf: login, hasScript: false);

        await page.GotoAsync(house.At("/scripts?q=weekly"));
        await Expect(page.Locator("li.script")).ToHaveCountAsync(1);
        await page.Locator("li.script .menu summary").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Mute for 1 hour" }).ClickAsync();
        await page.WaitForURLAsync("**/scripts/weekly_kpi.py");
        await BeThereAsync(page, State(page), "Muted until");
        await page.GetByRole(AriaRole.Button, new() { Name = "Unmute" }).ClickAsync();
        await BeThereAsync(page, page.Locator("#mute-open"), "Mute");

        await page.GetByRole(AriaRole.Button, new() { Name = "Run" }).ClickAsync();
        await BeThereAsync(page, page.Locator(".runs-list > li").First, "by you, on the dashboard");
        await page.GotoAsync(house.At("/scripts?only=failing"));
        await Expect(page.Locator("li.script")).ToHaveCountAsync(1);
    }

    /// <summary>Reloads a page without scripts until it has a text: a busy server shows a card late.</summary>
    private static Task BeThereAsync(IPage page, ILocator place, string text) =>
        Eventually.TrueAsync(
            async () =>
            {
                if (await place.Filter(new() { HasText = text }).CountAsync() > 0)
                {
                    return true;
                }

                await page.ReloadAsync();
                return false;
            },
            () => $"“{text}” is not there",
            Cancellation
        );

    private static ILocator State(IPage page) => page.Locator(".state-card");

    private static void Put(TestAccount analyst, string name, string script) =>
        analyst.Write(Path.Combine("user", "notifications", name), script);

    /// <summary>An analyst with scripts that have run often, the last of them just now; and one that fails.</summary>
    private async Task<TestAccount> FurnishedAsync()
    {
        var alice = await house.AddAnalystAsync();
        await house.LinkAsync(alice);
        Put(
            alice,
            "stock_levels.py",
            "import sys\nprint('loading 214 warehouses', file=sys.stderr)\nraise KeyError('<b>sku</b>')\n"
        );
        Put(
            alice,
            "weekly_kpi.py",
            "# notify: at weekdays 09:00\nprint('{\"notify\": true, \"title\": \"Weekly KPI\", \"message\": \"Revenue *+4 %*\"}')\n"
        );
        Put(
            alice,
            "order_reconciliation_of_all_warehouses.py",
            "print('{\"notify\": true, \"title\": \"Orders\", \"message\": \"12 wait\", \"cooldwn\": \"6h\"}')\n"
        );
        var start = TimeProvider.System.GetUtcNow().AddMinutes(-5 * 41);
        foreach (var (stem, fails) in new[] { ("stock_levels", 3), ("weekly_kpi", 0) })
        {
            alice.Write(
                Path.Combine(".notifications", "history", stem + ".jsonl"),
                string.Concat(
                    Enumerable
                        .Range(0, 39)
                        .Select(n =>
                            string.Create(
                                CultureInfo.InvariantCulture,
                                $"{{\"started\":\"{start.AddMinutes(5 * n):yyyy-MM-ddTHH:mm:ssZ}\",\"took_ms\":{600 + (n * 137 % 1900)},\"trigger\":\"round\",{(n >= 39 - fails ? "\"outcome\":\"error\",\"exit\":1,\"error\":\"exit status 1\",\"stderr\":\"KeyError: '<b>sku</b>'\"" : n % 9 == 4 ? "\"outcome\":\"delivered\",\"exit\":0" : "\"outcome\":\"no_alert\",\"exit\":0,\"peak_mb\":84")}}}\n"
                            )
                        )
                )
            );
        }

        await house.RoundAsync(alice);
        return alice;
    }
}
