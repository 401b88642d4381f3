using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Notify.Sandbox.Control;
using Notify.Sandbox.Telegram;
using Notify.Testing;
using Notify.Tests.SendApi;

namespace Notify.Tests.Delivery;

/// <summary>A message shows whether its script is muted, who muted it and until when. The button in it takes that back.</summary>
public sealed partial class MuteButtonTests
{
    private const string Line = "🔕 muted by dana until unmuted";

    private static readonly string[] Unmuted = ["Snooze 1h", "Mute", "Run again"];
    private static readonly string[] Muted = ["Unmute", "Run again"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Mute_adds_a_line_and_Unmute_takes_it_away_with_all_formatting_as_before()
    {
        await using var scene = await ApiScene.BeginAsync();
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    title = "Churn",
                    text = "*Churn* is at `4 %`, see https://example.com and @dana #churn\n> last",
                    parse_mode = "markdown",
                    script = "churn.py",
                }
            )
        ).AssertDelivered();
        var before = (await scene.DanasPhone())[0];

        Assert.Equal("churn is muted until you send /unmute.", await PressAsync(scene, "Mute", before.MessageId));
        var muted = await UntilAsync(scene, before.MessageId, Muted);
        Assert.Equal($"{before.Text}\n{Line}", muted.Text);
        Assert.Equal(before.Entities, muted.Entities);

        Assert.Equal("churn is no longer muted.", await PressAsync(scene, "Unmute", before.MessageId));
        var after = await UntilAsync(scene, before.MessageId, Unmuted);
        Assert.Equal(before.Text, after.Text);
        Assert.Equal(before.Entities, after.Entities);
        Assert.Equal("""{"scripts":[]}""", (await scene.AskAsync(HttpMethod.Get, "/mutes?user=dana")).Body);
    }

    [Fact]
    public async Task The_end_of_a_snooze_is_said_in_the_reader_s_zone()
    {
        await using var scene = await ApiScene.BeginAsync(
            links: $$"""{"dana": {"chat_id": {{ApiScene.Dana}}, "linked_at": "2026-01-05T09:00:00Z", "timezone": "Asia/Kolkata" } }"""
        );
        var message = await SendAsync(scene, "churn is up");

        Assert.Matches(InKolkata(), await PressAsync(scene, "Snooze 1h", message.MessageId));

        Assert.Matches(InKolkata(), (await UntilAsync(scene, message.MessageId, Muted)).Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("churn by day")]
    public async Task A_picture_says_it_in_its_caption(string caption)
    {
        await using var scene = await ApiScene.BeginAsync();
        (
            await scene.SendPhotoAsync(
                TestPictures.Png(640, 360),
                ("user", "dana"),
                ("caption", caption),
                ("script", "churn.py")
            )
        ).AssertDelivered();
        var message = (await scene.DanasPhone())[0];

        await PressAsync(scene, "Mute", message.MessageId);
        Assert.Equal($"{caption}\n{Line}".TrimStart(), (await UntilAsync(scene, message.MessageId, Muted)).Text);

        await PressAsync(scene, "Unmute", message.MessageId);
        Assert.Equal(caption, (await UntilAsync(scene, message.MessageId, Unmuted)).Text);
    }

    [Fact]
    public async Task A_message_without_room_for_the_line_changes_its_buttons_only()
    {
        await using var scene = await ApiScene.BeginAsync();
        var message = await SendAsync(scene, new string('x', 4090));

        await PressAsync(scene, "Mute", message.MessageId);
        Assert.Equal(message.Text, (await UntilAsync(scene, message.MessageId, Muted)).Text);

        await PressAsync(scene, "Unmute", message.MessageId);
        Assert.Equal(message.Text, (await UntilAsync(scene, message.MessageId, Unmuted)).Text);
    }

    [Fact]
    public async Task The_sender_s_own_buttons_stay()
    {
        await using var scene = await ApiScene.BeginAsync();
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "churn is up",
                    script = "churn.py",
                    buttons = new[] { new { text = "Dashboard", url = "https://example.com/churn" } },
                }
            )
        ).AssertDelivered();
        var message = (await scene.DanasPhone())[0];

        await PressAsync(scene, "Mute", message.MessageId);
        await UntilAsync(scene, message.MessageId, ["Dashboard", .. Muted]);
        await PressAsync(scene, "Unmute", message.MessageId);
        await UntilAsync(scene, message.MessageId, ["Dashboard", .. Unmuted]);
    }

    [Fact]
    public async Task An_old_button_says_what_was_muted_or_ended_elsewhere_and_repairs_its_message()
    {
        await using var scene = await ApiScene.BeginAsync();
        var first = await SendAsync(scene, "churn is up");
        var second = await SendAsync(scene, "churn is up again");
        await PressAsync(scene, "Mute", second.MessageId);

        // A shorter mute does not shorten it.
        Assert.Equal(
            "churn is already muted until you send /unmute.",
            await PressAsync(scene, "Snooze 1h", first.MessageId)
        );
        Assert.EndsWith(Line, (await UntilAsync(scene, first.MessageId, Muted)).Text, StringComparison.Ordinal);

        await scene.Bot.AskAsync(ApiScene.Dana, "/unmute");
        Assert.Equal("churn was not muted any more.", await PressAsync(scene, "Unmute", first.MessageId));
        Assert.Equal("churn is up", (await UntilAsync(scene, first.MessageId, Unmuted)).Text);

        // A longer mute replaces the shorter one of the dashboard, and the message has one line.
        using var hour = JsonContent.Create(new Dictionary<string, string>(StringComparer.Ordinal) { ["for"] = "1h" });
        await scene.AskAsync(HttpMethod.Post, "/scripts/churn.py/mute?user=dana", hour);
        await PressAsync(scene, "Mute", first.MessageId);
        Assert.Equal($"churn is up\n{Line}", (await UntilAsync(scene, first.MessageId, Muted)).Text);
    }

    [Fact]
    public async Task Unmute_says_that_everything_else_stays_muted()
    {
        await using var scene = await ApiScene.BeginAsync();
        var message = await SendAsync(scene, "churn is up");
        await PressAsync(scene, "Mute", message.MessageId);
        await UntilAsync(scene, message.MessageId, Muted);
        await scene.Bot.AskAsync(ApiScene.Dana, "/mute");

        Assert.Equal(
            "churn is no longer muted. Everything is muted until you send /unmute.",
            await PressAsync(scene, "Unmute", message.MessageId)
        );
    }

    [Fact]
    public async Task A_foreign_or_forged_id_ends_no_mute_and_edits_nothing()
    {
        await using var scene = await ApiScene.BeginAsync();
        var danas = await SendAsync(scene, "churn is up");
        await PressAsync(scene, "Mute", danas.MessageId);
        var muted = await UntilAsync(scene, danas.MessageId, Muted);
        var data = muted.Buttons[0][0].Data!;

        await ForgeAsync(scene, 900_000_001, ApiScene.Omar, 1, data);
        await ForgeAsync(scene, 900_000_002, ApiScene.Dana, danas.MessageId, "unmute:AAAAAAAAAAAAAAAAAAAAAA");
        await ForgeAsync(scene, 900_000_003, ApiScene.Dana, danas.MessageId, "unmute:");
        await scene.Bot.AskAsync(ApiScene.Omar, "/whoami");
        await scene.Bot.AskAsync(ApiScene.Dana, "/whoami");

        Assert.Contains(
            "9999-12-31",
            (await scene.AskAsync(HttpMethod.Get, "/mutes?user=dana")).Body,
            StringComparison.Ordinal
        );
        Assert.Equal(1, (await MessageAsync(scene, danas.MessageId)).Edits);
    }

    [Fact]
    public async Task A_press_on_a_message_too_old_for_its_text_changes_the_buttons()
    {
        await using var scene = await ApiScene.BeginAsync();
        var message = await SendAsync(scene, "churn is up");

        // Telegram then gives a message's chat and number alone.
        await ForgeAsync(scene, 900_000_004, ApiScene.Dana, message.MessageId, message.Buttons[0][1].Data!);

        Assert.Equal("churn is up", (await UntilAsync(scene, message.MessageId, Muted)).Text);
    }

    [Fact]
    public async Task A_text_that_Telegram_refuses_leaves_the_buttons_right()
    {
        await using var scene = await ApiScene.BeginAsync();
        var message = await SendAsync(scene, "churn is up");
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "editMessageText",
                Status = 400,
                Description = "Bad Request: MESSAGE_TOO_LONG",
                Times = 1,
            }
        );

        await PressAsync(scene, "Mute", message.MessageId);

        Assert.Equal("churn is up", (await UntilAsync(scene, message.MessageId, Muted)).Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_bot_that_is_killed_before_the_edit_is_answered_shows_the_mute_after_its_restart(bool isTaken)
    {
        await using var scene = await ApiScene.BeginAsync();
        var message = await SendAsync(scene, "churn is up");
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Hang,
                Method = "editMessageText",
                Taken = isTaken,
                Times = 1,
            }
        );
        await scene.Phone.PressAsync(ApiScene.Dana, "Mute", Cancellation, message.MessageId, waitSeconds: 30);
        await Eventually.TrueAsync(
            async () => (await scene.Phone.FaultsAsync(Cancellation)).Single().Hits == 1,
            () => "the bot has not edited",
            Cancellation
        );

        await scene.Bot.Bot.KillAsync();
        await scene.Bot.StartBotAsync();

        Assert.Equal($"churn is up\n{Line}", (await UntilAsync(scene, message.MessageId, Muted)).Text);
        Assert.Contains(
            "9999-12-31",
            (await scene.AskAsync(HttpMethod.Get, "/mutes?user=dana")).Body,
            StringComparison.Ordinal
        );
    }

    private static async Task<MessageView> SendAsync(ApiScene scene, string text)
    {
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text,
                    script = "churn.py",
                }
            )
        ).AssertDelivered();
        return (await scene.DanasPhone())[^1];
    }

    private static async Task<string?> PressAsync(ApiScene scene, string button, int message) =>
        (await scene.Phone.PressAsync(ApiScene.Dana, button, Cancellation, message, waitSeconds: 30)).Answer?.Text;

    /// <summary>A press as a changed client could send it: with any data, without the message's text.</summary>
    private static Task ForgeAsync(ApiScene scene, int update, long chat, int message, string data) =>
        scene.Phone.InjectAsync(
            $$$"""
            {"update_id": {{{update}}}, "callback_query": {
              "id": "1", "from": {"id": {{{chat}}}, "is_bot": false, "first_name": "X"}, "chat_instance": "1", "data": "{{{data}}}",
              "message": {"message_id": {{{message}}}, "date": 0, "chat": {"id": {{{chat}}}, "type": "private", "first_name": "X"} } } }
            """,
            Cancellation
        );

    private static async Task<MessageView> MessageAsync(ApiScene scene, int message) =>
        (await scene.DanasPhone()).Single(m => m.MessageId == message);

    private static async Task<MessageView> UntilAsync(ApiScene scene, int message, string[] buttons) =>
        (
            await scene.Phone.WaitForBotMessagesAsync(
                ApiScene.Dana,
                messages =>
                    messages
                        .Single(m => m.MessageId == message)
                        .Buttons.SelectMany(row => row)
                        .Select(button => button.Text)
                        .SequenceEqual(buttons),
                Cancellation
            )
        ).Single(m => m.MessageId == message);

    [GeneratedRegex(
        "(?m)muted( by dana)? until 20[0-9-]{8} [0-9]{2}:[0-9]{2} Asia/Kolkata",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex InKolkata();
}
