using Microsoft.Playwright;
using Notify.Contracts;
using Notify.Testing;
using static Microsoft.Playwright.Assertions;

namespace Notify.Tests;

/// <summary>The page of one notification: read on each screen, copied, sent again, and live. The bot is a stand-in.</summary>
public sealed class DashboardNotificationTests(Browser browser)
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_failed_one_says_what_became_of_it_and_is_sent_again()
    {
        await using var house = new DashboardHouse { HasBot = false };
        var alice = await house.AddAnalystAsync();
        await using var bot = await IncidentBot.StartAsync(Path.Combine(house.Data, "bot.sock"), Cancellation);
        var said = Failed();
        bot.Answers = said.Answer;
        var page = await house.LogInAsync(browser, alice, path: "/notifications");
        await page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await Expect(page.Locator("#n-bad")).ToContainTextAsync("Failed: the bot is blocked");
        await Looks.AreRightAsync(page, "notifications-failed");

        await page.Locator("#n-bad summary").ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Delivery and more" }).ClickAsync();
        await Expect(page.Locator(".timeline li")).ToHaveCountAsync(5);
        await DashboardHouse.BeLiveAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy link" }).ClickAsync();
        await Expect(page.Locator("#copy-link")).ToHaveTextAsync("Copied");
        Assert.Equal(
            house.At("/notifications/bad"),
            await page.EvaluateAsync<string>("navigator.clipboard.readText()")
        );
        await Looks.AreRightAsync(page, "notification", isFull: true);
        await AreRightElsewhereAsync(page, house);

        // An open page hears of the next step.
        said.AddSteps([new TimelineAnswer(Now, TimelineEvent.Edited)]);
        bot.SayChanged(alice.Name);
        await Expect(page.Locator(".timeline")).ToContainTextAsync("Changed in the chat");

        said.Refusal = (409, "It was delivered meanwhile, so it is not sent again.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send again" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("It was delivered meanwhile");
        said.Refusal = null;
        await page.GoBackAsync();
        said.History.Insert(0, HistoryAnswers.Notification("new1", "Revenue down 25 %", Now) with { AgainOf = "bad" });
        await page.GetByRole(AriaRole.Button, new() { Name = "Send again" }).ClickAsync();
        await page.WaitForURLAsync("**/notifications/new1");
        await page.GetByRole(AriaRole.Link, new() { Name = "the first one" }).ClickAsync();
        await page.WaitForURLAsync("**/notifications/bad");
    }

    private async Task AreRightElsewhereAsync(IPage login, DashboardHouse house)
    {
        foreach (
            var (picture, width, scheme, isPhone) in new[]
            {
                ("notification-phone", 390, ColorScheme.Light, true),
                ("notification-narrow", 320, ColorScheme.Light, false),
                ("notification-dark", 1280, ColorScheme.Dark, false),
            }
        )
        {
            var page = await browser.NewPageAsync(width, 780, scheme, isPhone, cookiesOf: login);
            await house.GoAsync(page, "/notifications/bad");
            await page.GetByText("Mute", new() { Exact = true }).ClickAsync();
            await Looks.AreRightAsync(page, picture, isFull: true);
            await page.Context.CloseAsync();
        }

        // Without scripts it is read and sent again all the same.
        var plain = await browser.NewPageAsync(390, 780, cookiesOf: login, hasScript: false);
        await plain.GotoAsync(house.At("/notifications/bad"));
        await Expect(plain.Locator(".timeline")).ToContainTextAsync("Too Many Requests");
        await Expect(plain.Locator("#copy-link")).ToBeHiddenAsync();
        await Expect(plain.GetByRole(AriaRole.Button, new() { Name = "Send again" })).ToBeVisibleAsync();
        await plain.Context.CloseAsync();
    }

    private static HistoryAnswers Failed()
    {
        var said = new HistoryAnswers();
        said.Add([
            HistoryAnswers.Notification("bad", "Revenue down 25 %", Now, DeliveryState.Failed, "blocked") with
            {
                ParseMode = "HTML",
                Message =
                    "Yesterday: <b>$45,300</b>, a week ago: $60,400.\nRegions: <code>warehouse.sales_by_region_and_month_of_the_year</code>",
                Table = "region   revenue  change\nnorth     12,300   -31 %\nsouth     33,000   -22 %",
                Files = [new FileAnswer("bad.1", "regions_with_a_rather_long_name_of_a_file.csv", 12_300)],
            },
            HistoryAnswers.Notification("good", "Orders: daily report", Now.AddHours(-1)),
        ]);
        said.AddSteps([
            new TimelineAnswer(Now, TimelineEvent.Accepted),
            new TimelineAnswer(Now, TimelineEvent.Tried),
            new TimelineAnswer(Now, TimelineEvent.Waiting, "Too Many Requests: retry after 3", Now.AddSeconds(3)),
            new TimelineAnswer(Now.AddSeconds(3), TimelineEvent.Tried),
            new TimelineAnswer(Now.AddSeconds(4), TimelineEvent.Failed, "blocked"),
        ]);
        return said;
    }
}
