using System.Globalization;
using System.Text.Json;
using Notify.Sandbox.Telegram;
using Notify.Testing;

namespace Notify.Tests.Polling;

/// <summary>No update is handled twice, none is lost, and nobody waits for somebody else's (case C17).</summary>
public sealed class UpdateOrderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stored_offset_above_Telegrams_numbers_follows_them_down()
    {
        await using var scene = await BotScene.SetAsync();
        await StoreOffsetAsync(scene, """{"bot_id": 110201, "next_offset": 734000112}""");
        await scene.Phone.NumberUpdatesFromAsync(118200345, Cancellation);
        var chat = await scene.Phone.AddPersonAsync("Test", Cancellation);
        await scene.Phone.TypeAsync(chat, "/start", Cancellation);

        await scene.StartBotAsync();

        var first = Assert.Single(await scene.Phone.WaitForBotMessagesAsync(chat, 1, Cancellation));
        await Eventually.TrueAsync(
            () => StoredOffset(scene) == 118200346,
            () => $"the stored offset is {StoredOffset(scene)}",
            Cancellation
        );
        await scene.AskAsync(chat, "hello");
        Assert.Equal(2, (await scene.Phone.BotMessagesAsync(chat, Cancellation)).Count);
        Assert.Contains("verification code", first.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_bots_offset_is_not_taken_over()
    {
        await using var scene = await BotScene.SetAsync();
        await StoreOffsetAsync(scene, """{"bot_id": 999, "next_offset": 734000112}""");
        var chat = await scene.Phone.AddPersonAsync("Test", Cancellation);
        await scene.Phone.TypeAsync(chat, "/start", Cancellation);

        await scene.StartBotAsync();

        await scene.Phone.WaitForBotMessagesAsync(chat, 1, Cancellation);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"bot_id\": 110201, \"next_off")]
    [InlineData("[]")]
    public async Task A_damaged_offset_file_costs_nothing(string content)
    {
        await using var scene = await BotScene.SetAsync();
        await StoreOffsetAsync(scene, content);
        var chat = await scene.Phone.AddPersonAsync("Test", Cancellation);
        await scene.Phone.TypeAsync(chat, "/start", Cancellation);

        await scene.StartBotAsync();

        await scene.Phone.WaitForBotMessagesAsync(chat, 1, Cancellation);
    }

    [Fact]
    public async Task An_update_that_Telegram_sends_again_after_a_restart_gets_no_second_answer()
    {
        await using var scene = await BotScene.BeginAsync();
        var chat = await scene.Phone.AddPersonAsync("Test", Cancellation);
        var code = await scene.AskAsync(chat, "/start");
        await Eventually.TrueAsync(() => Pending(scene) == 0, () => $"{Pending(scene)} are pending", Cancellation);
        await scene.Bot.KillAsync();
        var update = JsonSerializer.Serialize(
            new
            {
                update_id = StoredOffset(scene) - 1,
                message = new
                {
                    message_id = 5,
                    date = 1768000000,
                    chat = new
                    {
                        id = chat,
                        type = "private",
                        first_name = "Test",
                    },
                    from = new
                    {
                        id = chat,
                        is_bot = false,
                        first_name = "Test",
                    },
                    text = "/start",
                },
            }
        );
        await scene.Phone.InjectAsync(update, Cancellation);

        await scene.StartBotAsync();

        // What comes after it is answered; it itself is not.
        Assert.Contains("Use /start", (await scene.AskAsync(chat, "hello")).Text, StringComparison.Ordinal);
        Assert.Equal(2, (await scene.Phone.BotMessagesAsync(chat, Cancellation)).Count);
        var (status, said) = await scene.OperateAsync("link", "alice", Digits(code.Text));
        Assert.True(status == 0, said);
    }

    [Fact]
    public async Task Killed_between_two_updates_the_bot_handles_each_of_them_once()
    {
        await using var scene = await BotScene.BeginAsync();
        var chats = new List<long>();
        for (var i = 0; i < 12; i++)
        {
            chats.Add(await scene.Phone.AddPersonAsync("Person", Cancellation));
        }

        // The answers to half of them hang at Telegram: these updates are received and confirmed, and not handled, when the bot is killed.
        foreach (var chat in chats.Where((_, i) => i % 2 == 0))
        {
            await scene.Phone.AddFaultAsync(
                new Fault
                {
                    Kind = FaultKind.Hang,
                    Method = "sendMessage",
                    ChatId = chat,
                },
                Cancellation
            );
        }

        foreach (var chat in chats)
        {
            await scene.Phone.TypeAsync(chat, "/help", Cancellation);
        }

        foreach (var chat in chats.Where((_, i) => i % 2 == 1))
        {
            await scene.Phone.WaitForBotMessagesAsync(chat, 1, Cancellation);
        }

        await Eventually.TrueAsync(() => Pending(scene) == 6, () => $"{Pending(scene)} are pending", Cancellation);
        await scene.Bot.KillAsync();
        await scene.Phone.ClearFaultsAsync(Cancellation);
        await scene.StartBotAsync();

        foreach (var chat in chats)
        {
            await scene.Phone.WaitForBotMessagesAsync(chat, 1, Cancellation);
        }

        await Eventually.TrueAsync(() => Pending(scene) == 0, () => $"{Pending(scene)} are pending", Cancellation);
        foreach (var chat in chats)
        {
            Assert.Single(await scene.Phone.BotMessagesAsync(chat, Cancellation));
        }
    }

    [Fact]
    public async Task One_chats_slow_answer_delays_no_other_chat_and_its_own_order_is_kept()
    {
        await using var scene = await BotScene.BeginAsync();
        var slow = await scene.Phone.AddPersonAsync("Slow", Cancellation);
        var quick = await scene.Phone.AddPersonAsync("Quick", Cancellation);
        await scene.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Delay,
                Method = "sendMessage",
                ChatId = slow,
                DelaySeconds = 4,
                Times = 1,
            },
            Cancellation
        );
        await scene.Phone.TypeAsync(slow, "/help", Cancellation);
        await scene.Phone.TypeAsync(slow, "/start", Cancellation);
        await scene.Phone.TypeAsync(slow, "hello", Cancellation);

        await scene.AskAsync(quick, "/help");

        Assert.Empty(await scene.Phone.BotMessagesAsync(slow, Cancellation));
        var answers = await scene.Phone.WaitForBotMessagesAsync(slow, 3, Cancellation);
        Assert.Collection(
            answers,
            m => Assert.Contains("/whoami", m.Text, StringComparison.Ordinal),
            m => Assert.Contains("verification code", m.Text, StringComparison.Ordinal),
            m => Assert.Contains("Use /start", m.Text, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Strangers_whose_answers_hang_keep_no_linked_chat_waiting()
    {
        await using var scene = await BotScene.BeginAsync();
        var linked = await scene.LinkAsync("alice");
        var strangers = Enumerable.Range(900_000, 1_100).Select(id => (long)id).ToArray();
        foreach (var stranger in strangers)
        {
            await scene.Phone.AddFaultAsync(
                new Fault
                {
                    Kind = FaultKind.Hang,
                    Method = "sendMessage",
                    ChatId = stranger,
                },
                Cancellation
            );
        }

        await scene.Phone.InjectAsync(Starts(strangers), Cancellation);

        Assert.Contains("of alice", (await scene.AskAsync(linked, "/whoami")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_crowd_of_strangers_gets_a_code_each()
    {
        await using var scene = await BotScene.BeginAsync();
        var strangers = Enumerable.Range(900_000, 400).Select(id => (long)id).ToArray();

        await scene.Phone.InjectAsync(Starts(strangers), Cancellation);

        var codes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var stranger in strangers)
        {
            var answer = Assert.Single(await scene.Phone.WaitForBotMessagesAsync(stranger, 1, Cancellation));
            Assert.True(codes.Add(Digits(answer.Text)));
        }

        await Eventually.TrueAsync(() => Pending(scene) == 0, () => $"{Pending(scene)} are pending", Cancellation);
    }

    [Fact]
    public async Task Updates_of_unknown_kinds_and_odd_shapes_are_passed_over()
    {
        await using var scene = await BotScene.BeginAsync();
        var chat = await scene.Phone.AddPersonAsync("Test", Cancellation);
        await scene.Phone.InjectAsync(
            """
            {"ok": true, "result": [
              {"update_id": 1, "story": {"id": 7}},
              {"update_id": 2, "message": "not an object"},
              {"update_id": 3, "message": {"message_id": 1, "date": 1, "chat": {"id": 99999999999999, "type": "private"}}},
              {"update_id": 4, "message": {"message_id": 1, "date": 1, "chat": {"id": 77, "type": "channel"}, "text": null}},
              {"update_id": 5, "callback_query": {"id": "1", "from": {"id": 78, "is_bot": false, "first_name": "x"}}}
            ]}
            """,
            Cancellation
        );

        Assert.Contains("verification code", (await scene.AskAsync(chat, "/start")).Text, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => Pending(scene) == 0, () => $"{Pending(scene)} are pending", Cancellation);
    }

    /// <summary>A <c>/start</c> of each, as Telegram gives them.</summary>
    private static string Starts(IEnumerable<long> chats) =>
        JsonSerializer.Serialize(
            new
            {
                ok = true,
                result = chats.Select(
                    (chat, i) =>
                        new
                        {
                            update_id = 500_000 + i,
                            message = new
                            {
                                message_id = 1,
                                date = 1768000000,
                                chat = new
                                {
                                    id = chat,
                                    type = "private",
                                    first_name = "Stranger",
                                },
                                from = new
                                {
                                    id = chat,
                                    is_bot = false,
                                    first_name = "Stranger",
                                },
                                text = "/start",
                            },
                        }
                ),
            }
        );

    private static async Task StoreOffsetAsync(BotScene scene, string content)
    {
        Directory.CreateDirectory(Path.Combine(scene.Data, "private"));
        await File.WriteAllTextAsync(Stored(scene), content, Cancellation);
    }

    private static string Stored(BotScene scene) => Path.Combine(scene.Data, "private", "poll_offset.json");

    private static long StoredOffset(BotScene scene) => Read(scene).GetProperty("next_offset").GetInt64();

    internal static int Pending(BotScene scene) => Read(scene).GetProperty("pending").GetArrayLength();

    private static JsonElement Read(BotScene scene) =>
        File.Exists(Stored(scene)) ? JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(Stored(scene))) : Empty;

    private static JsonElement Empty { get; } =
        JsonSerializer.Deserialize<JsonElement>("""{"next_offset":0,"pending":[]}""");

    internal static string Digits(string text) => text.Split("code: ")[1][..6].ToString(CultureInfo.InvariantCulture);
}
