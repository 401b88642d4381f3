using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Notify.Tests;

/// <summary>Each page of the dashboard, with 200 scripts and 100,000 notifications: on a desktop, on a phone in the dark, without JavaScript, with the keyboard alone.</summary>
public sealed class DashboardPagesTests(LargeHouse large) : IClassFixture<LargeHouse>
{
    /// <summary>More stops than a page may ask of somebody who wants to see what it is about.</summary>
    private const int MaxStops = 40;

    /// <summary>An address, <c>NAME</c> for the reader's name in it, and words that the reader finds there.</summary>
    public static TheoryData<string, string> Pages { get; } =
        new()
        {
            { "/", "Overview" },
            { "/notifications", "Delivered" },
            { "/notifications?q=revenue&state=delivered", "Found" },
            { "/scripts", "metric_003.py" },
            { "/scripts/metric_003.py", "About" },
            { "/settings", "Linked since" },
            { "/help", "Help" },
            { "/help/notifications", "notify" },
            { "/operator", "Users" },
            { "/operator?only=failing", "No user matches." },
            { "/operator/users/NAME", "Send a test message" },
            { "/operator/users/NAME/forget", "can’t be undone" },
            { "/operator/queue", "Nothing waits." },
            { "/operator/failed", "refused" },
            { "/operator/audit", "What operators did" },
        };

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task It_is_read_on_a_desktop_and_with_the_keyboard(string address, string words)
    {
        var page = await large.OpenAsync(1280, 900);
        var errors = Errors(page);
        await GoAsync(page, address);
        await Expect(page.Locator("html.scripted")).ToHaveCountAsync(1);

        await Expect(page.Locator("main")).ToContainTextAsync(words);
        Assert.Matches(" · ", await page.TitleAsync());
        Assert.Equal(1, await page.Locator("h1").CountAsync());
        Assert.Empty(errors);
        await Looks.AreRightAsync(page, "page" + Name(address));
        await EveryStopIsSeenAsync(page);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task It_fits_a_phone_in_the_dark(string address, string words)
    {
        var page = await large.OpenAsync(390, 844, ColorScheme.Dark, isPhone: true);
        var errors = Errors(page);
        await GoAsync(page, address);

        await Expect(page.Locator("main")).ToContainTextAsync(words);
        await Browser.HoldsAsync(
            page,
            "Math.round(document.querySelector('.pages').getBoundingClientRect().bottom) === innerHeight",
            "the bar of pages is not at the bottom"
        );
        Assert.Empty(errors);
        await Looks.AreRightAsync(page, "page-phone" + Name(address));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task It_is_read_without_JavaScript(string address, string words)
    {
        var page = await large.OpenAsync(390, 844, isPhone: true, hasScript: false);
        await GoAsync(page, address);

        // What only a script fills is not what the reader came for.
        await Expect(page.Locator("main")).ToContainTextAsync(words);
        await Expect(page.Locator("main [data-late]:visible")).ToHaveCountAsync(0);
        await Browser.SnapAsync(page, "page-bare" + Name(address));
    }

    [Fact]
    public async Task An_operator_helps_without_JavaScript_and_the_audit_says_so()
    {
        var page = await large.OpenAsync(390, 844, isPhone: true, hasScript: false);
        var bob = await large.House.AddAccountAsync("bob");
        await large.House.LinkAsync(bob);
        await GoAsync(page, "/operator");

        await page.GetByRole(AriaRole.Searchbox).FillAsync(bob.Name);
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Link, new() { Name = bob.Name }).ClickAsync();
        await Expect(page.Locator("main")).ToContainTextAsync("linked");
        await page.GetByRole(AriaRole.Link, new() { Name = "Unlink…" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = $"Unlink {bob.Name}’s phone?" }))
            .ToBeVisibleAsync();
        Assert.NotNull(large.House.Links.Find(UserName.Parse(bob.Name)));
        await Browser.SnapAsync(page, "operator-unlink");

        await page.GetByRole(AriaRole.Button, new() { Name = "Unlink" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Done" })).ToBeVisibleAsync();
        await Expect(page.Locator("main")).ToContainTextAsync(bob.Name);
        Assert.Null(large.House.Links.Find(UserName.Parse(bob.Name)));
        await page.GetByRole(AriaRole.Link, new() { Name = "Show the audit" }).ClickAsync();
        await Expect(page.Locator(".desk-audit li").First)
            .ToContainTextAsync(
                new Regex($"{large.Reader.Name}: unlink {bob.Name}", RegexOptions.None, TimeSpan.FromSeconds(1))
            );
    }

    private Task<IResponse?> GoAsync(IPage page, string address) =>
        page.GotoAsync(
            new Uri(
                large.House.Web.Address,
                address.Replace("NAME", large.Reader.Name, StringComparison.Ordinal)
            ).AbsoluteUri
        );

    /// <summary>What the browser complains about: failed scripts, and all that the policy of contents forbids.</summary>
    private static List<string> Errors(IPage page)
    {
        var errors = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                errors.Add(message.Text);
            }
        };
        page.PageError += (_, error) => errors.Add(error);
        return errors;
    }

    /// <summary>The end of a picture's name.</summary>
    private static string Name(string address) =>
        address == "/"
            ? "-overview"
            : Regex.Replace(address, "[^A-Za-z]+", "-", RegexOptions.None, TimeSpan.FromSeconds(1));

    private static async Task EveryStopIsSeenAsync(IPage page)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < MaxStops; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            var (stop, isSeen, isInMain) = await StopAsync(page);
            if (stop.Length == 0)
            {
                break;
            }

            Assert.True(isSeen, $"the focus on {stop} is not to be seen");
            seen.Add(isInMain ? "main" : "head");
        }

        Assert.Contains("head", seen);
    }

    private static async Task<(string Stop, bool IsSeen, bool IsInMain)> StopAsync(IPage page)
    {
        var stop = await page.EvaluateAsync<string[]>(
            """
            () => {
              const e = document.activeElement;
              if (e === document.body) return ['', '', ''];
              const s = getComputedStyle(e);
              const box = e.getBoundingClientRect();
              // The browser marks the part of a date or a time that one is in by itself.
              const isMarked = ['date', 'time'].includes(e.type) || (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2) || s.boxShadow !== 'none';
              const isThere = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
              return [e.outerHTML.slice(0, 200), String(isMarked && isThere), String(Boolean(e.closest('main')))];
            }
            """
        );
        return (stop[0], stop[1] == "true", stop[2] == "true");
    }
}
