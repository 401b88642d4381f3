using System.Globalization;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>The Debian package does what deploy.sh does, and goes away as packages do.</summary>
public sealed class PackageTests
{
    private const string Install = "DEBIAN_FRONTEND=noninteractive apt-get install -y -q --allow-downgrades -o Dpkg::Options::=--force-confold";

    private static string Package => Directory.GetFiles(Path.Combine(Programs.Repository, "artifacts", "publish"), "notify_*_amd64.deb").FirstOrDefault()
        ?? throw new FileNotFoundException("artifacts/publish/notify_VERSION_amd64.deb is not there. Run ./dev publish first.");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lintian_finds_no_error()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/lintian"), "needs lintian: apt-get install lintian");

        var said = await BootedDebian.HereAsync($"lintian --fail-on error --allow-root {Package}", TimeSpan.FromMinutes(5));

        Assert.DoesNotContain("E: ", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_installs_is_upgraded_and_downgraded_under_way_removed_and_purged()
    {
        await using var server = await Server.BootAsync();
        var machine = server.Machine;
        await server.WriteSettingsAsync();
        var file = $"{Server.Source}/artifacts/publish/{Path.GetFileName(Package)}";

        // Installed.
        await machine.DoAsync($"{Install} {file}");
        await WaitUntilWellAsync(server);
        Assert.Equal("running", (await machine.RunAsync("systemctl is-system-running")).Said.Trim());
        Assert.Equal("2770 deploy:data-ops", (await machine.DoAsync("stat -c '%a %U:%G' /data/notifications")).Trim());
        Assert.Contains("group:dataread:rw-", await machine.DoAsync("getfacl -cpE /data/notifications/bot.sock"), StringComparison.Ordinal);
        Assert.Equal("600 root:root", (await machine.DoAsync("stat -c '%a %U:%G' /opt/data-analyst/.env")).Trim());
        Assert.Contains("All is well.", await machine.DoAsync("notify-bot doctor"), StringComparison.Ordinal);
        var chat = await server.AddAnalystAsync("alice");
        await server.WriteScriptAsync("alice", "hello.py", """print('{"notify": true, "message": "hello from a script", "cooldown": "0m"}')""");
        await machine.DoAsync("/usr/local/bin/notify-runner", "alice");
        await server.Phone.WaitForBotMessagesAsync(chat, all => all.Any(m => m.Text == "hello from a script"), Cancellation);
        await machine.DoAsync("echo '# an operator was here' >> /etc/sudoers.d/sudoers-deploy");

        // Upgraded and downgraded while somebody sends.
        await machine.DoAsync($"""
            dpkg-deb -R {file} /root/newer
            sed -i 's/^Version: .*/Version: 99.0/' /root/newer/DEBIAN/control
            printf 'newer' >> /root/newer/opt/data-analyst/notify/notify-bot
            sed -i '/notify-bot$/d' /root/newer/DEBIAN/md5sums
            dpkg-deb --root-owner-group -Znone -b /root/newer /root/newer.deb
            """);
        await machine.DoAsync("cat > /root/load.sh", input: """
            ok=0; bad=0
            while [ ! -e /root/load.end ]; do
                if curl -sf -m 60 -o /dev/null --unix-socket /data/notifications/bot.sock -H 'Content-Type: application/json' -d '{"user":"alice","text":"load","wait":0}' http://b/send; then ok=$((ok + 1)); else bad=$((bad + 1)); fi
                sleep 0.05
            done
            echo "$ok $bad" > /root/load.out
            """);
        await machine.DoAsync("systemd-run -q --unit=load bash /root/load.sh");
        await machine.DoAsync($"{Install} /root/newer.deb");
        Assert.Equal("99.0", (await machine.DoAsync("dpkg-query -W -f '${Version}' notify")).Trim());
        await WaitUntilWellAsync(server);
        await machine.DoAsync($"{Install} {file}");
        await WaitUntilWellAsync(server);
        await machine.DoAsync("touch /root/load.end");
        await Eventually.TrueAsync(async () => (await machine.RunAsync("test -s /root/load.out")).Status == 0, () => "the load does not end", Cancellation);
        var load = (await machine.DoAsync("cat /root/load.out")).Trim().Split(' ');
        TestContext.Current.TestOutputHelper!.WriteLine($"{load[0]} sent during upgrade and downgrade, {load[1]} failed");
        Assert.Equal("0", load[1]);
        Assert.InRange(int.Parse(load[0], CultureInfo.InvariantCulture), 10, int.MaxValue);
        Assert.Contains("an operator was here", await machine.DoAsync("cat /etc/sudoers.d/sudoers-deploy"), StringComparison.Ordinal);
        Assert.Contains("alice", await machine.DoAsync("notify-bot users"), StringComparison.Ordinal);

        // Removed: what is the users' stays. Purged: nothing but the accounts.
        await machine.DoAsync("apt-get remove -y -q notify");
        Assert.Equal("", (await machine.DoAsync("ls /opt/data-analyst/notify /usr/local/bin/notify-bot /lib/systemd/system/notify-* 2> /dev/null || true")).Trim());
        Assert.Equal("", (await machine.DoAsync("systemctl list-units --no-legend 'notify-*.service' 'notify-*.socket' --state=active,failed || true")).Trim());
        await machine.DoAsync("test -s /data/notifications/telegram_users.json && test -s /opt/data-analyst/.env");
        await machine.DoAsync("apt-get purge -y -q notify");
        Assert.Equal("", (await machine.DoAsync("ls -d /data/notifications /opt/data-analyst /etc/sudoers.d/sudoers-deploy /var/lib/notify-* 2> /dev/null || true")).Trim());
        Assert.Equal("running", (await machine.RunAsync("systemctl is-system-running")).Said.Trim());
    }

    [Fact]
    public async Task Without_settings_it_installs_and_says_what_to_put_in()
    {
        await using var server = await Server.BootAsync();

        var said = await server.Machine.DoAsync($"{Install} {Server.Source}/artifacts/publish/{Path.GetFileName(Package)}");

        Assert.Contains("notify-bot is installed and not started: /opt/data-analyst/.env lacks TELEGRAM_BOT_TOKEN.", said, StringComparison.Ordinal);
        Assert.Equal("running\n", (await server.Machine.RunAsync("systemctl is-system-running; systemctl --failed --no-legend; journalctl --no-pager -p warning -n 20 -o cat | grep notify-gateway")).Said);
        Assert.NotEmpty((await server.Machine.DoAsync("sed -n 's/^NOTIFY_JWT_SECRET=//p' /opt/data-analyst/.env")).Trim());
        var (status, _) = await server.Machine.RunAsync($"bash -c '. /usr/lib/notify/prepare.sh; notify_ready notify-bot'");
        Assert.Equal(1, status);
    }

    private static Task WaitUntilWellAsync(Server server) => Eventually.TrueAsync(
        async () => (await server.Machine.RunAsync("systemctl is-active --quiet notify-{bot,web,gateway}.service && curl -sf --unix-socket /data/notifications/bot.sock http://bot/health | grep -q '\"telegram\":{\"state\":\"ok\"' && curl -sf http://127.0.0.1:5000/healthz")).Status == 0,
        () => "it does not get well",
        Cancellation);
}
