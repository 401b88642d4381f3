using System.Diagnostics;
using System.Net.Sockets;
using Notify.Posix;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>The socket: who has it, what becomes of a dead one's file, and what is never touched (case C28).</summary>
public sealed class SocketTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Folder_and_socket_have_the_owner_mode_and_ACL_that_let_analysts_in()
    {
        TestAccount.SkipUnlessRoot();
        await using var deploy = await TestAccount.CreateAsync("deploy", "data-ops", "dataread");
        await using var scene = await BotScene.SetAsync();
        Directory.CreateDirectory(scene.Data);
        Process.Start("chown", [$"{deploy.Name}:data-ops", scene.Data]).WaitForExit();
        File.SetUnixFileMode(scene.Data, (UnixFileMode)0b10_111_111_000);

        await scene.StartBotAsync(deploy.Name);

        var (dataOps, dataread) = (Group.Find("data-ops")!.Gid, Group.Find("dataread")!.Gid);
        var socket = FileStatus.OfPath(scene.Bot.SocketPath)!.Value;
        Assert.Equal((deploy.Uid, dataOps, FileModes.GroupFile), (socket.Uid, socket.Gid, socket.Mode));
        Assert.Equal(AccessRights.Read | AccessRights.Write, AccessControlList.OfGroup(scene.Bot.SocketPath, dataread));
        Assert.Equal(AccessRights.Execute, AccessControlList.OfGroup(scene.Data, dataread));
        Assert.Equal(FileModes.SharedFolder, FileStatus.OfPath(scene.Data)!.Value.Mode);
        Assert.Equal(FileModes.GroupReadFolder, FileStatus.OfPath(Path.Combine(scene.Data, "private"))!.Value.Mode);
        Assert.Equal(
            FileModes.GroupReadFile,
            FileStatus.OfPath(Path.Combine(scene.Data, "private", "bot.log"))!.Value.Mode
        );
        Assert.Equal("private/bot.log", new FileInfo(Path.Combine(scene.Data, "bot.log")).LinkTarget);
    }

    [Fact]
    public async Task A_dead_bots_socket_file_is_replaced()
    {
        await using var scene = await BotScene.BeginAsync();
        await scene.Bot.KillAsync();
        Assert.Equal(FileKind.Socket, FileStatus.OfPath(scene.Bot.SocketPath)?.Kind);

        await scene.StartBotAsync();

        await scene.Bot.WaitForHealthAsync(h => BotScene.Status(h) == "ok", Cancellation);
    }

    [Fact]
    public async Task A_second_bot_on_a_living_ones_folder_ends_and_says_so_and_the_first_goes_on()
    {
        await using var scene = await BotScene.BeginAsync();

        await using var second = await BotProcess.StartAsync(scene.Environment.AsReadOnly(), user: null, Cancellation);
        await second.WaitForEndAsync(Cancellation);

        Assert.Equal(1, second.ExitStatus);
        Assert.Contains("Another bot works on", second.Said, StringComparison.Ordinal);
        Assert.Equal("ok", BotScene.Status(await scene.Bot.GetAsync("/health", Cancellation)));
    }

    [Fact]
    public async Task A_socket_that_anybody_answers_on_is_left_to_them()
    {
        await using var scene = await BotScene.SetAsync();
        var path = scene.Environment["NOTIFY_BOT_SOCKET"] = Path.Combine(scene.Folder, "taken.sock");
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(path));
        other.Listen();

        await scene.StartBotAsync();
        await scene.Bot.WaitForEndAsync(Cancellation);

        Assert.Contains($"Another bot answers on {path}", scene.Bot.Said, StringComparison.Ordinal);
        Assert.Equal(FileKind.Socket, FileStatus.OfPath(path)?.Kind);
    }

    [Theory]
    [InlineData("file")]
    [InlineData("link")]
    [InlineData("folder")]
    public async Task What_is_no_socket_is_left_alone_and_the_start_refused(string kind)
    {
        await using var scene = await BotScene.SetAsync();
        var path = scene.Environment["NOTIFY_BOT_SOCKET"] = Path.Combine(scene.Folder, "bot.sock");
        var target = Path.Combine(scene.Folder, "precious");
        await File.WriteAllTextAsync(target, "precious", Cancellation);
        switch (kind)
        {
            case "file":
                await File.WriteAllTextAsync(path, "mine", Cancellation);
                break;
            case "link":
                File.CreateSymbolicLink(path, target);
                break;
            default:
                Directory.CreateDirectory(path);
                break;
        }

        await scene.StartBotAsync();
        await scene.Bot.WaitForEndAsync(Cancellation);

        Assert.Equal(1, scene.Bot.ExitStatus);
        Assert.Contains("is not a socket", scene.Bot.Said, StringComparison.Ordinal);
        Assert.True(Path.Exists(path));
        Assert.Equal("precious", await File.ReadAllTextAsync(target, Cancellation));
    }

    [Fact]
    public async Task A_path_longer_than_the_kernel_takes_is_refused_with_its_limit()
    {
        await using var scene = await BotScene.SetAsync();
        scene.Environment["NOTIFY_BOT_SOCKET"] = "/tmp/" + new string('x', 103);

        await scene.StartBotAsync();
        await scene.Bot.WaitForEndAsync(Cancellation);

        Assert.Equal(78, scene.Bot.ExitStatus);
        Assert.Contains("NOTIFY_BOT_SOCKET", scene.Bot.Said, StringComparison.Ordinal);
        Assert.Contains("107 bytes", scene.Bot.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_that_systemd_hands_over_is_served_and_READY_is_said()
    {
        await using var scene = await BotScene.SetAsync();
        Directory.CreateDirectory(scene.Data);
        var path = Path.Combine(scene.Data, "bot.sock");
        var ready = Path.Combine(scene.Folder, "notify");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(ready));

        // Hands descriptor 3 over as systemd does: LISTEN_PID is the process's own id, which stays through the exec.
        const string Activate = """
            import os, socket, sys
            s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(64)
            os.dup2(s.fileno(), 3); os.set_inheritable(3, True)
            os.execve(sys.argv[2], [sys.argv[2]], dict(os.environ, LISTEN_FDS="1", LISTEN_PID=str(os.getpid())))
            """;
        var start = new ProcessStartInfo("/usr/bin/python3", ["-c", Activate, path, Programs.Path("notify-bot")])
        {
            UseShellExecute = false,
        };
        foreach (var (name, value) in scene.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["NOTIFY_SOCKET"] = ready;
        using var bot = Process.Start(start)!;
        try
        {
            var said = new byte[100];
            var length = await systemd
                .ReceiveAsync(said, Cancellation)
                .AsTask()
                .WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
            Assert.Equal("READY=1", System.Text.Encoding.ASCII.GetString(said, 0, length));
            using var client = BotProcess.NewClient(path);
            using var health = await client.GetAsync(new Uri("/health", UriKind.Relative), Cancellation);
            Assert.True(health.IsSuccessStatusCode);
            Process
                .Start("kill", ["-TERM", bot.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])
                .WaitForExit();
            await bot.WaitForExitAsync(Cancellation);

            // The file stays: it is systemd's, which goes on listening, and the next bot answers what came meanwhile.
            Assert.Equal(FileKind.Socket, FileStatus.OfPath(path)?.Kind);
        }
        finally
        {
            bot.Kill();
        }
    }

    [Theory]
    [InlineData("removed")]
    [InlineData("renamed")]
    [InlineData("removed, with the second name of before gone as well")]
    [InlineData("replaced by a socket that nobody listens on")]
    public async Task A_socket_file_that_is_lost_is_put_back_with_its_owner_mode_and_ACL_and_connections_never_notice(
        string how
    )
    {
        TestAccount.SkipUnlessRoot();
        await using var analyst = await TestAccount.CreateAsync("alice", "data-ops", "dataread");
        await using var scene = await BotScene.BeginAsync();
        var path = scene.Bot.SocketPath;
        using var before = new HttpClient(
            new SocketsHttpHandler
            {
                ConnectCallback = async (_, cancellation) => await ConnectAsync(path, cancellation),
                MaxConnectionsPerServer = 1,
            }
        )
        {
            BaseAddress = new Uri("http://notify"),
        };
        Assert.True((await before.GetAsync(new Uri("/health", UriKind.Relative), Cancellation)).IsSuccessStatusCode);
        var (status, acl) = (
            FileStatus.OfPath(path)!.Value,
            AccessControlList.OfGroup(path, Group.Find("dataread")!.Gid)
        );
        if (how.Contains("second", StringComparison.Ordinal))
        {
            File.Delete(Path.Combine(scene.Data, "private", "bot.sock"));
            await Eventually.TrueAsync(
                () => File.Exists(Path.Combine(scene.Data, "private", "bot.sock")),
                () => "there is no second name",
                Cancellation
            );
        }

        if (how == "renamed")
        {
            File.Move(path, path + ".old");
        }
        else
        {
            File.Delete(path);
        }

        if (how.StartsWith("replaced", StringComparison.Ordinal))
        {
            Process
                .Start(
                    "/usr/bin/python3",
                    ["-c", "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", path]
                )
                .WaitForExit();
        }

        await Eventually.TrueAsync(() => Reaches(path), () => "nobody answers there", Cancellation);
        var now = FileStatus.OfPath(path)!.Value;
        Assert.Equal((status.Inode, status.Uid, status.Gid, status.Mode), (now.Inode, now.Uid, now.Gid, now.Mode));
        Assert.Equal(acl, AccessControlList.OfGroup(path, Group.Find("dataread")!.Gid));
        Assert.True((await before.GetAsync(new Uri("/health", UriKind.Relative), Cancellation)).IsSuccessStatusCode);
        Assert.Contains(" 1209 ", scene.Bot.Said, StringComparison.Ordinal);
        await scene.Bot.StopAsync(Cancellation);
        Assert.Equal(0, scene.Bot.ExitStatus);
        Assert.False(Path.Exists(path));
    }

    [Fact]
    public async Task A_folder_of_the_socket_that_is_renamed_away_is_waited_for()
    {
        await using var scene = await BotScene.SetAsync();
        var folder = Path.Combine(scene.Folder, "run");
        Directory.CreateDirectory(folder);
        var path = scene.Environment["NOTIFY_BOT_SOCKET"] = Path.Combine(folder, "bot.sock");
        await scene.StartBotAsync();
        Directory.Move(folder, folder + ".old");
        await Eventually.TrueAsync(
            () => scene.Bot.Said.Contains(" 1206 ", StringComparison.Ordinal),
            () => "nothing is said",
            Cancellation
        );
        Assert.Contains("its folder is gone", scene.Bot.Said, StringComparison.Ordinal);

        Directory.CreateDirectory(folder);

        await Eventually.TrueAsync(() => Reaches(path), () => "nobody answers there", Cancellation);
    }

    [Theory]
    [InlineData("file")]
    [InlineData("link")]
    [InlineData("folder")]
    [InlineData("socket of another program")]
    public async Task What_stands_in_the_sockets_place_is_left_alone_until_it_is_moved_away(string kind)
    {
        await using var scene = await BotScene.BeginAsync();
        var path = scene.Bot.SocketPath;
        File.Delete(path);
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        switch (kind)
        {
            case "file":
                await File.WriteAllTextAsync(path, "mine", Cancellation);
                break;
            case "link":
                File.CreateSymbolicLink(path, Path.Combine(scene.Folder, "nowhere"));
                break;
            case "folder":
                Directory.CreateDirectory(path);
                break;
            default:
                other.Bind(new UnixDomainSocketEndPoint(path));
                other.Listen();
                break;
        }

        await Eventually.TrueAsync(
            () => scene.Bot.Said.Contains(" 1206 ", StringComparison.Ordinal),
            () => "nothing is said",
            Cancellation
        );
        var (_, doctor) = await scene.OperateAsync("doctor");
        if (kind != "socket of another program")
        {
            Assert.Contains(
                $"WRONG  socket: the bot runs (process {scene.Bot.Id} (notify-bot",
                doctor,
                StringComparison.Ordinal
            );
        }

        if (kind == "folder")
        {
            Directory.Move(path, path + ".aside");
        }
        else
        {
            File.Move(path, path + ".aside");
        }

        await Eventually.TrueAsync(
            () => scene.Bot.Said.Contains(" 1209 ", StringComparison.Ordinal),
            () => "it is not put back",
            Cancellation
        );
        using var client = BotProcess.NewClient(path);
        Assert.True((await client.GetAsync(new Uri("/health", UriKind.Relative), Cancellation)).IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_bot_that_ends_leaves_alone_what_stands_in_its_sockets_place()
    {
        await using var scene = await BotScene.BeginAsync();
        var path = scene.Bot.SocketPath;
        File.Delete(path);
        await File.WriteAllTextAsync(path, "mine", Cancellation);

        await scene.Bot.StopAsync(Cancellation);

        Assert.Equal("mine", await File.ReadAllTextAsync(path, Cancellation));
    }

    [Fact]
    public async Task A_bot_that_can_not_restore_its_socket_ends_with_a_sentence_and_systemd_restarts_it()
    {
        await using var scene = await BotScene.BeginAsync();
        await scene.Bot.SignalAsync("STOP");
        File.Delete(Path.Combine(scene.Data, "private", "bot.sock"));
        File.Delete(scene.Bot.SocketPath);
        await scene.Bot.SignalAsync("CONT");

        await scene.Bot.WaitForEndAsync(Cancellation);

        Assert.Equal(1, scene.Bot.ExitStatus);
        Assert.Contains(" 1207 ", scene.Bot.Said, StringComparison.Ordinal);
        await scene.StartBotAsync();
        await scene.Bot.WaitForHealthAsync(h => BotScene.Status(h) == "ok", Cancellation);
    }

    [Theory]
    [InlineData("while the bot runs")]
    [InlineData("while no bot runs")]
    [InlineData("with all that led to it, while no bot runs")]
    public async Task The_file_of_a_socket_that_systemd_holds_is_put_back_too(string when)
    {
        await using var scene = await BotScene.SetAsync();
        Directory.CreateDirectory(scene.Data);
        var path = Path.Combine(scene.Data, "bot.sock");

        // As systemd: it holds the socket, hands it over, and starts the bot again when a line comes.
        const string Hold = """
            import os, socket, subprocess, sys
            s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(64)
            os.dup2(s.fileno(), 3); os.set_inheritable(3, True)
            start = "import os, sys; os.execve(sys.argv[1], sys.argv[1:], dict(os.environ, LISTEN_FDS='1', LISTEN_PID=str(os.getpid())))"
            while True:
                bot = subprocess.Popen([sys.executable, "-c", start, sys.argv[2]], pass_fds=[3])
                print(bot.pid, flush=True)
                sys.stdin.readline()
                bot.terminate()
                bot.wait()
                print("ended", flush=True)
                sys.stdin.readline()
            """;
        var start = new ProcessStartInfo("/usr/bin/python3", ["-c", Hold, path, Programs.Path("notify-bot")])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in scene.Environment)
        {
            start.Environment[name] = value;
        }

        using var systemd = Process.Start(start)!;
        var bot = 0;
        try
        {
            bot = int.Parse(
                (await systemd.StandardOutput.ReadLineAsync(Cancellation))!,
                System.Globalization.CultureInfo.InvariantCulture
            );
            var second = Path.Combine(scene.Data, "private", "bot.sock");
            await Eventually.TrueAsync(() => Path.Exists(second), () => "there is no second name", Cancellation);
            if (when == "while the bot runs")
            {
                File.Delete(path);
            }
            else
            {
                await systemd.StandardInput.WriteLineAsync();
                Assert.Equal("ended", await systemd.StandardOutput.ReadLineAsync(Cancellation));
                File.Delete(path);
                if (when.StartsWith("with all", StringComparison.Ordinal))
                {
                    File.Delete(second);
                }

                await systemd.StandardInput.WriteLineAsync();
                bot = int.Parse(
                    (await systemd.StandardOutput.ReadLineAsync(Cancellation))!,
                    System.Globalization.CultureInfo.InvariantCulture
                );
            }

            await Eventually.TrueAsync(() => Reaches(path), () => "nobody answers there", Cancellation);
        }
        finally
        {
            systemd.Kill();
            Process
                .Start("kill", ["-KILL", bot.ToString(System.Globalization.CultureInfo.InvariantCulture)])
                .WaitForExit();
        }
    }

    [Fact]
    public async Task The_bot_ends_on_TERM_and_finishes_what_is_on_its_way()
    {
        await using var scene = await BotScene.BeginAsync();
        var chat = await scene.LinkAsync("alice");
        await scene.Phone.AddFaultAsync(
            new Sandbox.Telegram.Fault
            {
                Kind = Sandbox.Telegram.FaultKind.Delay,
                Method = "sendMessage",
                DelaySeconds = 2,
                Times = 1,
            },
            Cancellation
        );
        var sending = scene.Bot.SendAsync(new { user = "alice", text = "on its way" }, Cancellation);
        await Eventually.TrueAsync(
            async () => (await scene.Phone.FaultsAsync(Cancellation)).Any(f => f.Hits > 0),
            () => "the send has not reached Telegram",
            Cancellation
        );

        await scene.Bot.StopAsync(Cancellation);

        Assert.Equal(0, scene.Bot.ExitStatus);
        Assert.Equal(System.Net.HttpStatusCode.OK, (await sending).Status);
        Assert.Contains(await scene.Phone.BotMessagesAsync(chat, Cancellation), m => m.Text == "on its way");
    }

    private static async Task<Stream> ConnectAsync(string path, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private static async Task<bool> Reaches(string path)
    {
        try
        {
            using var client = BotProcess.NewClient(path);
            using var answer = await client.GetAsync(new Uri("/health", UriKind.Relative), Cancellation);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
