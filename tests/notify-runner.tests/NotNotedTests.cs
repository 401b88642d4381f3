using System.Globalization;
using System.Text.Json;
using Notify.Contracts;
using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary>
/// An alert whose sending not saved is sent all the same, under a key that holds for its cooldown, with a line that says what must be
/// fixed. Nobody is shown an older good outcome as the last.
/// </summary>
public sealed class NotNotedTests
{
    private static readonly Dictionary<string, string> NoEnvironment = [];

    /// <summary>What can be wrong, as commands of root, and what the message must name. The analyst is $U, the folder $K.</summary>
    public static TheoryData<string, string[]> Troubles =>
        new()
        {
            {
                "mount -t tmpfs -o size=64k,mode=0700 notify-test $K/state; chown $U $K/state; dd if=/dev/zero of=$K/state/filler status=none",
                ["No space is left on the disk of", ".notifications/state", "df -h"]
            },
            {
                "mount -t tmpfs -o size=64k,mode=0700,nr_inodes=2 notify-test $K/state; chown $U $K/state; touch $K/state/filler",
                ["No space is left on the disk of"]
            },
            {
                "mount --bind $K/state $K/state; mount -o remount,bind,ro $K/state",
                ["is mounted read-only", "findmnt -T"]
            },
            { "chown -R root: $K", ["belongs to root", "sudo chown -R"] },
            { "chown -R root: $K; chmod -R go= $K", ["belongs to root", "sudo chown -R"] },
            { "chown root: $K/state", [".notifications/state belongs to root", "sudo chown -R"] },
            { "chmod 0500 $K/state", ["does not let you in", "chmod u+rwx"] },
            { "chmod 0 $K", ["does not let you in", "chmod u+rwx"] },
            { "rm $K/state/disk.json; mkdir $K/state/disk.json", ["disk.json is not a regular file", "mv "] },
            {
                "rm $K/state/disk.json; ln -s /etc/hostname $K/state/disk.json",
                ["disk.json is not a regular file", "mv "]
            },
            { "rm -r $K/state; touch $K/state", [".notifications/state is not a folder", "mv "] },
            {
                "rm -r $K/state; ln -s /nowhere/state $K/state",
                [".notifications/state is a link to a missing folder", "rm "]
            },
            { "rm -r $K; echo > $K", [".notifications is not a folder", "mv "] },
        };

    [Theory]
    [MemberData(nameof(Troubles))]
    public async Task D01_the_alert_comes_once_in_its_cooldown_and_says_what_must_be_fixed(
        string trouble,
        string[] words
    )
    {
        await using var alice = await Analyst.CreateAsync();
        var script = Analyst.Case("D01-state-disk-full").Replace("1h", "1d", StringComparison.Ordinal);
        alice.WriteScript("disk.py", script);
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        alice.Bot.Take();

        // The good round was more than a cooldown ago, where it can still be read.
        var then = Analyst.UnixNow - 180_000;
        alice.WriteState(
            "disk",
            string.Create(
                CultureInfo.InvariantCulture,
                $$"""{"last_sent": {{then}}, "last_run": {{then}}, "last_outcome": "delivered", "cooldown": "1d"}"""
            )
        );
        try
        {
            await AsRootAsync(alice, trouble);

            Assert.Equal(1, (await alice.RoundAsync()).Status);
            alice.WriteScript("disk.py", script.Replace("97 %", "98 %", StringComparison.Ordinal));
            Assert.Equal(1, (await alice.RoundAsync()).Status);

            var sent = alice
                .Bot.All.Where(request => request.Call.StartsWith("POST", StringComparison.Ordinal))
                .ToList();
            Assert.Equal(2, sent.Count);
            Assert.All(words, word => Assert.Contains(word, sent[0]["message"], StringComparison.Ordinal));
            Assert.StartsWith("97 % used\n\n⚠️ ", sent[0]["message"], StringComparison.Ordinal);

            // The same key for another text: to the bot they are one.
            Assert.Equal(sent[0]["key"], sent[1]["key"]);

            var status = (await alice.RunAsync("notify-runner", ["status"])).Output;
            Assert.All(words, word => Assert.Contains(word, status, StringComparison.Ordinal));
            Assert.DoesNotContain("notify-runner enable", status, StringComparison.Ordinal);
            Assert.Matches(@"disk\.py +unknown +with the next round +unknown +unknown +not saved", status);

            var listed = Assert.Single(
                JsonSerializer.Deserialize(
                    (await alice.RunAsync("notify-scripts", ["list"])).Output,
                    HelperContract.Default.ListListedScript
                )!
            );
            Assert.Equal((ScriptOutcome.NotNoted, null, null), (listed.LastOutcome, listed.LastRunAt, listed.LastSent));
            Assert.All(words, word => Assert.Contains(word, listed.Error, StringComparison.Ordinal));

            var dry = (await alice.RunAsync("notify-runner", ["--dry-run"])).Output;
            Assert.Contains(
                "A round would send it now, unless it was already sent within this cooldown.",
                dry,
                StringComparison.Ordinal
            );
            Assert.All(words, word => Assert.Contains(word, dry, StringComparison.Ordinal));
        }
        finally
        {
            await RunProgram.ToEndAsync(
                "/usr/bin/umount",
                ["-l", Path.Combine(alice.Home, ".notifications/state")],
                NoEnvironment,
                CancellationToken.None
            );
        }
    }

