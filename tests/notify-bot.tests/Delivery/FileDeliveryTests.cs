using Notify.Testing;
using Notify.Tests.SendApi;

namespace Notify.Tests.Delivery;

/// <summary>The files of a notification on their way to the phone: refused ones, empty ones, and kills between them.</summary>
public sealed class FileDeliveryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_refused_file_leaves_a_line_and_the_others_follow()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(
            new Sandbox.Telegram.Fault
            {
                Kind = Sandbox.Telegram.FaultKind.Answer,
                Method = "sendDocument",
                Status = 400,
                Description = "Bad Request: FILE_PART_INVALID",
                Times = 1,
            }
        );

        (
            await scene.SendFormAsync(
                [("a.bin", [1]), ("b.bin", [2])],
                [],
                ("user", "dana"),
                ("text", "x"),
                ("wait", "30")
            )
        ).AssertDelivered();

        var messages = await scene.DanasPhone();
        Assert.Equal(
            ["x", "(The file a.bin could not be sent: Bad Request: FILE_PART_INVALID)", ""],
            messages.Select(m => m.Text)
        );
        Assert.Equal("b.bin", messages[2].Document!.Name);
    }

    [Fact]
    public async Task An_empty_file_which_Telegram_never_takes_is_a_line_and_no_call()
    {
        await using var scene = await ApiScene.BeginAsync();

        (
            await scene.SendFormAsync(
                [("empty.txt", []), ("b.bin", [2])],
                [],
                ("user", "dana"),
                ("text", "x"),
                ("wait", "30")
            )
        ).AssertDelivered();

        var messages = await scene.DanasPhone();
        Assert.Equal(["x", "(The file empty.txt is empty.)", ""], messages.Select(m => m.Text));
        Assert.Equal("b.bin", messages[2].Document!.Name);
        Assert.Single(await scene.Phone.CallsAsync(Cancellation, "sendDocument"));
    }

    [Fact]
    public async Task Files_that_wait_are_sent_after_a_kill_with_the_next_part()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(
            new Sandbox.Telegram.Fault
            {
                Kind = Sandbox.Telegram.FaultKind.Answer,
                Method = "sendDocument",
                Status = 429,
                RetryAfter = 1,
                Times = 1,
            }
        );
        var answer = await scene.SendFormAsync(
            [("a.bin", [1]), ("b.bin", [2])],
            [],
            ("user", "dana"),
            ("text", "x"),
            ("wait", "0")
        );
        Assert.Equal(200, answer.Status);
        await Eventually.TrueAsync(
            async () => (await scene.Phone.CallsAsync(Cancellation, "sendDocument")).Count > 0,
            () => "no document was tried",
            Cancellation
        );
        await scene.Bot.Bot.KillAsync();
        await scene.Bot.StartBotAsync();

        var messages = await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 3, Cancellation);
        Assert.Equal(["x", "a.bin", "b.bin"], messages.Select(m => m.Document?.Name ?? m.Text));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Kills_between_parts_lose_nothing_and_double_only_the_part_in_flight(bool hasArrived)
    {
        await using var scene = await ApiScene.BeginAsync();
        var names = Enumerable.Range(1, 3).Select(i => $"{i}.bin").ToArray();
        await HangAsync();
        var answer = await scene.SendFormAsync(
            [.. names.Select((name, i) => (name, Enumerable.Repeat((byte)i, 100_000 + i).ToArray()))],
            [],
            ("user", "dana"),
            ("text", "x"),
            ("wait", "0")
        );
        Assert.Equal(200, answer.Status);

        // Each kill meets another part: the one whose answer never comes.
        for (var kill = 1; kill <= names.Length; kill++)
        {
            var hits = kill;
            await Eventually.TrueAsync(
                async () =>
                    (await scene.Phone.FaultsAsync(Cancellation))
                        .Where(fault => fault.Kind == Sandbox.Telegram.FaultKind.Hang)
                        .Sum(fault => fault.Hits) == hits
                    && (!hasArrived || (await scene.DanasPhone()).Any(m => m.Document?.Name == names[hits - 1])),
                () => $"part {hits} is not under way",
                Cancellation
            );
            await scene.Bot.Bot.KillAsync();
            if (kill < names.Length)
            {
                // The part in flight goes through now, and the next one hangs.
                await scene.FaultAsync(
                    new Sandbox.Telegram.Fault
                    {
                        Kind = Sandbox.Telegram.FaultKind.Delay,
                        Method = "sendDocument",
                        DelaySeconds = 0.01,
                        Times = 1,
                    }
                );
                await HangAsync();
            }

            await scene.Bot.StartBotAsync();
        }

        await Eventually.TrueAsync(
            async () => (await scene.HistoryAsync("dana"))[0].GetProperty("state").GetString() == "delivered",
            () => "it is not delivered",
            Cancellation
        );
        var copies = hasArrived ? 2 : 1;
        Assert.Equal(
            ["x", .. names.SelectMany(name => Enumerable.Repeat(name, copies))],
            (await scene.DanasPhone()).Select(m => m.Document?.Name ?? m.Text)
        );

        Task HangAsync() =>
            scene.FaultAsync(
                new Sandbox.Telegram.Fault
                {
                    Kind = Sandbox.Telegram.FaultKind.Hang,
                    Method = "sendDocument",
                    Taken = hasArrived,
                    Times = 1,
                }
            );
    }
}
