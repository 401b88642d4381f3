using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Notify.Bot.Scripts;
using Notify.Testing;

namespace Notify.Tests.Callers;

/// <summary>
/// Lists and runs cost a process each. However often one analyst asks, and however often one asks and leaves, the processes stay few, and others have theirs. The bot runs as the analyst
/// herself here, with a helper that notes its beginning and its end.
/// </summary>
public sealed class HelperTests
{
    /// <summary>Notes that it has begun, waits until it may go on or its caller is gone, and notes which.</summary>
    private const string Helper = """
        #!/bin/sh
        cd "$(dirname "$0")"
        echo "$1" >> begun
        read -r line
        exec 3<&0
        ( cat > /dev/null; echo "$1" >> left; kill $$ ) <&3 > /dev/null 2>&1 &
        watcher=$!
        while [ ! -e go ]; do sleep 0.02; done
        kill $watcher
        case "$1" in
          list) if [ -e said ]; then cat said >&2; exit 66; fi; echo '[]' ;;
          run) if [ -e result ]; then cat result; else echo '{"notify": false}'; fi ;;
        esac
        echo "$1" >> done
        """;

    /// <summary>Asks for the same thing on so many connections, says so, and asks again where it is answered, until it is killed.</summary>
    private const string Crowd = """
        import select, socket, sys, time
        kept = {}
        def ask(s):
            s.sendall((sys.argv[3].replace("NUMBER", str(kept[s])) + " HTTP/1.1\r\nHost: notify\r\nContent-Length: 0\r\n\r\n").encode())
        for i in range(int(sys.argv[2])):
            s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
            kept[s] = i
            ask(s)
        print("asked", flush=True)
        while True:
            for s in select.select(list(kept), [], [])[0]:
                s.recv(65536)
                ask(s)
            time.sleep(0.05)
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Those_who_ask_for_a_list_together_share_helpers()
    {
        await using var scene = await Scene.BeginAsync();
        var asked = Enumerable
            .Range(0, 20)
            .Select(_ => scene.Bot.Bot.GetAsync($"/scripts?user={scene.Account.Name}", Cancellation))
            .ToArray();
        await scene.WaitForAsync("begun", 1);

        scene.Go();

        Assert.All(
            await Task.WhenAll(asked),
            answer => Assert.Equal(0, answer.GetProperty("scripts").GetArrayLength())
        );
        Assert.InRange(scene.Count("begun"), 1, 3);
    }

    [Fact]
    public async Task What_changes_while_a_list_is_made_is_in_the_next_one()
    {
        await using var scene = await Scene.BeginAsync();
        var early = scene.Bot.Bot.GetAsync($"/scripts?user={scene.Account.Name}", Cancellation);
        await scene.WaitForAsync("begun", 1);

        var late = scene.Bot.Bot.GetAsync($"/scripts?user={scene.Account.Name}", Cancellation);
        scene.Go();
        await Task.WhenAll(early, late);

        Assert.Equal(2, scene.Count("begun"));
    }

    [Fact]
    public async Task A_list_that_nobody_waits_for_any_more_ends_its_helper_and_one_that_somebody_waits_for_does_not()
    {
        await using var scene = await Scene.BeginAsync();
        using (var crowd = scene.Ask(10, $"GET /scripts?user={scene.Account.Name}"))
        {
            Assert.Equal("asked", await crowd.StandardOutput.ReadLineAsync(Cancellation));
            await scene.WaitForAsync("begun", 1);
            crowd.Kill();
        }

        await scene.WaitForAsync("left", 1);
        Assert.Equal(0, scene.Count("done"));

        // The place is free again, and whoever stays has the answer though the others leave.
        var begun = scene.Count("begun");
        var stays = scene.Bot.Bot.GetAsync($"/scripts?user={scene.Account.Name}", Cancellation);
        await scene.WaitForAsync("begun", begun + 1);
        scene.Go();
        Assert.Equal(0, (await stays).GetProperty("scripts").GetArrayLength());
    }

    [Fact]
    public async Task Runs_that_are_asked_for_and_left_end_and_hold_no_more_than_the_users_places()
    {
        await using var scene = await Scene.BeginAsync();
        for (var round = 1; round <= 3; round++)
        {
            using var crowd = scene.Ask(10, $"POST /scripts/script_NUMBER.py/run?user={scene.Account.Name}");
            Assert.Equal("asked", await crowd.StandardOutput.ReadLineAsync(Cancellation));
            await scene.WaitForAsync("begun", round * RequestedRuns.OfOneUser);
            Assert.InRange(scene.Count("begun") - scene.Count("left"), 1, RequestedRuns.OfOneUser);
            crowd.Kill();
            await scene.WaitForAsync("left", round * RequestedRuns.OfOneUser);
        }

        Assert.Equal(3 * RequestedRuns.OfOneUser, scene.Count("begun"));
    }

    [Theory]
    [InlineData("title")]
    [InlineData("message")]
    [InlineData("error")]
    public async Task A_result_that_has_more_than_a_request_may_have_is_refused(string field)
    {
        await using var scene = await Scene.BeginAsync();
        scene.Go();
        scene.Write(
            "result",
            $$$"""{"notify": true, "message": "m", "{{{field}}}": "{{{new string(
                'x',
                2_100_000
            )}}}", "data": {"base64": "x"}}"""
        );

        var run = await scene.RunAsync();

        Assert.Contains("larger than the bot takes", run, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_result_beside_its_chart_is_cut_as_the_runner_cuts_it()
    {
        await using var scene = await Scene.BeginAsync();
        scene.Go();
        var chart = Convert.ToBase64String(TestPictures.PngOfSize(3_000_000));
        var title = new string('x', 1_500_000);
        scene.Write(
            "result",
            $$$"""{"notify": true, "title": "{{{title}}}", "message": "m", "image": {"type": "png", "base64": "{{{chart}}}"}}"""
        );

        var run = await scene.RunAsync();

        Assert.DoesNotContain("error", run, StringComparison.Ordinal);
        var history = await scene.Bot.Bot.GetAsync($"/notifications?user={scene.Account.Name}", Cancellation);
        var sent = history.GetProperty("notifications")[0];
        Assert.NotEqual(JsonValueKind.Null, sent.GetProperty("image_id").ValueKind);
        Assert.Contains("characters", sent.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_helper_says_on_stderr_steers_no_terminal_and_hides_nothing()
    {
        await using var scene = await Scene.BeginAsync();
        scene.Go();
        scene.Write("said", "red \u001b[31m and \u202eback\u0007");

        var (status, body) = await scene.AskAsync($"/scripts?user={scene.Account.Name}");

        Assert.Equal(503, status);
        Assert.Contains("red ?[31m and ?back?", body, StringComparison.Ordinal);
    }

    /// <summary>A bot that runs as an analyst, linked, with the helper above.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private Scene(BotScene bot, TestAccount account)
        {
            Bot = bot;
            Account = account;
        }

        public BotScene Bot { get; }

        public TestAccount Account { get; }

        private string Folder => Path.Combine(Account.Home, "helper");

        public static async Task<Scene> BeginAsync()
        {
            TestAccount.SkipUnlessRoot();
            var account = await TestAccount.CreateAsync("alice", "dataread");
            var bot = await BotScene.SetAsync();
            Directory.CreateDirectory(bot.Data);
            account.Own(bot.Data);
            File.SetUnixFileMode(bot.Data, (UnixFileMode)0b10_111_111_000);
            bot.Environment["NOTIFY_SCRIPTS_BIN"] = account.Write(
                "helper/notify-scripts",
                Helper,
                (UnixFileMode)0b111_000_000
            );
            await bot.StartBotAsync(account.Name);
            await bot.LinkAsync(account.Name);
            return new Scene(bot, account);
        }

        public Process Ask(int connections, string request) =>
            AccountCaller.StartAs(
                Account,
                "/usr/bin/python3",
                "-c",
                Crowd,
                Bot.Bot.SocketPath,
                connections.ToString(CultureInfo.InvariantCulture),
                request
            );

        public void Write(string file, string content) => Account.Write("helper/" + file, content);

        public async Task<string> RunAsync()
        {
            using var answer = await Bot.Bot.Client.PostAsync(
                new Uri($"/scripts/said.py/run?user={Account.Name}", UriKind.Relative),
                content: null,
                Cancellation
            );
            return await answer.Content.ReadAsStringAsync(Cancellation);
        }

        public async Task<(int Status, string Body)> AskAsync(string path)
        {
            using var answer = await Bot.Bot.Client.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
        }

        public void Go() => Account.Write("helper/go", "");

        public int Count(string what) =>
            File.Exists(Path.Combine(Folder, what)) ? File.ReadAllLines(Path.Combine(Folder, what)).Length : 0;

        public Task WaitForAsync(string what, int count) =>
            Eventually.TrueAsync(
                () => Count(what) >= count,
                () => $"{Count("begun")} have begun, {Count("left")} were left, {Count("done")} are done",
                Cancellation
            );

        public async ValueTask DisposeAsync()
        {
            await Bot.DisposeAsync();
            await Account.DisposeAsync();
        }
    }
}
