using System.Net.Sockets;
using Notify.Testing;
using Xunit;

namespace Notify.Tests;

public sealed class BotAnswerTests
{
    [Fact]
    public async Task What_the_bot_has_queued_counts_as_sent()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("hello.py", Analyst.Hello);
        alice.Bot.Answer = _ => (200, """{"ok":true,"status":"queued","id":"7"}""");

        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Single(alice.Bot.All);
        Assert.Contains("hello.py: queued", alice.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404, "You are not linked.")]
    [InlineData(410, "You have blocked the bot.")]
    [InlineData(429, "Too many wait.")]
    [InlineData(503, "Telegram can't be reached.")]
    public async Task What_the_bot_does_not_accept_starts_no_cooldown_and_is_logged_in_the_bots_words(
        int status,
        string sentence
    )
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("hello.py", Analyst.Hello);
        alice.Bot.Answer = _ => (status, $$"""{"error":"{{sentence}}"}""");

        Assert.Equal(1, (await alice.RoundAsync()).Status);
        Assert.Equal(1, (await alice.RoundAsync()).Status);

        Assert.Equal(2, alice.Bot.All.Count);
        Assert.Contains($"hello.py: not sent ({status}). {sentence} It ran for ", alice.Log, StringComparison.Ordinal);
        Assert.Equal(
            ("not_sent", sentence),
            (
                alice.State("hello")!.Value.GetProperty("last_outcome").GetString(),
                alice.State("hello")!.Value.GetProperty("error").GetString()
            )
        );
        Assert.False(alice.State("hello")!.Value.TryGetProperty("last_sent", out _));
    }

    [Theory]
    [InlineData(Analyst.Hello)]
    [InlineData("import sys; sys.exit(3)")]
    public async Task An_answer_that_is_lost_is_asked_for_again_with_the_same_key(string source)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("hello.py", source);
        var calls = 0;
        alice.Bot.Answer = _ =>
            Interlocked.Increment(ref calls) < 3 ? (0, "") : (200, """{"ok":true,"status":"delivered","id":"1"}""");

        var status = (await alice.RoundAsync()).Status;

        Assert.Equal(source == Analyst.Hello ? 0 : 1, status);
        Assert.Equal(3, alice.Bot.All.Count);
        Assert.Matches(
            "^[0-9a-f]{32}$",
            Assert.Single(alice.Bot.All.Select(sent => sent["key"]).Distinct(StringComparer.Ordinal))
        );
        Assert.DoesNotContain("not sent", alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_not_asked_for_again_and_each_round_has_a_key_of_its_own()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("hello.py", Analyst.Hello);
        alice.Bot.Answer = _ => (503, """{"error":"The disk is full."}""");

        Assert.Equal(1, (await alice.RoundAsync()).Status);
        Assert.Equal(1, (await alice.RoundAsync()).Status);

        Assert.Equal(2, alice.Bot.All.Select(sent => sent["key"]).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task A_round_that_is_killed_before_the_answer_is_followed_by_one_that_asks_under_the_same_key()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("hello.py", Analyst.Hello);
        using var answering = new ManualResetEventSlim();
        alice.Bot.Answer = _ =>
        {
            answering.Wait(Analyst.Cancellation);
            return (200, """{"ok":true,"status":"delivered","id":"1","repeated":true}""");
        };
        using (var killed = alice.Start("notify-runner", []))
        {
            await Eventually.TrueAsync(() => alice.Bot.All.Count == 1, () => "nothing is sent", Analyst.Cancellation);
            killed.Kill(entireProcessTree: true);
            await killed.WaitForExitAsync(Analyst.Cancellation);
        }

        answering.Set();

        // "Try again later" says nothing about the first attempt.
        alice.Bot.Answer = _ => (503, """{"error":"The disk hangs."}""");
        Assert.Equal(1, (await alice.RoundAsync()).Status);
        alice.Bot.Answer = _ => (200, """{"ok":true,"status":"delivered","id":"1","repeated":true}""");
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal(3, alice.Bot.All.Count);
        Assert.Single(alice.Bot.All.Select(sent => sent["key"]).Distinct(StringComparer.Ordinal));
        Assert.Equal([null, "3540", "3540"], alice.Bot.All.Select(sent => sent["key_for"]));
        Assert.Contains("already sent within its cooldown; not sent again", alice.Log, StringComparison.Ordinal);
        Assert.False(alice.State("hello")!.Value.TryGetProperty("unanswered_key", out _));
    }

    [Fact]
    public async Task Data_too_large_for_the_bot_does_not_cost_the_message()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "big.py",
            """
            import json
            print(json.dumps({"notify": True, "message": "The text", "data": {"é" * 80000: "x" * 880000}}, ensure_ascii=False))
            """
        );

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal(("The text", null), (Assert.Single(alice.Bot.All)["message"], alice.Bot.All[0]["data"]));
    }

    [Theory]
    [InlineData("a file", 0b110_000_000, "a file is in the place of its socket, PATH. Tell")]
    [InlineData("a file", 0b110_110_110, "a file is in the place of its socket, PATH. Tell")]
    [InlineData("a folder", 0b111_101_101, "a folder is in the place of its socket, PATH. Tell")]
    [InlineData(
        "a socket",
        0b110_000_000,
        "You may not connect to the bot at PATH; only the group of analysts may. If "
    )]
    [InlineData("nothing", 0, "there is no socket PATH. Tell")]
    public async Task Why_the_socket_takes_no_connection_is_said_as_it_is(string what, int mode, string reason)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("hello.py", Analyst.Hello);
        var path = Path.Combine(Path.GetDirectoryName(alice.Bot.SocketPath)!, "other.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        switch (what)
        {
            case "a file":
                File.WriteAllText(path, "");
                break;
            case "a folder":
                Directory.CreateDirectory(path);
                break;
            case "a socket":
                listener.Bind(new UnixDomainSocketEndPoint(path));
                listener.Listen();
                break;
        }

        if (what != "nothing")
        {
            File.SetUnixFileMode(path, (UnixFileMode)mode);
        }

        Assert.Equal(75, (await alice.RoundAsync(("NOTIFY_BOT_SOCKET", path))).Status);

        Assert.Contains(reason.Replace("PATH", path, StringComparison.Ordinal), alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C28_without_a_listener_the_status_is_75_and_no_cooldown_is_written()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("hello.py", Analyst.Hello);
        var socket = Path.Combine(Path.GetDirectoryName(alice.Bot.SocketPath)!, "stale.sock");
        var made = await RunProgram.ToEndAsync(
            "/usr/bin/python3",
            [Path.Combine(AppContext.BaseDirectory, "cases/C28-stale-socket/state/make_stale_socket.py"), socket],
            new Dictionary<string, string>(StringComparer.Ordinal),
            Analyst.Cancellation
        );
        Assert.Equal(0, made.Status);
        File.SetUnixFileMode(socket, (UnixFileMode)0b110_110_110);

        foreach (var path in new[] { socket, "/nowhere/bot.sock", "/" + new string('p', 120) })
        {
            Assert.Equal(75, (await alice.RoundAsync(("NOTIFY_BOT_SOCKET", path))).Status);
        }

        Assert.False(alice.State("hello")!.Value.TryGetProperty("last_sent", out _));
        Assert.Contains($"The bot is not running: nothing listens at {socket}", alice.Log, StringComparison.Ordinal);
        Assert.Contains(
            "The bot is not running, or its socket was removed: there is no socket /nowhere/bot.sock",
            alice.Log,
            StringComparison.Ordinal
        );
        Assert.Contains("longer than 107 bytes", alice.Log, StringComparison.Ordinal);

        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Single(alice.Bot.All);
    }

    [Fact]
    public async Task Nothing_is_said_to_a_listener_that_is_neither_root_nor_the_owner_of_the_folder()
    {
        await using var alice = await Analyst.CreateAsync();
        await using var eve = await TestAccount.CreateAsync("eve");
        alice.WriteScript("hello.py", Analyst.Hello);
        var folder = Directory.CreateTempSubdirectory("notify-trap-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
        var socket = Path.Combine(folder, "bot.sock");
        await using var trap = await TrapListener.StartAsync(eve, socket, Analyst.Cancellation);
        try
        {
            Assert.Equal(75, (await alice.RoundAsync(("NOTIFY_BOT_SOCKET", socket))).Status);

            Assert.Equal("!", await trap.HeardAsync(Analyst.Cancellation));
            Assert.Contains("neither root nor the owner", alice.Log, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
