using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Notify.Tests;

/// <summary>The pages of help in a browser.</summary>
public sealed class DashboardHelpTests(Browser browser, DashboardHouse house)
{
    [Fact]
    public async Task Help_is_found_from_the_dashboard_read_and_copied()
    {
        var alice = await house.AddAnalystAsync();
        var page = await house.LogInAsync(browser, alice);
        await page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);

        await page.GetByRole(AriaRole.Link, new() { Name = "Help", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Help", Exact = true })).ToBeVisibleAsync();
        await Looks.AreRightAsync(page, "help", isFull: true);
        await page.GetByRole(AriaRole.Link, new() { Name = "When nothing came", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "When nothing came", Exact = true }))
            .ToBeInViewportAsync();

        var code = page.Locator(".copyable", new() { HasText = "notify-runner status" }).First;
        await code.GetByRole(AriaRole.Button).ClickAsync();
        await Expect(code.GetByRole(AriaRole.Button)).ToHaveTextAsync("Copied");
        Assert.Equal("notify-runner status", await page.EvaluateAsync<string>("navigator.clipboard.readText()"));
        await Looks.AreRightAsync(page, "help-notifications", isFull: true);
    }

    [Theory]
    [InlineData("notifications", ColorScheme.Light)]
    [InlineData("desktop", ColorScheme.Dark)]
    public async Task It_fits_a_phone(string name, ColorScheme scheme)
    {
        var alice = await house.AddAnalystAsync();
        var first = await house.LogInAsync(browser, alice);
        var page = await browser.NewPageAsync(360, 780, scheme, isPhone: true, cookiesOf: first);

        await page.GotoAsync(new Uri(house.Web.Address, $"help/{name}").AbsoluteUri);

        await Looks.AreRightAsync(page, $"help-{name}-phone", isFull: true);
    }
}
