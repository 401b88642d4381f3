using System.Globalization;
using System.Text.Json;
using Notify.Sandbox.Control;
using Notify.Sandbox.Telegram;
using Notify.Testing;
using Notify.Tests.SendApi;

namespace Notify.Tests.Delivery;

/// <summary>Notify's buttons under the notification of a script: who gets them, and what a press does.</summary>
public sealed class ScriptButtonTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Buttons_are_under_a_scripts_notification_in_a_private_chat_only()
    {
        await using var scene = await ApiScene.BeginAsync();
        var group = await scene.Phone.AddGroupAsync("Team", [ApiScene.Dana], Cancellation);
        await scene.Bot.OperateAsync("link", "team", "--chat", group.ToString(CultureInfo.InvariantCulture));
        await scene.Phone.WaitForBotMessagesAsync(group, 1, Cancellation);

        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "by a script",
                    script = "revenue.py",
                }
            )
        ).AssertDelivered();
        (await scene.SendAsync(new { user = "dana", text = "by a caller" })).AssertDelivered();
        (
            await scene.SendAsync(
                new
                {
                    user = "team",
                    text = "in a group",
                    script = "revenue.py",
                }
            )
        ).AssertDelivered();
        (
            await scene.SendAsync(
                new
                {
                    user = "omar",
                    text = string.Concat(Enumerable.Repeat("a long text. ", 500)),
                    script = "revenue.py",
                }
            )
        ).AssertDelivered();
        (
            await scene.SendPhotoAsync(TestPictures.Png(640, 360), ("user", "omar"), ("script", "revenue.py"))
        ).AssertDelivered();

        var danas = await scene.DanasPhone();
        Assert.Equal(["Snooze 1h", "Mute", "Run again"], Buttons(danas[0]));
        Assert.All(danas[0].Buttons.SelectMany(b => b), b => Assert.InRange(b.Data!.Length, 1, 64));
        Assert.Empty(Buttons(danas[1]));
        Assert.Empty(Buttons((await scene.Phone.BotMessagesAsync(group, Cancellation))[^1]));

        // A long one has them under its last message.
        Assert.Equal([0, 3, 3], (await scene.OmarsPhone()).Select(m => Buttons(m).Count()));
    }

    [Fact]
    public async Task A_sender_can_do_without_buttons_and_a_restart_in_between_does_not_bring_them()
    {
        await using var scene = await ApiScene.BeginAsync();
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "works again",
                    script = "revenue.py",
                    buttons = false,
                }
            )
        ).AssertDelivered();
        (
            await scene.SendPhotoAsync(
                TestPictures.Png(640, 360),
                ("user", "dana"),
                ("script", "revenue.py"),
                ("buttons", "false")
            )
        ).AssertDelivered();
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "asked for",
                    script = "revenue.py",
                    buttons = true,
                }
            )
        ).AssertDelivered();
        Assert.Equal([0, 0, 3], (await scene.DanasPhone()).Select(m => Buttons(m).Count()));
        Assert.Equal(
            400,
            (
                await scene.SendAsync(
                    new
                    {
                        user = "dana",
                        text = "m",
                        buttons = "no",
                    }
                )
            ).Status
        );

        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                Status = 503,
                Description = "Service Unavailable",
                Times = 1000,
            }
        );
        Assert.Equal("queued", (
                await scene.SendAsync(
                    new
                    {
                        user = "dana",
                        text = "after a restart",
                        script = "revenue.py",
                        buttons = false,
                        wait = 0,
                    }
                )
            ).Json.GetProperty("status").GetString());
        await scene.Bot.Bot.KillAsync();
        await scene.Phone.ClearFaultsAsync(Cancellation);
        await scene.Bot.StartBotAsync();
        Assert.Empty(Buttons((await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 4, Cancellation))[3]));
    }

    [Fact]
    public async Task An_instance_can_do_without_buttons()
    {
        await using var scene = await ApiScene.BeginAsync(
            environment: new Dictionary<string, string>(StringComparer.Ordinal) { ["NOTIFY_MESSAGE_BUTTONS"] = "off" }
        );

        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "by a script",
                    script = "revenue.py",
                }
            )
        ).AssertDelivered();

        Assert.Empty(Buttons(Assert.Single(await scene.DanasPhone())));
    }

    [Theory]
    [InlineData("Snooze 1h", "until 2")]
    [InlineData("Mute", "until you send /unmute")]
    public async Task A_button_mutes_that_script_only(string button, string length)
    {
        await using var scene = await ApiScene.BeginAsync();
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "by a script",
                    script = "revenue.py",
                }
            )
        ).AssertDelivered();

        var pressed = await scene.Phone.PressAsync(ApiScene.Dana, button, Cancellation, waitSeconds: 30);

        Assert.StartsWith($"revenue is muted {length}", pressed.Answer?.Text, StringComparison.Ordinal);
        AssertMuted(
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "again",
                    script = "revenue.py",
                }
            )
        );
        AssertMuted(
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "the same script",
                    script = "revenue",
                }
            )
        );
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "another script",
                    script = "stock.py",
                }
            )
        ).AssertDelivered();
        (await scene.SendAsync(new { user = "dana", text = "no script" })).AssertDelivered();
        (
            await scene.SendAsync(
                new
                {
                    user = "omar",
                    text = "another user's",
                    script = "revenue.py",
                }
            )
        ).AssertDelivered();
        await scene.Bot.AskAsync(ApiScene.Dana, "/unmute");
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "heard again",
                    script = "revenue.py",
                }
            )
        ).AssertDelivered();
    }

    [Fact]
    public async Task A_button_of_a_notification_that_was_another_users_does_nothing()
    {
        await using var scene = await ApiScene.BeginAsync();
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "dana's",
                    script = "revenue.py",
                }
            )
        ).AssertDelivered();
        var message = (await scene.DanasPhone())[0].MessageId;
        await scene.Bot.OperateAsync("link", "nina", "--chat", ApiScene.Dana.ToString(CultureInfo.InvariantCulture));
        await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 2, Cancellation);

        foreach (var button in (string[])["Snooze 1h", "Mute", "Run again"])
        {
            Assert.Contains(
                "too old",
                (await scene.Phone.PressAsync(ApiScene.Dana, button, Cancellation, message, waitSeconds: 30))
                    .Answer
                    ?.Text,
                StringComparison.Ordinal
            );
        }

        (
            await scene.SendAsync(
                new
                {
                    user = "nina",
                    text = "heard",
                    script = "revenue.py",
                }
            )
        ).AssertDelivered();
        Assert.DoesNotContain(await scene.DanasPhone(), m => m.Text.StartsWith('▶'));
    }

    [Fact]
    public async Task A_real_script_is_listed_with_its_mute_and_run_again_by_its_button()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        await using var bot = await BotScene.SetAsync();
        Directory.CreateDirectory(bot.Data);
        alice.Own(bot.Data);
        File.SetUnixFileMode(bot.Data, (UnixFileMode)0b10_111_111_000);
        bot.Environment["NOTIFY_SCRIPTS_BIN"] = Programs.Path("notify-scripts");
        bot.Environment["NOTIFY_TRUSTED_GROUP"] = alice.Name;
        await bot.StartBotAsync(alice.Name);
        alice.Write("user/notifications/revenue.py", """print('{"notify": true, "message": "down again"}')""");
        var chat = await bot.LinkAsync(alice.Name);
        await bot.Bot.SendAsync(
            new
            {
                user = alice.Name,
                text = "down",
                script = "revenue.py",
            },
            Cancellation
        );

        await bot.Phone.PressAsync(chat, "Run again", Cancellation);
        await bot.Phone.WaitForBotMessagesAsync(chat, m => m.Any(x => x.Text == "✔ revenue: delivered"), Cancellation);
        Assert.Contains(await bot.Phone.BotMessagesAsync(chat, Cancellation), m => m.Text == "down again");

        await bot.Phone.PressAsync(chat, "Mute", Cancellation, waitSeconds: 30);
        var script = Assert.Single(
            (await bot.Bot.GetAsync($"/scripts?user={alice.Name}", Cancellation))
                .GetProperty("scripts")
                .EnumerateArray()
        );
        Assert.Equal("9999-12-31T23:59:59Z", script.GetProperty("muted_until").GetString());
        Assert.Contains(
            "muted until you send /unmute",
            (await bot.AskAsync(chat, "/status")).Text,
            StringComparison.Ordinal
        );
        await bot.AskAsync(chat, "/unmute");
        Assert.False(
            (await bot.Bot.GetAsync($"/scripts?user={alice.Name}", Cancellation))
                .GetProperty("scripts")[0]
                .TryGetProperty("muted_until", out _)
        );

        var posted = await bot.Bot.SendAsync(
            new
            {
                user = alice.Name,
                text = "down",
                script = "revenue.py",
                incident = "revenue",
            },
            Cancellation
        );
        Assert.Equal(
            posted.Body.GetProperty("incident").GetRawText(),
            (await bot.Bot.GetAsync($"/scripts?user={alice.Name}", Cancellation))
                .GetProperty("scripts")[0]
                .GetProperty("incident")
                .GetRawText()
        );
        await bot.Bot.SendAsync(
            new
            {
                user = alice.Name,
                incident = "revenue",
                state = "ok",
            },
            Cancellation
        );
        Assert.False(
            (await bot.Bot.GetAsync($"/scripts?user={alice.Name}", Cancellation))
                .GetProperty("scripts")[0]
                .TryGetProperty("incident", out _)
        );

        // All of it muted is said apart, since ending one script's mute does not end that.
        Assert.False(
            (await bot.Bot.GetAsync($"/scripts?user={alice.Name}", Cancellation)).TryGetProperty("muted_until", out _)
        );
        await bot.AskAsync(chat, "/mute");
        Assert.Equal(
            "9999-12-31T23:59:59Z",
            (await bot.Bot.GetAsync($"/scripts?user={alice.Name}", Cancellation)).GetProperty("muted_until").GetString()
        );
    }

    private static IEnumerable<string> Buttons(MessageView message) =>
        message.Buttons.SelectMany(b => b).Select(b => b.Text);

    private static void AssertMuted(ApiAnswer answer)
    {
        Assert.True(answer.Status == 200, answer.ToString());
        Assert.Equal("queued", answer.Json.GetProperty("status").GetString());
        Assert.Equal(JsonValueKind.String, answer.Json.GetProperty("id").ValueKind);
        Assert.Equal("""{"telegram":"muted"}""", answer.Json.GetProperty("channels").GetRawText());
    }
}
