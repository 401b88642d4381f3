using Microsoft.Playwright;
using Notify.Testing;
using static Microsoft.Playwright.Assertions;

namespace Notify.Tests;

/// <summary>The page as a client of the gateway, and the devices of its user.</summary>
public sealed class DashboardDesktopTests(Browser browser, DashboardHouse house)
{
    /// <summary>What the browser would show on the desktop, kept for the test; and a page that nobody looks at.</summary>
    private const string Recorder = """
        window.shown = [];
        window.Notification = class extends EventTarget {
          static permission = 'default';
          static async requestPermission() { this.permission = 'granted'; return 'granted'; }
          constructor(title, options) { super(); window.shown.push(`${title}|${options.body}|${options.tag}`); }
          close() {}
        };
        document.hasFocus = () => false;
        """;

    [Fact]
    public async Task A_device_gets_a_token_that_is_shown_once_and_is_cut_when_it_is_revoked()
    {
        var alice = await house.AddAnalystAsync();
        var page = await house.LogInAsync(browser, alice, path: "/settings");

        await page.GetByLabel("Add a device").FillAsync("laptop");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#device-token")).ToContainTextAsync("eyJ");
        var token = await page.Locator("#device-token").TextContentAsync();
        await Expect(page.Locator("#device-command"))
            .ToHaveTextAsync(
                "notify-desktop login "
                    + house.Gateway.Environment["NOTIFY_GATEWAY_LISTEN"].Replace("http", "ws", StringComparison.Ordinal)
                    + "/"
            );
        await Expect(page.Locator("#devices")).ToContainTextAsync("laptop");
        await Looks.AreRightAsync(page, "desktop-token", isFull: true);
        using var device = await house.Gateway.ConnectAsync();
        await device.AuthenticateAsync(token!);
        Assert.Equal("auth_ok", GatewayClient.Type(await device.NextAsync()));
        await page.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();
        await Expect(page.Locator("#device-token")).ToHaveTextAsync("");

        await page.GetByRole(AriaRole.Button, new() { Name = "Revoke…" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("laptop no longer shows your notifications");
        await page.GetByRole(AriaRole.Button, new() { Name = "Revoke", Exact = true }).ClickAsync();

        await Expect(page.Locator("#desktop")).ToContainTextAsync("None yet");
        Assert.Equal("auth_error", GatewayClient.Type(await device.NextAsync()));
    }

    [Fact]
    public async Task Without_a_phone_an_open_page_is_served_and_the_desktop_shows_each_once_where_it_may()
    {
        var alice = await house.AddAnalystAsync();
        var list = await house.LogInAsync(browser, alice);
        var page = await list.Context.NewPageAsync();
        await page.AddInitScriptAsync(Recorder);
        await house.GoAsync(page, "/settings");
        await Expect(page.Locator("html[data-gateway=yes]")).ToHaveCountAsync(1);

        await house.SendAsync(alice, "Before", "nobody was asked");
        await Expect(list.Locator(".notification")).ToContainTextAsync("nobody was asked");
        Assert.Empty(await page.EvaluateAsync<string[]>("window.shown"));

        await page.GetByRole(AriaRole.Button, new() { Name = "Show them on this desktop too" }).ClickAsync();
        await Expect(page.Locator("#desktop-browser-state")).ToContainTextAsync("appear on this desktop");
        await house.SendAsync(alice, "Orders \u202E", "*12* wait for `review` of daily_active_users, 2*3*4");

        await Expect(list.Locator(".notification").First)
            .ToContainTextAsync("12 wait for review of daily_active_users");
        // The gateway may tell of the one before only now: the list heard of it by another way.
        await Browser.HoldsAsync(page, "window.shown.some(s => s.startsWith('Orders'))", "nothing is shown");
        var shown = Assert.Single(
            await page.EvaluateAsync<string[]>("window.shown"),
            s => s.StartsWith("Orders", StringComparison.Ordinal)
        );
        Assert.StartsWith("Orders |12 wait for review of daily_active_users, 2*3*4|", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_that_is_killed_and_restarted_under_load_costs_the_page_nothing_and_doubles_nothing()
    {
        await using var own = new DashboardHouse();
        var alice = await own.AddAnalystAsync();
        await own.LinkAsync(alice);
        var page = await own.LogInAsync(browser, alice, path: "/notifications");
        await Expect(page.Locator("html[data-gateway=yes]")).ToHaveCountAsync(1);

        for (var i = 0; i < 20; i++)
        {
            if (i is 5 or 12)
            {
                await own.Gateway.Gateway.KillAsync();
            }

            if (i is 8 or 15)
            {
                await own.Gateway.StartAsync();
            }

            await own.SendAsync(alice, $"Number {i:00}", "under load");
        }

        await Expect(page.Locator("html[data-gateway=yes]")).ToHaveCountAsync(1, new() { Timeout = 60_000 });
        await Browser.HoldsAsync(
            page,
            "document.querySelectorAll('.notification').length + parseInt(document.querySelector('#news-show').textContent || '0') === 20",
            "not all have come"
        );
        await page.Locator("#news-show").ClickAsync();
        await Expect(page.Locator(".notification")).ToHaveCountAsync(20);
        var titles = await page.Locator(".notification h3").AllTextContentsAsync();
        Assert.Equal(20, titles.Select(t => t.Trim()).Distinct(StringComparer.Ordinal).Count());
    }
}
