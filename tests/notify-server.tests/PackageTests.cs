using System.Globalization;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>The Debian package does what deploy.sh does, and goes away as packages do.</summary>
/// <param name="release">Debian's name of the machine.</param>
public abstract class PackageTests(string release)
{
    private const string Install =
        "DEBIAN_FRONTEND=noninteractive apt-get install -y -q --allow-downgrades -o Dpkg::Options::=--force-confold";

    internal static string Package =>
        Directory
            .GetFiles(Path.Combine(Programs.Repository, "artifacts", "publish"), "notify_*_amd64.deb")
            .FirstOrDefault()
        ?? throw new FileNotFoundException(
            "artifacts/publish/notify_VERSION_amd64.deb is not there. Run ./dev publish first."
        );

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_installs_is_upgraded_and_downgraded_under_way_removed_and_purged()
    {
        await using var server = await Server.BootAsync(release);
        var machine = server.Machine;
        await server.WriteSettingsAsync();
        var file = $"{Server.Source}/artifacts/publish/{Path.GetFileName(Package)}";

        // Installed, where others may have had folders of these names before.
        await machine.DoAsync("mkdir /data; test -d /opt -a -d /usr/local/bin");
        await machine.DoAsync($"{Install} {file}");
        await server.StartNginxAsync();
        await WaitUntilWellAsync(server);
        Assert.Equal("running", (await machine.RunAsync("systemctl is-system-running")).Said.Trim());
        Assert.Equal("2770 deploy:data-ops", (await machine.DoAsync("stat -c '%a %U:%G' /data/notifications")).Trim());
        Assert.Contains(
            "group:dataread:rw-",
            await machine.DoAsync("getfacl -cpE /data/notifications/bot.sock"),
            StringComparison.Ordinal
        );
        Assert.Equal("600 root:root", (await machine.DoAsync("stat -c '%a %U:%G' /opt/data-analyst/.env")).Trim());
        Assert.Contains("Everything is fine.", await machine.DoAsync("notify-bot doctor"), StringComparison.Ordinal);
        var chat = await server.AddAnalystAsync("alice");
        await server.WriteScriptAsync(
            "alice",
            "hello.py",
            """print('{"notify": true, "message": "hello from a script", "cooldown": "0m"}')"""
        );
        await machine.DoAsync("/usr/local/bin/notify-runner", "alice");
        await server.Phone.WaitForBotMessagesAsync(
            chat,
            all => all.Any(m => m.Text == "hello from a script"),
            Cancellation
        );
        await machine.DoAsync("echo '# an operator was here' >> /etc/sudoers.d/sudoers-deploy");

        // Upgraded and downgraded while somebody sends.
        await machine.DoAsync(
            $"""
            dpkg-deb -R {file} /root/newer
            sed -i 's/^Version: .*/Version: 99.0/' /root/newer/DEBIAN/control
            printf 'newer' >> /root/newer/opt/data-analyst/notify/notify-bot
            sed -i '/notify-bot$/d' /root/newer/DEBIAN/md5sums
            dpkg-deb --root-owner-group -Znone -b /root/newer /root/newer.deb
            """
        );
        await machine.DoAsync(
            "cat > /root/load.sh",
            input: """
            ok=0; bad=0
            while [ ! -e /root/load.end ]; do
                if curl -sf -m 60 -o /dev/null --unix-socket /data/notifications/bot.sock -H 'Content-Type: application/json' -d '{"user":"alice","text":"load","wait":0}' http://b/send; then ok=$((ok + 1)); else bad=$((bad + 1)); fi
                sleep 0.05
            done
            echo "$ok $bad" > /root/load.out
            """
        );
        await machine.DoAsync("systemd-run -q --unit=load bash /root/load.sh");
        await machine.DoAsync($"{Install} /root/newer.deb");
        Assert.Equal("99.0", (await machine.DoAsync("dpkg-query -W -f '${Version}' notify")).Trim());
        await WaitUntilWellAsync(server);
        await machine.DoAsync($"{Install} {file}");
        await WaitUntilWellAsync(server);
        await machine.DoAsync("touch /root/load.end");
        await Eventually.TrueAsync(
            async () => (await machine.RunAsync("test -s /root/load.out")).Status == 0,
            () => "the load does not end",
            Cancellation
        );
        var load = (await machine.DoAsync("cat /root/load.out")).Trim().Split(' ');
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{load[0]} sent during upgrade and downgrade, {load[1]} failed"
        );
        Assert.Equal("0", load[1]);
        Assert.InRange(int.Parse(load[0], CultureInfo.InvariantCulture), 10, int.MaxValue);
        Assert.Contains(
            "an operator was here",
            await machine.DoAsync("cat /etc/sudoers.d/sudoers-deploy"),
            StringComparison.Ordinal
        );
        Assert.Contains("alice", await machine.DoAsync("notify-bot users"), StringComparison.Ordinal);

