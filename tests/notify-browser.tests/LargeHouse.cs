using Microsoft.Playwright;
using Notify.Posix;
using Notify.Scripts;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>
/// A house of its own with an operator who has 200 scripts and 20,000 of 100,000 notifications, as a busy server has after a month. Started by the first who enters.
/// </summary>
public sealed class LargeHouse(Browser browser) : IAsyncDisposable
{
    private const int All = 100_000;
    private const int OfReader = 20_000;
    private const int Others = 99;
    private const int Scripts = 200;

    private readonly SemaphoreSlim _door = new(1, 1);
    private readonly DashboardHouse _house = new();
    private IPage? _first;

    /// <summary>The house.</summary>
    public DashboardHouse House => _house;

    /// <summary>The operator: reads all that is theirs, and the operators' pages.</summary>
    public TestAccount Reader { get; private set; } = null!;

    /// <summary>The id of the reader's newest notification.</summary>
    public string Newest { get; private set; } = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A page of the reader, who is logged in, not at any address yet.</summary>
    public async Task<IPage> OpenAsync(
        int width,
        int height,
        ColorScheme scheme = ColorScheme.Light,
        bool isPhone = false,
        bool hasScript = true
    )
    {
        await _door.WaitAsync(Cancellation);
        try
        {
            _first ??= await FurnishAsync();
        }
        finally
        {
            _door.Release();
        }

        return await browser.NewPageAsync(width, height, scheme, isPhone, _first, hasScript);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _door.Dispose();
        if (_first is not null)
        {
            await _first.Context.CloseAsync();
        }

        await _house.DisposeAsync();
    }

    private async Task<IPage> FurnishAsync()
    {
        Reader = await _house.AddAnalystAsync("olga");
        await Reader.JoinAsync("data-ops");
        await _house.LinkAsync(Reader);
        var now = TimeProvider.System.GetUtcNow();
        LargeScripts.Write(new ScriptHome(Account.Find(Reader.Name)!), now, Scripts);
        await RunProgram.ToEndAsync(
            "/usr/bin/chown",
            ["-R", $"{Reader.Name}:{Reader.Name}", Reader.Home],
            new Dictionary<string, string>(StringComparer.Ordinal),
            Cancellation
        );
        await _house.Bot.StopAsync(Cancellation);
        Newest = LargeHistory.Write(
            Path.Combine(_house.Data, "private", "outbox.db"),
            now,
            [
                (Reader.Name, Reader.Uid, OfReader),
                .. Enumerable
                    .Range(0, Others)
                    .Select(i =>
                        (
                            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"team-{i}"),
                            (uint?)null,
                            (All - OfReader) / Others
                        )
                    ),
            ],
            LargeScripts.NameOf
        );
        await _house.StartBotAsync();

        // Not closed with the first test that needs it.
        var page = await browser.NewPageAsync(1280, 900, isOfAll: true);
        await page.GotoAsync(_house.Web.Address.AbsoluteUri);
        await page.GetByRole(AriaRole.Link, new() { Name = "Sign in with Google" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = DashboardHouse.EmailOf(Reader) }).ClickAsync();
        await DashboardHouse.BeLiveAsync(page);
        await page.GotoAsync("about:blank");
        return page;
    }
}
