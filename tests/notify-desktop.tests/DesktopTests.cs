using System.Globalization;
using System.Text.RegularExpressions;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>What notify-desktop shows, with the real gateway, and with a real notification service on a screen of its own.</summary>
public sealed partial class DesktopTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Print_shows_each_notification_once_and_nothing_that_a_terminal_would_obey()
    {
        await using var gateway = await GatewayScene.BeginAsync();
        using var home = new DesktopHome();
        await home.LogInAsync(gateway, "alice");
        await using var desktop = DesktopProcess.Start(home, "--print");
        await WaitForAsync(desktop, "Connected as alice.");

        await SendAsync(gateway, "one", "Orders \u001b[31m", "*12* wait for `review` in daily_active_users\u0007\nsecond line");
        await SendAsync(gateway, "one", "Orders", "again");
        await SendAsync(gateway, "two", null, null, "stock.py");
        await WaitForAsync(desktop, "stock.py");

        Assert.Contains("Orders [31m\n    12 wait for review in daily_active_users\n    second line\n", desktop.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("again", desktop.Said, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', desktop.Said);
        await desktop.StopAsync(Cancellation);
    }

    [Fact]
    public async Task A_gateway_that_is_killed_and_comes_back_is_found_again_by_itself()
    {
        await using var gateway = GatewayScene.Set();
        gateway.Environment["NOTIFY_GATEWAY_LISTEN"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");
        await gateway.StartAsync();
        using var home = new DesktopHome();
        await home.LogInAsync(gateway, "alice");
        await using var desktop = DesktopProcess.Start(home, "--print");
        await WaitForAsync(desktop, "Connected as alice.");
        await SendAsync(gateway, "before", "before", null);
        await WaitForAsync(desktop, "before");

        await gateway.Gateway.KillAsync();
        await WaitForAsync(desktop, "It is tried again until it works");
        await gateway.StartAsync();
        await Eventually.TrueAsync(() => desktop.Said.Split("Connected as alice.").Length == 3, () => desktop.Said, Cancellation);
        await SendAsync(gateway, "before", "before", null);
        await SendAsync(gateway, "after", "after", null);
        await WaitForAsync(desktop, "after");

        Assert.Equal(2, desktop.Said.Split("before").Length);
        Assert.Equal(2, desktop.Said.Split("It is tried again").Length);
    }

    [Fact]
    public async Task A_token_that_is_taken_back_ends_it_with_77_and_says_what_to_do()
    {
        await using var gateway = await GatewayScene.BeginAsync();
        using var home = new DesktopHome();
        await home.LogInAsync(gateway, "alice", "the-laptop");
        Assert.Contains("lets this device in as alice", (await home.RunAsync("", "status")).Said, StringComparison.Ordinal);
        await using var desktop = DesktopProcess.Start(home, "--print");
        await WaitForAsync(desktop, "Connected as alice.");

        await gateway.Caller.PostAsync("/revoke", new { id = "the-laptop", until = "2099-01-01T00:00:00Z" });
        await desktop.WaitForEndAsync(Cancellation);

        Assert.Equal(77, desktop.ExitStatus);
        Assert.Contains("Make a new token on the dashboard", desktop.Said, StringComparison.Ordinal);
        Assert.Equal(77, (await home.RunAsync("", "status")).Status);
    }

    [Fact]
    public async Task What_is_wrongly_set_up_ends_it_with_78_and_a_sentence_and_the_token_is_for_its_owner_alone()
    {
        await using var gateway = await GatewayScene.BeginAsync();
        using var home = new DesktopHome();
        Assert.Equal(78, (await home.RunAsync("", "--print")).Status);
        Assert.Equal(78, (await home.RunAsync("eyJ.a.b", "login", "ws://gateway.example.org/")).Status);
        Assert.Equal(78, (await home.RunAsync("eyJ.a.b", "login", "https://gateway.example.org/")).Status);
        Assert.Equal(78, (await home.RunAsync("no token", "login", "wss://gateway.example.org/")).Status);
        await home.LogInAsync(gateway, "alice");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(home.TokenFile));

        File.SetUnixFileMode(home.TokenFile, (UnixFileMode)0b110_100_100);

        var (status, said) = await home.RunAsync("", "status");
        Assert.Equal(78, status);
        Assert.Contains($"chmod 600 {home.TokenFile}", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_desktop_session_it_says_how_to_go_on()
    {
        await using var gateway = await GatewayScene.BeginAsync();
        using var home = new DesktopHome();
        await home.LogInAsync(gateway, "alice");
        home.Environment["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nowhere/bus";

        var (status, said) = await home.RunAsync("");

        Assert.Equal(69, status);
        Assert.Contains("notify-desktop --print", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_real_notification_service_shows_them_and_a_burst_does_not_bury_the_desktop()
    {
        await using var gateway = await GatewayScene.BeginAsync();
        using var home = new DesktopHome();
        await home.LogInAsync(gateway, "alice");
        await using var screen = await DesktopScreen.StartAsync();
        home.Environment["DBUS_SESSION_BUS_ADDRESS"] = screen.Bus;
        await using var desktop = DesktopProcess.Start(home);
        await WaitForAsync(desktop, "Connected as alice.");

        await SendAsync(gateway, "one", "Revenue <b>is</b> down", "*12 %* under the average of _7 days_ & falling");
        await Eventually.TrueAsync(async () => (await screen.HistoryAsync()).Contains("Revenue <b>is</b> down", StringComparison.Ordinal), () => "it is not shown", Cancellation);
        var shown = await screen.HistoryAsync();
        Assert.Contains("12 % under the average of 7 days &amp; falling", shown, StringComparison.Ordinal);

        for (var i = 0; i < 200; i++)
        {
            await SendAsync(gateway, $"burst {i}", $"Burst {i}", null);
        }

        await SendAsync(gateway, "last", "Last of all", null);
        await Eventually.TrueAsync(async () => (await screen.HistoryAsync()).Contains("More notifications", StringComparison.Ordinal), () => "the burst is not said", Cancellation);
        Assert.InRange(Numbers().Matches(await screen.HistoryAsync()).Select(m => m.Value).Distinct(StringComparer.Ordinal).Count(), 1, 10);
    }

    [GeneratedRegex("Burst [0-9]+", RegexOptions.None, 1000)]
    private static partial Regex Numbers();

    private static Task WaitForAsync(DesktopProcess desktop, string words) => Eventually.TrueAsync(() => desktop.Said.Contains(words, StringComparison.Ordinal), () => $"it says: {desktop.Said}", Cancellation);

    private static async Task SendAsync(GatewayScene gateway, string id, string? title, string? message, string? script = null) =>
        await gateway.Caller.PostAsync("/dispatch", new { user = "alice", notification = new { id, title, message, script } });
}
