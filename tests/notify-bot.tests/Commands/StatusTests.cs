using Notify.Testing;

namespace Notify.Tests.Commands;

/// <summary>What /status says of the scripts.</summary>
public sealed class StatusTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Status_shows_the_scripts_with_a_run_button_each_and_a_press_tells_how_it_ended()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        await using var scene = await BotScene.OwnScriptsAsync(alice);
        alice.Write(
            "user/notifications/revenue_drop.py",
            """print('{"notify": true, "title": "Revenue dropped", "message": "by *25%*"}')"""
        );
        alice.Write("user/notifications/quiet.py", """print('{"notify": false}')""");
        alice.Write("user/notifications/broken.py", "raise ValueError('no such column: revenue')");
        alice.Write($"user/notifications/{new string('n', 100)}.py", """print('{"notify": false}')""");
        var chat = await scene.LinkAsync(alice.Name);

        var status = await scene.AskAsync(chat, "/status");

        Assert.Contains("revenue_drop\nnever sent", status.Text, StringComparison.Ordinal);
        Assert.Equal(4, status.Buttons.Count);

        await scene.Phone.PressAsync(chat, "▶ Run revenue_drop", Cancellation, status.MessageId);
        await scene.Phone.WaitForBotMessagesAsync(
            chat,
            m => m.Any(x => x.Text == "✔ revenue_drop: delivered" && x.Edits == 1),
            Cancellation
        );
        Assert.Contains(
            await scene.Phone.BotMessagesAsync(chat, Cancellation),
            m => m.Text == "Revenue dropped\nby 25%"
        );

        await scene.Phone.PressAsync(chat, "▶ Run quiet", Cancellation, status.MessageId);
        await scene.Phone.WaitForBotMessagesAsync(chat, m => m.Any(x => x.Text == "✔ quiet: no alert"), Cancellation);

        await scene.Phone.PressAsync(chat, "▶ Run broken", Cancellation, status.MessageId);
        var broken = await scene.Phone.WaitForBotMessagesAsync(
            chat,
            m => m.Any(x => x.Text.StartsWith("✖ broken: failed", StringComparison.Ordinal)),
            Cancellation
        );
        Assert.Contains(
            broken,
            m =>
                m.Text.Contains("no such column: revenue", StringComparison.Ordinal)
                && m.Entities.Any(e => e.Type == "expandable_blockquote")
        );

        var longName = status
            .Buttons.SelectMany(b => b)
            .Single(b => b.Text.StartsWith("▶ Run nnn", StringComparison.Ordinal));
        await scene.Phone.PressAsync(chat, longName.Text, Cancellation, status.MessageId);
        await scene.Phone.WaitForBotMessagesAsync(
            chat,
            m => m.Any(x => x.Text == $"✔ {new string('n', 100)}: no alert"),
            Cancellation
        );

        await scene.Phone.TypeAsync(chat, "/run quiet", Cancellation);
        await scene.Phone.WaitForBotMessagesAsync(
            chat,
            m => m.Count(x => x.Text == "✔ quiet: no alert") == 2,
            Cancellation
        );
        Assert.Contains("Give the script's name", (await scene.AskAsync(chat, "/run")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scripts_that_can_not_be_listed_are_said_to_be_so()
    {
        await using var scene = await BotScene.BeginAsync();
        var chat = await scene.LinkAsync("no-such-account");

        Assert.Contains("no Unix account", (await scene.AskAsync(chat, "/status")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_sums_up_shows_what_fails_first_and_turns_pages_of_ten_scripts()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        await using var scene = await BotScene.OwnScriptsAsync(alice);
        for (var i = 0; i < 11; i++)
        {
            alice.Write($"user/notifications/check_{i:00}.py", """print('{"notify": false}')""");
        }

        alice.Write("user/notifications/report.py", "# notify: timezone UTC\n# notify: at monthly 1 06:00\n");
        alice.Write("user/notifications/z_broken.py", "raise SystemExit('no data')");
        var chat = await scene.LinkAsync(alice.Name);
        await scene.Phone.TypeAsync(chat, "/run z_broken", Cancellation);
        await scene.Phone.WaitForBotMessagesAsync(
            chat,
            m => m.Any(x => x.Text.StartsWith("✖ z_broken: failed", StringComparison.Ordinal)),
            Cancellation
        );

        using (var links = new Notify.Linking.JsonLinkStore(scene.Data, TimeProvider.System))
        {
            Assert.True(TimeZoneName.TryParse("Asia/Kolkata", out var zone));
            await links.SetTimeZoneAsync(UserName.Parse(alice.Name), zone, Cancellation);
        }

        var first = await scene.AskAsync(chat, "/status");

        Assert.Matches(
            "^13 scripts: 1 failing, 12 fine\\. Next: report, 20[0-9-]{8} [0-9]{2}:[0-9]{2} Asia/Kolkata, in ",
            first.Text
        );
        Assert.Contains("Your scripts, page 1 of 2\n\nz_broken\nran ", first.Text, StringComparison.Ordinal);
        Assert.Equal(11, first.Buttons.Count);
        Assert.Equal("Page 2 ▶", Assert.Single(first.Buttons[^1]).Text);

        await scene.Phone.PressAsync(chat, "Page 2 ▶", Cancellation, first.MessageId);
        var turned = await scene.Phone.WaitForBotMessagesAsync(
            chat,
            m => m.Any(x => x.MessageId == first.MessageId && x.Edits == 1),
            Cancellation
        );
        var second = turned.Single(m => m.MessageId == first.MessageId);

        Assert.Contains("page 2 of 2", second.Text, StringComparison.Ordinal);

        // 06:00 UTC in the reader's zone, whatever the script's and the server's are.
        Assert.Matches("report\nnext: 20[0-9-]{5}-01 11:30 Asia/Kolkata, in ", second.Text);
        Assert.Equal(
            ["▶ Run check_09", "▶ Run check_10", "▶ Run report", "◀ Page 1"],
            second.Buttons.SelectMany(row => row).Select(button => button.Text)
        );
    }

    [Fact]
    public async Task Status_of_lost_scripts_says_so_and_not_that_there_were_none()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        await using var scene = await BotScene.OwnScriptsAsync(alice);
        var chat = await scene.LinkAsync(alice.Name);
        Assert.Contains(
            "You have no scripts yet",
            (await scene.AskAsync(chat, "/status")).Text,
            StringComparison.Ordinal
        );
        var script = alice.Write("user/notifications/quiet.py", """print('{"notify": false}')""");
        await scene.Phone.TypeAsync(chat, "/run quiet", Cancellation);
        await scene.Phone.WaitForBotMessagesAsync(chat, m => m.Any(x => x.Text == "✔ quiet: no alert"), Cancellation);
        File.Delete(script);

        var status = (await scene.AskAsync(chat, "/status")).Text;

        Assert.StartsWith(
            $"{Path.GetDirectoryName(script)} no longer holds any script",
            status,
            StringComparison.Ordinal
        );
    }
}
