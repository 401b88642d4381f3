using System.Text.Json;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Sandbox.Telegram;
using Notify.Testing;
using Notify.Tests.SendApi;

namespace Notify.Tests.Outbox;

/// <summary>Another program locks the outbox: senders hear so in time, nothing that was refused is stored later, and nothing goes out twice.</summary>
public sealed class LockTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(SqliteHolder.Immediate)]
    [InlineData(SqliteHolder.Exclusive)]
    public async Task While_the_outbox_is_locked_sends_are_refused_with_the_lock_as_the_reason_and_health_is_down(
        string how
    )
    {
        await using var scene = await ApiScene.BeginAsync();
        (await scene.SendAsync(new { user = "dana", text = "before" })).AssertDelivered();
        await using var holder = await SqliteHolder.TakeAsync(FileOf(scene), how, Cancellation);

        // It holds on until it is told to let go: each of these answers came while it did.
        var health = await scene.AskAsync(HttpMethod.Get, "/health");
        var texts = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(i => scene.SendAsync(new { user = "dana", text = $"refused {i}" }))
        );
        var photo = await scene.SendPhotoAsync(TestPictures.Png(64, 64), ("user", "dana"), ("caption", "refused"));

        Assert.Equal(503, health.Status);
        Assert.Equal("down", BotScene.Status(health.Json));
        var outbox = health.Json.GetProperty("outbox");
        Assert.Equal("locked", outbox.GetProperty("state").GetString());
        Assert.Contains(holder.Name, outbox.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.All(
            [.. texts, photo],
            answer =>
            {
                answer.AssertTryAgainAfter(30, "was not accepted");
                Assert.Contains(
                    $"another program has the outbox locked: {holder.Name}",
                    answer.Error,
                    StringComparison.Ordinal
                );
                Assert.DoesNotContain("room", answer.Error, StringComparison.Ordinal);
            }
        );
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(scene.Bot.Data, "private", "images")));
        Assert.Single(await HistoryAsync(scene, "dana"));
        var (_, doctor) = await scene.Bot.OperateAsync("doctor");
        Assert.Contains(
            $"WRONG  bot: it accepts and sends nothing: another program has the outbox locked: {holder.Name}",
            doctor,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "notify_outbox_writable 0",
            (await scene.AskAsync(HttpMethod.Get, "/metrics")).Body,
            StringComparison.Ordinal
        );

        await holder.LetGoAsync();
        await Eventually.TrueAsync(
            async () => (await scene.AskAsync(HttpMethod.Get, "/health")).Status == 200,
            () => "health is not 200",
            Cancellation
        );
        (await scene.SendAsync(new { user = "dana", text = "after" })).AssertDelivered();

        Assert.Equal(["before", "after"], (await scene.DanasPhone()).Select(m => m.Text));
        Assert.Contains(" 1606 ", scene.Bot.Bot.Said, StringComparison.Ordinal);
        Assert.Contains(" 1603 ", scene.Bot.Bot.Said, StringComparison.Ordinal);
        Assert.DoesNotContain(" 1602 ", scene.Bot.Bot.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_given_up_is_not_stored_when_the_lock_ends()
    {
        using var scene = new OutboxScene();
        await scene.AcceptAsync("before");
        await using var holder = await SqliteHolder.TakeAsync(scene.File, SqliteHolder.Immediate, Cancellation);
        using var caller = new CancellationTokenSource();
        var ofOneThatLeaves = scene.Outbox.AcceptAsync(scene.New("its caller is gone"), Queued, caller.Token);
        var ofOneThatWaits = scene.Outbox.AcceptAsync(scene.New("refused"), Queued, Cancellation);
        var mute = scene.Outbox.MuteAsync(OutboxScene.Omar, script: null, scene.Time.GetUtcNow().AddHours(1));
        await Eventually.TrueAsync(
            () => scene.Outbox.Trouble is { Kind: OutboxTroubleKind.Locked },
            () => "the lock is not known",
            Cancellation
        );

        await caller.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => ofOneThatLeaves);
        scene.Time.Advance(SqliteOutbox.StoreTimeout);
        var refused = await Assert.ThrowsAsync<OutboxNotWritableException>(() => ofOneThatWaits);
        Assert.Contains(holder.Name, refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<OutboxNotWritableException>(() => mute);

        await holder.LetGoAsync();
        await Eventually.TrueAsync(() => scene.Outbox.IsWritable, () => "it is not writable", Cancellation);
        await scene.AcceptAsync("after");
        Assert.Equal(["before", "after"], scene.Waiting());
        Assert.Null(scene.Outbox.MutesOf(OutboxScene.Omar).All);
    }

    [Fact]
    public async Task What_waits_when_a_short_lock_ends_is_stored_once_and_in_its_order()
    {
        using var scene = new OutboxScene();
        await scene.AcceptAsync("0");
        await using var holder = await SqliteHolder.TakeAsync(scene.File, SqliteHolder.Immediate, Cancellation);
        var waiting = Enumerable.Range(1, 20).Select(i => scene.AcceptAsync($"{i}")).ToList();
        await Eventually.TrueAsync(() => scene.Outbox.Trouble is not null, () => "the lock is not known", Cancellation);

        await holder.LetGoAsync();
        await Task.WhenAll(waiting);

        Assert.Equal(Enumerable.Range(0, 21).Select(i => $"{i}"), scene.Waiting());
    }

    [Fact]
    public async Task Progress_is_kept_until_the_lock_ends_and_nothing_goes_out_twice_after_a_restart()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Delay,
                Method = "sendMessage",
                ChatId = ApiScene.Omar,
                DelaySeconds = 3,
                Times = 1,
            }
        );
        Assert.Equal("queued", (
                await scene.SendAsync(
                    new
                    {
                        user = "omar",
                        text = "on its way",
                        wait = 0,
                    }
                )
            ).Json.GetProperty("status").GetString());
        Assert.Equal("queued", (
                await scene.SendAsync(
                    new
                    {
                        user = "omar",
                        text = "behind it",
                        wait = 0,
                    }
                )
            ).Json.GetProperty("status").GetString());
        await using var holder = await SqliteHolder.TakeAsync(FileOf(scene), SqliteHolder.Immediate, Cancellation);
        Assert.Equal(503, (await scene.SendAsync(new { user = "dana", text = "refused" })).Status);
        await scene.Phone.WaitForBotMessagesAsync(ApiScene.Omar, 1, Cancellation);
        Assert.All(await HistoryAsync(scene, "omar"), n => Assert.Equal("queued", n.GetProperty("state").GetString()));

        await holder.LetGoAsync();
        await Eventually.TrueAsync(
            async () => (await HistoryAsync(scene, "omar")).All(n => n.GetProperty("state").GetString() == "delivered"),
            () => "the progress is not stored",
            Cancellation
        );
        await scene.Bot.Bot.KillAsync();
        await scene.Bot.StartBotAsync();

        (await scene.SendAsync(new { user = "omar", text = "next" })).AssertDelivered();
        Assert.Equal(["on its way", "behind it", "next"], (await scene.OmarsPhone()).Select(m => m.Text));
    }

    [Fact]
    public async Task A_bot_that_starts_under_a_lock_serves_and_sends_what_waits_once_it_ends()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                ChatId = ApiScene.Omar,
                Status = 500,
                Times = 1,
            }
        );
        Assert.Equal("queued", (
                await scene.SendAsync(
                    new
                    {
                        user = "omar",
                        text = "waits",
                        wait = 0,
                    }
                )
            ).Json.GetProperty("status").GetString());
        await scene.Bot.Bot.KillAsync();
        await using var holder = await SqliteHolder.TakeAsync(FileOf(scene), SqliteHolder.Immediate, Cancellation);

        await scene.Bot.StartBotAsync();

        var health = await scene.AskAsync(HttpMethod.Get, "/health");
        Assert.Equal("locked", health.Json.GetProperty("outbox").GetProperty("state").GetString());
        Assert.Equal(503, (await scene.SendAsync(new { user = "dana", text = "refused" })).Status);
        Assert.Single(await HistoryAsync(scene, "omar"));
        await holder.LetGoAsync();
        await scene.Phone.WaitForBotMessagesAsync(ApiScene.Omar, 1, Cancellation);
        Assert.Equal(["waits"], (await scene.OmarsPhone()).Select(m => m.Text));
        Assert.Empty(DamagedOf(scene));
    }

    [Fact]
    public async Task A_bot_that_can_t_read_the_outbox_for_a_lock_does_not_start_says_why_and_takes_nothing_for_damaged()
    {
        await using var scene = await ApiScene.BeginAsync();
        (await scene.SendAsync(new { user = "dana", text = "before" })).AssertDelivered();
        await scene.Bot.Bot.StopAsync(Cancellation);
        await using var holder = await SqliteHolder.TakeAsync(FileOf(scene), SqliteHolder.ForItself, Cancellation);

        await scene.Bot.StartBotAsync();
        await scene.Bot.Bot.WaitForEndAsync(Cancellation);

        Assert.Equal(1, scene.Bot.Bot.ExitStatus);
        Assert.Contains(
            $"another program has the outbox locked: {holder.Name}",
            scene.Bot.Bot.Said,
            StringComparison.Ordinal
        );
        Assert.Empty(DamagedOf(scene));
        await holder.LetGoAsync();
        await scene.Bot.StartBotAsync();
        (await scene.SendAsync(new { user = "dana", text = "after" })).AssertDelivered();
        Assert.Equal(2, (await HistoryAsync(scene, "dana")).Count);
    }

    [Fact]
    public async Task A_program_that_reads_without_an_end_is_named_when_the_log_grows_and_the_log_is_emptied_when_it_ends()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.Bot.AskAsync(ApiScene.Dana, "/mute");
        await using var reader = await SqliteHolder.TakeAsync(FileOf(scene), SqliteHolder.Reading, Cancellation);
        var text = new string('x', 900_000);
        JsonElement health = default;

        await Eventually.TrueAsync(
            async () =>
            {
                Assert.Equal(200, (await scene.SendAsync(new { user = "dana", text })).Status);
                health = (await scene.AskAsync(HttpMethod.Get, "/health")).Json;
                return health.TryGetProperty("outbox", out var outbox)
                    && outbox.GetProperty("state").GetString() == "log too large";
            },
            () => $"health is {health}",
            Cancellation
        );

        Assert.Equal("degraded", BotScene.Status(health));
        Assert.InRange(
            health.GetProperty("outbox").GetProperty("log_bytes").GetInt64(),
            SqliteOutbox.LargeLog,
            SqliteOutbox.LargeLog * 2
        );
        Assert.Contains(
            reader.Name,
            health.GetProperty("outbox").GetProperty("reason").GetString(),
            StringComparison.Ordinal
        );
        var (_, doctor) = await scene.Bot.OperateAsync("doctor");
        Assert.Contains("WRONG  bot: the outbox's write-ahead log has", doctor, StringComparison.Ordinal);
        Assert.Single(
            scene.Bot.Bot.Said.Split('\n'),
            line =>
                line.Contains(" 1607 ", StringComparison.Ordinal)
                && line.Contains(reader.Name, StringComparison.Ordinal)
        );

        await reader.LetGoAsync();
        await scene.Bot.Bot.WaitForHealthAsync(h => !h.TryGetProperty("outbox", out _), Cancellation);
        Assert.InRange(new FileInfo(FileOf(scene) + "-wal").Length, 0, 1_000_000);
        Assert.Contains(" 1608 ", scene.Bot.Bot.Said, StringComparison.Ordinal);
    }

    private static DeliveryProgress Queued => new(DeliveryState.Queued);

    private static string FileOf(ApiScene scene) => Path.Combine(scene.Bot.Data, "private", "outbox.db");

    private static IEnumerable<string> DamagedOf(ApiScene scene) =>
        Directory.EnumerateFiles(Path.Combine(scene.Bot.Data, "private"), "outbox.db.damaged-*");

    private static async Task<IReadOnlyList<JsonElement>> HistoryAsync(ApiScene scene, string user) =>
        [
            .. (await scene.AskAsync(HttpMethod.Get, $"/notifications?user={user}&limit=50"))
                .Json.GetProperty("notifications")
                .EnumerateArray(),
        ];
}