        // Removed: what is the users' stays. Purged: nothing but the accounts.
        await machine.DoAsync("apt-get remove -y -q notify");
        Assert.Equal(
            "",
            (
                await machine.DoAsync(
                    "ls /opt/data-analyst/notify /usr/local/bin/notify-bot /lib/systemd/system/notify-* /etc/systemd/system/*.wants/notify-* 2> /dev/null || true"
                )
            ).Trim()
        );
        Assert.Equal(
            "",
            (
                await machine.DoAsync(
                    "systemctl list-units --no-legend 'notify-*.service' 'notify-*.socket' 'notify-*.path' --state=active,failed || true"
                )
            ).Trim()
        );
        await machine.DoAsync("test -s /data/notifications/telegram_users.json && test -s /opt/data-analyst/.env");
        await machine.DoAsync("apt-get purge -y -q notify");
        Assert.Equal(
            "",
            (
                await machine.DoAsync(
                    "ls -d /data/* /opt/* /usr/local/bin/* /etc/sudoers.d/sudoers-deploy /var/lib/notify-* /run/notify-* 2> /dev/null || true"
                )
            ).Trim()
        );
        await machine.DoAsync("test -d /opt -a -d /data -a -d /usr/local/bin");
        Assert.Equal("running", (await machine.RunAsync("systemctl is-system-running")).Said.Trim());
    }

    [Fact]
    public async Task It_takes_the_place_of_a_version_that_listened_on_ports_and_had_its_units_elsewhere()
    {
        await using var server = await Server.BootAsync(release);
        var machine = server.Machine;
        await server.WriteSettingsAsync();
        var file = $"{Server.Source}/artifacts/publish/{Path.GetFileName(Package)}";
        await machine.DoAsync(
            $"""
            dpkg-deb -R {file} /root/older
            sed -i 's/^Version: .*/Version: 0.0.1/' /root/older/DEBIAN/control
            {Server.MakeSiteOlder.Replace(
                "FILE",
                "/root/older/opt/data-analyst/nginx-notify.conf",
                StringComparison.Ordinal
            )}
            mkdir -p /root/older/lib
            mv /root/older/usr/lib/systemd /root/older/lib/
            cd /root/older/lib/systemd/system
            {Server.MakeOlder}
            rm /root/older/DEBIAN/md5sums
            dpkg-deb --root-owner-group -Znone -b /root/older /root/older.deb
            {Install} /root/older.deb
            """
        );
        await server.StartNginxAsync();
        await server.WaitUntilServedAsync();
        var chat = await server.AddAnalystAsync("alice");

        // A site for the ports, and a folder that others can write in: nothing is unpacked.
        var (status, said) = await machine.RunAsync($"{Install} {file}");
        Assert.True(status != 0, said);
        Assert.Contains("127.0.0.1:8765 /etc/nginx/sites-enabled/notify", said, StringComparison.Ordinal);
        await machine.DoAsync(UpgradeTests.CommandsIn(said));
        await machine.DoAsync("chgrp data-ops /data/docs; chmod g+w /data/docs");
        (status, said) = await machine.RunAsync($"{Install} {file}");
        Assert.True(status != 0, said);
        Assert.Contains(
            "/data/docs can be changed by members of data-ops, and root writes there: chmod g-w /data/docs",
            said,
            StringComparison.Ordinal
        );
        Assert.Equal(
            "0.0.1 installed",
            await machine.DoAsync("dpkg-query -W -f '${Version} ${db:Status-Status}' notify")
        );
        await server.WaitUntilServedAsync();
        await machine.DoAsync("chmod g-w /data/docs");

        await machine.DoAsync($"{Install} {file}");

        await WaitUntilWellAsync(server);
        Assert.Equal(
            "",
            (
                await machine.DoAsync(
                    "ss -Hltn '( sport = 5000 or sport = 8765 )'; systemctl --failed --no-legend; find /lib/systemd/system/ /etc/systemd/system -name '*.dpkg-*'"
                )
            ).Trim()
        );
        Assert.Equal(
            "/usr/lib/systemd/system/notify-bot.service",
            (await machine.DoAsync("realpath $(systemctl show -p FragmentPath --value notify-bot)")).Trim()
        );
        Assert.Equal(
            "loaded loaded loaded loaded loaded loaded loaded loaded loaded",
            (
                await machine.DoAsync(
                    "systemctl show -p LoadState --value notify-{bot,web,gateway}.{service,socket} notify-gateway-clients.socket notify-sockets.{path,service} | xargs"
                )
            ).Trim()
        );
        await machine.DoAsync(
            "echo '{\"text\":\"after the upgrade\"}' | curl -sf --unix-socket /data/notifications/bot.sock -H 'Content-Type: application/json' -d @- http://b/send",
            "alice"
        );
        await server.Phone.WaitForBotMessagesAsync(
            chat,
            all => all.Any(m => m.Text == "after the upgrade"),
            Cancellation
        );
    }

    [Fact]
    public async Task Without_settings_it_installs_and_says_what_to_put_in()
    {
        await using var server = await Server.BootAsync(release);

        var said = await server.Machine.DoAsync(
            $"{Install} {Server.Source}/artifacts/publish/{Path.GetFileName(Package)}"
        );

        Assert.Contains(
            "notify-bot is installed but not started: /opt/data-analyst/.env lacks TELEGRAM_BOT_TOKEN.",
            said,
            StringComparison.Ordinal
        );
        // A machine whose kernel still has the older control groups warns of them for any service.
        Assert.Equal(
            "running\n",
            (
                await server.Machine.RunAsync(
                    "systemctl is-system-running; systemctl --failed --no-legend; journalctl --no-pager -p warning -n 20 -o cat | grep notify-gateway | grep -v 'compat systemd cgroup'"
                )
            ).Said
        );
        Assert.NotEmpty(
            (await server.Machine.DoAsync("sed -n 's/^NOTIFY_JWT_SECRET=//p' /opt/data-analyst/.env")).Trim()
        );
        var (status, _) = await server.Machine.RunAsync(
            $"bash -c '. /usr/lib/notify/prepare.sh; notify_ready notify-bot'"
        );
        Assert.Equal(1, status);
    }

    private static Task WaitUntilWellAsync(Server server) =>
        Eventually.TrueAsync(
            async () =>
                (
                    await server.Machine.RunAsync(
                        "systemctl is-active --quiet notify-{bot,web,gateway}.service && curl -sf --unix-socket /data/notifications/bot.sock http://bot/health | grep -q '\"telegram\":{\"state\":\"ok\"' && "
                            + $"{Server.Curl} -f https://{Server.PublicName}/healthz"
                    )
                ).Status == 0,
            () => "it does not get well",
            Cancellation
        );
}

/// <summary>On Debian 12.</summary>
public sealed class PackageOnBookwormTests() : PackageTests("bookworm");

/// <summary>On Debian 13.</summary>
public sealed class PackageOnTrixieTests() : PackageTests("trixie");

/// <summary>The package as a file.</summary>
public sealed class PackageFileTests
{
    [Fact]
    public async Task Lintian_finds_no_error()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/lintian"), "needs lintian: apt-get install lintian");

        var said = await BootedDebian.HereAsync(
            $"lintian --fail-on error --allow-root {PackageTests.Package}",
            TimeSpan.FromMinutes(15)
        );

        Assert.DoesNotContain("E: ", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_lists_no_folder_that_others_may_have_had_before_and_its_units_lie_in_usr()
    {
        var paths = (
            await BootedDebian.HereAsync($"dpkg-deb -c {PackageTests.Package} | sed 's/.* [.]//; s/ -> .*//'")
        ).Split('\n');

        Assert.Contains("/usr/lib/systemd/system/notify-bot.service", paths);
        Assert.DoesNotContain(
            paths,
            path =>
                path is "/opt/" or "/data/" or "/usr/local/" or "/usr/local/bin/"
                || path.StartsWith("/lib/", StringComparison.Ordinal)
        );
    }
}
