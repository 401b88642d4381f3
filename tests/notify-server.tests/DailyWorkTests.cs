using Notify.Sandbox.Control;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>A day of an analyst: cron runs the scripts, buttons run them, both the same way; and the bot's machine restarts in between.</summary>
public abstract class DailyWorkTests(DeployedServer deployed)
{
    /// <summary>A chart by Python alone, and a script that sends it.</summary>
    private const string Report = """
        import json, os, struct, zlib
        def part(kind, data): return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        path = os.path.expanduser("~/chart.png")
        rows = b"".join(b"\0" + bytes((20, 120, 20 + y) * 64) for y in range(48))
        with open(path, "wb") as f:
            f.write(b"\x89PNG\r\n\x1a\n" + part(b"IHDR", struct.pack(">IIBBBBB", 64, 48, 8, 2, 0, 0, 0)) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b""))
        print(json.dumps({"notify": True, "title": "Report", "message": "with a chart", "image_path": path, "cooldown": "1d"}))
        """;

    /// <summary>Everything that a script can see of how it is run, but for core files, which sudo allows nobody, and the mark of each run.</summary>
    private const string Surroundings = """
        import json, os, resource, sys, tempfile
        limits = sorted((name, resource.getrlimit(getattr(resource, name))) for name in dir(resource) if name.startswith("RLIMIT_") and name != "RLIMIT_CORE")
        own = {"NOTIFY_SCRIPT_RUN"}
        seen = {
            "who": [os.getresuid(), os.getresgid(), sorted(os.getgroups())],
            "where": [os.getcwd(), tempfile.gettempdir(), sys.executable],
            "umask": oct(os.umask(0)),
            "nice": os.nice(0),
            "limits": limits,
            "environment": {k: v for k, v in sorted(os.environ.items()) if k not in own},
            "tmp": os.path.exists("/tmp/left-by-an-analyst"),
            "home": sorted(os.listdir(os.path.expanduser("~"))),
            "data": sorted(os.listdir("/data")),
            "writable": [p for p in ("/tmp", "/var/tmp", os.path.expanduser("~"), "/data", "/etc", "/usr", "/dev/shm") if os.access(p, os.W_OK)],
            "devices": os.path.exists("/dev/null") and os.path.exists("/dev/shm"),
            "processes": len([p for p in os.listdir("/proc") if p.isdigit()]) > 5,
        }
        with open(os.path.expanduser("~/seen-by-WHOM.json"), "w") as f:
            json.dump(seen, f, indent=1)
        print('{"notify": true, "message": "looked around", "cooldown": "0m"}')
        """;

    private BootedDebian Machine => deployed.Machine;

    private SandboxControl Phone => deployed.Server.Phone;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cron_runs_the_scripts_of_everybody_and_text_and_chart_arrive()
    {
        await deployed.Server.WriteScriptAsync("bob", "report.py", Report);
        await Machine.DoAsync("echo '* * * * * /usr/local/bin/notify-runner' | crontab -", "bob");

        var report = (
            await WaitForAsync(deployed.Bob, m => m.Text.StartsWith("Report\nwith a chart", StringComparison.Ordinal))
        )[0];

        Assert.NotNull(report.Photo);
        // The phone has it before the round writes that it is delivered.
        await Eventually.TrueAsync(
            async () =>
                (await Machine.RunAsync("grep -q 'report.py: delivered' .notifications/logs/runner.log", "bob")).Status
                == 0,
            () => "the round does not say that it is delivered",
            Cancellation
        );
        await Machine.DoAsync("crontab -r; rm user/notifications/report.py", "bob");
    }

    [Fact]
    public async Task A_run_from_the_chat_sees_what_a_run_from_cron_sees()
    {
        await Machine.DoAsync("touch /tmp/left-by-an-analyst; touch seen-by-cron.json seen-by-chat.json", "alice");
        await deployed.Server.WriteScriptAsync(
            "alice",
            "surroundings.py",
            Surroundings.Replace("WHOM", "cron", StringComparison.Ordinal)
        );
        await Machine.DoAsync("echo '* * * * * /usr/local/bin/notify-runner' | crontab -", "alice");
        await Eventually.TrueAsync(
            async () => (await Machine.RunAsync("test -s seen-by-cron.json", "alice")).Status == 0,
            () => "cron does not run it",
            Cancellation
        );
        await Machine.DoAsync("crontab -r", "alice");

        await deployed.Server.WriteScriptAsync(
            "alice",
            "surroundings.py",
            Surroundings.Replace("WHOM", "chat", StringComparison.Ordinal)
        );
        await PressRunAsync(deployed.Alice, "surroundings");

        var (cron, chat) = (
            await Machine.DoAsync("cat seen-by-cron.json", "alice"),
            await Machine.DoAsync("cat seen-by-chat.json", "alice")
        );
        Assert.Equal(cron, chat);
        Assert.Contains("\"tmp\": true", chat, StringComparison.Ordinal);
        await Machine.DoAsync("rm user/notifications/surroundings.py", "alice");
    }

