using System.Text.RegularExpressions;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>
/// The pages for analysts and operators are followed word for word: every block of commands in them is run, in its order, by who would run it.
/// What a person has to fill in is filled in; each such place has to be there.
/// </summary>
public abstract partial class PagesTests(DeployedServer deployed)
{
    /// <summary>What follows or waits for a person ends by itself here.</summary>
    private static readonly (string Written, string Run)[] Endless =
    [
        ("tail -f ", "timeout 2 tail -f "),
        ("curl -sN ", "curl -sN -m 2 "),
        ("nano ", "test -w "),
    ];

    /// <summary>Ended by the clock: timeout's status, and curl's.</summary>
    private static readonly int[] Fine = [0, 124, 28];

    private BootedDebian Machine => deployed.Machine;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_analyst_follows_the_page_from_the_first_alert_to_looking_why_nothing_came()
    {
        var chat = await deployed.Server.AddAnalystAsync("carol");
        var blocks = BlocksOf("notifications.md");
        Assert.InRange(blocks.Count, 6, 100);

        // One block makes cron run the scripts, and another makes a script send again. A round between them would.
        await Machine.DoAsync("systemctl stop cron");
        try
        {
            foreach (var block in blocks)
            {
                var (status, said) = await Machine.RunAsync(block, "carol");
                Assert.True(status == 0, $"{block}\nended with {status}:\n{said}");
            }

            // What the page promises: the example's alert on the phone once, and cron set up.
            var all = await deployed.Server.Phone.WaitForBotMessagesAsync(
                chat,
                m => m.Any(x => x.Text.Contains("evenue", StringComparison.Ordinal)),
                Cancellation
            );
            Assert.Single(all, m => m.Text.Contains("evenue", StringComparison.Ordinal));
            Assert.Contains(
                "/usr/local/bin/notify-runner",
                await Machine.DoAsync("crontab -l", "carol"),
                StringComparison.Ordinal
            );
        }
        finally
        {
            await Machine.RunAsync("crontab -r", "carol");
            await Machine.DoAsync("systemctl start cron");
        }
    }

    [Fact]
    public async Task An_admin_follows_the_page_from_install_to_backup_and_moving()
    {
        // What the machine of an earlier engine has.
        await Machine.DoAsync(
            """
            mkdir -p /OLD/FOLDER
            cp -a /data/notifications/telegram_users.json /OLD/FOLDER/
            printf '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n' > /etc/systemd/system/OLD-SERVICE.service
            systemctl enable --now OLD-SERVICE
            """
        );
        var person = await deployed.Server.Phone.AddPersonAsync("Alice", Cancellation);
        await deployed.Server.Phone.TypeAsync(person, "/start", Cancellation);
        var told = (await deployed.Server.Phone.WaitForBotMessagesAsync(person, 1, Cancellation))[0];
        (string Written, string Filled)[] places =
        [
            (
                "ssh-ed25519 AAAA... alice@laptop",
                "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsampleOfAKeyThatOpensNothing alice@laptop"
            ),
            ("048213", told.Text.Substring(told.Entities.First(e => e.Type == "code").Offset, 6)),
        ];
        var blocks = BlocksOf("operations.md");
        foreach (var (written, filled) in places)
        {
            Assert.Contains(blocks, block => block.Contains(written, StringComparison.Ordinal));
            blocks = [.. blocks.Select(block => block.Replace(written, filled, StringComparison.Ordinal))];
        }

        foreach (var line in blocks.SelectMany(block => block.Split('\n', StringSplitOptions.RemoveEmptyEntries)))
        {
            var run = Endless.Aggregate(
                line,
                (text, replace) => text.Replace(replace.Written, replace.Run, StringComparison.Ordinal)
            );
            if (line.Contains("notify-bot doctor", StringComparison.Ordinal))
            {
                // A person takes longer to type it than the service to come up.
                await Machine.DoAsync(
                    "for i in $(seq 300); do notify-bot doctor > /dev/null && break; sleep 0.2; done"
                );
            }

            var (status, said) = await Machine.RunAsync($"cd {Server.Source}; {run}");
            Assert.True(Fine.Contains(status), $"{line}\nended with {status}:\n{said}");
        }

        Assert.Equal("inactive", (await Machine.RunAsync("systemctl is-active OLD-SERVICE")).Said.Trim());
        Assert.Contains("bob", await Machine.DoAsync("notify-bot users"), StringComparison.Ordinal);
        Assert.Equal("ok", (await deployed.Server.HealthAsync()).GetProperty("status").GetString());
    }

    [Fact]
    public async Task The_site_for_nginx_serves_the_dashboard_and_the_gateway_over_TLS()
    {
        const string Site = $"https://{Server.PublicName}";

        Assert.Contains(
            "\"status\":\"ok\"",
            await Machine.DoAsync($"{Server.Curl} -f {Site}/healthz"),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "href=\"/login/google\"",
            await Machine.DoAsync($"{Server.Curl} -f {Site}/login"),
            StringComparison.Ordinal
        );
        Assert.Contains(
            $"location: {Site}/",
            (await Machine.DoAsync($"{Server.Curl} -I http://{Server.PublicName}/")).ToLowerInvariant(),
            StringComparison.Ordinal
        );
        var login = (await Machine.DoAsync($"{Server.Curl} -I -X GET {Site}/login/google")).ToLowerInvariant();
        Assert.Contains("redirect_uri=https%3a%2f%2fnotify.example.org%2fsignin-oidc", login, StringComparison.Ordinal);
        Assert.Contains("secure", login, StringComparison.Ordinal);
        Assert.Equal(
            "421",
            await Machine.DoAsync(
                $"{Server.Curl} -o /dev/null -w '%{{http_code}}' -H 'Host: evil.example' {Site}/login"
            )
        );
        const string Upgrade =
            "--http1.1 -i -N -m 2 -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='";
        Assert.Contains(
            "101",
            (await Machine.RunAsync($"{Server.Curl} {Upgrade} -H 'Origin: {Site}' {Site}/gateway")).Said.Split('\n')[0],
            StringComparison.Ordinal
        );
        Assert.Contains(
            "403",
            (
                await Machine.RunAsync($"{Server.Curl} {Upgrade} -H 'Origin: https://evil.example' {Site}/gateway")
            ).Said.Split('\n')[0],
            StringComparison.Ordinal
        );
        Assert.Contains(
            "426",
            (await Machine.RunAsync($"{Server.Curl} --http1.1 -i {Site}/gateway")).Said.Split('\n')[0],
            StringComparison.Ordinal
        );
    }

    /// <summary>The blocks that are marked as commands.</summary>
    private static List<string> BlocksOf(string page) =>
        [
            .. Block()
                .Matches(File.ReadAllText(Path.Combine(Programs.Repository, "docs", page)))
                .Select(match => match.Groups["commands"].Value),
        ];

    [GeneratedRegex(
        "^ *```bash\n(?<commands>.*?)^ *```$",
        RegexOptions.ExplicitCapture | RegexOptions.Singleline | RegexOptions.Multiline,
        1000
    )]
    private static partial Regex Block();
}

/// <summary>On Debian 12.</summary>
public sealed class PagesOnBookwormTests(DeployedBookworm deployed)
    : PagesTests(deployed),
        IClassFixture<DeployedBookworm>;

/// <summary>On Debian 13.</summary>
public sealed class PagesOnTrixieTests(DeployedTrixie deployed) : PagesTests(deployed), IClassFixture<DeployedTrixie>;
