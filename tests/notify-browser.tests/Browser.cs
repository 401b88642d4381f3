using System.Collections.Concurrent;
using Microsoft.Playwright;
using Notify.Testing;

[assembly: AssemblyFixture(typeof(Notify.Tests.Browser))]

namespace Notify.Tests;

/// <summary>One Chromium for all browser tests; each test gets a context of its own.</summary>
public sealed class Browser : IAsyncLifetime
{
    /// <summary>Debian's package of that name.</summary>
    private const string Chromium = "/usr/bin/chromium";

    private readonly ConcurrentDictionary<string, ConcurrentBag<IBrowserContext>> _open = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<IBrowserContext> _left = new();
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Chromium))
        {
            throw new FileNotFoundException(
                $"{Chromium} is missing, and the pages can't be tested without a browser: install Debian's package chromium (./dev test does)."
            );
        }
        // A busy machine takes its time; what never comes is found all the same.
        Assertions.SetDefaultExpectTimeout(60_000);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(
            new BrowserTypeLaunchOptions
            {
                ExecutablePath = Chromium,
                // As root Chromium starts without its sandbox only; the rest keeps it from asking anything of the network.
                Args =
                [
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-quic",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                ],
            }
        );
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    /// <summary>A page of its own, in a context of its own.</summary>
    /// <param name="width">Of the window, in CSS pixels.</param>
    /// <param name="height">Of the window, in CSS pixels.</param>
    /// <param name="scheme">Light or dark.</param>
    /// <param name="isPhone">Whether it is touched rather than pointed at.</param>
    /// <param name="cookiesOf">A page whose login it shares.</param>
    /// <param name="hasScript">Whether scripts run.</param>
    /// <param name="zone">The reader's time zone; null is this machine's.</param>
    /// <param name="scale">Pixels of the screen for each CSS pixel.</param>
    /// <param name="isOfAll">Whether it stays open after this test.</param>
    public async Task<IPage> NewPageAsync(
        int width,
        int height,
        ColorScheme scheme = ColorScheme.Light,
        bool isPhone = false,
        IPage? cookiesOf = null,
        bool hasScript = true,
        string? zone = null,
        float scale = 1,
        bool isOfAll = false
    )
    {
        while (_left.TryDequeue(out var left))
        {
            await left.CloseAsync();
        }

        var context = await _browser!.NewContextAsync(
            new BrowserNewContextOptions
            {
                ViewportSize = new ViewportSize { Width = width, Height = height },
                ColorScheme = scheme,
                ReducedMotion = ReducedMotion.Reduce,
                Locale = "en-GB",
                HasTouch = isPhone,
                IsMobile = isPhone,
                JavaScriptEnabled = hasScript,
                TimezoneId = zone,
                DeviceScaleFactor = scale,
                StorageState = cookiesOf is null ? null : await cookiesOf.Context.StorageStateAsync(),
            }
        );
        context.SetDefaultTimeout(60_000);
        if (!isOfAll && TestContext.Current.Test is { UniqueID: var test })
        {
            _open.GetOrAdd(test, _ => []).Add(context);
            TestContext.Current.KeyValueStorage[nameof(Browser)] = this;
        }

        return await context.NewPageAsync();
    }

    /// <summary>A test has ended; its pages are closed before the next one is opened.</summary>
    public void Leave(string test)
    {
        if (_open.TryRemove(test, out var contexts))
        {
            foreach (var context in contexts)
            {
                _left.Enqueue(context);
            }
        }
    }

    /// <summary>Draws a chart, a PNG, so that a picture of a page shows a real one.</summary>
    public async Task<byte[]> DrawChartAsync()
    {
        var page = await NewPageAsync(880, 480);
        await page.SetContentAsync(
            """
            <body style="margin:0;background:#fff;font:17px sans-serif;color:#333"><svg width="880" height="480">
            <text x="40" y="44" font-size="24" fill="#111">Daily active users, last 30 days</text>
            <g stroke="#e3e3e3"><path d="M70 100H850M70 200H850M70 300H850"/></g><path stroke="#999" d="M70 420H850"/>
            <g text-anchor="end"><text x="60" y="106">1,400</text><text x="60" y="206">1,200</text><text x="60" y="306">1,000</text><text x="60" y="426">800</text></g>
            <g text-anchor="middle"><text x="70" y="452">Jan 1</text><text x="336" y="452">Jan 11</text><text x="602" y="452">Jan 21</text><text x="840" y="452">Jan 30</text></g>
            <path id="area" fill="#1a73ac" opacity=".14"/><path id="line" fill="none" stroke="#1a73ac" stroke-width="4" stroke-linejoin="round"/></svg></body>
            """
        );
        await page.EvaluateAsync(
            """
            () => { let d = ''; for (let i = 0; i < 30; i++) d += `${i ? 'L' : 'M'}${70 + i * 26.9} ${350 - Math.sin(i * 0.9) * 38 - i * 5.6}`;
                    line.setAttribute('d', d); area.setAttribute('d', `${d}L850 420L70 420Z`); }
            """
        );
        var picture = await page.ScreenshotAsync();
        await page.Context.CloseAsync();
        return picture;
    }

    /// <summary>Waits until something holds in a page. The browser's own waiting is a foreign script to a page whose policy allows none.</summary>
    /// <param name="page">The page.</param>
    /// <param name="expression">What has to hold, in its language.</param>
    /// <param name="found">What is the matter while it does not, for the failure's text.</param>
    public static Task HoldsAsync(IPage page, string expression, string found) =>
        Eventually.TrueAsync(
            () => page.EvaluateAsync<bool>(expression),
            () => found,
            TestContext.Current.CancellationToken
        );

    /// <summary>Keeps a picture of a page in artifacts/screenshots, beside the built tests.</summary>
    public static Task SnapAsync(IPage page, string name, bool isFull = false)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "screenshots");
        return page.ScreenshotAsync(
            new PageScreenshotOptions
            {
                FullPage = isFull,
                Path = Path.GetFullPath(Path.Combine(folder, name + ".png")),
            }
        );
    }
}
