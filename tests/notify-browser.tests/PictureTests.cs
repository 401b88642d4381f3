using System.Drawing;
using System.Net;
using Microsoft.Playwright;
using Notify.Contracts;
using Notify.Testing;
using static Microsoft.Playwright.Assertions;

namespace Notify.Tests;

/// <summary>
/// The pictures of README and docs: an analyst links a phone, and the three examples arrive on phone, dashboard and desktop. <c>./dev pictures</c> runs this and
/// copies the pictures.
/// </summary>
public sealed class PictureTests(Browser browser)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_pictures_of_the_pages_show_what_a_person_sees()
    {
        // The first, as it skips the test where there is none.
        await using var screen = await DesktopScreen.StartAsync();
        await using var house = new DashboardHouse();
        var alice = await house.AddAnalystAsync();
        await LinkingAsync(house, alice);

        var chat = await house.LinkAsync(alice);
        using var home = new DesktopHome();
        await home.LogInAsync(house.Gateway, alice.Name);
        home.Environment["DBUS_SESSION_BUS_ADDRESS"] = screen.Bus;
        await using var desktop = DesktopProcess.Start(home);
        await desktop.ConnectedAsync(Cancellation);
        var month = Month(TimeProvider.System.GetUtcNow()).ToList();
        await house.WriteHistoryAsync(alice, month);
        var examples = Directory.GetFiles(Path.Combine(Programs.Repository, "examples", "notifications"), "*.py");
        foreach (var example in examples)
        {
            alice.Write(
                Path.Combine("user", "notifications", Path.GetFileName(example)),
                await File.ReadAllTextAsync(example, Cancellation)
            );
        }

        var terminal = await TypeAsync(house, alice, "--dry-run", "revenue_drop.py");
        await house.RoundAsync(alice);
        await Eventually.TrueAsync(
            async () => await screen.ShownNowAsync() == examples.Length,
            () => $"they are not shown; {desktop.Said}",
            Cancellation
        );
        await screen.SnapAsync("readme-desktop", new Rectangle(672, 32, 352, 428));
        await PhoneAsync(house, chat);

        alice.Write(
            Path.Combine("user", "notifications", "stock_levels.py"),
            "raise RuntimeError('the warehouse is closed')\n"
        );
        await house.RoundAsync(alice);
        await TerminalAsync(terminal + await TypeAsync(house, alice, "status"));
        await DashboardAsync(house, alice, month);
    }

    private async Task LinkingAsync(DashboardHouse house, TestAccount alice)
    {
        var page = await house.LogInAsync(browser, alice);
        await page.GetByRole(AriaRole.Button, new() { Name = "Show QR code and link" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Img, new() { Name = "QR code" })).ToBeVisibleAsync();
        await page.EvaluateAsync("document.activeElement.blur()");
        await Looks.AreRightAsync(page, "readme-linking");
    }

    private async Task PhoneAsync(DashboardHouse house, long chat)
    {
        var page = await browser.NewPageAsync(412, 830, isPhone: true, scale: 2);
        await page.GotoAsync($"{house.Sandbox.PhoneAddress}?chat={chat}");
        await Expect(page.GetByRole(AriaRole.Img, new() { Name = "Picture: Orders" })).ToBeVisibleAsync();
        await Browser.HoldsAsync(
            page,
            "[...document.images].every(i => i.complete && i.naturalWidth > 0)",
            "the chart is not drawn"
        );
        await Browser.SnapAsync(page, "readme-phone");
    }

    /// <summary>What an analyst types on the server and reads there, as HTML.</summary>
    private static async Task<string> TypeAsync(DashboardHouse house, TestAccount alice, params string[] arguments)
    {
        var (_, said) = await alice.RunAsync(
            Programs.Path("notify-runner"),
            arguments,
            new Dictionary<string, string>(StringComparer.Ordinal) { ["NOTIFY_DATA_DIR"] = house.Data },
            Cancellation
        );
        var shown = WebUtility.HtmlEncode(said.Replace(alice.Home, "/home/alice", StringComparison.Ordinal));
        return $"<b>alice@server:~$</b> notify-runner {string.Join(' ', arguments)}\n{shown}\n";
    }

    /// <summary>A page that looks like a terminal.</summary>
    private async Task TerminalAsync(string lines)
    {
        var page = await browser.NewPageAsync(1000, 400);
        await page.SetContentAsync(
            $$"""
            <style>body { margin: 0; background: #1c1f26 } b { color: #7fd1a0 }
            pre { margin: 0; padding: 18px 22px; color: #e3e6ec; font: 14px/1.5 "DejaVu Sans Mono", monospace; white-space: pre-wrap }</style>
            <pre>{{lines.TrimEnd()}}</pre>
            """
        );
        await Browser.SnapAsync(page, "readme-terminal", isFull: true);
    }

    private async Task DashboardAsync(
        DashboardHouse house,
        TestAccount alice,
        List<(DateTimeOffset At, DeliveryState State)> month
    )
    {
        var page = await house.LogInAsync(browser, alice, path: "/scripts");
        await page.Locator("li[data-script='data_freshness.py'] .menu summary").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Mute until 9:00" }).ClickAsync();
        await Expect(page.Locator("li[data-script='data_freshness.py']")).ToContainTextAsync("Muted until");
        await house.GoAsync(page, "/");
        await Expect(page.Locator("#plot .legend li"))
            .ToHaveTextAsync([
                Pattern.Of($"{month.Count(n => n.State == DeliveryState.Delivered) + 5} delivered"),
                Pattern.Of($"{month.Count(n => n.State == DeliveryState.Muted)} muted"),
                Pattern.Of($"{month.Count(n => n.State == DeliveryState.Failed)} failed"),
            ]);
        await Expect(page.Locator("#plot tbody tr")).ToHaveCountAsync(30);
        await page.EvaluateAsync("scrollTo(0, 0); document.activeElement.blur()");
        await Looks.AreRightAsync(page, "readme-dashboard");
    }

    /// <summary>What a month leaves in the history: some each day, of which some were muted or failed.</summary>
    private static IEnumerable<(DateTimeOffset At, DeliveryState State)> Month(DateTimeOffset now)
    {
        for (var day = 29; day > 0; day--)
        {
            for (var i = 0; i < 2 + (day * 7 % 4); i++)
            {
                var state =
                    i == 0 && day % 4 == 1 ? DeliveryState.Muted
                    : i == 1 && day is 4 or 12 ? DeliveryState.Failed
                    : DeliveryState.Delivered;
                yield return (now.AddDays(-day).AddMinutes(i), state);
            }
        }
    }
}
