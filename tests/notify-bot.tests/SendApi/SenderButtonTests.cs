using System.Text.Json;
using Notify.Testing;

namespace Notify.Tests.SendApi;

/// <summary>Buttons that a sender puts under a notification: they open an address, or run a script of its user.</summary>
public sealed class SenderButtonTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_address_that_Telegram_takes_as_no_button_is_a_line_of_the_text()
    {
        await using var scene = await ApiScene.BeginAsync();

        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "Done",
                    buttons = new[] { new { text = "Notebook", url = "http://localhost:8888/tree" } },
                }
            )
        ).AssertDelivered();

        var message = Assert.Single(await scene.DanasPhone());
        Assert.Equal("Done\n\nNotebook: http://localhost:8888/tree", message.Text);
        Assert.Empty(message.Buttons);
    }

    [Fact]
    public async Task A_button_runs_a_script_of_the_chat_s_user_and_one_forged_from_another_user_s_notification_is_refused()
    {
        await using var scene = await ApiScene.BeginAsync();
        (
            await scene.SendAsync(
                new
                {
                    user = "omar",
                    text = "Old",
                    script = "stock.py",
                    buttons = new[] { new { text = "Refresh", run = "refresh" } },
                }
            )
        ).AssertDelivered();
        var omars = Assert.Single(await scene.OmarsPhone());
        Assert.Equal(
            ["Refresh", "Snooze 1h", "Mute", "Run again"],
            omars.Buttons.SelectMany(row => row).Select(b => b.Text)
        );
        var data = omars.Buttons[0][0].Data!;
        Assert.Matches("^button:[A-Za-z0-9_-]{22}:0$", data);

        await scene.Phone.PressAsync(ApiScene.Omar, "Refresh", Cancellation);
        await scene.Phone.WaitForBotMessagesAsync(
            ApiScene.Omar,
            messages => messages.Any(m => m.Text.Contains("refresh", StringComparison.Ordinal)),
            Cancellation
        );

        // A phone can't send this data. A forged update can.
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "mine",
                    script = "mine.py",
                }
            )
        ).AssertDelivered();
        var number = 1_000_000;
        foreach (
            var (chat, forged) in ((long, string)[])
                [
                    (ApiScene.Dana, data),
                    (ApiScene.Omar, data[..^1] + "1"),
                    (ApiScene.Omar, data[..^1] + "-1"),
                    (ApiScene.Omar, data + ":0"),
                    (ApiScene.Omar, "button:x"),
                ]
        )
        {
            var query = $"forged-{number}";
            await scene.FaultAsync(
                new Sandbox.Telegram.Fault
                {
                    Kind = Sandbox.Telegram.FaultKind.Answer,
                    Method = "getUpdates",
                    Status = 200,
                    ContentType = "application/json",
                    Body = JsonSerializer.Serialize(
                        new
                        {
                            ok = true,
                            result = new[]
                            {
                                new
                                {
                                    update_id = number++,
                                    callback_query = new
                                    {
                                        id = query,
                                        from = new
                                        {
                                            id = chat,
                                            is_bot = false,
                                            first_name = "x",
                                        },
                                        message = new
                                        {
                                            message_id = 1,
                                            date = 1,
                                            chat = new { id = chat, type = "private" },
                                        },
                                        data = forged,
                                    },
                                },
                            },
                        }
                    ),
                    Times = 1,
                }
            );
            await Eventually.TrueAsync(
                async () =>
                    (await scene.Phone.CallsAsync(Cancellation, "answerCallbackQuery")).Any(call =>
                        call.Fields.GetValueOrDefault("callback_query_id") == query
                        && call.Fields["text"].Contains("too old", StringComparison.Ordinal)
                    ),
                () => $"{forged} was not refused",
                Cancellation
            );
        }

        Assert.DoesNotContain(await scene.DanasPhone(), m => m.Text.Contains("refresh", StringComparison.Ordinal));
    }
}
