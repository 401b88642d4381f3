using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Notify.Posix;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>The dispatch socket: who has it, who may call, what becomes of a dead one's file; and both sockets from systemd.</summary>
public sealed class SocketTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Root_the_gateway_s_own_user_and_the_group_may_call_and_nobody_else_even_where_the_mode_lets_them_in()
    {
        TestAccount.SkipUnlessRoot();
        await using var own = await TestAccount.CreateAsync("gateway", "data-ops");
        await using var dana = await TestAccount.CreateAsync("dana", "data-ops");
        await using var eve = await TestAccount.CreateAsync("eve");
        await using var scene = GatewayScene.Set();
        foreach (var folder in new[] { scene.State, Path.GetDirectoryName(scene.SocketPath)! })
        {
            Directory.CreateDirectory(folder);
            own.Own(folder);
        }

        await scene.StartAsync(own.Name);

        var socket = FileStatus.OfPath(scene.SocketPath)!.Value;
        Assert.Equal(
            (own.Uid, Group.Find("data-ops")!.Gid, FileModes.GroupFolder),
            (socket.Uid, socket.Gid, socket.Mode)
        );
        using var client = await scene.LogInAsync("alice");
        await using var asRoot = AccountCaller.OfThisUser(scene.SocketPath);
        await using var asGateway = AccountCaller.Of(own, scene.SocketPath);
        await using var asDana = AccountCaller.Of(dana, scene.SocketPath);
        await using var asEve = AccountCaller.Of(eve, scene.SocketPath);
        var call = new { user = "alice", notification = new { id = "n" } };
        foreach (var caller in new[] { asRoot, asGateway, asDana })
        {
            var answer = await caller.PostAsync("/dispatch", call, Cancellation);
            Assert.Equal((200, """{"sent":1}"""), (answer.Status, answer.Body));
        }

        const int PermissionDenied = 13;
        Assert.Equal((0, PermissionDenied), await StatusAsync(asEve, call));
        File.SetUnixFileMode(scene.SocketPath, (UnixFileMode)0b111_111_111);
        Assert.Equal((403, 0), await StatusAsync(asEve, call));
        var refused = await asEve.GetAsync("/health", Cancellation);
        Assert.Equal(403, refused.Status);
        Assert.Contains(eve.Uid.ToString(CultureInfo.InvariantCulture), refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("alice", refused.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_gateway_s_file_is_replaced_and_its_clients_come_back()
    {
        await using var scene = GatewayScene.Set();
        scene.Environment["NOTIFY_GATEWAY_LISTEN"] = $"http://127.0.0.1:{FreePort.Next()}";
        await scene.StartAsync();
        for (var round = 0; round < 3; round++)
        {
            var clients = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => scene.LogInAsync($"user{i / 5}")));
            Assert.Equal(5, await scene.Caller.DispatchAsync("user7", $"round {round}"));
            Assert.Equal($"round {round}", await clients[36].NextIdAsync());

            await scene.Gateway.KillAsync();
            Assert.Equal(FileKind.Socket, FileStatus.OfPath(scene.SocketPath)?.Kind);
            foreach (var client in clients)
            {
                await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(async () =>
                {
                    while (await client.NextAsync() is not null) { }
                });
                client.Dispose();
            }

            await scene.StartAsync();
        }
    }

    [Fact]
    public async Task A_second_gateway_on_a_living_one_s_socket_ends_and_says_so_and_the_first_goes_on()
    {
        await using var scene = await GatewayScene.BeginAsync();

        await using var second = await GatewayProcess.StartAsync(scene.Environment.AsReadOnly(), null, Cancellation);
        await second.WaitForEndAsync(Cancellation);

        Assert.Equal(1, second.ExitStatus);
        Assert.Contains($"Another gateway answers on {scene.SocketPath}", second.Said, StringComparison.Ordinal);
        Assert.Contains("\"ok\"", await scene.Caller.GetAsync("/health"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_socket_is_left_alone_and_the_start_refused()
    {
        await using var scene = GatewayScene.Set();
        Directory.CreateDirectory(Path.GetDirectoryName(scene.SocketPath)!);
        await File.WriteAllTextAsync(scene.SocketPath, "mine", Cancellation);

        await scene.StartAsync();
        await scene.Gateway.WaitForEndAsync(Cancellation);

        Assert.Equal(1, scene.Gateway.ExitStatus);
        Assert.Contains("is not a socket", scene.Gateway.Said, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(scene.SocketPath, Cancellation));
    }

    [Fact]
    public async Task A_port_that_somebody_else_has_ends_it_with_a_sentence()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        await using var scene = GatewayScene.Set();
        scene.Environment["NOTIFY_GATEWAY_LISTEN"] = $"http://{other.LocalEndpoint}";

        await scene.StartAsync();
        await scene.Gateway.WaitForEndAsync(Cancellation);

        Assert.Equal(1, scene.Gateway.ExitStatus);
        Assert.Contains(other.LocalEndpoint.ToString()!, scene.Gateway.Said, StringComparison.Ordinal);
        Assert.Contains("in use", scene.Gateway.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", scene.Gateway.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_another_machine_is_refused_with_the_setting_and_the_reason()
    {
        await using var scene = GatewayScene.Set();
        scene.Environment["NOTIFY_GATEWAY_LISTEN"] = "http://192.0.2.1:8765";

        await scene.StartAsync();
        await scene.Gateway.WaitForEndAsync(Cancellation);

        Assert.Equal(1, scene.Gateway.ExitStatus);
        Assert.Contains(
            "NOTIFY_GATEWAY_LISTEN=http://192.0.2.1:8765 can't be listened on: Cannot assign requested address.",
            scene.Gateway.Said,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("tcp unix")]
    [InlineData("unix tcp")]
    [InlineData("unix")]
    [InlineData("tcp")]
    public async Task Sockets_that_systemd_hands_over_are_served_each_for_what_it_is_and_READY_is_said(string kinds)
    {
        await using var scene = GatewayScene.Set();
        Directory.CreateDirectory(Path.GetDirectoryName(scene.SocketPath)!);
        var port = FreePort.Next();
        scene.Environment["NOTIFY_GATEWAY_LISTEN"] = $"http://127.0.0.1:{port}";
        var ready = scene.Environment["NOTIFY_SOCKET"] = Path.Combine(scene.Folder, "notify");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(ready));

        // Hands descriptors over as systemd does: LISTEN_PID is the process's own id, which stays through the exec.
        const string Activate = """
            import os, socket, sys
            kinds, path, port, program = sys.argv[1:]
            kept = []
            for place, kind in enumerate(kinds.split(), 3):
                s = socket.socket(socket.AF_UNIX if kind == "unix" else socket.AF_INET)
                if kind == "tcp": s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind(path if kind == "unix" else ("127.0.0.1", int(port))); s.listen(64)
                high = os.dup(s.fileno()) + 10; os.dup2(s.fileno(), high); kept.append((high, place)); s.detach()
            for high, place in kept:
                os.dup2(high, place); os.set_inheritable(place, True)
            os.execve(program, [program], dict(os.environ, LISTEN_FDS=str(len(kept)), LISTEN_PID=str(os.getpid())))
            """;
        var start = new ProcessStartInfo(
            "/usr/bin/python3",
            ["-c", Activate, kinds, scene.SocketPath, $"{port}", Programs.Path("notify-gateway")]
        )
        {
            UseShellExecute = false,
        };
        foreach (var (name, value) in scene.Environment)
        {
            start.Environment[name] = value;
        }

        using var gateway = Process.Start(start)!;
        try
        {
            var said = new byte[100];
            var length = await systemd
                .ReceiveAsync(said, Cancellation)
                .AsTask()
                .WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
            Assert.Equal("READY=1", Encoding.ASCII.GetString(said, 0, length));
            using var client = await GatewayClient.LogInAsync(
                new Uri($"ws://127.0.0.1:{port}/"),
                GatewayToken.Of("alice")
            );
            Assert.Equal(1, await scene.Caller.DispatchAsync("alice", "n"));
            Assert.Equal("n", await client.NextIdAsync());
            using var overTcp = await RawClient.OpenAsync(new Uri($"ws://127.0.0.1:{port}/"));
            await overTcp.AskAsync("GET /health HTTP/1.1\r\nHost: notify\r\n\r\n");
            Assert.Equal(404, overTcp.Status);

            Process.Start("kill", ["-TERM", gateway.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
            Assert.Null(await client.NextAsync());
            await gateway.WaitForExitAsync(Cancellation);

            // systemd's file stays: it goes on listening there, and the next gateway answers what came meanwhile.
            Assert.Equal(kinds.Contains("unix", StringComparison.Ordinal), File.Exists(scene.SocketPath));
        }
        finally
        {
            gateway.Kill();
        }
    }

    [Theory]
    [InlineData("clients dispatch", "clients:dispatch", "http://127.0.0.1:8765")]
    [InlineData("dispatch clients", "dispatch:clients", "http://127.0.0.1:8765")]
    [InlineData("clients dispatch", "", "unix:{0}/client.sock")]
    [InlineData("dispatch clients", "notify-gateway.socket:notify-gateway.socket", "unix:{0}/client.sock")]
    public async Task Of_two_Unix_sockets_from_systemd_each_is_served_for_what_it_is_called_or_bound_to(
        string kinds,
        string names,
        string listen
    )
    {
        await using var scene = GatewayScene.Set();
        scene.Environment["NOTIFY_GATEWAY_LISTEN"] = string.Format(CultureInfo.InvariantCulture, listen, scene.Folder);
        await using var gateway = await ActivateAsync(scene, kinds, names);
        var clients = new Uri($"unix:{scene.Folder}/client.sock");

        using var client = await RawClient.ConnectAsync(clients);
        await client.LogInAsync(GatewayToken.Of("alice"));
        Assert.Equal(1, await scene.Caller.DispatchAsync("alice", "n"));
        Assert.Contains("\"n\"", await client.NextTextAsync(), StringComparison.Ordinal);
        using var curious = await RawClient.OpenAsync(clients);
        await curious.AskAsync("GET /health HTTP/1.1\r\nHost: notify\r\n\r\n");
        Assert.Equal(404, curious.Status);
        await gateway.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Unix_sockets_from_systemd_that_could_both_be_the_bot_s_end_it_with_a_sentence()
    {
        await using var scene = GatewayScene.Set();
        await using var gateway = await ActivateAsync(scene, "clients dispatch", "");

        await gateway.WaitForEndAsync(Cancellation);

        Assert.Equal(78, gateway.ExitStatus);
        Assert.Contains("FileDescriptorName=", gateway.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_clients_Unix_socket_is_the_web_server_s_and_no_other_account_can_connect()
    {
        TestAccount.SkipUnlessRoot();
        await using var eve = await TestAccount.CreateAsync("eve", "data-ops");
        await using var web = await TestAccount.CreateAsync("nginx", "www-data");
        await using var scene = GatewayScene.Set();
        var path = Path.Combine(scene.Folder, "client.sock");
        scene.Environment["NOTIFY_GATEWAY_LISTEN"] = $"unix:{path}";
        await scene.StartAsync();

        var socket = FileStatus.OfPath(path)!.Value;
        Assert.Equal((Group.Find("www-data")!.Gid, FileModes.GroupFile), (socket.Gid, socket.Mode));
        await using var asEve = AccountCaller.Of(eve, path);
        await using var asWeb = AccountCaller.Of(web, path);
        const int PermissionDenied = 13;
        Assert.Equal(PermissionDenied, (await asEve.GetAsync("/", Cancellation)).Errno);
        Assert.Equal(426, (await asWeb.GetAsync("/", Cancellation)).Status);
    }

    /// <summary>Starts a gateway with Unix sockets as systemd hands them over: LISTEN_PID is the process's own id, which stays through the exec.</summary>
    private static async Task<ActivatedGateway> ActivateAsync(GatewayScene scene, string kinds, string names)
    {
        const string Activate = """
            import os, socket, sys
            kinds, names, clients, dispatch, program = sys.argv[1:]
            kept = []
            for place, kind in enumerate(kinds.split(), 3):
                s = socket.socket(socket.AF_UNIX); s.bind(clients if kind == "clients" else dispatch); s.listen(64)
                high = os.dup(s.fileno()) + 10; os.dup2(s.fileno(), high); kept.append((high, place)); s.detach()
            for high, place in kept:
                os.dup2(high, place); os.set_inheritable(place, True)
            more = {"LISTEN_FDNAMES": names} if names else {}
            os.execve(program, [program], dict(os.environ, LISTEN_FDS=str(len(kept)), LISTEN_PID=str(os.getpid()), **more))
            """;
        Directory.CreateDirectory(Path.GetDirectoryName(scene.SocketPath)!);
        return await ActivatedGateway.StartAsync(
            [
                "-c",
                Activate,
                kinds,
                names,
                Path.Combine(scene.Folder, "client.sock"),
                scene.SocketPath,
                Programs.Path("notify-gateway"),
            ],
            scene.Environment.AsReadOnly()
        );
    }

    private sealed class ActivatedGateway(Process process) : ServiceProcess(process, "3000")
    {
        internal static async Task<ActivatedGateway> StartAsync(
            IReadOnlyList<string> arguments,
            IReadOnlyDictionary<string, string> environment
        )
        {
            var gateway = new ActivatedGateway(Start("/usr/bin/python3", environment, null, arguments));
            await gateway.WaitUntilItServesAsync(Cancellation);
            return gateway;
        }
    }

    private static async Task<(int Status, int Errno)> StatusAsync(AccountCaller caller, object call)
    {
        var answer = await caller.PostAsync("/dispatch", call, Cancellation);
        return (answer.Status, answer.Errno);
    }
}
