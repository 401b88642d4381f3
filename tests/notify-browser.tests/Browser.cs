using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Notify.Tests.Browser))]

namespace Notify.Tests;

/// <summary>One Chromium for all browser tests; each test gets a context of its own.</summary>
public sealed class Browser : IAsyncLifetime
{
    /// <summary>Debian's package of that name.</summary>
    private const string Chromium = "/usr/bin/chromium";

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Chromium))
            throw new FileNotFoundException($"{Chromium} is missing, and the pages can't be tested without a browser: install Debian's package chromium (./dev test does).");
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Chromium,
            // As root Chromium starts without its sandbox only; the rest keeps it from asking anything of the network.
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            ],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>A page of its own that counts what goes wrong in it.</summary>
    public async Task<IPage> NewPageAsync(int width, int height, ColorScheme scheme = ColorScheme.Light)
    {
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = scheme,
            ReducedMotion = ReducedMotion.Reduce,
            Locale = "en-GB",
        });
        context.SetDefaultTimeout(30_000);
        return await context.NewPageAsync();
    }

    /// <summary>Keeps a picture of a page in artifacts/screenshots, beside the built tests.</summary>
    public static Task SnapAsync(IPage page, string name)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "screenshots");
        return page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.GetFullPath(Path.Combine(folder, name + ".png")) });
    }
}
