using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Notify.Tests;

/// <summary>The dashboard's list of notifications.</summary>
public sealed class DashboardNotificationsTests(Browser browser, DashboardHouse house)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_notification_appears_without_a_reload_and_disturbs_nothing()
    {
        var alice = await house.AddAnalystAsync();
        var page = await house.LogInAsync(browser, alice);
        await house.Links.LinkAsync(UserName.Parse(alice.Name), new ChatId(await house.AddPhoneAsync()), Cancellation);
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Telegram" })).ToContainTextAsync("Linked since");
        await house.SendAsync(alice, "First", "one");
        await page.GetByText("As a table").ClickAsync();
        var summary = page.Locator("#plot-table-open");
        await summary.FocusAsync();
        await page.EvaluateAsync("document.documentElement.dataset.mark = 'here'");

        await house.SendAsync(alice, "Second", "two");

        await Expect(Items(page).First).ToContainTextAsync("Second");
        await Expect(Items(page).First).ToContainTextAsync("Delivered");
        await Expect(Items(page)).ToHaveCountAsync(2);
        await Expect(page.Locator(".announcer", new() { HasText = "New notification: Second" })).ToHaveCountAsync(1);
        await Expect(summary).ToBeFocusedAsync();
        await Expect(page.GetByRole(AriaRole.Table)).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Table).Locator("tbody tr td").First).ToHaveTextAsync("2");
        await Expect(page.Locator("html[data-mark=here]")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task What_is_typed_stays_while_the_card_is_fetched_anew()
    {
        var alice = await house.AddAnalystAsync();
        var page = await house.LogInAsync(browser, alice);
        var field = page.GetByLabel("Type them here");
        await field.FillAsync("04 82");

        // Twice, since the second is asked for when the first is shown.
        for (var i = 0; i < 2; i++)
        {
            await page.RunAndWaitForResponseAsync(
                () => page.EvaluateAsync("window.dispatchEvent(new Event('focus'))"),
                response => response.Url.EndsWith("/fragments/telegram", StringComparison.Ordinal));
        }

        await Expect(field).ToHaveValueAsync("04 82");
        await Expect(field).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Text_that_tries_to_be_markup_stays_text_and_links_lead_to_the_web_only()
    {
        var alice = await house.AddAnalystAsync("mallory");
        await house.LinkAsync(alice);
        var problems = new List<string>();
        var page = await house.LogInAsync(browser, alice);
        page.Console += (_, line) =>
        {
            if (line.Type is "error" or "warning") problems.Add(line.Text);
        };
        page.Dialog += (_, dialog) => problems.Add(dialog.Message);

        const string Script = "<script>alert(1)</script><img src=x onerror=alert(2)>";
        await house.SendAsync(
            alice,
            $"{Script} &amp; \"quoted\"",
            $"{Script} *bold* _italic_ `code <b>` [bad](javascript:alert(3)) [tg](tg://resolve?domain=x) [good](https://example.com/?a=1&b=\"2\") https://example.org/bare. ```\n<u>block</u>\n```",
            "x'\"><b>.py");

        var item = Items(page).First;
        await Expect(item.GetByRole(AriaRole.Heading)).ToHaveTextAsync($"{Script} &amp; \"quoted\"");
        await Expect(item.Locator(".message")).ToContainTextAsync(Script);
        await Expect(item.Locator("img, script, b, u")).ToHaveCountAsync(0);
        await Expect(item.Locator("strong")).ToHaveTextAsync("bold");
        await Expect(item.Locator("em")).ToHaveTextAsync("italic");
        await Expect(item.Locator("pre code")).ToContainTextAsync("<u>block</u>");
        var links = item.Locator(".message a");
        Assert.Equal(["https://example.com/?a=1&b=\"2\"", "https://example.org/bare"], await links.EvaluateAllAsync<string[]>("links => links.map(link => link.getAttribute('href'))"));
        foreach (var link in await links.AllAsync())
        {
            await Expect(link).ToHaveAttributeAsync("rel", "noopener noreferrer");
        }

        await page.ReloadAsync();
        await DashboardHouse.BeLiveAsync(page);
        Assert.Empty(problems);
    }

    [Fact]
    public async Task More_are_shown_on_request_and_long_ones_unfold()
    {
        var alice = await house.AddAnalystAsync();
        await house.LinkAsync(alice);
        for (var i = 1; i <= 44; i++)
        {
            await house.SendAsync(alice, $"Number {i}", "short");
        }

        await house.SendAsync(alice, "Number 45", string.Join('\n', Enumerable.Range(1, 40).Select(n => $"line {n}")));
        var page = await house.LogInAsync(browser, alice);

        await Expect(Items(page)).ToHaveCountAsync(20);
        await Expect(Items(page).First.GetByText("line 40")).Not.ToBeInViewportAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Show all" }).ClickAsync();
        await Expect(Items(page).First.Locator(".message.long")).Not.ToHaveClassAsync(Pattern.Of("folded"));

        await page.GetByRole(AriaRole.Link, new() { Name = "Show more" }).ClickAsync();
        await Expect(Items(page)).ToHaveCountAsync(40);
        await Expect(Items(page).Nth(20)).ToBeFocusedAsync();
        await Expect(Items(page).First.GetByRole(AriaRole.Button, new() { Name = "Show less" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Show more" }).ClickAsync();
        await Expect(Items(page)).ToHaveCountAsync(45);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Show more" })).ToHaveCountAsync(0);

        // Live changes keep what was asked for.
        await house.SendAsync(alice, "Number 46", "short");
        await Expect(Items(page)).ToHaveCountAsync(46);
    }

    [Fact]
    public async Task Times_are_the_reader_s_own_and_say_UTC_without_script()
    {
        var alice = await house.AddAnalystAsync();
        await house.LinkAsync(alice);
        await house.SendAsync(alice, "Now", "here");
        var page = await house.LogInAsync(browser, alice);
        var time = Items(page).First.Locator("time");
        await Expect(time).ToHaveTextAsync(Pattern.Of(@"^(Yesterday, )?\d\d:\d\d$"));

        var plain = await browser.NewPageAsync(1280, 900, cookiesOf: page, hasScript: false);
        await plain.GotoAsync(house.Web.Address.AbsoluteUri);
        await Expect(Items(plain).First.Locator("time")).ToHaveTextAsync(Pattern.Of(@"^\d+ \w+ \d{4}, \d\d:\d\d UTC$"));
        await Expect(plain.GetByRole(AriaRole.Button, new() { Name = "Unlink…" })).ToBeHiddenAsync();
        await Looks.AreRightAsync(plain, "dashboard-without-script");
    }

    private static ILocator Items(IPage page) => page.Locator("#feed > li");
}