    [Fact]
    public async Task When_it_is_fixed_the_state_is_saved_again_and_the_next_alert_has_no_such_line()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("disk.py", Analyst.Case("D01-state-disk-full"));
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        File.Delete(Path.Combine(alice.Home, ".notifications/state/disk.json"));
        File.SetUnixFileMode(
            Path.Combine(alice.Home, ".notifications/state"),
            UnixFileMode.UserRead | UnixFileMode.UserExecute
        );
        Assert.Equal(1, (await alice.RoundAsync()).Status);
        File.SetUnixFileMode(
            Path.Combine(alice.Home, ".notifications/state"),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        );
        alice.Bot.Take();

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal("97 % used", Assert.Single(alice.Bot.All)["message"]);
        Assert.Equal("delivered", alice.State("disk")!.Value.GetProperty("last_outcome").GetString());
    }

    [Theory]
    [InlineData("1h")]
    [InlineData("1d")]
    public async Task What_was_sent_while_nothing_could_be_saved_is_not_sent_again_when_it_can(string cooldown)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "disk.py",
            Analyst.Case("D01-state-disk-full").Replace("1h", cooldown, StringComparison.Ordinal)
        );
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        // Half a period of the cooldown ago its third one began, so none begins in this test.
        var length = cooldown == "1d" ? 86_400 : 3_600;
        var then = Math.Floor(Analyst.UnixNow) - (2.5 * length);
        var before = string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"last_sent": {{then}}, "last_run": {{then}}, "last_outcome": "delivered", "cooldown": "{{cooldown}}"}"""
        );
        alice.WriteState("disk", before);
        alice.Bot.Take();
        var known = new HashSet<string>(StringComparer.Ordinal);
        alice.Bot.Answer = sent =>
            known.Add(sent["key"]!)
                ? (200, """{"ok":true,"status":"delivered","id":"1"}""")
                : (200, """{"ok":true,"status":"delivered","id":"1","repeated":true}""");
        var folder = Path.Combine(alice.Home, ".notifications/state");
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Equal(1, (await alice.RoundAsync()).Status);
        Assert.Equal(1, (await alice.RoundAsync()).Status);
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Single(known);
        Assert.Equal(4, alice.Bot.All.Count);
        Assert.Contains("already sent within its cooldown; not sent again", alice.Log, StringComparison.Ordinal);

        // The cooldown goes on from where it was: a daily report stays at its time of day.
        Assert.Equal(then, alice.State("disk")!.Value.GetProperty("last_sent").GetDouble());
        Assert.Equal("delivered", alice.State("disk")!.Value.GetProperty("last_outcome").GetString());

        // Its next period.
        alice.WriteState("disk", before.Replace($"{then}", $"{then - length}", StringComparison.Ordinal));
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(2, known.Count);
        Assert.True(alice.State("disk")!.Value.GetProperty("last_sent").GetDouble() > Analyst.UnixNow - 600);
    }

    [Fact]
    public async Task A_deleted_state_has_it_sent_again_and_a_refusal_is_asked_for_anew()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("disk.py", Analyst.Case("D01-state-disk-full"));
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        File.Delete(Path.Combine(alice.Home, ".notifications/state/disk.json"));
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        File.Delete(Path.Combine(alice.Home, ".notifications/state/disk.json"));
        alice.Bot.Answer = _ => (502, """{"error":"Telegram refused it."}""");

        foreach (var _ in new[] { 1, 2, 3 })
        {
            Assert.Equal(1, (await alice.RoundAsync()).Status);
        }

        var keys = alice.Bot.All.Where(sent => sent["title"] is not null).Select(sent => sent["key"]).ToList();
        Assert.Equal(5, keys.Count);
        Assert.Equal(5, keys.Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("0m", null)]
    [InlineData("7d", "604800")]
    [InlineData("366d", "2592000")]
    [InlineData("24h", null)]
    public async Task The_key_holds_for_the_cooldown_however_long_and_none_holds_nothing_back(
        string cooldown,
        string? keyFor
    )
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "disk.py",
            Analyst.Case("D01-state-disk-full").Replace("1h", cooldown, StringComparison.Ordinal)
        );
        alice.Account.Write(".notifications", "");

        Assert.Equal(1, (await alice.RoundAsync()).Status);
        Assert.Equal(1, (await alice.RoundAsync()).Status);

        var keys = alice.Bot.All.Select(sent => sent["key"]).ToList();
        Assert.Equal(cooldown == "0m" ? 2 : 1, keys.Distinct(StringComparer.Ordinal).Count());
        Assert.All(keys, key => Assert.InRange(key!.Length, 1, 200));
        Assert.Equal(keyFor, alice.Bot.All[0]["key_for"]);
    }

    [Fact]
    public async Task A_chart_goes_with_the_line_under_a_key_too()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Account.Write("chart.png", Pictures.Png);
        alice.WriteScript(
            "chart.py",
            """import json, os; print(json.dumps({"notify": True, "cooldown": "2d", "image_path": os.path.expanduser("~/chart.png")}))"""
        );
        alice.Account.Write(".notifications", "");

        Assert.Equal(1, (await alice.RoundAsync()).Status);

        var sent = Assert.Single(alice.Bot.All);
        Assert.Equal("POST /send_photo", sent.Call);
        Assert.Contains(".notifications is not a folder", sent.Text, StringComparison.Ordinal);
        Assert.Contains("name=\"key_for\"\r\n\r\n172800\r\n", sent.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_bot_has_taken_before_is_not_logged_as_sent_again()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("disk.py", Analyst.Case("D01-state-disk-full"));
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        File.Delete(Path.Combine(alice.Home, ".notifications/state/disk.json"));
        File.SetUnixFileMode(
            Path.Combine(alice.Home, ".notifications/state"),
            UnixFileMode.UserRead | UnixFileMode.UserExecute
        );
        alice.Bot.Answer = _ => (200, """{"ok":true,"status":"delivered","id":"1","repeated":true}""");

        Assert.Equal(1, (await alice.RoundAsync()).Status);

        Assert.Contains(
            "disk.py: already sent within its cooldown; not sent again. It ran for",
            alice.Log,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_failure_that_can_not_be_saved_is_reported_under_one_key_and_says_what_to_fix()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("it.py", "raise SystemExit('no data')");
        alice.Account.Write(".notifications", "");

        Assert.Equal(1, (await alice.RoundAsync()).Status);
        Assert.Equal(1, (await alice.RoundAsync()).Status);

        var told = alice.Bot.All;
        Assert.Equal(2, told.Count);
        Assert.Equal(told[0]["key"], told[1]["key"]);
        Assert.Contains(".notifications is not a folder", told[0]["text"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_file_of_roots_keeps_no_script_from_running_and_one_run_still_excludes_another()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "slow.py",
            """
            import pathlib, time, sys
            home = pathlib.Path.home()
            (home / "started").touch()
            while not (home / "go").exists(): time.sleep(0.05)
            print('{"notify": true, "message": "m"}')
            """
        );
        alice.Account.Write(".notifications/locks/slow.lock", "");
        await AsRootAsync(
            alice,
            "chown $U: $K $K/locks; chown root: $K/locks/slow.lock; chmod 0600 $K/locks/slow.lock"
        );

        using var first = alice.Start("notify-runner", []);
        await Eventually.TrueAsync(
            () => File.Exists(Path.Combine(alice.Home, "started")),
            () => "the script has not started",
            Analyst.Cancellation
        );
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Contains("slow.py: still running from an earlier round", alice.Log, StringComparison.Ordinal);
        alice.Account.Write("go", "");
        Assert.Equal(0, (await Analyst.EndAsync(first)).Status);

        Assert.Single(alice.Bot.All);
        Assert.Contains("The lock file", alice.Log, StringComparison.Ordinal);
    }

    private static async Task AsRootAsync(Analyst alice, string commands)
    {
        var ended = await RunProgram.ToEndAsync(
            "/bin/sh",
            ["-c", commands],
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["U"] = alice.Account.Name,
                ["K"] = Path.Combine(alice.Home, ".notifications"),
            },
            Analyst.Cancellation
        );
        Assert.DoesNotContain("not found", ended.Said, StringComparison.Ordinal);
    }
}
