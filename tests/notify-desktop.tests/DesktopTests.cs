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

        await SendAsync(
            gateway,
            "one",
            "Orders \u001b[31m",
            "*12* wait for `review` in daily_active_users\u0007\nsecond line"
        );
        await SendAsync(gateway, "one", "Orders", "again");
        await SendAsync(gateway, "two", null, null, "stock.py");
        await WaitForAsync(desktop, "stock.py");

        Assert.Contains(
            "Orders [31m\n    12 wait for review in daily_active_users\n    second line\n",
            desktop.Said,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("again", desktop.Said, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', desktop.Said);
        await desktop.StopAsync(Cancellation);
    }

    [Fact]
    public async Task A_gateway_that_is_killed_and_comes_back_is_found_again_by_itself()
    {
        await using var gateway = GatewayScene.Set();
        gateway.Environment["NOTIFY_GATEWAY_LISTEN"] = string.Create(
            CultureInfo.InvariantCulture,
            $"http://127.0.0.1:{FreePort.Next()}"
        );
        await gateway.StartAsync();
        using var home = new DesktopHome();
        await home.LogInAsync(gateway, "alice");
        await using var desktop = DesktopProcess.Start(home, "--print");
        await WaitForAsync(desktop, "Connected as alice.");
        await SendAsync(gateway, "before", "before", null);
        await WaitForAsync(desktop, "before");

        await gateway.Gateway.KillAsync();
        await WaitForAsync(desktop, "Trying again until it works");
        await gateway.StartAsync();
        await Eventually.TrueAsync(
            () => desktop.Said.Split("Connected as alice.").Length == 3,
            () => desktop.Said,
            Cancellation
        );
        await SendAsync(gateway, "before", "before", null);
        await SendAsync(gateway, "after", "after", null);
        await WaitForAsync(desktop, "after");

        Assert.Equal(2, desktop.Said.Split("before").Length);
        Assert.Equal(2, desktop.Said.Split("Trying again until").Length);
    }

    [Fact]
    public async Task Login_says_what_comes_next_and_where_there_is_no_TLS_the_reason_is_said()
    {
        await using var gateway = await GatewayScene.BeginAsync();
        using var home = new DesktopHome();

        var stored = await home.RunAsync(
            "eyJ.a.b",
            "login",
            DesktopHome.AddressOf(gateway).Replace("ws://", "wss://", StringComparison.Ordinal)
        );
        Assert.Contains(
            "notify-desktop unit > ~/.config/systemd/user/notify-desktop.service",
            stored.Said,
            StringComparison.Ordinal
        );

        var (status, said) = await home.RunAsync("", "status");
        Assert.Equal(69, status);
        Assert.Contains("can't be reached: ", said, StringComparison.Ordinal);
        Assert.DoesNotContain("inner exception", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_token_ends_it_with_77_and_says_what_to_do()
    {
        await using var gateway = await GatewayScene.BeginAsync();
        using var home = new DesktopHome();
        await home.LogInAsync(gateway, "alice", "the-laptop");
        Assert.Contains(
            "accepts this device as alice",
            (await home.RunAsync("", "status")).Said,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "Notifications appear while this runs: /",
            (await home.RunAsync("", "status")).Said,
            StringComparison.Ordinal
        );
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
        await using var connected = await ConnectedDesktop.BeginAsync();
        var (gateway, screen, desktop) = connected;

        await SendAsync(gateway, "one", "Revenue <b>is</b> down", "*12 %* under the average of _7 days_ & falling");
        await Eventually.TrueAsync(
            async () => (await screen.HistoryAsync()).Contains("Revenue <b>is</b> down", StringComparison.Ordinal),
            () => "it is not shown",
            Cancellation
        );
        var shown = await screen.HistoryAsync();
        Assert.Contains("12 % under the average of 7 days &amp; falling", shown, StringComparison.Ordinal);

        for (var i = 0; i < 200; i++)
        {
            await SendAsync(gateway, $"burst {i}", $"Burst {i}", null);
        }

        await Eventually.TrueAsync(
            async () => More().IsMatch(await screen.HistoryAsync()),
            () => "the burst is not said",
            Cancellation
        );
        var history = await screen.HistoryAsync();
        var burst = Numbers().Matches(history).Select(m => m.Value).Distinct(StringComparer.Ordinal).Count();
        Assert.InRange(burst, 1, 30);
        Assert.Equal(
            200,
            burst + More().Matches(history).Sum(m => int.Parse(m.Groups["count"].Value, CultureInfo.InvariantCulture))
        );
    }

    [Fact]
    public async Task What_a_person_sees_on_the_screen()
    {
        await using var connected = await ConnectedDesktop.BeginAsync();
        var (gateway, screen, desktop) = connected;

        await SendAsync(
            gateway,
            "one",
            "Revenue down 25 %",
            "*Wednesday*: $45,300\n7-day average: $60,757\n_Alert below -15 %_"
        );
        await SendAsync(gateway, "two", "Orders: daily report", "961, +4.7 % \U0001F680");
        await Eventually.TrueAsync(
            async () => await screen.ShownNowAsync() == 2,
            () => $"they are not shown; {desktop.Said}",
            Cancellation
        );

        await screen.SnapAsync("desktop");
    }

    [Fact]
    public async Task A_notification_service_that_is_started_again_is_found_and_one_that_is_away_is_said_once()
    {
        await using var connected = await ConnectedDesktop.BeginAsync();
        var (gateway, screen, desktop) = connected;

        await screen.KillServiceAsync();
        await SendAsync(gateway, "one", "While it is away", null);
        await WaitForAsync(desktop, "\"While it is away\" could not be shown");
        await SendAsync(gateway, "two", "Still away", null);
        await screen.StartServiceAsync();
        await SendAsync(gateway, "three", "Here again", null);
        await Eventually.TrueAsync(
            async () => (await screen.HistoryAsync()).Contains("Here again", StringComparison.Ordinal),
            () => desktop.Said,
            Cancellation
        );

        Assert.DoesNotContain("\"Still away\"", desktop.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_notification_service_that_hangs_shows_each_once_when_it_goes_on()
    {
        await using var connected = await ConnectedDesktop.BeginAsync();
        var (gateway, screen, desktop) = connected;

        await screen.SignalServiceAsync("STOP");
        await SendAsync(gateway, "one", "Into the silence", null);
        await WaitForAsync(
            desktop,
            "\"Into the silence\" could not be shown: the desktop's notification service does not answer."
        );
        await screen.SignalServiceAsync("CONT");
        await SendAsync(gateway, "two", "Here again", null);
        await Eventually.TrueAsync(
            async () => (await screen.HistoryAsync()).Contains("Here again", StringComparison.Ordinal),
            () => desktop.Said,
            Cancellation
        );

        Assert.Single(Silence().Matches(await screen.HistoryAsync()));
    }

    [Fact]
    public async Task The_sixth_connection_waits_for_one_of_the_five_to_end_and_its_token_stays_good()
    {
        await using var gateway = await GatewayScene.BeginAsync();
        using var home = new DesktopHome();
        await home.LogInAsync(gateway, "alice");
        var five = new List<GatewayClient>();
        for (var i = 0; i < 5; i++)
        {
            five.Add(await gateway.LogInAsync("alice"));
        }

        var (status, said) = await home.RunAsync("", "status");
        Assert.Equal(69, status);
        Assert.Contains("The token is valid", said, StringComparison.Ordinal);
        await using var desktop = DesktopProcess.Start(home, "--print");
        await WaitForAsync(desktop, "alice has 5 connections, which is the limit");
        five.ForEach(c => c.Dispose());

        await WaitForAsync(desktop, "Connected as alice.");
        Assert.DoesNotContain("Make a new token", desktop.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_has_ended_ends_it_with_77()
    {
        await using var gateway = await GatewayScene.BeginAsync();
        using var home = new DesktopHome();
        var token = GatewayToken.Of("alice", lives: TimeSpan.FromHours(-1));
        Assert.Equal(0, (await home.RunAsync(token.ToString(), "login", DesktopHome.AddressOf(gateway))).Status);

        var (status, said) = await home.RunAsync("", "--print");

        Assert.Equal(77, status);
        Assert.Contains("Make a new token on the dashboard", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_that_others_can_change_is_not_believed_until_a_new_login_closes_it()
    {
        await using var gateway = await GatewayScene.BeginAsync();
        using var home = new DesktopHome();
        await home.LogInAsync(gateway, "alice");
        var folder = Path.GetDirectoryName(home.TokenFile)!;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);

        var (status, said) = await home.RunAsync("", "status");
        Assert.Equal(78, status);
        Assert.Contains($"chmod 700 {folder}", said, StringComparison.Ordinal);
        await home.LogInAsync(gateway, "alice");

        Assert.Equal(0, (await home.RunAsync("", "status")).Status);
    }

    [Fact]
    public async Task The_unit_starts_it_from_where_the_guide_puts_it_and_not_again_where_a_person_is_needed()
    {
        using var home = new DesktopHome();

        var (status, unit) = await home.RunAsync("", "unit");

        Assert.Equal(0, status);
        Assert.Contains("\nExecStart=%h/.local/bin/notify-desktop\n", unit, StringComparison.Ordinal);
        Assert.Contains("\nRestartPreventExitStatus=77 78\n", unit, StringComparison.Ordinal);
    }

    [GeneratedRegex("Burst [0-9]+", RegexOptions.None, 1000)]
    private static partial Regex Numbers();

    // Of each, the history of dunst has the title and, with its body below, the text that was shown.
    [GeneratedRegex(
        "\"summary\".*?\"data\" : \"(?<count>[0-9]+) more notifications?\"",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex More();

    [GeneratedRegex("\"summary\" : {[^}]*Into the silence", RegexOptions.None, 1000)]
    private static partial Regex Silence();

    private static Task WaitForAsync(DesktopProcess desktop, string words) =>
        Eventually.TrueAsync(
            () => desktop.Said.Contains(words, StringComparison.Ordinal),
            () => $"it says: {desktop.Said}",
            Cancellation
        );

    private static async Task SendAsync(
        GatewayScene gateway,
        string id,
        string? title,
        string? message,
        string? script = null
    ) =>
        await gateway.Caller.PostAsync(
            "/dispatch",
            new
            {
                user = "alice",
                notification = new
                {
                    id,
                    title,
                    message,
                    script,
                },
            }
        );

    /// <summary>A gateway, a screen with a notification service, and notify-desktop of alice between them.</summary>
    private sealed class ConnectedDesktop(
        GatewayScene gateway,
        DesktopHome home,
        DesktopScreen screen,
        DesktopProcess desktop
    ) : IAsyncDisposable
    {
        public static async Task<ConnectedDesktop> BeginAsync()
        {
            // The first, as it skips the test where there is none.
            var screen = await DesktopScreen.StartAsync();
            var gateway = await GatewayScene.BeginAsync();
            var home = new DesktopHome();
            await home.LogInAsync(gateway, "alice");
            home.Environment["DBUS_SESSION_BUS_ADDRESS"] = screen.Bus;
            var desktop = DesktopProcess.Start(home);
            await WaitForAsync(desktop, "Connected as alice.");
            return new ConnectedDesktop(gateway, home, screen, desktop);
        }

        public void Deconstruct(
            out GatewayScene itsGateway,
            out DesktopScreen itsScreen,
            out DesktopProcess itsDesktop
        ) => (itsGateway, itsScreen, itsDesktop) = (gateway, screen, desktop);

        public async ValueTask DisposeAsync()
        {
            await desktop.DisposeAsync();
            await screen.DisposeAsync();
            home.Dispose();
            await gateway.DisposeAsync();
        }
    }
}
