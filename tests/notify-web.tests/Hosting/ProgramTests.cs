using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Notify.Testing;

namespace Notify.Tests.Hosting;

/// <summary>The program as systemd and an operator see it: a process of its own.</summary>
public sealed class ProgramTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GOOGLE_CLIENT_ID", "", "GOOGLE_CLIENT_ID is not set")]
    [InlineData("GOOGLE_CLIENT_SECRET", "", "GOOGLE_CLIENT_SECRET is not set")]
    [InlineData("NOTIFY_ALLOWED_DOMAINS", "", "NOTIFY_ALLOWED_DOMAINS is not set")]
    [InlineData(
        "NOTIFY_ALLOWED_DOMAINS",
        "example.com, ex ample.org",
        "NOTIFY_ALLOWED_DOMAINS holds \"example.com, ex ample.org\""
    )]
    [InlineData("NOTIFY_JWT_SECRET", "", "NOTIFY_JWT_SECRET is not set")]
    [InlineData(
        "NOTIFY_JWT_SECRET",
        "a short secret of 31 characters",
        "NOTIFY_JWT_SECRET does not hold at least 32 bytes"
    )]
    [InlineData("NOTIFY_JWT_SECRET_PREVIOUS", "short", "NOTIFY_JWT_SECRET_PREVIOUS does not hold")]
    [InlineData(
        "NOTIFY_OIDC_AUTHORITY",
        "http://accounts.example.com",
        "NOTIFY_OIDC_AUTHORITY holds \"http://accounts.example.com\""
    )]
    [InlineData(
        "NOTIFY_WEB_URL",
        "http://dashboard.example.com",
        "NOTIFY_WEB_URL holds \"http://dashboard.example.com\""
    )]
    [InlineData("NOTIFY_WEB_URL", "dashboard", "NOTIFY_WEB_URL holds \"dashboard\"")]
    [InlineData("NOTIFY_WEB_LISTEN", "https://127.0.0.1:5000", "NOTIFY_WEB_LISTEN holds \"https://127.0.0.1:5000\"")]
    [InlineData("NOTIFY_WEB_LISTEN", "http://dashboard:5000", "NOTIFY_WEB_LISTEN holds \"http://dashboard:5000\"")]
    [InlineData("NOTIFY_WEB_LISTEN", "unix:web.sock", "NOTIFY_WEB_LISTEN holds \"unix:web.sock\"")]
    [InlineData("NOTIFY_DATA_DIR", "data", "NOTIFY_DATA_DIR holds \"data\"")]
    [InlineData(
        "NOTIFY_DATA_DIR",
        "/nowhere/at/all",
        "NOTIFY_DATA_DIR holds \"/nowhere/at/all\": it should hold a folder that root can read and write (nothing is there)"
    )]
    [InlineData(
        "NOTIFY_DATA_DIR",
        "/etc/passwd",
        "NOTIFY_DATA_DIR holds \"/etc/passwd\": it should hold a folder that root can read and write (/etc/passwd is not a folder)"
    )]
    [InlineData("NOTIFY_BOT_SOCKET", "bot.sock", "NOTIFY_BOT_SOCKET holds \"bot.sock\"")]
    [InlineData("NOTIFY_ANALYST_GROUP", "data read", "NOTIFY_ANALYST_GROUP holds \"data read\"")]
    [InlineData("NOTIFY_USER_MAP", "users", "NOTIFY_USER_MAP holds \"users\"")]
    [InlineData(
        "NOTIFY_WEB_STATE_DIR",
        "/proc/no-folder",
        "NOTIFY_WEB_STATE_DIR holds \"/proc/no-folder\": it should hold a folder that"
    )]
    [InlineData("TELEGRAM_BOT_USERNAME", "my bot", "TELEGRAM_BOT_USERNAME holds \"my bot\"")]
    public async Task A_wrong_setting_ends_it_with_status_78_and_a_sentence(string name, string value, string sentence)
    {
        var environment = new Dictionary<string, string>(
            WebProcess.Settings(new Uri("http://127.0.0.1:9"), "/nowhere"),
            StringComparer.Ordinal
        )
        {
            ["NOTIFY_DATA_DIR"] = "/tmp",
        };
        environment["NOTIFY_WEB_STATE_DIR"] = Path.Combine(Path.GetTempPath(), "notify-web-unused");
        environment[name] = value;

        var (status, said) = await RunProgram.ToEndAsync(Programs.Path("notify-web"), [], environment, Cancellation);

        Assert.Equal(78, status);
        Assert.Contains(sentence, said, StringComparison.Ordinal);
        Assert.Single(said.Trim().Split('\n'));
        if (value.Length > 0 && name.StartsWith("NOTIFY_JWT", StringComparison.Ordinal))
        {
            Assert.DoesNotContain(value, said, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Help_and_version_need_no_settings_and_a_typing_error_is_said()
    {
        var none = new Dictionary<string, string>(StringComparer.Ordinal);
        var help = await RunProgram.ToEndAsync(Programs.Path("notify-web"), ["--help"], none, Cancellation);
        Assert.Equal(0, help.Status);
        Assert.Contains("notify-web serves the dashboard", help.Said, StringComparison.Ordinal);
        var version = await RunProgram.ToEndAsync(Programs.Path("notify-web"), ["--version"], none, Cancellation);
        Assert.Equal(0, version.Status);
        Assert.Matches(Programs.Version, version.Said);
        var wrong = await RunProgram.ToEndAsync(Programs.Path("notify-web"), ["serve"], none, Cancellation);
        Assert.Equal(64, wrong.Status);
        Assert.Contains("unknown argument serve", wrong.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_starts_without_bot_provider_and_gateway_and_ends_at_once_at_TERM_whatever_is_open()
    {
        await using var scene = await WebScene.SetAsync();
        await using var web = await WebProcess.StartAsync(scene.Environment, user: null, Cancellation);
        var (_, email) = await scene.AddAnalystAsync();
        var visitor = scene.NewVisitor();
        Assert.Equal(HttpStatusCode.OK, (await visitor.LogInAsync(email, Cancellation)).Status);
        using var stream = await visitor.OpenAsync("/api/events", Cancellation);
        var began = TimeProvider.System.GetTimestamp();

        await web.StopAsync(Cancellation);

        Assert.Equal(0, web.ExitStatus);
        // systemd's patience, not a budget.
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(10));
        Assert.Contains("The bot is not running", web.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("code=", web.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_somebody_else_has_is_said_and_is_no_wrong_setting()
    {
        await using var scene = await WebScene.SetAsync();
        using var taken = new TcpListener(IPAddress.Loopback, new Uri(scene.Environment["NOTIFY_WEB_LISTEN"]).Port);
        taken.Start();

        var (status, said) = await RunProgram.ToEndAsync(
            Programs.Path("notify-web"),
            [],
            scene.Environment,
            Cancellation
        );

        Assert.Equal(1, status);
        Assert.Contains("address already in use", said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_another_machine_is_refused_with_the_setting_and_the_reason()
    {
        await using var scene = await WebScene.SetAsync();
        scene.Environment["NOTIFY_WEB_LISTEN"] = "http://192.0.2.1:5000";

        var (status, said) = await RunProgram.ToEndAsync(
            Programs.Path("notify-web"),
            [],
            scene.Environment,
            Cancellation
        );

        Assert.Equal(1, status);
        Assert.Contains(
            "NOTIFY_WEB_LISTEN=http://192.0.2.1:5000 can't be listened on: Cannot assign requested address.",
            said,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_devices_that_it_may_not_read_is_logged_and_ends_nothing()
    {
        await using var scene = await WebScene.SetAsync();
        var www = await scene.AddAccountAsync("www", "data-ops");
        var state = scene.Environment["NOTIFY_WEB_STATE_DIR"] = Path.Combine(www.Home, "state");
        Directory.CreateDirectory(state);
        www.Own(state);
        www.Own(scene.Data);
        var devices = Path.Combine(state, "devices.json");
        await File.WriteAllTextAsync(devices, "[]", Cancellation);
        File.SetUnixFileMode(devices, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var web = await WebProcess.StartAsync(scene.Environment, www.Name, Cancellation);

        await Eventually.TrueAsync(
            () => web.Said.Contains("ERROR 4404 ", StringComparison.Ordinal),
            () => web.Said,
            Cancellation
        );

        Assert.Contains(devices, web.Said, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await scene.NewVisitor().GetAsync("/healthz", Cancellation)).Status);
    }

    [Fact]
    public async Task It_serves_on_the_socket_that_systemd_hands_over_and_says_when_it_is_ready()
    {
        await using var scene = await WebScene.SetAsync();
        var told = Path.Combine(scene.Folder, "told");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(told));
        scene.Environment["NOTIFY_SOCKET"] = told;
        // What the setting says does not count then.
        scene.Environment["NOTIFY_WEB_LISTEN"] = "http://127.0.0.1:1";
        const string HandOver = """
            import os, socket, sys
            s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(64)
            os.dup2(s.fileno(), 3); os.set_inheritable(3, True)
            os.execve(sys.argv[2], [sys.argv[2]], {**os.environ, "LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"})
            """;

        await using var web = await WebProcess.StartAsync(
            [
                "/usr/bin/python3",
                "-c",
                HandOver,
                scene.Address.Port.ToString(CultureInfo.InvariantCulture),
                Programs.Path("notify-web"),
            ],
            scene.Environment,
            user: null,
            Cancellation
        );

        var message = new byte[100];
        Assert.Equal(
            "READY=1",
            Encoding.ASCII.GetString(
                message,
                0,
                await systemd
                    .ReceiveAsync(message, Cancellation)
                    .AsTask()
                    .WaitAsync(TimeSpan.FromSeconds(60), Cancellation)
            )
        );
        Assert.Equal(HttpStatusCode.OK, (await scene.NewVisitor().GetAsync("/healthz", Cancellation)).Status);
        await web.StopAsync(Cancellation);
        Assert.Equal(
            "STOPPING=1",
            Encoding.ASCII.GetString(
                message,
                0,
                await systemd
                    .ReceiveAsync(message, Cancellation)
                    .AsTask()
                    .WaitAsync(TimeSpan.FromSeconds(60), Cancellation)
            )
        );
    }

    [Fact]
    public async Task It_works_as_an_account_that_may_do_nothing_but_its_work()
    {
        await using var scene = await WebScene.SetAsync();
        var www = await scene.AddAccountAsync("www", "data-ops");
        scene.Environment["NOTIFY_WEB_STATE_DIR"] = Path.Combine(www.Home, "state");
        File.SetUnixFileMode(scene.Data, (UnixFileMode)0b10_111_111_000);
        await RunProgram.ToEndAsync(
            "/usr/bin/chgrp",
            ["data-ops", scene.Data],
            new Dictionary<string, string>(StringComparer.Ordinal),
            Cancellation
        );
        await using var web = await WebProcess.StartAsync(scene.Environment, www.Name, Cancellation);
        var (_, email) = await scene.AddAnalystAsync();
        var visitor = scene.NewVisitor();

        Assert.Equal(HttpStatusCode.OK, (await visitor.LogInAsync(email, Cancellation)).Status);
        var code = (await scene.Links.IssueCodeAsync(new ChatId(7001), Cancellation)).Code;
        var answer = await visitor.PostAsync("/api/telegram/verify", new { code }, Cancellation);
        Assert.True(answer.Status == HttpStatusCode.OK, answer + web.Said);
    }
}
