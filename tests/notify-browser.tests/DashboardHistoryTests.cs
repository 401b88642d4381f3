using Microsoft.Playwright;
using Notify.Sandbox.Telegram;
using static Microsoft.Playwright.Assertions;

namespace Notify.Tests;

/// <summary>Search, one notification and sending again, with the real bot.</summary>
public sealed class DashboardHistoryTests(Browser browser, DashboardHouse house)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_finds_a_failed_one_by_a_beginning_of_a_word_reads_why_and_sends_it_again()
    {
        var alice = await house.AddAnalystAsync();
        var chat = await house.LinkAsync(alice);
        await house.SendAsync(alice, "Orders: daily report", "as always", "metric_report.py");
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
        await house.SendAsync(alice, "Revenue down", "by *25 %*");
        var page = await house.LogInAsync(browser, alice, path: "/notifications");
        await Expect(page.Locator(".notification")).ToHaveCountAsync(2);

        await page.GetByLabel("Search in title, text and script").FillAsync("reven \"OR");
        await page.GetByLabel("State", new() { Exact = true }).SelectOptionAsync("failed");
        await page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await Expect(page.GetByText("Nothing found.")).ToBeVisibleAsync();
        await Looks.AreRightAsync(page, "notifications-nothing-found");
        await page.GetByLabel("Search in title, text and script").FillAsync("reven");
        await page.GetByLabel("Script", new() { Exact = true }).SelectOptionAsync("revenue_drop");
        await page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await Expect(page.Locator(".notification")).ToHaveCountAsync(1);
        Assert.Contains("q=reven&script=revenue_drop&state=failed", page.Url, StringComparison.Ordinal);

        await page.Locator(".notification summary").ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Delivery and more" }).ClickAsync();
        await Expect(page.Locator(".timeline")).ToContainTextAsync("TOPIC_CLOSED");
        await Looks.AreRightAsync(page, "notification-real");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send again" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "the first one" })).ToBeVisibleAsync();
        await Expect(page.Locator(".timeline")).ToContainTextAsync("Delivered");
        await house.Phones.WaitForBotMessagesAsync(
            chat,
            all => all.Any(m => m.Text.StartsWith("Revenue down", StringComparison.Ordinal)),
            Cancellation
        );
    }
}
