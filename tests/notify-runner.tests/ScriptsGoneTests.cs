using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary>Where none of the scripts is there any more, the round says so: by its status, in its log, and once on the phone.</summary>
public sealed class ScriptsGoneTests
{
    private const string Script = """print('{"notify": true, "message": "x", "cooldown": "0m"}')""";

    /// <summary>How scripts get lost, as commands of root and the analyst's own alike, what is said, and how they come back.</summary>
    public static TheoryData<string, string, string> Losses =>
        new()
        {
            {
                "mv $H/user $H/share; ln -s /mnt/not-mounted/user $H/user",
                "/user is a link to /mnt/not-mounted/user, which is not there",
                "rm $H/user; mv $H/share $H/user"
            },
            {
                "mv $H/user/notifications $H/share; ln -s $H/gone $H/user/notifications",
                "/user/notifications is a link to",
                "rm $H/user/notifications; mv $H/share $H/user/notifications"
            },
            { "mv $H/user $H/share; mkdir $H/user", "The folder", "rmdir $H/user; mv $H/share $H/user" },
            { "mv $H/user $H/share", "The folder", "mv $H/share $H/user" },
            {
                "mv $H/user/notifications $H/share; mkdir $H/user/notifications",
                "no longer holds any script",
                "rmdir $H/user/notifications; mv $H/share $H/user/notifications"
            },
            {
                "mount -t tmpfs -o mode=0755 notify-test $H/user/notifications",
                "no longer holds any script",
                "umount $H/user/notifications"
            },
            { "chmod 0 $H/user", "can't be read (Permission denied)", "chmod 0750 $H/user" },
            { "mv $H/user $H/share; echo > $H/user", "can't be read", "rm $H/user; mv $H/share $H/user" },
            {
                "mv $H/user/notifications/it.py $H/it.py; echo x > $H/user/notifications/notes.txt",
                "no longer holds any script",
                "mv $H/it.py $H/user/notifications/it.py"
            },
        };

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task D09_it_is_said_once_and_once_when_they_are_back(string loss, string words, string repair)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("it.py", Script);
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        alice.Bot.Take();
        await DoAsync(alice, loss);

        var log = alice.Log.Length;
        Assert.Equal(75, (await alice.RoundAsync()).Status);
        Assert.Equal(75, (await alice.RoundAsync()).Status);

        Assert.Contains(words, alice.Log[log..], StringComparison.Ordinal);
        var told = Assert.Single(alice.Bot.Take());
        Assert.Contains("None of your scripts run", told["text"], StringComparison.Ordinal);
        Assert.Contains(
            words,
            told["text"]!.Replace("&quot;", "\"", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
        Assert.Null(told["script"]);
        Assert.Contains(words, (await alice.RunAsync("notify-runner", ["status"])).Output, StringComparison.Ordinal);
        var dry = await alice.RunAsync("notify-runner", ["--dry-run"]);
        Assert.Equal(75, dry.Status);
        Assert.Contains(words, dry.Output, StringComparison.Ordinal);

        // What status has asked the bot.
        alice.Bot.Take();
        await DoAsync(alice, repair);
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Contains(
            "Your scripts run again",
            Assert.Single(alice.Bot.All, sent => sent["text"] is not null)["text"],
            StringComparison.Ordinal
        );
        Assert.Equal(2, alice.Bot.All.Count(sent => sent["message"] == "x"));
    }

    [Fact]
    public async Task Who_takes_the_last_script_away_is_told_once_with_how_to_end_it()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("it.py", Script);
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        alice.Bot.Take();
        File.Delete(Path.Combine(alice.ScriptsFolder, "it.py"));

        Assert.Equal(75, (await alice.RoundAsync()).Status);
        var command = $"rm {alice.Home}/.notifications/state/*.json";
        Assert.Contains(command, Assert.Single(alice.Bot.Take())["text"], StringComparison.Ordinal);
        await DoAsync(alice, command);

        Assert.Equal(new Ended(0, "", ""), await alice.RoundAsync());
        Assert.Empty(alice.Bot.All);
    }

    [Fact]
    public async Task Scripts_that_come_and_go_fill_no_phone()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("it.py", """print('{"notify": false}')""");
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        for (var time = 0; time < 6; time++)
        {
            await DoAsync(alice, "mv $H/user $H/share");
            Assert.Equal(75, (await alice.RoundAsync()).Status);
            await DoAsync(alice, "mv $H/share $H/user");
            Assert.Equal(0, (await alice.RoundAsync()).Status);
        }

        var told = alice.Bot.All;
        Assert.Equal(4, told.Count);
        Assert.Contains("Your scripts come and go", told[^1]["text"], StringComparison.Ordinal);
        Assert.All(told.Take(3), sent => Assert.DoesNotContain("come and go", sent["text"], StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_account_without_any_script_yet_is_no_loss()
    {
        await using var alice = await Analyst.CreateAsync();
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        alice.WriteScript("notes.txt", "");
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal("", alice.Log);
        Assert.Empty(alice.Bot.All);
    }

    [Fact]
    public async Task Told_counts_only_when_the_bot_accepted_and_what_nobody_was_told_of_ends_without_a_word()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("it.py", """print('{"notify": false}')""");
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        await DoAsync(alice, "mv $H/user $H/share");
        Assert.Equal(75, (await alice.RoundAsync(("NOTIFY_BOT_SOCKET", "/nowhere/bot.sock"))).Status);
        Assert.Equal(75, (await alice.RoundAsync(("NOTIFY_FAILURE_ALERTS", "off"))).Status);
        Assert.Empty(alice.Bot.All);

        await DoAsync(alice, "mv $H/share $H/user");
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Empty(alice.Bot.All);
        Assert.False(File.Exists(Path.Combine(alice.Home, ".notifications/folder.json")));
    }

    [Fact]
    public async Task If_the_notice_can_not_be_saved_a_key_keeps_it_to_one()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("it.py", Script);
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        alice.Bot.Take();
        await DoAsync(alice, "mv $H/user $H/share; chmod 0500 $H/.notifications");

        Assert.Equal(75, (await alice.RoundAsync()).Status);
        Assert.Equal(75, (await alice.RoundAsync()).Status);

        Assert.Equal(2, alice.Bot.All.Count);
        Assert.Single(alice.Bot.All.Select(sent => sent["key"]).Distinct(StringComparer.Ordinal));
    }

    private static async Task DoAsync(Analyst alice, string commands)
    {
        var ended = await RunProgram.ToEndAsync(
            "/bin/sh",
            ["-ec", commands],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["H"] = alice.Home },
            Analyst.Cancellation
        );
        Assert.Equal((0, ""), ended);
    }
}
