using Notify.Testing;
using Notify.Tests.SendApi;

namespace Notify.Tests.Outbox;

/// <summary>Accepted means: on disk before the answer, and delivered once, whatever becomes of the bot.</summary>
public sealed class AcceptedTests
{
    /// <summary>So that many messages to one chat need no minute.</summary>
    private static readonly Dictionary<string, string> Quick = new(StringComparer.Ordinal)
    {
        ["TELEGRAM_CHAT_MESSAGES_PER_SECOND"] = "100",
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_answered_queued_survives_kill_9_and_is_delivered_in_order()
    {
        await using var scene = await ApiScene.BeginAsync(environment: Quick);
        await scene.Phone.BeginOutageAsync(Cancellation);
        for (var i = 1; i <= 5; i++)
        {
            (
                await scene.SendAsync(
                    new
                    {
                        user = "dana",
                        text = $"number {i}",
                        wait = 0,
                    }
                )
            ).AssertQueued();
        }

        (
            await scene.SendPhotoAsync(
                TestPictures.Png(640, 360),
                ("user", "dana"),
                ("caption", "the chart"),
                ("wait", "0")
            )
        ).AssertQueued();
        await scene.Bot.Bot.KillAsync();
        await scene.Phone.EndOutageAsync(Cancellation);
        await scene.Bot.StartBotAsync();

        var messages = await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 6, Cancellation);
        Assert.Equal(
            ["number 1", "number 2", "number 3", "number 4", "number 5", "the chart"],
            messages.Select(m => m.Text)
        );
        Assert.Equal(640, messages[5].Photo?.Width);
        Assert.Contains(" 1508 ", scene.Bot.Bot.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sixty_four_at_once_are_all_on_disk_when_they_are_answered()
    {
        await using var scene = await ApiScene.BeginAsync(environment: Quick);
        await scene.Phone.BeginOutageAsync(Cancellation);

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 64)
                .Select(i =>
                    scene.SendAsync(
                        new
                        {
                            user = i % 2 == 0 ? "dana" : "omar",
                            text = $"{i}",
                            wait = 0,
                        }
                    )
                )
        );
        await scene.Bot.Bot.KillAsync();

        Assert.All(answers, a => a.AssertQueued());
        await scene.Phone.EndOutageAsync(Cancellation);
        await scene.Bot.StartBotAsync();
        var danas = await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 32, Cancellation);
        var omars = await scene.Phone.WaitForBotMessagesAsync(ApiScene.Omar, 32, Cancellation);
        Assert.Equal(
            Enumerable.Range(0, 64).Select(i => $"{i}").Order(StringComparer.Ordinal),
            danas.Concat(omars).Select(m => m.Text).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task Files_and_folders_have_the_modes_that_keep_others_out()
    {
        await using var scene = await ApiScene.BeginAsync();
        (await scene.SendPhotoAsync(TestPictures.Png(640, 360), ("user", "dana"))).AssertDelivered();
        var folder = Path.Combine(scene.Bot.Data, "private");

        foreach (var file in (string[])["outbox.db", "outbox.db-wal", "outbox.db-shm"])
        {
            Assert.Equal((UnixFileMode)0b110_000_000, File.GetUnixFileMode(Path.Combine(folder, file)));
        }

        Assert.Equal((UnixFileMode)0b111_101_000, File.GetUnixFileMode(Path.Combine(folder, "images")));
        Assert.Equal(
            (UnixFileMode)0b110_100_000,
            File.GetUnixFileMode(Assert.Single(Directory.EnumerateFiles(Path.Combine(folder, "images"))))
        );
    }

    [Fact]
    public async Task Where_a_folder_lies_in_the_outboxs_place_the_start_is_refused_with_a_sentence()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.Bot.Bot.StopAsync(Cancellation);
        var file = Path.Combine(scene.Bot.Data, "private", "outbox.db");
        File.Delete(file);
        Directory.CreateDirectory(file);

        await scene.Bot.StartBotAsync();

        await scene.Bot.Bot.WaitForEndAsync(Cancellation);
        Assert.Equal(1, scene.Bot.Bot.ExitStatus);
        Assert.Contains($"notify-bot: {file} is a folder", scene.Bot.Bot.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", scene.Bot.Bot.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_outbox_is_set_aside_and_what_waited_in_it_is_delivered()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.Phone.BeginOutageAsync(Cancellation);
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "kept",
                    wait = 0,
                }
            )
        ).AssertQueued();
        await scene.Bot.Bot.StopAsync(Cancellation);
        var file = Path.Combine(scene.Bot.Data, "private", "outbox.db");
        await using (var damage = new FileStream(file, FileMode.Open))
        {
            // Of an index: quick_check notices it, and the rows are readable.
            damage.Position = damage.Length - OutboxHarm.Page;
            damage.Write(OutboxHarm.Rubbish(OutboxHarm.Page));
        }

        await scene.Phone.EndOutageAsync(Cancellation);
        await scene.Bot.StartBotAsync();

        Assert.Equal(
            "kept",
            Assert.Single(await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 1, Cancellation)).Text
        );
        (await scene.SendAsync(new { user = "dana", text = "new" })).AssertDelivered();
        var aside = Assert.Single(
            Directory.EnumerateFiles(Path.Combine(scene.Bot.Data, "private"), "outbox.db.damaged-*")
        );
        Assert.Contains(aside, scene.Bot.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repeat_with_the_same_key_sends_nothing_and_says_how_the_first_stands()
    {
        await using var scene = await ApiScene.BeginAsync();
        var first = await scene.SendAsync(
            new
            {
                user = "dana",
                text = "once",
                key = "run 17",
            }
        );
        first.AssertDelivered();

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 50)
                .Select(_ =>
                    scene.SendAsync(
                        new
                        {
                            user = "dana",
                            text = "once",
                            key = "run 17",
                        }
                    )
                )
        );
        var photo = await scene.SendPhotoAsync(TestPictures.Png(640, 360), ("user", "dana"), ("key", "run 17"));
        await scene.Bot.Bot.KillAsync();
        await scene.Bot.StartBotAsync();
        var later = await scene.SendAsync(
            new
            {
                user = "dana",
                text = "once",
                key = "run 17",
            }
        );

        Assert.All(
            [.. answers, photo, later],
            a => Assert.Equal(first.Body, a.Body.Replace(",\"repeated\":true", "", StringComparison.Ordinal))
        );
        Assert.Single(await scene.DanasPhone());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(scene.Bot.Data, "private", "images")));
        (
            await scene.SendAsync(
                new
                {
                    user = "omar",
                    text = "once",
                    key = "run 17",
                }
            )
        ).AssertDelivered();
        Assert.Single(await scene.OmarsPhone());
    }

    [Fact]
    public async Task Of_fifty_at_once_with_one_key_and_a_photo_one_is_sent_and_one_chart_kept()
    {
        await using var scene = await ApiScene.BeginAsync();

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 50)
                .Select(_ => scene.SendPhotoAsync(TestPictures.Png(64, 64), ("user", "dana"), ("key", "k")))
        );

        Assert.All(answers, a => a.AssertDelivered());
        Assert.Single(
            answers
                .Select(a => a.Body.Replace(",\"repeated\":true", "", StringComparison.Ordinal))
                .Distinct(StringComparer.Ordinal)
        );
        Assert.Single(await scene.DanasPhone());
        Assert.Single(Directory.EnumerateFiles(Path.Combine(scene.Bot.Data, "private", "images")));
    }

    [Fact]
    public async Task A_user_with_two_hundred_waiting_is_told_to_wait_and_nobody_else_is()
    {
        await using var scene = await ApiScene.BeginAsync(environment: Quick);
        await scene.Phone.BeginOutageAsync(Cancellation);
        foreach (
            var answer in await Task.WhenAll(
                Enumerable
                    .Range(0, 200)
                    .Select(i =>
                        scene.SendAsync(
                            new
                            {
                                user = "dana",
                                text = $"{i}",
                                wait = 0,
                                key = $"{i}",
                            }
                        )
                    )
            )
        )
        {
            answer.AssertQueued();
        }

        await AssertRefusedAsync();
        (
            await scene.SendAsync(
                new
                {
                    user = "omar",
                    text = "for omar",
                    wait = 0,
                }
            )
        ).AssertQueued();
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "7",
                    wait = 0,
                    key = "7",
                }
            )
        ).AssertQueued();

        await scene.Bot.Bot.KillAsync();
        await scene.Bot.StartBotAsync();
        await AssertRefusedAsync();

        await scene.Phone.EndOutageAsync(Cancellation);
        await scene.Phone.WaitForBotMessagesAsync(ApiScene.Omar, 1, Cancellation);
        await Eventually.TrueAsync(
            async () =>
                (
                    await scene.SendAsync(
                        new
                        {
                            user = "dana",
                            text = "room again",
                            wait = 0,
                        }
                    )
                ).Status == 200,
            () => "there is no room",
            Cancellation
        );

        async Task AssertRefusedAsync()
        {
            var refused = await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "one too many",
                    wait = 0,
                }
            );
            refused.AssertRefused(429, "200 notifications of dana are already queued");
            Assert.Equal("60", refused.Headers["retry-after"]);
        }
    }

    [Fact]
    public async Task What_waits_of_a_user_is_bounded_by_its_bytes_too_also_after_a_restart()
    {
        await using var scene = await ApiScene.BeginAsync(environment: Quick);
        await scene.Phone.BeginOutageAsync(Cancellation);
        var text = new string('x', 900_000);
        var accepted = 0;
        while (
            accepted < 200
            && (
                await scene.SendAsync(
                    new
                    {
                        user = "dana",
                        text,
                        wait = 0,
                    }
                )
            ).Status == 200
        )
        {
            accepted++;
        }

        Assert.InRange(accepted, 64_000_000 / 1_000_000, 64_000_000 / 900_000 + 1);
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "short",
                    wait = 0,
                }
            )
        ).AssertRefused(429, "MB together");
        (
            await scene.SendAsync(
                new
                {
                    user = "omar",
                    text,
                    wait = 0,
                }
            )
        ).AssertQueued();
        await scene.Bot.Bot.KillAsync();
        await scene.Bot.StartBotAsync();
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "short",
                    wait = 0,
                }
            )
        ).AssertRefused(429, "MB together");
    }
}
