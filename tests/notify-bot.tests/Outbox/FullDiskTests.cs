using Notify.Sandbox.Telegram;
using Notify.Testing;
using Notify.Tests.SendApi;

namespace Notify.Tests.Outbox;

/// <summary>On a full disk nothing is accepted by halves or sent twice, and the bot recovers by itself.</summary>
public sealed class FullDiskTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_room_texts_and_photos_are_refused_whole_and_taken_again_when_there_is()
    {
        TestAccount.SkipUnlessRoot();
        await using var full = await FullDisk.BeginAsync();
        (await full.Scene.SendAsync(new { user = "dana", text = "before" })).AssertDelivered();
        full.Disk.Fill();

        await full.RefuseTextsAsync();
        var photo = await full.Scene.SendPhotoAsync(
            TestPictures.PngOfSize(300_000),
            ("user", "dana"),
            ("caption", "chart")
        );

        Assert.True(photo.Status == 503, photo.ToString());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(full.Scene.Bot.Data, "private", "images")));
        var health = await full.Scene.AskAsync(HttpMethod.Get, "/health");
        Assert.Equal(503, health.Status);
        Assert.Equal("down", BotScene.Status(health.Json));
        var (_, doctor) = await full.Scene.Bot.OperateAsync("doctor");
        Assert.Contains("WRONG  bot: it can't write its outbox", doctor, StringComparison.Ordinal);
        Assert.Contains("WRONG  disk: only 0 MB free", doctor, StringComparison.Ordinal);
        var history = (
            await full.Scene.AskAsync(HttpMethod.Get, "/notifications?user=dana&limit=200")
        ).Json.GetProperty("notifications");
        Assert.Equal(full.Accepted + 1, history.GetArrayLength());

        // Nobody sends meanwhile: a monitor waits for the bot to be well before it lets anybody.
        full.Disk.MakeRoom();
        await Eventually.TrueAsync(
            async () => (await full.Scene.AskAsync(HttpMethod.Get, "/health")).Status == 200,
            () => "health is not 200",
            Cancellation
        );
        (await full.Scene.SendAsync(new { user = "dana", text = "after" })).AssertDelivered();
        (
            await full.Scene.SendPhotoAsync(TestPictures.Png(640, 360), ("user", "dana"), ("caption", "chart"))
        ).AssertDelivered();
        Assert.Contains(" 1602 ", full.Scene.Bot.Bot.Said, StringComparison.Ordinal);
        Assert.Contains(" 1603 ", full.Scene.Bot.Bot.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chart_that_fills_the_disk_while_it_arrives_is_refused_for_the_disk_and_not_as_a_malformed_form()
    {
        TestAccount.SkipUnlessRoot();
        await using var full = await FullDisk.BeginAsync();
        full.Disk.Fill();

        var photo = await full.Scene.SendPhotoAsync(
            TestPictures.PngOfSize(3_000_000),
            ("user", "dana"),
            ("caption", "chart")
        );

        photo.AssertTryAgainAfter(30, "was not accepted");
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(full.Scene.Bot.Data, "private", "incoming")));
        await Eventually.TrueAsync(
            async () => (await full.Scene.AskAsync(HttpMethod.Get, "/health")).Status == 503,
            () => "health is not 503",
            Cancellation
        );

        full.Disk.MakeRoom();
        await Eventually.TrueAsync(
            async () => (await full.Scene.AskAsync(HttpMethod.Get, "/health")).Status == 200,
            () => "health is not 200",
            Cancellation
        );
        (
            await full.Scene.SendPhotoAsync(TestPictures.PngOfSize(2_000_000), ("user", "dana"), ("caption", "chart"))
        ).AssertDelivered();
    }

    [Fact]
    public async Task Progress_that_finds_no_room_is_stored_later_and_nothing_goes_out_twice_after_a_restart()
    {
        TestAccount.SkipUnlessRoot();
        await using var full = await FullDisk.BeginAsync();
        await full.Scene.FaultAsync(
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
                await full.Scene.SendAsync(
                    new
                    {
                        user = "omar",
                        text = "for omar",
                        wait = 0,
                    }
                )
            ).Json.GetProperty("status").GetString());
        full.Disk.Fill();
        await full.RefuseTextsAsync();
        await full.Scene.Phone.WaitForBotMessagesAsync(ApiScene.Omar, 1, Cancellation);
        Assert.Equal("queued", await full.StateOfOmarsAsync());

        full.Disk.MakeRoom();
        await Eventually.TrueAsync(
            async () => await full.StateOfOmarsAsync() == "delivered",
            () => "it is not stored",
            Cancellation
        );
        await full.Scene.Bot.Bot.KillAsync();
        await full.Scene.Bot.StartBotAsync();

        (await full.Scene.SendAsync(new { user = "omar", text = "next" })).AssertDelivered();
        Assert.Equal(["for omar", "next"], (await full.Scene.OmarsPhone()).Select(m => m.Text));
    }

    /// <summary>A bot on a disk of its own.</summary>
    private sealed class FullDisk : IAsyncDisposable
    {
        public required ApiScene Scene { get; init; }

        public required TestDisk Disk { get; init; }

        /// <summary>How many texts were taken before no more could be.</summary>
        public int Accepted { get; private set; }

        public static async Task<FullDisk> BeginAsync()
        {
            TestDisk? disk = null;
            var scene = await ApiScene.BeginAsync(prepare: folder =>
            {
                disk = TestDisk.Small(8_000_000, folder);
                return Task.CompletedTask;
            });
            return new FullDisk { Scene = scene, Disk = disk! };
        }

        /// <summary>Sends until it is refused: what the outbox has room for already it may use up.</summary>
        public async Task RefuseTextsAsync()
        {
            while (true)
            {
                var answer = await Scene.SendAsync(
                    new
                    {
                        user = "dana",
                        text = new string('x', 4000),
                        wait = 0,
                    }
                );
                if (answer.Status == 503)
                {
                    answer.AssertTryAgainAfter(30, "was not accepted");
                    return;
                }

                Assert.Equal(200, answer.Status);
                Assert.InRange(++Accepted, 1, 190);
            }
        }

        public async Task<string?> StateOfOmarsAsync() =>
            Assert
                .Single(
                    (await Scene.AskAsync(HttpMethod.Get, "/notifications?user=omar&limit=1"))
                        .Json.GetProperty("notifications")
                        .EnumerateArray()
                )
                .GetProperty("state")
                .GetString();

        public async ValueTask DisposeAsync()
        {
            Disk.Dispose();
            await Scene.DisposeAsync();
        }
    }
}
