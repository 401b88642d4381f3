using System.Globalization;
using Notify.Testing;
using Xunit;

namespace Notify.Tests;

public sealed class CooldownStateTests
{
    [Theory]
    [InlineData(3590, true)]
    [InlineData(3000, false)]
    [InlineData(20, false)]
    [InlineData(-7200, true)]
    [InlineData(null, true)]
    public async Task C25_an_hour_on_an_hourly_cron_sends_every_hour(int? secondsAgo, bool sends)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("hourly.py", Analyst.Case("C25-cooldown-equals-cron"));
        var lastSent = Analyst.UnixNow - (secondsAgo ?? 0);
        if (secondsAgo is not null)
        {
            alice.WriteState(
                "hourly",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $$"""{"last_sent": {{lastSent}}, "by_a_later_version": [1]}"""
                )
            );
            alice.Account.Own(Path.Combine(alice.Home, ".notifications"));
            alice.Account.Own(Path.Combine(alice.Home, ".notifications/state"));
        }

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal(sends ? 1 : 0, alice.Bot.All.Count);
        var state = alice.State("hourly")!.Value;
        Assert.Equal(
            sends ? Analyst.UnixNow : lastSent,
            state.GetProperty("last_sent").GetDouble(),
            tolerance: sends ? 60 : 0.001
        );
        Assert.Equal(sends ? "delivered" : "held_by_cooldown", state.GetProperty("last_outcome").GetString());
        if (secondsAgo is not null)
        {
            Assert.Equal("[1]", state.GetProperty("by_a_later_version").GetRawText());
        }

        Assert.Equal(secondsAgo < 0, alice.Log.Contains("in the future", StringComparison.Ordinal));
    }

    /// <summary>The clock changed twelve hours ago; <c>TZ</c> as it can stand in a crontab says so.</summary>
    [Theory]
    [InlineData("spring", "1d", 23, true)]
    [InlineData("spring", "1d", 22, false)]
    [InlineData("spring", "24h", 23, false)]
    [InlineData("autumn", "1d", 24, false)]
    [InlineData("autumn", "1d", 25, true)]
    [InlineData("autumn", "24h", 24, true)]
    [InlineData("none", "1d", 23, false)]
    public async Task D03_a_report_each_morning_comes_once_on_the_days_when_the_clocks_change(
        string season,
        string cooldown,
        int hoursAgo,
        bool sends
    )
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "report.py",
            Analyst.Case("D03-dst-23-hours").Replace("1d", cooldown, StringComparison.Ordinal)
        );
        alice.WriteState(
            "report",
            string.Create(CultureInfo.InvariantCulture, $$"""{"last_sent": {{Analyst.UnixNow - (hoursAgo * 3600)}}}""")
        );
        alice.Account.Own(Path.Combine(alice.Home, ".notifications"));
        alice.Account.Own(Path.Combine(alice.Home, ".notifications/state"));
        var change = TimeProvider.System.GetUtcNow().AddHours(-12);
        var other = (change.DayOfYear + 180) % 365;
        var zone = season switch
        {
            "spring" => string.Create(
                CultureInfo.InvariantCulture,
                $"AAA0BBB,{change.DayOfYear - 1}/{change:HH:mm:ss},{other}/0"
            ),
            "autumn" => string.Create(
                CultureInfo.InvariantCulture,
                $"AAA0BBB,{other}/0,{change.DayOfYear - 1}/{change.Hour + 1}:{change:mm:ss}"
            ),
            _ => "AAA0",
        };

        Assert.Equal(0, (await alice.RoundAsync(("TZ", zone))).Status);

        Assert.Equal(sends ? 1 : 0, alice.Bot.All.Count);
    }

    [Theory]
    [InlineData("""{"last_sent": 17958000""")]
    [InlineData("")]
    [InlineData("\0\0\0\0")]
    [InlineData("[]")]
    [InlineData("""{"last_sent": "yesterday"}""")]
    [InlineData("""{"last_sent": 1e999}""")]
    [InlineData("""{"last_sent": -5}""")]
    public async Task C26_an_unreadable_state_counts_as_not_sent_yet_and_is_rewritten_whole(string content)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("hourly.py", Analyst.Case("C25-cooldown-equals-cron"));
        alice.WriteState("hourly", content);

        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Single(alice.Bot.All);
        Assert.Equal(Analyst.UnixNow, alice.State("hourly")!.Value.GetProperty("last_sent").GetDouble(), tolerance: 60);
        Assert.Contains("can't be read, so its cooldown is ignored", alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Last_sent_is_the_start_of_the_run_not_its_end()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "slow.py",
            """
            import time, json
            started = time.time(); time.sleep(1.5)
            print(json.dumps({"notify": True, "message": str(started)}))
            """
        );

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        var started = double.Parse(Assert.Single(alice.Bot.All)["message"]!, CultureInfo.InvariantCulture);
        Assert.True(alice.State("slow")!.Value.GetProperty("last_sent").GetDouble() <= started);
    }

    [Fact]
    public async Task No_cooldown_sends_every_round_and_a_bad_one_means_an_hour_and_is_said()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("always.py", """print('{"notify": true, "message": "always", "cooldown": "0m"}')""");
        alice.WriteScript("bad.py", """print('{"notify": true, "message": "bad", "cooldown": "soon"}')""");

        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal(
            ["always", "always", "bad"],
            alice.Bot.All.Select(sent => sent["message"]).Order(StringComparer.Ordinal)
        );
        Assert.Contains("cooldown must be a number and m, h or d", alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_in_place_of_the_state_is_neither_read_nor_written_through()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("hourly.py", Analyst.Case("C25-cooldown-equals-cron"));
        alice.Account.Write(".notifications/state/other", "{}");
        File.CreateSymbolicLink(
            Path.Combine(alice.Home, ".notifications/state/hourly.json"),
            Path.Combine(alice.Home, ".notifications/state/other")
        );

        Assert.Equal(1, (await alice.RoundAsync()).Status);

        Assert.Equal("{}", alice.Read(".notifications/state/other"));
        Assert.Contains("hourly.json is not a regular file. Move it away", alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_leaves_the_old_state_whole_and_is_said()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("always.py", """print('{"notify": true, "message": "m", "cooldown": "0m"}')""");
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        var before = alice.Read(".notifications/state/always.json");

        // A disk for the state alone, with no room left.
        var folder = Path.Combine(alice.Home, ".notifications/state");
        Assert.Equal(
            0,
            (
                await RunProgram.ToEndAsync(
                    "/usr/bin/mount",
                    [
                        "-t",
                        "tmpfs",
                        "-o",
                        $"size=64k,mode=0700,uid={alice.Account.Uid},gid={alice.Account.Gid}",
                        "tmpfs",
                        folder,
                    ],
                    NoEnvironment,
                    Analyst.Cancellation
                )
            ).Status
        );
        try
        {
            alice.WriteState("always", before);
            await RunProgram.ToEndAsync(
                "/bin/dd",
                ["if=/dev/zero", $"of={folder}/filler", "bs=4096"],
                NoEnvironment,
                Analyst.Cancellation
            );

            Assert.Equal(1, (await alice.RoundAsync()).Status);

            Assert.Equal(before, alice.Read(".notifications/state/always.json"));
            Assert.Contains(
                "its state can't be saved, so the next round does not know of this one. No space is left on the disk of",
                alice.Log,
                StringComparison.Ordinal
            );
        }
        finally
        {
            await RunProgram.ToEndAsync("/usr/bin/umount", ["-l", folder], NoEnvironment, CancellationToken.None);
        }
    }

    private static readonly Dictionary<string, string> NoEnvironment = [];
}
