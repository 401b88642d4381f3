using System.Globalization;
using System.Text.RegularExpressions;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>What deploy.sh leaves on a server: files and their rights, services, who may do what.</summary>
public abstract partial class InstalledTests(DeployedServer deployed)
{
    private BootedDebian Machine => deployed.Machine;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_machine_runs_and_nothing_has_failed()
    {
        Assert.Equal(
            "running",
            (await Machine.RunAsync("systemctl is-system-running; systemctl --failed --no-legend")).Said.Trim()
        );
        Assert.Equal(
            string.Join('\n', Enumerable.Repeat("active", 8)),
            (
                await Machine.DoAsync(
                    "systemctl is-active notify-{bot,web,gateway}.{service,socket} notify-gateway-clients.socket notify-sockets.path"
                )
            ).Trim()
        );
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
    [InlineData("/run/notify-gateway/client.sock", "660 notify-gateway:www-data")]
    [InlineData("/run/notify-gateway", "755 root:root")]
    [InlineData("/run/notify-web/web.sock", "660 www-data:www-data")]
    [InlineData("/run/notify-web", "755 root:root")]
    [InlineData("/opt/data-analyst/.env", "600 root:root")]
    [InlineData("/opt/data-analyst/notify/notify-bot", "755 root:root")]
    [InlineData("/opt/data-analyst/notify/notify-web", "755 root:root")]
    [InlineData("/opt/data-analyst/notify/notify-gateway", "755 root:root")]
    [InlineData("/opt/data-analyst/notify/download/notify-desktop", "755 root:root")]
    [InlineData("/opt/data-analyst/notify/python/notifykit", "755 root:root")]
    [InlineData("/opt/data-analyst/notify/python/notifykit/__init__.py", "644 root:root")]
    [InlineData("/data/docs/python/notifykit-*-py3-none-any.whl", "644 root:root")]
    [InlineData("/usr/local/bin/notify", "755 root:root")]
    [InlineData("/usr/local/bin/notify-scripts", "755 root:root")]
    [InlineData("/usr/local/share/man/man1/notify.1.gz", "644 root:root")]
    [InlineData("/usr/local/share/man/man8/notify-bot.8.gz", "644 root:root")]
    [InlineData("/usr/local/share/bash-completion/completions/notify", "644 root:root")]
    [InlineData("/usr/local/share/zsh/site-functions/_notify", "644 root:root")]
    [InlineData("/usr/local/share/fish/vendor_completions.d/notify.fish", "644 root:root")]
    [InlineData("/usr/local/bin/notify-runner", "755 root:root")]
    [InlineData("/usr/local/bin/add-analyst", "755 root:root")]
    [InlineData("/etc/sudoers.d/sudoers-deploy", "440 root:root")]
    [InlineData("/var/lib/notify-web", "700 www-data:www-data")]
    [InlineData("/var/lib/notify-gateway", "700 notify-gateway:data-ops")]
    [InlineData("/data/docs/notifications.md", "644 root:root")]
    [InlineData("/data/docs/desktop.md", "644 root:root")]
    [InlineData("/data/docs/send-api.md", "644 root:root")]
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
        Assert.Equal(
            expected,
            string.Join(
                ' ',
                (await Machine.DoAsync($"getfacl -cpE {path}")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            )
        );

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
    [InlineData(
        "alice",
        "curl -sf --unix-socket /data/notifications/bot.sock -H 'Content-Type: application/json' -d '{\"text\":\"mine\"}' http://b/send",
        true
    )]
    [InlineData(
        "alice",
        "curl -sf --unix-socket /data/notifications/bot.sock -H 'Content-Type: application/json' -d '{\"user\":\"bob\",\"text\":\"for bob\"}' http://b/send",
        false
    )]
    [InlineData(
        "deploy",
        "curl -sf --unix-socket /data/notifications/bot.sock -H 'Content-Type: application/json' -d '{\"user\":\"bob\",\"text\":\"for bob\"}' http://b/send",
        true
    )]
    [InlineData(
        "www-data",
        "curl -sf --unix-socket /data/notifications/bot.sock -H 'Content-Type: application/json' -d '{\"user\":\"bob\",\"text\":\"for bob\"}' http://b/send",
        true
    )]
    // What the bot's account may do through sudo, and nobody else.
    [InlineData("deploy", "sudo -n -u alice -- /usr/local/bin/notify-scripts list", true)]
    [InlineData("deploy", "sudo -n -u alice -- /usr/local/bin/notify-scripts list --runs", true)]
    [InlineData("deploy", "sudo -n -u alice -- /usr/local/bin/notify-scripts sync-status", true)]
    [InlineData("deploy", "sudo -n -u alice -- /usr/local/bin/notify-scripts run fine.py", true)]
    [InlineData(
        "deploy",
        "sudo -n -u alice -- /usr/local/bin/notify-scripts run fine.py --trigger chat --timeout-max 60 --memory-max 2147483648",
        true
    )]
    [InlineData(
        "deploy",
        "sudo -n -u alice -- /usr/local/bin/notify-scripts history fine.py --limit 5 --before 1",
        true
    )]
    [InlineData(
        "deploy",
        "sudo -n -u alice -- /usr/local/bin/notify-scripts run fine.py --trigger root --timeout-max 60",
        false
    )]
    [InlineData(
        "deploy",
        "sudo -n -u alice -- /usr/local/bin/notify-scripts run fine.py --trigger chat --timeout-max 60 --help",
        false
    )]
    [InlineData("deploy", "sudo -n -u alice -- /usr/local/bin/notify-scripts reset fine.py", true)]
    [InlineData("deploy", "sudo -n -u alice -- /usr/local/bin/notify-scripts reset ../x.py", false)]
    [InlineData("deploy", "sudo -n -u alice -- /usr/local/bin/notify-scripts reset fine.py --help", false)]
    [InlineData("deploy", "sudo -n -u alice -- /usr/local/bin/notify-scripts history ../x.py --limit 5", false)]
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
    // Dashboard and gateway: by nginx alone.
    [InlineData("www-data", "curl -sf --unix-socket /run/notify-web/web.sock http://w/healthz", true)]
    [InlineData("alice", "curl -s --unix-socket /run/notify-web/web.sock http://w/healthz", false)]
    [InlineData("deploy", "curl -s --unix-socket /run/notify-web/web.sock http://w/healthz", false)]
    [InlineData("www-data", "curl -s --unix-socket /run/notify-gateway/client.sock http://g/", true)]
    [InlineData("alice", "curl -s --unix-socket /run/notify-gateway/client.sock http://g/", false)]
    [InlineData("deploy", "curl -s --unix-socket /run/notify-gateway/client.sock http://g/", false)]
    [InlineData("alice", "curl -s http://127.0.0.1:5000/healthz", false)]
    [InlineData("alice", "curl -s http://127.0.0.1:8765/", false)]
    [InlineData("alice", Server.Curl + " -f https://" + Server.PublicName + "/healthz", true)]
    [InlineData("alice", "mv /run/notify-web/web.sock /tmp/", false)]
    [InlineData("alice", "mv /run/notify-gateway/client.sock /tmp/", false)]
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
            var environment = await Machine.DoAsync(
                $"tr '\\0' '\\n' < /proc/$(systemctl show -p MainPID --value notify-{service})/environ"
            );
            Assert.DoesNotContain("TELEGRAM_BOT_TOKEN", environment, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(
            "AAH-sandbox",
            await Machine.DoAsync("ps axww -o args; journalctl --no-pager; cat /data/notifications/private/bot.log"),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("/data/notifications/bot.sock", "660 deploy:data-ops", "rm SOCKET")]
    [InlineData("/data/notifications/bot.sock", "660 deploy:data-ops", "mv SOCKET SOCKET.aside")]
    [InlineData(
        "/run/notify-web/web.sock",
        "660 www-data:www-data",
        "ln -s /etc/shadow SOCKET.new; mv -T SOCKET.new SOCKET"
    )]
    [InlineData(
        "/run/notify-web/web.sock",
        "660 www-data:www-data",
        "ln -s /etc/nothing SOCKET.new; mv -T SOCKET.new SOCKET"
    )]
    [InlineData(
        "/data/notifications/bot.sock",
        "660 deploy:data-ops",
        "for i in 1 2 3 4 5 6 7 8; do rm -f SOCKET; done"
    )]
    [InlineData("/run/notify-web/web.sock", "660 www-data:www-data", "rm SOCKET")]
    [InlineData("/run/notify-web/web.sock", "660 www-data:www-data", "rm -r /run/notify-web")]
    [InlineData("/run/notify-gateway/client.sock", "660 notify-gateway:www-data", "rm SOCKET")]
    [InlineData("/run/notify-gateway/ws.sock", "770 notify-gateway:data-ops", "rm SOCKET")]
    public async Task A_socket_whose_file_is_removed_is_reopened(string socket, string rights, string fault)
    {
        var shadow = await Machine.DoAsync("stat -c '%a %U:%G' /etc/shadow");
        await Machine.DoAsync(fault.Replace("SOCKET", socket, StringComparison.Ordinal));

        await WaitUntilAnsweredAsync(socket);

        Assert.Equal(rights, (await Machine.DoAsync($"stat -c '%a %U:%G' {socket}")).Trim());
        Assert.Equal(shadow, await Machine.DoAsync("stat -c '%a %U:%G' /etc/shadow; ! ls /etc/nothing 2> /dev/null"));
        await Machine.DoAsync(
            "rm -f /data/notifications/*.aside; for i in $(seq 300); do notify-bot doctor > /dev/null && break; sleep 0.2; done; notify-bot doctor"
        );
        await deployed.Server.WaitUntilServedAsync();
    }

    [Fact]
    public async Task A_bot_that_ends_for_want_of_its_socket_gets_a_new_one()
    {
        // With the second name, by which the bot would put it back.
        await Machine.DoAsync("rm -f /data/notifications/{bot.sock,.bot.sock.kept,private/bot.sock}");

        await WaitUntilAnsweredAsync("/data/notifications/bot.sock");

        Assert.Equal(
            "660 deploy:data-ops",
            (await Machine.DoAsync("stat -c '%a %U:%G' /data/notifications/bot.sock")).Trim()
        );
        Assert.Contains(
            "group:dataread:rw-",
            await Machine.DoAsync("getfacl -cpE /data/notifications/bot.sock"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_script_that_the_kernel_kills_for_its_memory_takes_nobody_with_it()
    {
        Assert.Equal("continue", (await Machine.DoAsync("systemctl show -p OOMPolicy --value notify-bot")).Trim());
        var bot = await Machine.DoAsync("systemctl show -p MainPID notify-bot");
        await deployed.Server.WriteScriptAsync(
            "alice",
            "hungry.py",
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
        );

        await Machine.RunAsync(
            "curl -s -X POST --unix-socket /data/notifications/bot.sock -H 'Content-Type: application/json' -d '{}' http://b/scripts/hungry.py/run",
            "alice"
        );
        await deployed.Server.WriteScriptAsync(
            "alice",
            "hungry.py",
            "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"
        );
        await Machine.RunAsync(
            "curl -s -X POST --unix-socket /data/notifications/bot.sock -H 'Content-Type: application/json' -d '{}' http://b/scripts/hungry.py/run",
            "alice"
        );

        Assert.Equal(bot, await Machine.DoAsync("systemctl show -p MainPID notify-bot"));
        Assert.Equal("ok", (await deployed.Server.HealthAsync()).GetProperty("status").GetString());
        await Machine.DoAsync("rm user/notifications/hungry.py", "alice");
    }

    [Fact]
    public async Task What_a_client_of_nginx_says_of_its_address_does_not_count()
    {
        // Addresses of nobody (RFC 5737): of this machine itself the gateway takes more.
        await Machine.DoAsync("ip address add 192.0.2.1/32 dev lo; ip address add 192.0.2.2/32 dev lo");
        var said = await Machine.DoAsync(
            "cat > /tmp/strangers.py; python3 /tmp/strangers.py",
            "alice",
            $$"""
            import socket, ssl
            trust = ssl.create_default_context(cafile="/etc/letsencrypt/live/{{Server.PublicName}}/fullchain.pem")
            def answer(address, forged):
                tls = trust.wrap_socket(socket.create_connection((address, 443), timeout=60, source_address=(address, 0)), server_hostname="{{Server.PublicName}}")
                tls.sendall(("GET /gateway HTTP/1.1\r\nHost: {{Server.PublicName}}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + "".join(f"{name}: {forged}\r\n" for name in ("X-Forwarded-For", "X-Real-IP")) + "\r\n").encode())
                return tls, tls.recv(4096).split(b" ")[1].decode()
            crowd = [answer("192.0.2.1", f"198.51.100.{i}") for i in range(150)]
            print(sorted({status for _, status in crowd}), answer("192.0.2.2", "192.0.2.1")[1])
            """
        );

        Assert.Equal("['101', '429'] 101", said.Trim());
    }

    [Fact]
    public async Task Root_follows_no_link_that_the_dashboards_account_puts_into_the_shared_folder()
    {
        var before = await Machine.DoAsync("getfacl -pcE /etc/shadow; stat -c '%a %U:%G' /etc/shadow");
        await Machine.DoAsync(
            "cd /data/notifications; mv bot.sock bot.sock.aside; ln -s /etc/shadow bot.sock; ln -s /etc/shadow pending_links.json.new; mv -T pending_links.json.new pending_links.json",
            "www-data"
        );

        string after;
        try
        {
            await Machine.RunAsync(
                "sed -n 's/^ExecStartPost=//p' /etc/systemd/system/notify-bot.socket > /tmp/after; bash /tmp/after"
            );
            // The bot restores its socket's name itself, at any moment; mv refuses two names of one file, and rename(2) does not.
            await Machine.DoAsync(
                "cd /data/notifications; python3 -c 'import os; os.rename(\"bot.sock.aside\", \"bot.sock\")'; rm -f bot.sock.aside",
                "www-data"
            );
            await Machine.DoAsync($"bash {Server.Source}/server/deploy.sh");
            after = await Machine.DoAsync("getfacl -pcE /etc/shadow; stat -c '%a %U:%G' /etc/shadow");
        }
        finally
        {
            await Machine.RunAsync("rm -f /data/notifications/pending_links.json", "www-data");
        }

        Assert.Equal(before, after);

        // systemd itself gives a socket's file to SocketUser= by its name, and would follow a link that is put there between two of its steps.
        Assert.Equal(
            "SocketUser=\nSocketGroup=",
            (await Machine.DoAsync("systemctl show -p SocketUser -p SocketGroup notify-bot.socket")).Trim()
        );
    }

    [Fact]
    public async Task Root_gives_away_no_file_that_has_another_name_elsewhere()
    {
        var before = await Machine.DoAsync("stat -c '%a %U:%G' /etc/shadow");
        await Machine.DoAsync("ln /etc/shadow /data/notifications/pending_links.json");

        var (_, said) = await Machine.RunAsync(
            $"bash {Server.Source}/server/deploy.sh; rm /data/notifications/pending_links.json"
        );

        Assert.Contains("/data/notifications/pending_links.json was left alone", said, StringComparison.Ordinal);
        Assert.Equal(before, await Machine.DoAsync("stat -c '%a %U:%G' /etc/shadow"));
    }

    [Fact]
    public async Task What_an_earlier_engine_left_is_the_bots_afterwards()
    {
        await Machine.DoAsync(
            "chown root:root /data/notifications/telegram_users.json; chmod 0600 /data/notifications/telegram_users.json"
        );

        Assert.Contains(
            "telegram_users.json now belongs to deploy:data-ops",
            await Machine.DoAsync($"bash {Server.Source}/server/deploy.sh"),
            StringComparison.Ordinal
        );

        Assert.Equal(
            "660 deploy:data-ops 1",
            (await Machine.DoAsync("stat -c '%a %U:%G %h' /data/notifications/telegram_users.json")).Trim()
        );
        Assert.Equal("", await Machine.DoAsync("ls -d /data/notifications/.adopt* 2> /dev/null || true"));
    }

    [Fact]
    public async Task An_analyst_is_added_once_and_wrong_names_and_keys_are_refused()
    {
        Assert.Contains(
            "the account alice already exists",
            await Machine.DoAsync("add-analyst alice"),
            StringComparison.Ordinal
        );
        foreach (
            var wrong in (string[])
                [
                    "'Alice B'",
                    "root",
                    "-x",
                    "../x",
                    "$'a\\nb'",
                    "''",
                    "carol 'no key'",
                    "carol $'ssh-ed25519 AAAA\\nssh-rsa BBBB'",
                    "carol a b",
                ]
        )
        {
            Assert.NotEqual(0, (await Machine.RunAsync($"add-analyst {wrong}")).Status);
        }

        Assert.NotEqual(0, (await Machine.RunAsync("id carol")).Status);
        Assert.NotEqual(0, (await Machine.RunAsync("add-analyst carol", "alice")).Status);
    }

    private Task WaitUntilAnsweredAsync(string socket) =>
        Eventually.TrueAsync(
            async () =>
                (await Machine.RunAsync($"curl -s -m 5 -o /dev/null --unix-socket {socket} http://x/")).Status == 0,
            () => $"nobody answers at {socket}",
            Cancellation
        );

    [GeneratedRegex(@"Overall exposure level for .*: (?<score>[0-9.]+) ", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Exposure();
}

/// <summary>On Debian 12.</summary>
public sealed class InstalledOnBookwormTests(DeployedBookworm deployed)
    : InstalledTests(deployed),
        IClassFixture<DeployedBookworm>;

/// <summary>On Debian 13.</summary>
public sealed class InstalledOnTrixieTests(DeployedTrixie deployed)
    : InstalledTests(deployed),
        IClassFixture<DeployedTrixie>;
