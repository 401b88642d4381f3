using Microsoft.Playwright;
using Notify.Testing;
using static Microsoft.Playwright.Assertions;

namespace Notify.Tests;

/// <summary>The dashboard's incidents: seen first, acknowledged by a button, and live. The bot is a stand-in.</summary>
public sealed class DashboardIncidentTests(Browser browser)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_open_incident_is_seen_first_and_acknowledged_and_goes_when_it_is_over()
    {
        await using var house = new DashboardHouse { HasBot = false };
        var alice = await house.AddAnalystAsync();
        await using var bot = await IncidentBot.StartAsync(Path.Combine(house.Data, "bot.sock"), Cancellation);
        bot.Incidents =
        [
            bot.Open("i1", "Churn is above 4 %", TimeSpan.FromMinutes(190)),
            bot.Open(
                "i2",
                "The stock table is older than a day: warehouse.stock_levels_by_region",
                TimeSpan.FromMinutes(20),
                "data_freshness_of_all_tables.py"
            ) with
            {
                AcknowledgedBy = "omar",
                AcknowledgedAt = TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(3),
                SnoozedUntil = TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(57),
            },
            bot.Over("i3", "Orders wait for review", TimeSpan.FromHours(5), TimeSpan.FromHours(2)),
        ];
        var page = await house.LogInAsync(browser, alice);

        await Expect(Card(page)).ToContainTextAsync("Firing for 3 h 1");
        await Looks.AreRightAsync(page, "dashboard-incidents");
        await AreRightElsewhereAsync(page, house);

        // Refused: the reason stands where the button was pressed, and the button stays.
        bot.Refusal = (503, "The bot can’t store this now. Try again.");
        await OnIt(page).ClickAsync();
        await Expect(Card(page).Locator("[data-result]").First)
            .ToHaveTextAsync("The bot can’t store this now. Try again.");
        bot.Refusal = null;

        await OnIt(page).ClickAsync();
        await Expect(Card(page)).ToContainTextAsync($"{alice.Name} is on it");
        await Expect(OnIt(page)).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Open incidents" })).ToBeFocusedAsync();

        // The bot says that something has changed.
        bot.Incidents = [bot.Over("i1", "Churn is above 4 %", TimeSpan.FromMinutes(190), TimeSpan.Zero)];
        bot.SayChanged(alice.Name);
        await Expect(Card(page)).ToContainTextAsync("Churn is above 4 % fired for 3 h 10 min and ended just now");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Incidents that ended" })).ToBeVisibleAsync();
        await Looks.AreRightAsync(page, "dashboard-incidents-over");

        bot.Incidents = [];
        bot.SayChanged(alice.Name);
        await Expect(Card(page)).ToBeHiddenAsync();

        bot.Incidents = [bot.Open("i4", "Stock", TimeSpan.Zero)];
        bot.SayChanged(alice.Name);
        await Expect(Card(page)).ToContainTextAsync("Firing for 1 min");
    }

    private async Task AreRightElsewhereAsync(IPage login, DashboardHouse house)
    {
        foreach (
            var (picture, width, scheme, isPhone) in new[]
            {
                ("dashboard-incidents-phone", 360, ColorScheme.Light, true),
                ("dashboard-incidents-dark", 1280, ColorScheme.Dark, false),
            }
        )
        {
            var page = await browser.NewPageAsync(width, 780, scheme, isPhone, cookiesOf: login);
            await page.GotoAsync(house.Web.Address.AbsoluteUri);
            await Expect(Card(page)).ToContainTextAsync("Firing for 3 h 1");
            await Looks.AreRightAsync(page, picture, isFull: true);
            await page.Context.CloseAsync();
        }

        // Without scripts it is read all the same, with no button that does nothing.
        var plain = await browser.NewPageAsync(1280, 900, cookiesOf: login, hasScript: false);
        await plain.GotoAsync(house.Web.Address.AbsoluteUri);
        await Expect(Card(plain)).ToContainTextAsync("Firing for 3 h 1");
        await Expect(Card(plain)).ToContainTextAsync("fired for 3 h and ended");
        await Expect(OnIt(plain)).ToHaveCountAsync(0);
        await plain.Context.CloseAsync();
    }

    private static ILocator Card(IPage page) => page.Locator("#incidents");

    private static ILocator OnIt(IPage page) => Card(page).GetByRole(AriaRole.Button, new() { Name = "I’m on it" });
}
