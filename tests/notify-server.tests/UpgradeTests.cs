using System.Text.RegularExpressions;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>Another version comes, and goes again: no request is lost, nobody's link either, and what does not work is taken back.</summary>
public sealed partial class UpgradeTests(DeployedServer deployed) : IClassFixture<DeployedServer>
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

        Assert.Contains("all files are as they should be", said, StringComparison.Ordinal);
        Assert.DoesNotContain("installed /", said, StringComparison.Ordinal);
        Assert.DoesNotContain("starting", said, StringComparison.Ordinal);
        Assert.Equal(before, await Machine.DoAsync("systemctl show -p MainPID notify-{bot,web,gateway}"));
        Assert.Equal("", await Machine.DoAsync("find / -xdev -name '*.notify-new*'; ls -d /opt/data-analyst/releases/.new* 2> /dev/null || true"));
    }

    [Fact]
    public async Task Only_what_changed_is_restarted()
    {
        await DeployThisAsync();
        var before = await Machine.DoAsync("systemctl show -p MainPID --value notify-{web,gateway}");

        var said = await Machine.DoAsync(await AnotherVersionAsync("notify-bot", "printf 'another' >> notify-bot"));

        Assert.Contains("restarting notify-bot", said, StringComparison.Ordinal);
        Assert.Equal(before, await Machine.DoAsync("systemctl show -p MainPID --value notify-{web,gateway}"));

        await Machine.DoAsync("sleep 1.1; echo 'NOTIFY_INSTANCE_NAME=Numbers' >> /opt/data-analyst/.env");
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
        var (status, broken) = await Machine.RunAsync("NOTIFY_DEPLOY_PATIENCE=10 " + await AnotherVersionAsync(
            "notify-bot", "mv notify-bot real; printf '#!/bin/sh\\n[ \"$1\" = --version ] && echo 9.9.9 && exit 0\\nexit 1\\n' > notify-bot; chmod 755 notify-bot"));

        Assert.Contains("installed /opt/data-analyst/notify/notify-bot", upgraded, StringComparison.Ordinal);
        Assert.Contains("Going back from", back, StringComparison.Ordinal);
        Assert.True(status == 1, broken);
        Assert.Contains("notify-bot is not healthy", broken, StringComparison.Ordinal);
        Assert.Contains("The version before runs again", broken, StringComparison.Ordinal);
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
            Cancellation);
        Assert.Equal(arrived.Distinct(StringComparer.Ordinal).Count(), arrived.Count);
        Assert.Equal(links, await Machine.DoAsync("cat /data/notifications/telegram_users.json"));
    }

    [Theory]
    [InlineData("echo 'deploy ALL=(ALL) NOPASSWD ALL' >> server/sudoers-deploy", "The sudo rules are wrong")]
    [InlineData("sed -i 's/^Type=notify/Type=notify\\nExecStart=relative/' server/notify-web.service", "A unit is wrong")]
    [InlineData("rm programs/notify-web/notify-web", "programs/notify-web/notify-web is not there")]
    [InlineData("printf '#!/bin/sh\\nexit 127' > programs/notify-bot/notify-bot", "does not run on this machine")]
    public async Task What_is_wrong_is_refused_before_anything_is_touched(string spoil, string said)
    {
        await DeployThisAsync();
        await Machine.DoAsync($"rm -rf /root/spoilt; mkdir /root/spoilt; cp -r {Server.Source}/server {Server.Source}/examples {Server.Source}/docs /root/spoilt/; mkdir /root/spoilt/programs; cp -r {Server.Source}/artifacts/publish/notify-* /root/spoilt/programs/; cd /root/spoilt; {spoil}");
        const string State = "find /etc/systemd/system /etc/sudoers.d /opt/data-analyst /usr/local/bin /data/docs -printf '%p %s %T@ %m\\n' | grep -v '/releases [0-9]' | sort; systemctl show -p MainPID notify-{bot,web,gateway}";
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
        await Machine.DoAsync($"""
            id notify-ci > /dev/null 2>&1 || useradd --system --create-home --shell /bin/bash notify-ci
            install -m 0755 {Server.Source}/server/bin/notify-install /usr/local/sbin/notify-install
            install -m 0440 {Server.Source}/server/sudoers-notify-ci /etc/sudoers.d/notify-ci
            visudo -c
            cp -r {Server.Source}/server {Server.Source}/examples {Server.Source}/docs /tmp/ && mkdir -p /tmp/artifacts && cp -r {Server.Source}/artifacts/publish /tmp/artifacts/
            printf 'from CI' >> /tmp/artifacts/publish/notify-gateway/notify-gateway
            mkdir -p /tmp/artifacts/publish/notify-bare-answer && touch /tmp/artifacts/publish/notify-bare-answer/notify-bare-answer
            cd /tmp && TELEGRAM_BOT_TOKEN=110201:AAH-sandbox-token-that-opens-no-real-bot bash /tmp/server/bundle.sh /tmp/bundle.tar.gz
            chmod 644 /tmp/bundle.tar.gz
            """);
        Assert.DoesNotContain("bare", await Machine.DoAsync("tar -tzf /tmp/bundle.tar.gz"), StringComparison.Ordinal);

        var said = await Machine.DoAsync("sudo -n /usr/local/sbin/notify-install < /tmp/bundle.tar.gz", "notify-ci");

        Assert.Contains("restarting notify-gateway", said, StringComparison.Ordinal);
        Assert.DoesNotContain("AAH-sandbox", said, StringComparison.Ordinal);
        foreach (var (user, command) in new[]
        {
            ("notify-ci", "sudo -n /usr/local/sbin/notify-install --force < /tmp/bundle.tar.gz"),
            ("notify-ci", "sudo -n bash"),
            ("notify-ci", "sudo -n -u deploy /usr/local/sbin/notify-install < /tmp/bundle.tar.gz"),
            ("notify-ci", "echo nonsense | sudo -n /usr/local/sbin/notify-install"),
            ("notify-ci", "ln -sf /etc/shadow /tmp/evil; tar -C /tmp -cz evil | sudo -n /usr/local/sbin/notify-install"),
            ("deploy", "sudo -n /usr/local/sbin/notify-install < /tmp/bundle.tar.gz"),
            ("alice", "sudo -n /usr/local/sbin/notify-install < /tmp/bundle.tar.gz"),
        })
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

        await Machine.DoAsync($"{Deploy} --remove");

        Assert.Equal("", (await Machine.DoAsync("ls /etc/systemd/system/notify-* /usr/local/bin/notify-* /etc/sudoers.d/sudoers-deploy /opt/data-analyst/notify 2> /dev/null || true")).Trim());
        Assert.Contains("alice", await Machine.DoAsync("cat /data/notifications/telegram_users.json"), StringComparison.Ordinal);
        await Machine.DoAsync("test -s /opt/data-analyst/.env && test -s /data/notifications/private/outbox.db");
        await Machine.DoAsync(Deploy);
        Assert.Contains("alice", await Machine.DoAsync("notify-bot users"), StringComparison.Ordinal);
    }

    private async Task<IEnumerable<string>> ArrivedAsync(long chat) =>
        (await deployed.Server.Phone.BotMessagesAsync(chat, Cancellation)).Where(m => m.Text.StartsWith("load ", StringComparison.Ordinal)).Select(m => m.Text);

    /// <summary>The version of this repository is installed, whatever the test before left.</summary>
    private async Task DeployThisAsync() => await Machine.DoAsync(Deploy);

    /// <summary>A version of its own, whose one program was changed by a command in its folder; gives the command that installs it.</summary>
    private async Task<string> AnotherVersionAsync(string program, string change)
    {
        var folder = $"/root/version-{Guid.NewGuid():N}";
        await Machine.DoAsync($"mkdir {folder}; cp -r {Server.Source}/artifacts/publish/notify-* {folder}/; cd {folder}/{program}; {change}");
        return $"{Deploy} --programs {folder}";
    }

    /// <summary>One send every 50 ms to alice and bob in turn (what a user may have waiting is bounded), each over a connection of its own, until told to end; each failure counts.</summary>
    private async Task StartLoadAsync()
    {
        await Machine.DoAsync("rm -f /tmp/load.*");
        await Machine.DoAsync("cat > /tmp/load.py; chmod 755 /tmp/load.py", input: """
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
            """);
        await Machine.DoAsync("systemd-run -q --unit=load --uid=deploy --property=StandardOutput=file:/tmp/load.out --property=RemainAfterExit=no python3 /tmp/load.py");
    }

    private async Task<string> EndLoadAsync()
    {
        await Machine.DoAsync("touch /tmp/load.end");
        await Eventually.TrueAsync(async () => (await Machine.RunAsync("test -s /tmp/load.out")).Status == 0, () => "the load does not end", Cancellation);
        return await Machine.DoAsync("cat /tmp/load.out");
    }

    [GeneratedRegex("(?<sent>[0-9]+) sent, (?<failed>[0-9]+) failed", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Counts();
}
