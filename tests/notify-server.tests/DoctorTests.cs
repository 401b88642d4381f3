namespace Notify.Tests;

/// <summary>Causes each fault of the admins' page on a whole server. The doctor names it, and its command fixes it.</summary>
public abstract class DoctorTests(DeployedServer deployed)
{
    private BootedDebian Machine => deployed.Machine;

    [Theory]
    // The printed fix is run as it is.
    [InlineData(
        "gpasswd -d www-data data-ops; systemctl restart notify-web",
        "notify-web: it runs as www-data, which is not in data-ops",
        null
    )]
    [InlineData("chmod 0644 /opt/data-analyst/.env", "settings file: ", null)]
    [InlineData("chmod 0755 /data/notifications", "folder: /data/notifications: mode is ", null)]
    [InlineData(
        "setfacl -x g:dataread /data/notifications",
        "folder: /data/notifications has no ACL entry for dataread",
        null
    )]
    [InlineData(
        "setfacl -x g:dataread /data/notifications/bot.sock",
        "socket: /data/notifications/bot.sock has no ACL entry for dataread",
        null
    )]
    [InlineData("chgrp root /data/notifications/bot.sock", "socket: /data/notifications/bot.sock: group is root", null)]
    [InlineData("chmod 0644 /data/notifications/telegram_users.json", "telegram_users.json: mode is ", null)]
    [InlineData(
        "systemctl stop notify-bot.socket notify-bot.service",
        "socket: /data/notifications/bot.sock is ",
        null
    )]
    [InlineData(
        "chmod go+w /usr/local/bin/notify-scripts",
        "helper: other accounts than root can change /usr/local/bin/notify-scripts",
        null
    )]
    // Where a person has to do something, the test does it.
    [InlineData(
        "sed -i 's/^TELEGRAM_BOT_TOKEN=.*/TELEGRAM_BOT_TOKEN=110201:BBB-a-token-that-was-revoked-yesterday/' /opt/data-analyst/.env; systemctl restart notify-bot",
        "token: Telegram refuses it",
        "sed -i 's/^TELEGRAM_BOT_TOKEN=.*/TELEGRAM_BOT_TOKEN=110201:AAH-sandbox-token-that-opens-no-real-bot/' /opt/data-analyst/.env; systemctl restart notify-bot"
    )]
    [InlineData(
        "echo NOTIFY_MESSAGE_BUTTONS=perhaps >> /opt/data-analyst/.env; systemctl restart notify-bot",
        "settings: NOTIFY_MESSAGE_BUTTONS holds \"perhaps\"",
        "sed -i '/NOTIFY_MESSAGE_BUTTONS/d' /opt/data-analyst/.env; systemctl restart notify-bot"
    )]
    [InlineData(
        "mv /etc/sudoers.d/sudoers-deploy /root/; ",
        "helper: deploy can't call it as ",
        "bash " + Server.Source + "/server/deploy.sh"
    )]
    [InlineData(
        "printf '{' > /data/notifications/telegram_users.json.x; cat /data/notifications/telegram_users.json > /root/links; truncate -s 20 /data/notifications/telegram_users.json; rm /data/notifications/*.x",
        "telegram_users.json: it can't be read",
        "cat /root/links > /data/notifications/telegram_users.json"
    )]
    [InlineData(
        "systemctl stop notify-bot.socket notify-bot.service; mount -t tmpfs -o size=8M,mode=2770,uid=deploy,gid=data-ops tmpfs /data/notifications; systemctl start notify-bot.socket notify-bot.service; head -c 9M /dev/zero > /data/notifications/filler",
        "disk: only 0 MB free",
        "rm -f /data/notifications/filler; systemctl stop notify-bot.socket notify-bot.service; umount -l /data/notifications; systemctl start notify-bot.socket notify-bot.service"
    )]
    public async Task Each_fault_is_named_and_its_fix_works(string fault, string named, string? fix)
    {
        await Machine.DoAsync(
            "for i in $(seq 300); do notify-bot doctor > /dev/null && break; sleep 0.2; done; notify-bot doctor"
        );
        await Machine.RunAsync(fault);

        var (status, said) = await Machine.RunAsync("notify-bot doctor");

        Assert.NotEqual(0, status);
        Assert.Contains($"WRONG  {named}", said, StringComparison.Ordinal);
        var line = said[said.IndexOf($"WRONG  {named}", StringComparison.Ordinal)..].Split('\n')[1];
        Assert.StartsWith("       fix: ", line, StringComparison.Ordinal);
        await Machine.DoAsync(fix ?? line["       fix: ".Length..].Split("; journalctl")[0]);
        await Machine.DoAsync(
            "for i in $(seq 300); do notify-bot doctor > /dev/null && break; sleep 0.2; done; notify-bot doctor"
        );
    }

    [Fact]
    public async Task An_analyst_whose_scripts_are_gone_is_no_fault_of_the_helper()
    {
        await Machine.DoAsync("mkdir -p .notifications/state; echo '{}' > .notifications/state/gone.json", "alice");
        Assert.NotEqual(0, (await Machine.RunAsync("notify-scripts list", "alice")).Status);

        var said = await Machine.DoAsync("notify-bot doctor");

        Assert.Contains("ok     helper: deploy can call it as alice", said, StringComparison.Ordinal);
        await Machine.DoAsync("rm .notifications/state/gone.json", "alice");
    }

    [Fact]
    public async Task A_group_that_is_missing_is_named_and_created_by_its_fix()
    {
        await Machine.DoAsync("echo NOTIFY_ANALYST_GROUP=quants >> /opt/data-analyst/.env");

        var (status, said) = await Machine.RunAsync("notify-bot doctor");

        Assert.Equal(1, status);
        Assert.Contains(
            "WRONG  analysts' group: there is no group quants\n       fix: groupadd quants",
            said,
            StringComparison.Ordinal
        );
        await Machine.DoAsync("groupadd quants");
        Assert.Contains(
            "ok     analysts' group: quants",
            (await Machine.RunAsync("notify-bot doctor")).Said,
            StringComparison.Ordinal
        );
        await Machine.DoAsync("sed -i '/NOTIFY_ANALYST_GROUP/d' /opt/data-analyst/.env; groupdel quants");
    }
}

/// <summary>On Debian 12.</summary>
public sealed class DoctorOnBookwormTests(DeployedBookworm deployed)
    : DoctorTests(deployed),
        IClassFixture<DeployedBookworm>;

/// <summary>On Debian 13.</summary>
public sealed class DoctorOnTrixieTests(DeployedTrixie deployed) : DoctorTests(deployed), IClassFixture<DeployedTrixie>;
