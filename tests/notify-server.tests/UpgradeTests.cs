using System.Text.RegularExpressions;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>Another version comes, and goes again: no request is lost, nobody's link either, and what does not work is taken back.</summary>
public abstract partial class UpgradeTests(DeployedServer deployed)
{
    private const string Deploy = $"bash {Server.Source}/server/deploy.sh";

    private BootedDebian Machine => deployed.Machine;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_second_install_changes_nothing_and_says_so()
    {
        await DeployThisAsync();
        var before = await Machine.DoAsync("systemctl show -p MainPID notify-{bot,web,gateway}");

        var said = await Machine.DoAsync(Deploy);

        Assert.Contains("all files are up to date", said, StringComparison.Ordinal);
        Assert.DoesNotContain("installed /", said, StringComparison.Ordinal);
        Assert.DoesNotContain("starting", said, StringComparison.Ordinal);
        Assert.Equal(before, await Machine.DoAsync("systemctl show -p MainPID notify-{bot,web,gateway}"));
        Assert.Equal(
            "",
            await Machine.DoAsync(
                "find / -xdev -name '*.notify-new*'; ls -d /opt/data-analyst/releases/.new* 2> /dev/null || true"
            )
        );
    }

    [Fact]
    public async Task Only_what_changed_is_restarted()
    {
        await DeployThisAsync();
        var before = await Machine.DoAsync("systemctl show -p MainPID --value notify-{web,gateway}");

        var said = await Machine.DoAsync(await AnotherVersionAsync("notify-bot", "printf 'another' >> notify-bot"));

        Assert.Contains("restarting notify-bot", said, StringComparison.Ordinal);
        Assert.Equal(before, await Machine.DoAsync("systemctl show -p MainPID --value notify-{web,gateway}"));

        await Machine.DoAsync("echo 'NOTIFY_INSTANCE_NAME=Numbers' >> /opt/data-analyst/.env");
        Assert.Contains("restarting notify-web", await Machine.DoAsync(Deploy), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Under_load_a_restart_an_upgrade_a_rollback_and_one_that_is_not_healthy_lose_no_request()
    {
        await DeployThisAsync();
        var links = await Machine.DoAsync("cat /data/notifications/telegram_users.json");
        await StartLoadAsync();

        await Machine.DoAsync("systemctl restart notify-bot");
        var upgraded = await Machine.DoAsync(await AnotherVersionAsync("notify-bot", "printf 'newer' >> notify-bot"));
        var back = await Machine.DoAsync($"{Deploy} --rollback");
        var (status, broken) = await Machine.RunAsync(
            "NOTIFY_DEPLOY_PATIENCE=10 "
                + await AnotherVersionAsync(
                    "notify-bot",
                    "mv notify-bot real; printf '#!/bin/sh\\n[ \"$1\" = --version ] && echo 9.9.9 && exit 0\\nexit 1\\n' > notify-bot; chmod 755 notify-bot"
                )
        );

        Assert.Contains("installed /opt/data-analyst/notify/notify-bot", upgraded, StringComparison.Ordinal);
        Assert.Contains("Rolling back from", back, StringComparison.Ordinal);
        Assert.True(status == 1, broken);
        Assert.Contains("notify-bot is not healthy", broken, StringComparison.Ordinal);
        Assert.Contains("The earlier version runs again", broken, StringComparison.Ordinal);
        Assert.Equal("ok", (await deployed.Server.HealthAsync()).GetProperty("status").GetString());

        var load = await EndLoadAsync();
        var counts = Counts().Match(load);
        Assert.True(counts.Success, load);
        TestContext.Current.TestOutputHelper!.WriteLine(load);
        Assert.Equal("0", counts.Groups["failed"].Value);
        var sent = int.Parse(counts.Groups["sent"].Value, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(sent, 100, int.MaxValue);
        List<string> arrived = [];
        await Eventually.TrueAsync(
            async () =>
            {
                arrived = [.. (await ArrivedAsync(deployed.Alice)).Concat(await ArrivedAsync(deployed.Bob))];
                return arrived.Count >= sent;
            },
            () => $"{arrived.Count} of {sent} have arrived",
            Cancellation
        );
        Assert.Equal(arrived.Distinct(StringComparer.Ordinal).Count(), arrived.Count);
        Assert.Equal(links, await Machine.DoAsync("cat /data/notifications/telegram_users.json"));
        await deployed.Server.WaitUntilServedAsync();
    }

    [Theory]
    // It ends, it does not answer, it answers that it is not well: in each case it is the dashboard alone, and behind its public name.
    [InlineData("exit 1")]
    [InlineData(
        "exec python3 -c 'import os, signal, socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect(os.environ[\"NOTIFY_SOCKET\"]); s.send(b\"READY=1\"); signal.pause()'"
    )]
    [InlineData(
        "exec python3 -c 'import os, socket\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect(os.environ[\"NOTIFY_SOCKET\"]); s.send(b\"READY=1\")\nl = socket.socket(fileno=3)\nwhile True:\n  c = l.accept()[0]; c.recv(9999); c.sendall(b\"HTTP/1.1 503 no\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n\"); c.close()'"
    )]
    public async Task An_unhealthy_dashboard_is_rolled_back_and_a_healthy_one_stays(string broken)
    {
        await DeployThisAsync();
        var healthy = await AnotherVersionAsync("notify-web", "printf 'newer' >> notify-web");
        await Machine.DoAsync("cat > /root/broken", input: $"#!/bin/sh\n{broken}\n");
        var unhealthy = await AnotherVersionAsync("notify-web", "cp /root/broken notify-web; chmod 755 notify-web");

        Assert.Contains("restarting notify-web", await Machine.DoAsync(healthy), StringComparison.Ordinal);
        var kept = await Machine.DoAsync("sha256sum /opt/data-analyst/notify/notify-web");
        var (status, said) = await Machine.RunAsync($"NOTIFY_DEPLOY_PATIENCE=5 {unhealthy}");

        Assert.True(status == 1, said);
        Assert.Contains("notify-web is not healthy", said, StringComparison.Ordinal);
        Assert.Contains("The earlier version runs again", said, StringComparison.Ordinal);
        Assert.Equal(kept, await Machine.DoAsync("sha256sum /opt/data-analyst/notify/notify-web"));
        await deployed.Server.WaitUntilServedAsync();
    }

    [Fact]
    public async Task A_proxy_in_the_environment_is_not_asked_whether_a_service_is_healthy() =>
        await Machine.DoAsync(
            $"http_proxy=http://127.0.0.1:9 all_proxy=http://127.0.0.1:9 NOTIFY_DEPLOY_PATIENCE=5 {Deploy}"
        );

    [Fact]
    public async Task A_version_that_listens_elsewhere_waits_until_the_site_of_nginx_is_changed()
    {
        // As it was: ports, and a site that passes requests to them.
        await DeployThisAsync();
        await Machine.DoAsync(
            $"rm -rf /root/older; mkdir -p /root/older/artifacts; cp -r {Server.Source}/server {Server.Source}/examples {Server.Source}/docs /root/older/; cd /root/older/server; {Server.MakeOlder}\n{Server.MakeSiteOlder.Replace("FILE", "nginx-notify.conf", StringComparison.Ordinal)}"
        );
        await Machine.DoAsync(
            $"rm -f /etc/nginx/sites-enabled/notify; bash /root/older/server/deploy.sh --programs {Server.Source}/artifacts/publish"
        );
        await deployed.Server.StartNginxAsync();
        await deployed.Server.WaitUntilServedAsync();
        Assert.Equal(0, (await Machine.RunAsync("curl -s -o /dev/null http://127.0.0.1:5000/", "alice")).Status);

        // Refused in words, and all goes on.
        var (status, said) = await Machine.RunAsync(Deploy);
        Assert.True(status == 1, said);
        Assert.Contains(
            "127.0.0.1:5000 /etc/nginx/sites-enabled/notify\n    127.0.0.1:8765 /etc/nginx/sites-enabled/notify\n",
            said,
            StringComparison.Ordinal
        );
        Assert.Contains("Nothing was changed.", said, StringComparison.Ordinal);
        await deployed.Server.WaitUntilServedAsync();

        // What it says is done; a version that is not healthy leaves people what they had, and says what is left to do.
        await Machine.DoAsync(CommandsIn(said));
        var (failed, taken) = await Machine.RunAsync(
            "NOTIFY_DEPLOY_PATIENCE=5 "
                + await AnotherVersionAsync("notify-web", "printf '#!/bin/sh\nexit 1\n' > notify-web")
        );
        Assert.True(failed == 1, taken);
        Assert.Contains("/run/notify-web/web.sock /etc/nginx/sites-enabled/notify", taken, StringComparison.Ordinal);
        await deployed.Server.WaitUntilServedAsync();

        // A healthy one is what people get, and the ports are closed.
        Assert.Contains("reloaded nginx", await Machine.DoAsync(Deploy), StringComparison.Ordinal);
        await deployed.Server.WaitUntilServedAsync();
        Assert.Equal("", (await Machine.DoAsync("ss -Hltn '( sport = 5000 or sport = 8765 )'")).Trim());

        // Back by hand: the site is named that has to go back with it.
        Assert.Contains(
            "/run/notify-web/web.sock /etc/nginx/sites-enabled/notify",
            await Machine.DoAsync($"{Deploy} --rollback"),
            StringComparison.Ordinal
        );
        await Machine.DoAsync("cp /root/notify-site.before /etc/nginx/sites-available/notify; systemctl reload nginx");
        await deployed.Server.WaitUntilServedAsync();
        Assert.Equal(
            "",
            (
                await Machine.DoAsync(
                    "systemctl list-units --failed --no-legend 'notify-*' nginx.service; ls /etc/systemd/system/*.wants/notify-sockets.path 2> /dev/null || true"
                )
            ).Trim()
        );

        // A port that the operator keeps open for another web server is one. While its sockets move, nothing else opens them: the
        // watcher of their files would find one missing and restart units under the install.
        await Machine.DoAsync(
            """
            for unit in web:5000 gateway-clients:8765; do
                mkdir -p /etc/systemd/system/notify-${unit%:*}.socket.d
                printf '[Socket]\nListenStream=127.0.0.1:%s\n' "${unit#*:}" > /etc/systemd/system/notify-${unit%:*}.socket.d/port.conf
            done
            echo 'ExecStartPre=-/bin/sh -c "systemctl is-active notify-sockets.path notify-sockets.service > /run/notify-watched"' >> /etc/systemd/system/notify-web.socket.d/port.conf
            """
        );
        await Machine.DoAsync(Deploy);
        Assert.Equal("inactive\ninactive\n", await Machine.DoAsync("cat /run/notify-watched"));
        Assert.Equal("active\n", await Machine.DoAsync("systemctl is-active notify-sockets.path"));
        await deployed.Server.WaitUntilServedAsync();
        await Machine.DoAsync(
            "rm -r /etc/systemd/system/notify-*.socket.d; systemctl daemon-reload; systemctl stop notify-web.service notify-web.socket notify-gateway.service notify-gateway-clients.socket; systemctl start notify-web.service notify-gateway.service"
        );
        await deployed.Server.StartNginxAsync();
        await deployed.Server.WaitUntilServedAsync();
    }

    [Theory]
    [InlineData(
        "chgrp data-ops /data/docs; chmod 2775 /data/docs",
        "/data/docs can be changed by members of data-ops",
        "chgrp root /data/docs; chmod 0755 /data/docs"
    )]
    [InlineData("chmod 1777 /data", "/data can be changed by everybody", "chmod 0755 /data")]
    [InlineData(
        "chown www-data /data/docs/examples",
        "/data/docs/examples is www-data's",
        "chown root /data/docs/examples"
    )]
    [InlineData(
        "setfacl -m u:www-data:rwx /data/docs/examples/notifications",
        "/data/docs/examples/notifications can be changed by",
        "setfacl -b /data/docs/examples/notifications; chmod 0755 /data/docs/examples/notifications"
    )]
    [InlineData(
        "chgrp data-ops /data; chmod g+w /data; runuser -u www-data -- sh -c 'mv /data/docs /data/docs.aside; ln -s /etc /data/docs'",
        "/data can be changed by members of data-ops",
        "rm /data/docs; mv /data/docs.aside /data/docs; chgrp root /data; chmod g-w /data"
    )]
    [InlineData(
        "mv /data/docs /data/docs.aside; ln -s /etc /data/docs; chown -h www-data /data/docs",
        "/data/docs is a link",
        "rm /data/docs; mv /data/docs.aside /data/docs"
    )]
    [InlineData(
        "mv /data/docs /data/docs.aside; mkfifo /data/docs",
        "/data/docs is not a folder",
        "rm /data/docs; mv /data/docs.aside /data/docs"
    )]
    [InlineData("chown deploy /opt/data-analyst", "/opt/data-analyst is deploy's", "chown root /opt/data-analyst")]
    [InlineData(
        "groupadd -f helpers; usermod -aG helpers eve; chgrp helpers /usr/local/bin; chmod g+w /usr/local/bin",
        "/usr/local/bin can be changed by members of helpers",
        "chgrp root /usr/local/bin; chmod g-w /usr/local/bin"
    )]
    public async Task Root_writes_into_no_folder_that_others_can_change(string opened, string said, string closed)
    {
        await DeployThisAsync();
        const string State =
            "find /etc -newer /root/mark -name 'notif*'; find /etc/systemd/system /etc/sudoers.d /opt/data-analyst /usr/local/bin -printf '%p %s %T@\n' | grep -Ev '/releases [0-9]|^/opt/data-analyst [0-9]' | sort";
        var another = await AnotherVersionAsync("notify-runner", "printf 'another' >> notify-runner");
        await Machine.DoAsync($"touch /root/mark; {opened}");
        var before = await Machine.DoAsync(State);

        foreach (var command in new[] { another, $"{Deploy} --remove" })
        {
            var (status, answer) = await Machine.RunAsync(command);
            Assert.True(status == 1, answer);
            Assert.Contains(said, answer, StringComparison.Ordinal);
            Assert.Contains("Nothing was changed.", answer, StringComparison.Ordinal);
        }

        Assert.Equal(before, await Machine.DoAsync(State));
        await Machine.DoAsync(closed);
        await Machine.DoAsync(Deploy);
    }

    [Fact]
    public async Task The_command_that_is_printed_closes_a_folder_that_others_could_change()
    {
        await DeployThisAsync();
        await Machine.DoAsync(
            "chown www-data:data-ops /data/docs /data/docs/examples; chmod 2775 /data/docs /data/docs/examples"
        );
        for (var i = 0; i < 2; i++)
        {
            var (status, said) = await Machine.RunAsync(Deploy);
            Assert.True(status == 1, said);
            await Machine.DoAsync(Fix().Match(said).Groups["command"].Value);
        }

        await Machine.DoAsync(Deploy);
        await Machine.DoAsync("chgrp root /data/docs /data/docs/examples; chmod g-s /data/docs /data/docs/examples");
    }

    [Fact]
    public async Task A_folder_of_a_group_without_members_is_roots()
    {
        await Machine.DoAsync("chgrp staff /usr/local/bin; chmod 2775 /usr/local/bin");

        await Machine.DoAsync(Deploy);

        await Machine.DoAsync("chgrp root /usr/local/bin; chmod 0755 /usr/local/bin");
    }

    [Fact]
    public async Task What_lies_in_the_way_of_a_file_is_replaced_and_not_written_through()
    {
        await DeployThisAsync();
        const string Others =
            "stat -c '%n %a %U:%G %h %s' /etc/shadow /etc/machine-id; cat /etc/machine-id; ls /etc/nothing 2> /dev/null || true";
        var before = await Machine.DoAsync(Others);
        await Machine.DoAsync(
            """
            cd /data/docs
            rm notifications.md desktop.md examples/notifications/revenue_drop.py examples/notifications/metric_report.py
            ln -s /etc/shadow notifications.md; ln /etc/machine-id desktop.md; ln -s /etc/nothing examples/notifications/revenue_drop.py; mkfifo examples/notifications/metric_report.py
            ln -s /etc/shadow notifications.md.notify-new; ln /etc/machine-id desktop.md.notify-new; ln -s /etc/nothing examples/notifications/revenue_drop.py.notify-new; mkfifo examples/notifications/metric_report.py.notify-new
            """
        );

        await Machine.DoAsync($"timeout 60 {Deploy}");

        await Machine.DoAsync(
            $"cmp /data/docs/notifications.md {Server.Source}/docs/notifications.md; rm /data/docs/*.notify-new /data/docs/examples/notifications/*.notify-new"
        );
        Assert.Equal(
            "644 root:root regular file 1\n",
            await Machine.DoAsync(
                "stat -c '%a %U:%G %F %h' /data/docs/notifications.md /data/docs/desktop.md /data/docs/examples/notifications/* | sort -u"
            )
        );
        Assert.Equal(before, await Machine.DoAsync(Others));
    }

    [Fact]
    public async Task Nobody_can_keep_root_from_installing_by_a_file_in_a_folder_for_all()
    {
        await Machine.DoAsync("mkfifo /run/lock/notify-deploy.lock /run/lock/notify-install.lock", "eve");

        await Machine.DoAsync($"timeout 60 {Deploy}");

        await Machine.DoAsync("rm /run/lock/notify-*");
    }

    [Theory]
    [InlineData("echo 'deploy ALL=(ALL) NOPASSWD ALL' >> server/sudoers-deploy", "The sudo rules are wrong")]
    [InlineData(
        "sed -i 's/^Type=notify/Type=notify\\nExecStart=relative/' server/notify-web.service",
        "A unit is wrong"
    )]
    [InlineData("rm programs/notify-web/notify-web", "programs/notify-web/notify-web is not there")]
    [InlineData("printf '#!/bin/sh\\nexit 127' > programs/notify-bot/notify-bot", "does not run on this machine")]
    public async Task What_is_wrong_is_refused_before_anything_is_touched(string spoil, string said)
    {
        await DeployThisAsync();
        await Machine.DoAsync(
            $"rm -rf /root/spoilt; mkdir /root/spoilt; cp -r {Server.Source}/server {Server.Source}/examples {Server.Source}/docs /root/spoilt/; mkdir /root/spoilt/programs; cp -r {Server.Source}/artifacts/publish/notify-* {Server.Source}/artifacts/publish/man /root/spoilt/programs/; cd /root/spoilt; {spoil}"
        );
        const string State =
            "find /etc/systemd/system /etc/sudoers.d /opt/data-analyst /usr/local/bin /data/docs -printf '%p %s %T@ %m\\n' | grep -v '/releases [0-9]' | sort; systemctl show -p MainPID notify-{bot,web,gateway}";
        var before = await Machine.DoAsync(State);

        var (status, answer) = await Machine.RunAsync("bash /root/spoilt/server/deploy.sh");

        Assert.Equal(1, status);
        Assert.Contains(said, answer, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed.", answer, StringComparison.Ordinal);
        Assert.Equal(before, await Machine.DoAsync(State));
    }

    [Fact]
    public async Task CI_installs_by_one_program_without_arguments_and_the_bots_account_may_not()
    {
        await DeployThisAsync();
        await Machine.DoAsync(
            $"""
            id notify-ci > /dev/null 2>&1 || useradd --system --create-home --shell /bin/bash notify-ci
            install -m 0755 {Server.Source}/server/bin/notify-install /usr/local/sbin/notify-install
            install -m 0440 {Server.Source}/server/sudoers-notify-ci /etc/sudoers.d/notify-ci
            visudo -c
            cp -r {Server.Source}/server {Server.Source}/examples {Server.Source}/docs /tmp/ && mkdir -p /tmp/artifacts && cp -r {Server.Source}/artifacts/publish /tmp/artifacts/
            printf 'from CI' >> /tmp/artifacts/publish/notify-gateway/notify-gateway
            mkdir -p /tmp/artifacts/publish/notify-bare-answer && touch /tmp/artifacts/publish/notify-bare-answer/notify-bare-answer
            cd /tmp && TELEGRAM_BOT_TOKEN=110201:AAH-sandbox-token-that-opens-no-real-bot bash /tmp/server/bundle.sh /tmp/bundle.tar.gz
            chmod 644 /tmp/bundle.tar.gz
            """
        );
        Assert.DoesNotContain("bare", await Machine.DoAsync("tar -tzf /tmp/bundle.tar.gz"), StringComparison.Ordinal);

        var said = await Machine.DoAsync("sudo -n /usr/local/sbin/notify-install < /tmp/bundle.tar.gz", "notify-ci");

        Assert.Contains("restarting notify-gateway", said, StringComparison.Ordinal);
        Assert.DoesNotContain("AAH-sandbox", said, StringComparison.Ordinal);
        foreach (
            var (user, command) in new[]
            {
                ("notify-ci", "sudo -n /usr/local/sbin/notify-install --force < /tmp/bundle.tar.gz"),
                ("notify-ci", "sudo -n bash"),
                ("notify-ci", "sudo -n -u deploy /usr/local/sbin/notify-install < /tmp/bundle.tar.gz"),
                ("notify-ci", "echo nonsense | sudo -n /usr/local/sbin/notify-install"),
                (
                    "notify-ci",
                    "ln -sf /etc/shadow /tmp/evil; tar -C /tmp -cz evil | sudo -n /usr/local/sbin/notify-install"
                ),
                ("deploy", "sudo -n /usr/local/sbin/notify-install < /tmp/bundle.tar.gz"),
                ("alice", "sudo -n /usr/local/sbin/notify-install < /tmp/bundle.tar.gz"),
            }
        )
        {
            var (status, answer) = await Machine.RunAsync(command, user);
            Assert.True(status != 0, $"{user}: {command}: {answer}");
        }

        Assert.Equal("", await Machine.DoAsync("ls -d /var/tmp/notify-install.* 2> /dev/null || true"));
    }

    [Fact]
    public async Task Removed_it_leaves_what_is_the_users()
    {
        await DeployThisAsync();
        const string Share = "/usr/local/share";
        await Machine.DoAsync($"mkdir {Share}/fish/vendor_functions.d");

        await Machine.DoAsync($"{Deploy} --remove");

        // Of the folders that the install made, only the one with something else in it stays.
        Assert.Equal(
            $"{Share}/fish\n{Share}/fish/vendor_functions.d\n{Share}/man",
            (
                await Machine.DoAsync(
                    $"ls -d {Share}/man {Share}/man/man[18] {Share}/bash-completion {Share}/zsh {Share}/fish {Share}/fish/* 2> /dev/null || true"
                )
            ).Trim()
        );
        await Machine.DoAsync($"rm -r {Share}/fish");
        Assert.Equal(
            "",
            (
                await Machine.DoAsync(
                    "ls /etc/systemd/system/notify-* /usr/local/bin/notify-* /etc/sudoers.d/sudoers-deploy /opt/data-analyst/notify 2> /dev/null || true"
                )
            ).Trim()
        );
        Assert.Contains(
            "alice",
            await Machine.DoAsync("cat /data/notifications/telegram_users.json"),
            StringComparison.Ordinal
        );
        await Machine.DoAsync("test -s /opt/data-analyst/.env && test -s /data/notifications/private/outbox.db");
        await Machine.DoAsync(Deploy);
        Assert.Contains("alice", await Machine.DoAsync("notify-bot users"), StringComparison.Ordinal);
    }

    /// <summary>The commands that are printed for a person.</summary>
    internal static string CommandsIn(string said)
    {
        var commands = string.Join(
            '\n',
            said.Split('\n')
                .Select(line => line.TrimEnd('\r'))
                .SkipWhile(line => !line.StartsWith("    cp ", StringComparison.Ordinal))
                .TakeWhile(line => line.Length > 0)
        );
        Assert.Contains("sed ", commands, StringComparison.Ordinal);
        return commands;
    }

    private async Task<IEnumerable<string>> ArrivedAsync(long chat) =>
        (await deployed.Server.Phone.BotMessagesAsync(chat, Cancellation))
            .Where(m => m.Text.StartsWith("load ", StringComparison.Ordinal))
            .Select(m => m.Text);

    /// <summary>The version of this repository is installed, whatever the test before left, also where that one failed half-way with an older site.</summary>
    private async Task DeployThisAsync()
    {
        var (status, _) = await Machine.RunAsync("grep -q '127.0.0.1:5000' /etc/nginx/sites-enabled/notify");
        if (status == 0)
        {
            await Machine.DoAsync("rm -f /etc/nginx/sites-enabled/notify");
        }

        await Machine.DoAsync(Deploy);
        if (status == 0)
        {
            await deployed.Server.StartNginxAsync();
        }
    }

    /// <summary>A version of its own, whose one program was changed by a command in its folder; gives the command that installs it.</summary>
    private async Task<string> AnotherVersionAsync(string program, string change)
    {
        var folder = $"/root/version-{Guid.NewGuid():N}";
        await Machine.DoAsync(
            $"mkdir {folder}; cp -r {Server.Source}/artifacts/publish/notify-* {Server.Source}/artifacts/publish/man {folder}/; cd {folder}/{program}; {change}"
        );
        return $"{Deploy} --programs {folder}";
    }

    /// <summary>One send every 50 ms to alice and bob in turn (what a user may have waiting is bounded), each over a connection of its own, until told to end; each failure counts.</summary>
    private async Task StartLoadAsync()
    {
        await Machine.DoAsync("rm -f /tmp/load.*");
        await Machine.DoAsync(
            "cat > /tmp/load.py; chmod 755 /tmp/load.py",
            input: """
            import http.client, json, os, socket, sys, threading, time
            class Bot(http.client.HTTPConnection):
                def connect(self):
                    self.sock = socket.socket(socket.AF_UNIX); self.sock.settimeout(60); self.sock.connect("/data/notifications/bot.sock")
            failed = []
            def send(i):
                try:
                    bot = Bot("bot"); bot.request("POST", "/send", json.dumps({"user": ("alice", "bob")[i % 2], "text": f"load {i}", "wait": 0}), {"Content-Type": "application/json"})
                    answer = bot.getresponse(); body = answer.read()
                    if answer.status != 200: failed.append(f"{i}: {answer.status} {body!r}")
                except Exception as e:
                    failed.append(f"{i}: {e!r}")
            threads = []
            while not os.path.exists("/tmp/load.end"):
                threads.append(threading.Thread(target=send, args=(len(threads),))); threads[-1].start(); time.sleep(0.05)
            for thread in threads: thread.join()
            print(f"{len(threads)} sent, {len(failed)} failed", *failed[:10], sep="\n", flush=True)
            """
        );
        await Machine.DoAsync(
            "systemd-run -q --unit=load --uid=deploy --property=StandardOutput=file:/tmp/load.out --property=RemainAfterExit=no python3 /tmp/load.py"
        );
    }

    private async Task<string> EndLoadAsync()
    {
        await Machine.DoAsync("touch /tmp/load.end");
        await Eventually.TrueAsync(
            async () => (await Machine.RunAsync("test -s /tmp/load.out")).Status == 0,
            () => "the load does not end",
            Cancellation
        );
        return await Machine.DoAsync("cat /tmp/load.out");
    }

    [GeneratedRegex(
        "^    /data/docs[^:]*: (?<command>.*)$",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        1000
    )]
    private static partial Regex Fix();

    [GeneratedRegex("(?<sent>[0-9]+) sent, (?<failed>[0-9]+) failed", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Counts();
}

/// <summary>On Debian 12.</summary>
public sealed class UpgradeOnBookwormTests(DeployedBookworm deployed)
    : UpgradeTests(deployed),
        IClassFixture<DeployedBookworm>;

/// <summary>On Debian 13.</summary>
public sealed class UpgradeOnTrixieTests(DeployedTrixie deployed)
    : UpgradeTests(deployed),
        IClassFixture<DeployedTrixie>;