    [Fact]
    public async Task A_Run_button_goes_through_the_real_sudo_and_brings_the_chart()
    {
        await deployed.Server.WriteScriptAsync("alice", "on_request.py", Report);

        await PressRunAsync(deployed.Alice, "on_request");

        var messages = await WaitForAsync(deployed.Alice, m => m.Photo is not null);
        Assert.Equal("Report\nwith a chart", messages[^1].Text);
        Assert.Contains(
            "ok     helper: deploy can call it as ",
            await Machine.DoAsync("notify-bot doctor"),
            StringComparison.Ordinal
        );
        await Machine.DoAsync("rm user/notifications/on_request.py", "alice");
    }

    [Fact]
    public async Task A_name_that_sudo_does_not_let_through_is_said_in_words()
    {
        await deployed.Server.WriteScriptAsync("alice", "'Umsatz heute.py'", """print('{"notify": false}')""");

        await Phone.TypeAsync(deployed.Alice, "/run Umsatz heute", Cancellation);

        Assert.Contains(
            "letters, digits",
            (
                await WaitForAsync(
                    deployed.Alice,
                    m =>
                        m.Text.Contains("Umsatz heute", StringComparison.Ordinal)
                        && m.Text.Contains("name", StringComparison.Ordinal)
                )
            )[0].Text,
            StringComparison.Ordinal
        );
        await Machine.DoAsync("rm user/notifications/'Umsatz heute.py'", "alice");
    }

    [Fact]
    public async Task After_a_reboot_all_is_there_again_and_what_waited_is_delivered()
    {
        await Machine.DoAsync("systemctl stop sandbox");
        var queued = await Machine.DoAsync(
            """curl -s --unix-socket /data/notifications/bot.sock -H 'Content-Type: application/json' -d '{"text":"before the reboot","wait":0}' http://b/send""",
            "bob"
        );
        Assert.Contains("queued", queued, StringComparison.Ordinal);

        await Machine.RebootAsync();

        // The sandbox forgets its people, and where its updates' numbers were; Telegram does not.
        await deployed.Server.RestartSandboxAsync(async () =>
        {
            await Phone.NumberUpdatesFromAsync(1_000_000, Cancellation);
            await Phone.AddStartedPersonAsync("bob", Cancellation, deployed.Bob);
            await Phone.AddStartedPersonAsync("alice", Cancellation, deployed.Alice);
        });
        await WaitForAsync(deployed.Bob, m => m.Text == "before the reboot");
        Assert.Equal("running", (await Machine.RunAsync("systemctl is-system-running")).Said.Trim());
        Assert.Equal(
            "active\nactive\nactive",
            (await Machine.DoAsync("systemctl is-active notify-{bot,web,gateway}.service")).Trim()
        );
    }

    private async Task PressRunAsync(long chat, string stem)
    {
        await Phone.TypeAsync(chat, "/status", Cancellation);
        var status = (await WaitForAsync(chat, m => m.Buttons.Any(row => row[0].Text == $"▶ Run {stem}")))[^1];
        await Phone.PressAsync(chat, $"▶ Run {stem}", Cancellation, status.MessageId);
        await WaitForAsync(chat, m => m.Text.Contains($"{stem}: delivered", StringComparison.Ordinal));
    }

    private async Task<IReadOnlyList<MessageView>> WaitForAsync(long chat, Func<MessageView, bool> isWanted) =>
        [.. (await Phone.WaitForBotMessagesAsync(chat, all => all.Any(isWanted), Cancellation)).Where(isWanted)];
}

/// <summary>On Debian 12.</summary>
public sealed class DailyWorkOnBookwormTests(DeployedBookworm deployed)
    : DailyWorkTests(deployed),
        IClassFixture<DeployedBookworm>;

/// <summary>On Debian 13.</summary>
public sealed class DailyWorkOnTrixieTests(DeployedTrixie deployed)
    : DailyWorkTests(deployed),
        IClassFixture<DeployedTrixie>;
