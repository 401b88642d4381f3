using Deque.AxeCore.Playwright;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using Notify.Sandbox;
using Notify.Sandbox.Google;
using Notify.Testing;
using static Microsoft.Playwright.Assertions;

namespace Notify.Tests;

/// <summary>The page to choose a Google account, in a real browser.</summary>
public sealed class GooglePickerTests(Browser browser) : IAsyncLifetime
{
    private WebApplication _client = null!;
    private SandboxServer _sandbox = null!;
    private SandboxControl _control = null!;
    private string _redirect = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _sandbox = await SandboxServer.StartAsync(new SandboxOptions(), Cancellation);
        _control = new SandboxControl(_sandbox);
        _redirect = await StartClientAsync();
        // There is a root everywhere: what the page says of an account that is a Unix user's.
        await _control.Google.AddAccountAsync(GoogleAccount.OfWorkspace("root@example.com"), Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        _control.Dispose();
        await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task A_visitor_chooses_an_account_and_is_sent_back_to_the_site_they_came_from()
    {
        var page = await OpenAsync(420, 860);
        await page.GetByRole(AriaRole.Button, new() { Name = "Dana Sample" }).ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("Back at the client");
        Assert.Contains("code=4%2F0", page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_visitor_types_another_address_with_the_keyboard_alone()
    {
        var page = await OpenAsync(420, 860);
        await page.GetByLabel("E-mail").FocusAsync();
        await page.Keyboard.TypeAsync("somebody@gmail.com");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("h1")).ToHaveTextAsync("Back at the client");
        Assert.Contains("code=4%2F0", page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_keyboard_reaches_the_accounts_in_order_and_then_the_rest()
    {
        var page = await OpenAsync(420, 860);
        foreach (var name in new[] { "Dana", "Uma", "Olga", "Pia", "Nobody Here", "Root" })
        {
            await page.Keyboard.PressAsync("Tab");
            await Expect(page.GetByRole(AriaRole.Button, new() { Name = name })).ToBeFocusedAsync();
        }

        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByLabel("E-mail")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Cancel" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("h1")).ToHaveTextAsync("Back at the client");
        Assert.Contains("error=access_denied", page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hinted_account_has_the_focus_and_each_says_what_is_special_about_it()
    {
        var page = await OpenAsync(420, 860, hint: "&login_hint=olga@partner.example&hd=example.com");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Olga" })).ToBeFocusedAsync();
        foreach (
            var (name, note) in new[]
            {
                ("Uma", "E-mail not verified"),
                ("Olga", "Other Workspace: partner.example"),
                ("Pia", "Not a Workspace account"),
                ("Nobody Here", "No Unix user nobody-here"),
                ("Root", "Unix user root"),
            }
        )
        {
            await Expect(page.GetByRole(AriaRole.Button, new() { Name = name })).ToContainTextAsync(note);
        }
    }

    [Theory]
    [InlineData(ColorScheme.Light, 940, 940, "google-light")]
    [InlineData(ColorScheme.Dark, 940, 940, "google-dark")]
    [InlineData(ColorScheme.Light, 390, 844, "google-narrow-light")]
    [InlineData(ColorScheme.Dark, 390, 844, "google-narrow-dark")]
    public async Task The_page_has_no_accessibility_findings_and_fits_its_width(
        ColorScheme scheme,
        int width,
        int height,
        string picture
    )
    {
        await _control.Google.AddAccountAsync(
            new GoogleAccount(
                "somebody-with-a-very-long-name-that-goes-on-and-on-and-does-not-end@a-department.partner.example",
                Name: "Somebody With A Very Long Name"
            ),
            Cancellation
        );
        var page = await OpenAsync(width, height, scheme);
        await LookAtAsync(page, picture);

        await page.GetByLabel("E-mail").EvaluateAsync("field => field.type = 'text'");
        await page.GetByLabel("E-mail").FillAsync("nonsense");
        await page.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("That is no e-mail address.");
        await Expect(page.GetByLabel("E-mail")).ToHaveValueAsync("nonsense");
        await LookAtAsync(page, picture + "-problem");

        await page.GotoAsync(
            new Uri(
                _sandbox.GoogleAddress,
                "/o/oauth2/v2/auth?client_id=another&redirect_uri=https%3A%2F%2Fevil.example%2F"
            ).ToString()
        );
        await Expect(page.GetByRole(AriaRole.Heading)).ToHaveTextAsync("Access blocked");
        await LookAtAsync(page, picture + "-refused");
    }

    [Fact]
    public async Task The_page_obeys_its_own_content_security_policy()
    {
        var problems = new List<string>();
        var page = await browser.NewPageAsync(420, 860);
        page.Console += (_, line) =>
        {
            if (line.Type is "error" or "warning")
            {
                problems.Add(line.Text);
            }
        };
        await page.GotoAsync(AuthorizationAddress());
        await page.GetByRole(AriaRole.Button, new() { Name = "Pia" }).ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("Back at the client");
        Assert.Empty(problems);
    }

    private static async Task LookAtAsync(IPage page, string picture)
    {
        Assert.Empty(
            (await page.RunAxe()).Violations.Select(v => $"{v.Id}: {string.Join("; ", v.Nodes.Select(n => n.Html))}")
        );
        Assert.Equal(
            0,
            await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        );
        await Browser.SnapAsync(page, picture);
    }

    private async Task<IPage> OpenAsync(int width, int height, ColorScheme scheme = ColorScheme.Light, string hint = "")
    {
        var page = await browser.NewPageAsync(width, height, scheme);
        await page.GotoAsync(AuthorizationAddress(hint));
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Choose an account" })).ToBeVisibleAsync();
        return page;
    }

    private string AuthorizationAddress(string hint = "") =>
        new Uri(
            _sandbox.GoogleAddress,
            $"/o/oauth2/v2/auth?client_id={SandboxOptions.SampleGoogleClientId}&redirect_uri={Uri.EscapeDataString(_redirect)}&response_type=code&scope=openid%20email&state=1{hint}"
        ).ToString();

    /// <summary>Another origin to be sent back to.</summary>
    private async Task<string> StartClientAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _client = builder.Build();
        _client.MapGet(
            "/signin-google",
            () =>
                Results.Content(
                    "<!doctype html><link rel=icon href=data:,><title>Client</title><h1>Back at the client</h1>",
                    "text/html"
                )
        );
        await _client.StartAsync(Cancellation);
        return _client.Urls.First() + "/signin-google";
    }
}
