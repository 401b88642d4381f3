using System.Globalization;
using System.Text.RegularExpressions;

namespace Notify.Tests;

/// <summary>What deploy.sh leaves on a server: files and their rights, services, who may do what (specification, sections 3, 4 and 15).</summary>
public sealed partial class InstalledTests(DeployedServer deployed) : IClassFixture<DeployedServer>
{
    private BootedDebian Machine => deployed.Machine;

    [Fact]
    public async Task The_machine_runs_and_nothing_has_failed()
    {
        Assert.Equal("running", (await Machine.RunAsync("systemctl is-system-running; systemctl --failed --no-legend")).Said.Trim());
        Assert.Equal("active\nactive\nactive\nactive\nactive\nactive", (await Machine.DoAsync("systemctl is-active notify-{bot,web,gateway}.{service,socket}")).Trim());
        Assert.Equal("ok", (await deployed.Server.HealthAsync()).GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("/data/notifications", "2770 deploy:data-ops")]
    [InlineData("/data/notifications/bot.sock", "660 deploy:data-ops")]
    [InlineData("/data/notifications/telegram_users.json", "660 deploy:data-ops")]
    [InlineData("/data/notifications/private", "750 deploy:data-ops")]
    [InlineData("/data/notifications/private/outbox.db", "600 deploy:data-ops")]
    [InlineData("/data/notifications/private/bot.log", "640 deploy:data-ops")]
    [InlineData("/data/notifications/bot.log", "640 deploy:data-ops")]
    [InlineData("/run/notify-gateway/ws.sock", "770 notify-gateway:data-ops")]
    [InlineData("/opt/data-analyst/.env", "600 root:root")]
    [InlineData("/opt/data-analyst/notify/notify-bot", "755 root:root")]
    [InlineData("/opt/data-analyst/notify/notify-web", "755 root:root")]
    [InlineData("/opt/data-analyst/notify/notify-gateway", "755 root:root")]
    [InlineData("/opt/data-analyst/notify/download/notify-desktop", "755 root:root")]
    [InlineData("/usr/local/bin/notify-scripts", "755 root:root")]
    [InlineData("/usr/local/bin/notify-runner", "755 root:root")]
    [InlineData("/usr/local/bin/add-analyst", "755 root:root")]
    [InlineData("/etc/sudoers.d/sudoers-deploy", "440 root:root")]
    [InlineData("/var/lib/notify-web", "700 www-data:www-data")]
    [InlineData("/var/lib/notify-gateway", "700 notify-gateway:data-ops")]
    [InlineData("/data/docs/notifications.md", "644 root:root")]
    [InlineData("/data/docs/desktop.md", "644 root:root")]
    [InlineData("/data/docs/examples/notifications/revenue_drop.py", "644 root:root")]
    [InlineData("/home/alice", "750 alice:alice")]
    [InlineData("/home/alice/user/notifications", "750 alice:alice")]
    [InlineData("/home/alice/.notifications/state", "750 alice:alice")]
    [InlineData("/home/alice/.notifications/logs", "750 alice:alice")]
    [InlineData("/home/alice/.ssh/authorized_keys", "600 alice:alice")]
    public async Task Each_file_has_its_owner_and_mode(string path, string expected) =>
        Assert.Equal(expected, (await Machine.DoAsync($"stat -L -c '%a %U:%G' {path}")).Trim());

    [Theory]
    [InlineData("/data/notifications", "user::rwx group::rwx group:dataread:--x mask::rwx other::---")]
    [InlineData("/data/notifications/bot.sock", "user::rw- group::rw- group:dataread:rw- mask::rw- other::---")]
    public async Task Analysts_have_their_entry_and_no_more(string path, string expected) =>
        Assert.Equal(expected, string.Join(' ', (await Machine.DoAsync($"getfacl -cpE {path}")).Split('\n', StringSplitOptions.RemoveEmptyEntries)));

    [Theory]
    // The socket and what is beside it.
    [InlineData("alice", "curl -sf --unix-socket /data/notifications/bot.sock http://b/health", true)]
    [InlineData("eve", "curl -sf --unix-socket /data/notifications/bot.sock http://b/health", false)]
    [InlineData("alice", "ls /data/notifications", false)]
    [InlineData("alice", "cat /data/notifications/telegram_users.json", false)]
    [InlineData("alice", "cat /data/notifications/private/bot.log", false)]
    [InlineData("alice", "echo x > /data/notifications/mine", false)]
    [InlineData("www-data", "cat /data/notifications/telegram_users.json", true)]
    [InlineData("www-data", "cat /data/notifications/private/outbox.db", false)]
    [InlineData("www-data", "touch /data/notifications/private/x", false)]
    [InlineData("alice", "curl -sf --unix-socket /run/notify-gateway/ws.sock http://g/health", false)]
    [InlineData("deploy", "curl -sf --unix-socket /run/notify-gateway/ws.sock http://g/health", true)]
    [InlineData("alice", "cat /opt/data-analyst/.env", false)]
    [InlineData("deploy", "cat /opt/data-analyst/.env", false)]
    [InlineData("www-data", "cat /opt/data-analyst/.env", false)]
    // Whom one may send for.
    [InlineData("alice", "curl -sf --unix-socket /data/notifications/bot.sock -H 'Content-Type: application/json' -d '{\"text\":\"mine\"}' http://b/send", true)]
    [InlineData("alice", "curl -sf --unix-socket /data/notifications/bot.sock -H 'Content-Type: application/json' -d '{\"user\":\"bob\",\"text\":\"for bob\"}' http://b/send", false)]
    [InlineData("deploy", "curl -sf --unix-socket /data/notifications/bot.sock -H 'Content-Type: application/json' -d '{\"user\":\"bob\",\"text\":\"for bob\"}' http://b/send", true)]
    [InlineData("www-data", "curl -sf --unix-socket /data/notifications/bot.sock -H 'Content-Type: application/json' -d '{\"user\":\"bob\",\"text\":\"for bob\"}' http://b/send", true)]
    // What the bot's account may do through sudo, and nobody else.
    [InlineData("deploy", "sudo -n -u alice -- /usr/local/bin/notify-scripts list", true)]
    [InlineData("deploy", "sudo -n -u alice -- /usr/local/bin/notify-scripts sync-status", true)]
    [InlineData("deploy", "sudo -n -u alice -- /usr/local/bin/notify-scripts run fine.py", true)]
    [InlineData("deploy", "sudo -n -u root -- /usr/local/bin/notify-scripts list", false)]
    [InlineData("deploy", "sudo -n -- /usr/local/bin/notify-scripts list", false)]
    [InlineData("deploy", "sudo -n -u eve -- /usr/local/bin/notify-scripts list", false)]
    [InlineData("deploy", "sudo -n -u www-data -- /usr/local/bin/notify-scripts list", false)]
    [InlineData("deploy", "sudo -n -g root -- /usr/local/bin/notify-scripts list", false)]
    [InlineData("deploy", "sudo -n -u alice -g data-ops -- /usr/local/bin/notify-scripts list", false)]
    [InlineData("deploy", "sudo -n -u alice -- /usr/local/bin/notify-scripts", false)]
    [InlineData("deploy", "sudo -n -u alice -- /usr/local/bin/notify-scripts list --help", false)]
    [InlineData("deploy", "sudo -n -u alice -- /usr/local/bin/notify-scripts run ../../../etc/x.py", false)]
    [InlineData("deploy", "sudo -n -u alice -- /usr/local/bin/notify-scripts run -x.py", false)]
    [InlineData("deploy", "sudo -n -u alice -- /usr/local/bin/notify-scripts run .x.py", false)]
    [InlineData("deploy", "sudo -n -u alice -- /usr/local/bin/notify-scripts run 'fine.py --x y.py'", false)]
    [InlineData("deploy", "sudo -n -u alice -- /usr/local/bin/notify-scripts run fine.py other.py", false)]
    [InlineData("deploy", "sudo -n -u alice -- /usr/local/bin/notify-scripts run fine.py --help", false)]
    [InlineData("deploy", "sudo -n -u alice PATH=/tmp -- /usr/local/bin/notify-scripts list", false)]
    [InlineData("deploy", "sudo -n -u alice -E -- /usr/local/bin/notify-scripts list", false)]
    [InlineData("deploy", "sudo -n -u alice -- /usr/local/bin/notify-runner", false)]
    [InlineData("deploy", "sudo -n -u alice -- /bin/sh -c id", false)]
    [InlineData("deploy", "sudo -n -u alice -s", false)]
    [InlineData("alice", "sudo -n -u bob -- /usr/local/bin/notify-scripts list", false)]
    [InlineData("alice", "sudo -n -- /usr/local/bin/notify-scripts list", false)]
    [InlineData("www-data", "sudo -n -u alice -- /usr/local/bin/notify-scripts list", false)]
    [InlineData("notify-gateway", "sudo -n -u alice -- /usr/local/bin/notify-scripts list", false)]
    // Ports are systemd's, so that nobody takes one while its service restarts.
    [InlineData("alice", "python3 -c 'import socket; s = socket.socket(); s.bind((\"127.0.0.1\", 5000))'", false)]
    [InlineData("alice", "python3 -c 'import socket; s = socket.socket(); s.bind((\"127.0.0.1\", 8765))'", false)]
    public async Task Who_may_do_what(string user, string command, bool isAllowed)
    {
        await deployed.Server.WriteScriptAsync("alice", "fine.py", """print('{"notify": false}')""");

        var (status, said) = await Machine.RunAsync(command, user);

        Assert.True(isAllowed == (status == 0), $"status {status}: {said}");
    }

    [Theory]
    [InlineData("bot", 3.6)]
    [InlineData("web", 2.0)]
    [InlineData("gateway", 2.0)]
    public async Task The_services_are_as_closed_as_their_work_allows(string service, double most)
    {
        var said = await Machine.DoAsync($"systemd-analyze security --no-pager notify-{service}.service");

        var score = double.Parse(Exposure().Match(said).Groups["score"].Value, CultureInfo.InvariantCulture);
        TestContext.Current.TestOutputHelper!.WriteLine($"systemd-analyze security notify-{service}.service: {score}");
        Assert.InRange(score, 0, most);
    }

    [Fact]
    public async Task The_bots_process_is_deploy_without_a_capability_and_only_the_bot_has_the_token()
    {
        var bot = (await Machine.DoAsync("systemctl show -p MainPID --value notify-bot")).Trim();
        var status = await Machine.DoAsync($"cat /proc/{bot}/status");

        Assert.Contains("CapEff:\t0000000000000000", status, StringComparison.Ordinal);
        Assert.Equal("deploy", (await Machine.DoAsync($"ps -o user= -p {bot}")).Trim());
        foreach (var service in (string[])["web", "gateway"])
        {
            var environment = await Machine.DoAsync($"tr '\\0' '\\n' < /proc/$(systemctl show -p MainPID --value notify-{service})/environ");
            Assert.DoesNotContain("TELEGRAM_BOT_TOKEN", environment, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("AAH-sandbox", await Machine.DoAsync("ps axww -o args; journalctl --no-pager; cat /data/notifications/private/bot.log"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Root_follows_no_link_that_the_dashboards_account_puts_into_the_shared_folder()
    {
        var before = await Machine.DoAsync("getfacl -pcE /etc/shadow; stat -c '%a %U:%G' /etc/shadow");
        await Machine.DoAsync("cd /data/notifications; mv bot.sock bot.sock.aside; ln -s /etc/shadow bot.sock; ln -s /etc/shadow pending_links.json.new; mv -T pending_links.json.new pending_links.json", "www-data");

        await Machine.RunAsync("bash -c \"$(sed -n 's/^ExecStartPost=//p' /etc/systemd/system/notify-bot.socket)\"");
        await Machine.DoAsync("cd /data/notifications; rm bot.sock; mv bot.sock.aside bot.sock", "www-data");
        await Machine.DoAsync($"bash {Server.Source}/server/deploy.sh");

        Assert.Equal(before, await Machine.DoAsync("getfacl -pcE /etc/shadow; stat -c '%a %U:%G' /etc/shadow"));
        await Machine.DoAsync("rm /data/notifications/pending_links.json", "www-data");
    }

    [Fact]
    public async Task An_analyst_is_added_once_and_wrong_names_and_keys_are_refused()
    {
        Assert.Contains("alice is there already", await Machine.DoAsync("add-analyst alice"), StringComparison.Ordinal);
        foreach (var wrong in (string[])["'Alice B'", "root", "-x", "../x", "$'a\\nb'", "''", "carol 'no key'", "carol $'ssh-ed25519 AAAA\\nssh-rsa BBBB'", "carol a b"])
        {
            Assert.NotEqual(0, (await Machine.RunAsync($"add-analyst {wrong}")).Status);
        }

        Assert.NotEqual(0, (await Machine.RunAsync("id carol")).Status);
        Assert.NotEqual(0, (await Machine.RunAsync("add-analyst carol", "alice")).Status);
    }

    [GeneratedRegex(@"Overall exposure level for .*: (?<score>[0-9.]+) ", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Exposure();
}
