using Microsoft.Playwright;
using Notify.Testing;
using static Microsoft.Playwright.Assertions;

namespace Notify.Tests;

/// <summary>The dashboard without a mouse, on a phone, in the dark, and for who reads it large.</summary>
public sealed class DashboardLookTests(Browser browser, DashboardHouse house)
{
    [Fact]
    public async Task With_the_keyboard_alone_one_signs_in_links_runs_mutes_looks_and_signs_out()
    {
        var alice = await FurnishedAsync(isLinked: false);
        var page = await browser.NewPageAsync(1280, 900);
        await page.GotoAsync(house.Web.Address.AbsoluteUri);
        await TabToAsync(page, "Sign in with Google");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Button, new() { Name = DashboardHouse.EmailOf(alice) }).WaitForAsync();
        await TabToAsync(page, DashboardHouse.EmailOf(alice));
        await page.Keyboard.PressAsync("Enter");
        await DashboardHouse.BeLiveAsync(page);

        // The first stop leads past the head of the page.
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Skip to the content" })).ToBeFocusedAsync();
        await Browser.SnapAsync(page, "dashboard-skip");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#main")).ToBeFocusedAsync();

        var phone = await house.AddPhoneAsync();
        var code = await house.AskForCodeAsync(phone);
        await TabToAsync(page, "Type them here");
        await page.Keyboard.TypeAsync(code);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#telegram")).ToContainTextAsync("Linked since");

        await TabToAsync(page, "Scripts", isBackwards: true, within: ".pages");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/scripts");
        await DashboardHouse.BeLiveAsync(page);
        await TabToAsync(page, "Run", within: "li[data-script='alert.py']");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("li[data-script='alert.py'] [data-result]"))
            .ToContainTextAsync("Delivered to your phone.");
        await Expect(page.Locator("li[data-script='alert.py'] [data-run]")).ToBeFocusedAsync();

        await TabToAsync(page, "More", within: "li[data-script='alert.py']");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "For 1 hour" })).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "For 1 hour" })).ToBeHiddenAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("li[data-script='alert.py']")).ToContainTextAsync("Muted until");
        await Expect(page.Locator("li[data-script='alert.py'] .menu summary")).ToBeFocusedAsync();

        await TabToAsync(page, "Sign out", isBackwards: true);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "You are signed out" })).ToBeVisibleAsync();
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/notifications")]
    [InlineData("/settings")]
    public async Task Every_stop_of_the_keyboard_is_seen(string path)
    {
        var alice = await FurnishedAsync();
        var page = await house.LogInAsync(browser, alice, path: path);
        var stops = 0;
        string? last = null;
        for (var i = 0; i < 60; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            var (id, isSeen) = await StopAsync(page);
            if (id == "BODY" || (stops > 0 && id == last))
            {
                break;
            }

            last = id;
            Assert.True(isSeen, $"the focus on {id} is not to be seen");
            stops++;
        }

        Assert.InRange(stops, 8, 59);
    }

    [Theory]
    [InlineData("/", "overview")]
    [InlineData("/notifications", "notifications")]
    [InlineData("/settings", "settings")]
    public async Task It_fits_and_is_read_with_ease_on_each_kind_of_screen(string path, string name)
    {
        var alice = await FurnishedAsync();
        var first = await house.LogInAsync(browser, alice);
        foreach (
            var (picture, width, height, scheme, isPhone) in new[]
            {
                ("phone", 360, 780, ColorScheme.Light, true),
                ("phone-dark", 360, 780, ColorScheme.Dark, true),
                ("dark", 1280, 900, ColorScheme.Dark, false),
                ("light", 1280, 900, ColorScheme.Light, false),
                ("tablet", 800, 1000, ColorScheme.Light, true),
                ("narrow", 320, 640, ColorScheme.Light, false),
            }
        )
        {
            var page = await browser.NewPageAsync(width, height, scheme, isPhone, cookiesOf: first);
            await house.GoAsync(page, path);
            if (name == "notifications")
            {
                await DashboardHouse.UnfoldAsync(page);
                await BeDrawnAsync(page);
            }

            await page.EvaluateAsync("scrollTo(0, 0)");
            await Looks.AreRightAsync(page, $"{name}-{picture}", isFull: true);
            await page.Context.CloseAsync();
        }
    }

    /// <summary>An analyst with scripts, one of which broke, and with notifications, one with a chart.</summary>
    private async Task<TestAccount> FurnishedAsync(bool isLinked = true)
    {
        var alice = await house.AddAnalystAsync();
        if (isLinked)
        {
            await house.LinkAsync(alice);
        }

        var chart = alice.Write("chart.png", await browser.DrawChartAsync());
        alice.Write(
            Path.Combine("user", "notifications", "alert.py"),
            """print('{"notify": true, "title": "Orders", "message": "*12* wait for review", "cooldown": "6h"}')"""
        );
        if (isLinked)
        {
            alice.Write(
                Path.Combine("user", "notifications", "report.py"),
                $$"""print('{"notify": true, "title": "Daily active users", "message": "*1,240* yesterday, +3.1 %", "image_path": "{{chart}}"}')"""
            );
            alice.Write(
                Path.Combine("user", "notifications", "broken.py"),
                "raise RuntimeError('the warehouse is closed')\n"
            );
            await house.RoundAsync(alice);
        }

        return alice;
    }

    /// <summary>Waits until the chart of the only notification with one is there; a browser fetches it when it comes into view.</summary>
    private static async Task BeDrawnAsync(IPage page)
    {
        await Expect(page.Locator(".notification .chart img")).ToHaveCountAsync(1);
        await page.Locator(".notification .chart img").ScrollIntoViewIfNeededAsync();
        await Browser.HoldsAsync(
            page,
            "document.querySelector('.notification .chart img').naturalWidth > 0",
            "the chart is not drawn"
        );
    }

    /// <summary>Presses Tab until something is reached that has this name.</summary>
    private static async Task TabToAsync(IPage page, string name, string? within = null, bool isBackwards = false)
    {
        for (var i = 0; i < 80; i++)
        {
            await page.Keyboard.PressAsync(isBackwards ? "Shift+Tab" : "Tab");
            var found = await page.EvaluateAsync<bool>(
                """
                ([name, within]) => {
                  const e = document.activeElement;
                  const words = [e.labels?.[0]?.textContent, e.getAttribute('aria-label'), e.textContent].map(t => (t ?? '').trim());
                  return (!within || Boolean(e.closest(within))) && words.some(w => w === name || (name.includes('@') && w.includes(name)) || w.startsWith(name + ' '));
                }
                """,
                new[] { name, within }
            );
            if (found)
            {
                return;
            }
        }

        Assert.Fail($"Tab does not lead to {name}.");
    }

    private static async Task<(string Id, bool IsSeen)> StopAsync(IPage page)
    {
        var stop = await page.EvaluateAsync<string[]>(
            """
            () => {
              const e = document.activeElement;
              const s = getComputedStyle(e);
              const box = e.getBoundingClientRect();
              const isMarked = (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2) || s.boxShadow !== 'none';
              const isThere = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
              return [e.id || e.className || e.tagName, String(isMarked && isThere)];
            }
            """
        );
        return (stop[0], stop[1] == "true");
    }
}
