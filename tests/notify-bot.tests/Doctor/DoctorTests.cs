using Notify.Sandbox.Telegram;
using Notify.Testing;

namespace Notify.Tests.Doctor;

/// <summary><c>notify-bot doctor</c>: checks everything that the bot needs, and names each fault with the fixing command.</summary>
public sealed class DoctorTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sound_bot_is_found_sound()
    {
        TestAccount.SkipUnlessRoot();
        await using var scene = await DoctorScene.BeginAsync();

        var (status, said) = await scene.AskDoctorAsync();

        Assert.True(status == 0, said);
        Assert.DoesNotContain("WRONG", said, StringComparison.Ordinal);
        Assert.Contains("ok     token: of @NotifyTestBot", said, StringComparison.Ordinal);
        Assert.Contains("Everything is fine.", said, StringComparison.Ordinal);
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
    [InlineData("web account")]
    [InlineData("no gateway account")]
    [InlineData("settings file")]
    [InlineData("another poller")]
    [InlineData("setting")]
    public async Task Each_fault_is_named_with_its_fix(string fault)
    {
        TestAccount.SkipUnlessRoot();
        await using var scene = await DoctorScene.BeginAsync();
        await scene.Bot.OperateAsync("link", "alice", "--chat", "42");
        var (expected, fix) = await BreakAsync(scene, fault);

        var (status, said) = await scene.AskDoctorAsync();

        Assert.Equal(fault == "setting" ? 78 : 1, status);
        Assert.Contains($"WRONG  {expected}", said, StringComparison.Ordinal);
        Assert.Contains($"       fix: {fix}", said, StringComparison.Ordinal);
        if (
            fix.StartsWith("ch", StringComparison.Ordinal)
            || fix.StartsWith("setfacl", StringComparison.Ordinal)
            || fix.StartsWith("usermod", StringComparison.Ordinal)
        )
        {
            // The service's own restart is systemd's business, and there is none here.
            var command = said.Split("fix: ")[1].Split('\n')[0].Split("; systemctl")[0];
            Assert.Equal(
                0,
                (
                    await RunProgram.ToEndAsync(
                        "/bin/sh",
                        ["-c", command],
                        new Dictionary<string, string>(StringComparer.Ordinal),
                        Cancellation
                    )
                ).Status
            );
            Assert.Equal(0, (await scene.AskDoctorAsync()).Status);
        }
    }

    private static async Task<(string Expected, string Fix)> BreakAsync(DoctorScene scene, string fault)
    {
        var socket = Path.Combine(scene.Bot.Data, "bot.sock");
        var links = Path.Combine(scene.Bot.Data, "telegram_users.json");
        switch (fault)
        {
            case "token":
                await scene.Bot.Phone.ChangeTokenAsync("110201:another-token-that-is-right-from-now-on", Cancellation);
                return ("token: Telegram refuses it", "put the token that @BotFather shows");
            case "telegram":
                await scene.Bot.Phone.BeginOutageAsync(Cancellation);
                return ("telegram: 127.0.0.1 can't be reached", "curl ");
            case "clock":
                scene.Bot.Environment["TELEGRAM_API_URL"] = await StaleClock.StartAsync(Cancellation);
                return ("clock: ", "timedatectl set-ntp true");
            case "folder mode":
                File.SetUnixFileMode(scene.Bot.Data, (UnixFileMode)0b111_111_101);
                return ("folder: ", "chmod 2770");
            case "folder ACL":
                await DoctorScene.ShellAsync($"setfacl -b {scene.Bot.Data} && chmod 2770 {scene.Bot.Data}");
                return ("folder: ", "setfacl -m g:dataread:--x");
            case "private folder":
                File.SetUnixFileMode(Path.Combine(scene.Bot.Data, "private"), (UnixFileMode)0b111_111_111);
                return ("private folder: ", "chmod 0750");
            case "socket mode":
                File.SetUnixFileMode(socket, (UnixFileMode)0b110_110_110);
                return ("socket: ", "chmod 0660");
            case "socket ACL":
                await DoctorScene.ShellAsync($"setfacl -b {socket} && chmod 0660 {socket}");
                return ("socket: ", "setfacl -m g:dataread:rw");
            case "no bot":
                await scene.Bot.Bot.KillAsync();
                return ("socket: ", "systemctl start notify-bot");
            case "file":
                // The bot may be about to write what it makes of the new link.
                await Eventually.TrueAsync(
                    async () =>
                    {
                        await File.WriteAllTextAsync(links, "{\n\"alice\": {", Cancellation);
                        return (await scene.AskDoctorAsync()).Said.Contains(
                            "it can't be read",
                            StringComparison.Ordinal
                        );
                    },
                    () => "the links stay readable",
                    Cancellation
                );
                return ("telegram_users.json: it can't be read (line 2", $"cp -a {links}");
            case "file mode":
                File.SetUnixFileMode(links, (UnixFileMode)0b110_100_100);
                return ("telegram_users.json: ", "chmod 0660");
            case "helper":
                scene.Bot.Environment["NOTIFY_SCRIPTS_BIN"] = "/usr/local/bin/no-such-helper";
                return ("helper: ", "server/deploy.sh");
            case "web account":
                await scene.WriteUnitAsync("notify-web", scene.Web.Name);
                return (
                    $"notify-web: it runs as {scene.Web.Name}, which is not in data-ops",
                    $"usermod -aG data-ops {scene.Web.Name}; systemctl restart notify-web"
                );
            case "no gateway account":
                await scene.WriteUnitAsync("notify-gateway", "no-such-account");
                return ("notify-gateway: there is no account no-such-account", "useradd --system");
            case "settings file":
                File.SetUnixFileMode(scene.SettingsFile, (UnixFileMode)0b110_100_100);
                return ("settings file: ", "chown root:root");
            case "another poller":
                await scene.Bot.Phone.AddFaultAsync(
                    new Fault
                    {
                        Kind = FaultKind.Answer,
                        Method = "getUpdates",
                        Status = 409,
                        Description = "Conflict: terminated by other getUpdates request",
                    },
                    Cancellation
                );
                await scene.Bot.Bot.WaitForHealthAsync(h => BotScene.Telegram(h) == "polled elsewhere", Cancellation);
                return ("bot: another process polls Telegram", "pgrep -a notify-bot");
            case "setting":
                await File.AppendAllTextAsync(scene.SettingsFile, "NOTIFY_MESSAGE_BUTTONS=\"perhaps\"\n", Cancellation);
                return ("settings: NOTIFY_MESSAGE_BUTTONS holds", "nano ");
            default:
                scene.Bot.Environment["NOTIFY_ANALYST_GROUP"] = "no-such-analysts";
                return ("analysts' group: ", "groupadd no-such-analysts");
        }
    }

    [Theory]
    [InlineData("# the bot\n\n; old: TELEGRAM_BOT_TOKEN=x\nTELEGRAM_BOT_TOKEN={0}\n")]
    [InlineData("TELEGRAM_BOT_TOKEN=\"{0}\"\r\n")]
    [InlineData("TELEGRAM_BOT_TOKEN='{0}'")]
    [InlineData("TELEGRAM_BOT_TOKEN=wrong\n  TELEGRAM_BOT_TOKEN = {0}  \n")]
    public async Task What_the_environment_lacks_is_looked_up_in_the_file_that_systemd_reads(string content)
    {
        TestAccount.SkipUnlessRoot();
        await using var scene = await DoctorScene.BeginAsync();
        scene.Bot.Environment.Remove("TELEGRAM_BOT_TOKEN");
        await File.WriteAllTextAsync(
            scene.SettingsFile,
            content.Replace("{0}", scene.Bot.Sandbox.Token, StringComparison.Ordinal),
            Cancellation
        );

        var (status, said) = await scene.AskDoctorAsync();

        Assert.True(status == 0, said);
        Assert.Contains("ok     token: of @NotifyTestBot", said, StringComparison.Ordinal);
        Assert.DoesNotContain(scene.Bot.Sandbox.Token, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_that_are_nowhere_are_named_with_the_file_they_belong_into()
    {
        await using var scene = await BotScene.SetAsync();
        scene.Environment.Remove("TELEGRAM_BOT_TOKEN");

        var (status, said) = await scene.OperateAsync("doctor", "--env-file", "/nowhere/.env");

        Assert.Equal(78, status);
        Assert.Contains("WRONG  settings: TELEGRAM_BOT_TOKEN is not set", said, StringComparison.Ordinal);
        Assert.Contains("fix: nano /nowhere/.env; systemctl restart notify-bot", said, StringComparison.Ordinal);
    }
}
