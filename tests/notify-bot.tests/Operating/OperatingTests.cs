using System.Diagnostics;
using Notify.Testing;

namespace Notify.Tests.Operating;

/// <summary>What an operator sees and types: settings that are checked, users, link, unlink, and a doctor that names the mend.</summary>
public sealed class OperatingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("TELEGRAM_BOT_TOKEN", "")]
    [InlineData("TELEGRAM_BOT_TOKEN", "not-a-token-but-secret")]
    [InlineData("TELEGRAM_API_URL", "ftp://example.org")]
    [InlineData("TELEGRAM_API_URL", "api.telegram.org")]
    [InlineData("TELEGRAM_BOT_USERNAME", "my bot")]
    [InlineData("TELEGRAM_MESSAGES_PER_SECOND", "0")]
    [InlineData("TELEGRAM_MESSAGES_PER_SECOND", "fast")]
    [InlineData("NOTIFY_DATA_DIR", "data")]
    [InlineData("NOTIFY_BOT_SOCKET", "bot.sock")]
    [InlineData("NOTIFY_ANALYST_GROUP", "data read")]
    [InlineData("NOTIFY_TRUSTED_GROUP", "-ops")]
    [InlineData("NOTIFY_SCRIPTS_BIN", "notify-scripts")]
    [InlineData("NOTIFY_WEB_URL", "dashboard")]
    public async Task A_wrong_setting_ends_the_start_with_78_and_a_sentence_that_names_it(string name, string value)
    {
        await using var scene = await BotScene.SetAsync();
        scene.Environment[name] = value;

        await scene.StartBotAsync();
        await scene.Bot.WaitForEndAsync(Cancellation);

        Assert.Equal(78, scene.Bot.ExitStatus);
        Assert.Contains($"notify-bot: {name} ", scene.Bot.Said, StringComparison.Ordinal);
        Assert.Contains("should hold", scene.Bot.Said.Replace("something else than", "should hold", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("not-a-token-but-secret", scene.Bot.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_wrong_settings_are_said_at_once()
    {
        await using var scene = await BotScene.SetAsync();
        scene.Environment["TELEGRAM_API_URL"] = "x";
        scene.Environment["NOTIFY_WEB_URL"] = "y";

        await scene.StartBotAsync();
        await scene.Bot.WaitForEndAsync(Cancellation);

        Assert.Contains("TELEGRAM_API_URL", scene.Bot.Said, StringComparison.Ordinal);
        Assert.Contains("NOTIFY_WEB_URL", scene.Bot.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_group_is_a_warning_and_no_refused_start()
    {
        await using var scene = await BotScene.SetAsync();
        scene.Environment["NOTIFY_ANALYST_GROUP"] = "no-such-analysts";
        scene.Environment["NOTIFY_TRUSTED_GROUP"] = "no-such-ops";

        await scene.StartBotAsync();

        await scene.Bot.WaitForHealthAsync(h => BotScene.Status(h) == "ok", Cancellation);
        Assert.Contains("groupadd no-such-analysts", scene.Bot.Said, StringComparison.Ordinal);
        Assert.Contains("groupadd no-such-ops", scene.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Operators_link_list_and_unlink_without_a_token()
    {
        await using var scene = await BotScene.SetAsync();
        scene.Environment.Remove("TELEGRAM_BOT_TOKEN");
        Directory.CreateDirectory(scene.Data);

        Assert.Contains("Nobody is linked yet", (await scene.OperateAsync("users")).Said, StringComparison.Ordinal);
        Assert.Equal((0, "alice is linked to chat 42.\n"), await scene.OperateAsync("link", "alice", "--chat", "42"));
        Assert.Contains("team", (await scene.OperateAsync("link", "team", "--chat", "-1001557900001")).Said, StringComparison.Ordinal);
        var (_, moved) = await scene.OperateAsync("link", "bob", "--chat", "42");
        Assert.Contains("The chat was alice's before; alice has no link now.", moved, StringComparison.Ordinal);
        var (_, users) = await scene.OperateAsync("users");
        Assert.Contains("-1001557900001", users, StringComparison.Ordinal);
        Assert.Contains("group", users, StringComparison.Ordinal);
        Assert.Equal(0, (await scene.OperateAsync("unlink", "bob")).Status);
        var (again, said) = await scene.OperateAsync("unlink", "bob");
        Assert.Equal(1, again);
        Assert.Contains("not linked", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("link", "alice")]
    [InlineData("link", "alice", "123456", "--chat", "42")]
    [InlineData("link", "../alice", "123456")]
    [InlineData("link", "alice", "--chat", "0")]
    [InlineData("link", "alice", "--chat", "abc")]
    [InlineData("link", "alice", "12345")]
    [InlineData("unlink", "a b")]
    public async Task Wrong_use_is_told_in_one_sentence(params string[] arguments)
    {
        await using var scene = await BotScene.SetAsync();
        Directory.CreateDirectory(scene.Data);

        var (status, said) = await scene.OperateAsync(arguments);

        Assert.Equal(64, status);
        Assert.StartsWith("notify-bot: ", said, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(scene.Data, "*.json"));
    }

    [Fact]
    public async Task Doctor_finds_a_sound_bot_sound()
    {
        TestAccount.SkipUnlessRoot();
        await using var scene = await DoctoredAsync();

        var (status, said) = await scene.OperateAsync("doctor");

        Assert.True(status == 0, said);
        Assert.DoesNotContain("WRONG", said, StringComparison.Ordinal);
        Assert.Contains("ok     token: it is @NotifyTestBot's", said, StringComparison.Ordinal);
        Assert.Contains("All is well.", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("token")]
    [InlineData("telegram")]
    [InlineData("clock")]
    [InlineData("folder mode")]
    [InlineData("folder ACL")]
    [InlineData("private folder")]
    [InlineData("socket mode")]
    [InlineData("socket ACL")]
    [InlineData("no bot")]
    [InlineData("file")]
    [InlineData("file mode")]
    [InlineData("helper")]
    [InlineData("group")]
    public async Task Doctor_names_each_fault_and_a_mend(string fault)
    {
        TestAccount.SkipUnlessRoot();
        await using var scene = await DoctoredAsync();
        await scene.OperateAsync("link", "alice", "--chat", "42");
        var (expected, mend) = await BreakAsync(scene, fault);

        var (status, said) = await scene.OperateAsync("doctor");

        Assert.Equal(1, status);
        Assert.Contains($"WRONG  {expected}", said, StringComparison.Ordinal);
        Assert.Contains($"       mend: {mend}", said, StringComparison.Ordinal);
        if (mend.StartsWith("chmod", StringComparison.Ordinal) || mend.StartsWith("setfacl", StringComparison.Ordinal))
        {
            var command = said.Split("mend: ")[1].Split('\n')[0];
            Assert.Equal(0, (await RunProgram.ToEndAsync("/bin/sh", ["-c", command], new Dictionary<string, string>(StringComparer.Ordinal), Cancellation)).Status);
            Assert.Equal(0, (await scene.OperateAsync("doctor")).Status);
        }
    }

    private static async Task<(string Expected, string Mend)> BreakAsync(BotScene scene, string fault)
    {
        var socket = Path.Combine(scene.Data, "bot.sock");
        var links = Path.Combine(scene.Data, "telegram_users.json");
        switch (fault)
        {
            case "token":
                await scene.Phone.ChangeTokenAsync("110201:another-token-that-is-right-from-now-on", Cancellation);
                return ("token: Telegram refuses it", "put the token that @BotFather shows");
            case "telegram":
                await scene.Phone.BeginOutageAsync(Cancellation);
                return ("telegram: 127.0.0.1 can't be reached", "curl ");
            case "clock":
                scene.Environment["TELEGRAM_API_URL"] = await StaleClock.StartAsync(Cancellation);
                return ("clock: ", "timedatectl set-ntp true");
            case "folder mode":
                File.SetUnixFileMode(scene.Data, (UnixFileMode)0b111_111_101);
                return ("folder: ", "chmod 2770");
            case "folder ACL":
                await ShellAsync($"setfacl -b {scene.Data} && chmod 2770 {scene.Data}");
                return ("folder: ", "setfacl -m g:dataread:--x");
            case "private folder":
                File.SetUnixFileMode(Path.Combine(scene.Data, "private"), (UnixFileMode)0b111_111_111);
                return ("private folder: ", "chmod 0750");
            case "socket mode":
                File.SetUnixFileMode(socket, (UnixFileMode)0b110_110_110);
                return ("socket: ", "chmod 0660");
            case "socket ACL":
                await ShellAsync($"setfacl -b {socket} && chmod 0660 {socket}");
                return ("socket: ", "setfacl -m g:dataread:rw");
            case "no bot":
                await scene.Bot.KillAsync();
                return ("socket: ", "systemctl start notify-bot");
            case "file":
                await File.WriteAllTextAsync(links, "{\n\"alice\": {", Cancellation);
                return ("telegram_users.json: it can't be read (line 2", $"cp -a {links}");
            case "file mode":
                File.SetUnixFileMode(links, (UnixFileMode)0b110_100_100);
                return ("telegram_users.json: ", "chmod 0660");
            case "helper":
                scene.Environment["NOTIFY_SCRIPTS_BIN"] = "/usr/local/bin/no-such-helper";
                return ("helper: ", "server/deploy.sh");
            default:
                scene.Environment["NOTIFY_ANALYST_GROUP"] = "no-such-analysts";
                return ("analysts' group: ", "groupadd no-such-analysts");
        }
    }

    [Fact]
    public async Task Doctor_says_how_to_give_it_the_settings_it_lacks()
    {
        await using var scene = await BotScene.SetAsync();
        scene.Environment.Remove("TELEGRAM_BOT_TOKEN");

        var (status, said) = await scene.OperateAsync("doctor");

        Assert.Equal(78, status);
        Assert.Contains("TELEGRAM_BOT_TOKEN is not set", said, StringComparison.Ordinal);
        Assert.Contains(". /opt/data-analyst/.env", said, StringComparison.Ordinal);
    }

    private static async Task<BotScene> DoctoredAsync()
    {
        await ShellAsync("groupadd -f dataread; groupadd -f data-ops");
        var scene = await BotScene.SetAsync();
        scene.Environment["NOTIFY_SCRIPTS_BIN"] = Programs.Path("notify-scripts");
        await scene.StartBotAsync();
        await scene.Bot.WaitForHealthAsync(h => BotScene.Status(h) == "ok", Cancellation);
        File.SetUnixFileMode(scene.Data, (UnixFileMode)0b10_111_111_000);
        return scene;
    }

    private static async Task ShellAsync(string command)
    {
        using var shell = Process.Start("/bin/sh", ["-c", command]);
        await shell.WaitForExitAsync(Cancellation);
        Assert.Equal(0, shell.ExitCode);
    }
}
