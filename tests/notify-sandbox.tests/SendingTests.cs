using System.Globalization;
using System.Security.Cryptography;
using Notify.Testing;
using Telegram.Bot;
using Telegram.Bot.Types;
using Telegram.Bot.Types.Enums;
using Telegram.Bot.Types.ReplyMarkups;

namespace Notify.Tests;

public sealed class SendingTests : SandboxSpecs
{
    [Fact]
    public async Task GetMe_gives_the_bot_whose_id_the_token_begins_with()
    {
        var me = await Bot.GetMe(Cancellation);
        Assert.Equal((110201L, true, "NotifyTestBot"), (me.Id, me.IsBot, me.Username));
    }

    [Fact]
    public async Task A_message_arrives_in_the_chat_with_its_formatting_as_entities()
    {
        var sent = await Bot.SendMessage(
            Alice,
            "*Revenue* is _down_ in `stg`",
            ParseMode.Markdown,
            cancellationToken: Cancellation
        );

        Assert.Equal("Revenue is down in stg", sent.Text);
        var message = Assert.Single(await Control.BotMessagesAsync(Alice, Cancellation));
        Assert.Equal(sent.Id, message.MessageId);
        Assert.Equal(
            ["bold 0+7", "italic 11+4", "code 19+3"],
            message.Entities.Select(e => $"{e.Type} {e.Offset}+{e.Length}")
        );
    }

    [Fact]
    public async Task A_link_to_a_person_is_a_mention_if_there_is_such_a_person_and_else_text()
    {
        foreach (
            var (mode, text) in ((ParseMode, string)[])
                [
                    (ParseMode.Html, $"<a href='tg://user?id={Alice}'>a</a> <a href='tg://user?id=1'>b</a>"),
                    (ParseMode.Markdown, $"[a](tg://user?id={Alice}) [b](tg://user?id=1)"),
                ]
        )
        {
            var sent = await Bot.SendMessage(Alice, text, mode, cancellationToken: Cancellation);

            Assert.Equal("a b", sent.Text);
            var mention = Assert.Single(sent.Entities!);
            Assert.Equal((0, 1, Alice), (mention.Offset, mention.Length, mention.User!.Id));
        }
    }

    [Fact]
    public async Task A_message_of_4096_units_is_taken_and_one_more_is_refused()
    {
        await Bot.SendMessage(Alice, new string('a', 4096), cancellationToken: Cancellation);
        await RefusedAsync(
            400,
            "Bad Request: message is too long",
            () => Bot.SendMessage(Alice, new string('a', 4097), cancellationToken: Cancellation)
        );
    }

    [Fact]
    public async Task The_length_of_a_message_counts_after_the_parsing_of_its_markup()
    {
        await Bot.SendMessage(
            Alice,
            "<b>" + new string('a', 4096) + "</b>",
            ParseMode.Html,
            cancellationToken: Cancellation
        );
    }

    [Fact]
    public async Task An_emoji_counts_as_two_units()
    {
        await Bot.SendMessage(Alice, string.Concat(Enumerable.Repeat("🟥", 2048)), cancellationToken: Cancellation);
        await RefusedAsync(
            400,
            "Bad Request: message is too long",
            () => Bot.SendMessage(Alice, string.Concat(Enumerable.Repeat("🟥", 2049)), cancellationToken: Cancellation)
        );
    }

    [Theory]
    [InlineData("", "Bad Request: message text is empty")]
    [InlineData(" \n ", "Bad Request: text must be non-empty")]
    public async Task An_empty_text_is_refused(string text, string description)
    {
        await RefusedAsync(400, description, () => Bot.SendMessage(Alice, text, cancellationToken: Cancellation));
    }

    [Fact]
    public async Task An_unknown_chat_is_not_found()
    {
        await RefusedAsync(
            400,
            "Bad Request: chat not found",
            () => Bot.SendMessage(99, "hello", cancellationToken: Cancellation)
        );
    }

    [Fact]
    public async Task A_bot_cannot_write_first()
    {
        var bob = await Control.AddPersonAsync("Bob", Cancellation);
        await RefusedAsync(
            403,
            "Forbidden: bot can't initiate conversation with a user",
            () => Bot.SendMessage(bob, "hello", cancellationToken: Cancellation)
        );
        await Control.TypeAsync(bob, "/start", Cancellation);
        await Bot.SendMessage(bob, "hello", cancellationToken: Cancellation);
    }

    [Fact]
    public async Task A_blocked_bot_is_forbidden_to_write_until_it_is_unblocked()
    {
        await Control.BlockAsync(Alice, Cancellation);
        await RefusedAsync(
            403,
            "Forbidden: bot was blocked by the user",
            () => Bot.SendMessage(Alice, "hello", cancellationToken: Cancellation)
        );
        await Control.BlockAsync(Alice, Cancellation, isBlocked: false);
        await Bot.SendMessage(Alice, "hello", cancellationToken: Cancellation);
        Assert.Equal(
            [ChatMemberStatus.Kicked, ChatMemberStatus.Member],
            (await Bot.GetUpdates(cancellationToken: Cancellation)).Select(u => u.MyChatMember!.NewChatMember.Status)
        );
    }

    [Fact]
    public async Task A_deleted_account_takes_nothing()
    {
        await Control.DeactivateAsync(Alice, Cancellation);
        await RefusedAsync(
            403,
            "Forbidden: user is deactivated",
            () => Bot.SendMessage(Alice, "hello", cancellationToken: Cancellation)
        );
    }

    [Theory]
    [InlineData(false, "Forbidden: bot was kicked from the group chat")]
    [InlineData(true, "Forbidden: bot was kicked from the supergroup chat")]
    public async Task A_bot_that_was_kicked_from_a_group_cannot_write_there(bool isSupergroup, string description)
    {
        var group = await Control.AddGroupAsync("Data team", [Alice], Cancellation, isSupergroup);
        await Bot.SendMessage(group, "hello", cancellationToken: Cancellation);
        await Control.KickAsync(group, Cancellation);
        await RefusedAsync(403, description, () => Bot.SendMessage(group, "hello", cancellationToken: Cancellation));
    }

    [Fact]
    public async Task A_group_that_became_a_supergroup_says_where_it_went()
    {
        var group = await Control.AddGroupAsync("Data team", [Alice], Cancellation, id: -4201);
        var supergroup = await Control.UpgradeAsync(group, Cancellation, -1001557900001);

        var refusal = await RefusedAsync(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            () => Bot.SendMessage(group, "hello", cancellationToken: Cancellation)
        );
        Assert.Equal(supergroup, refusal.Parameters!.MigrateToChatId);
        await Bot.SendMessage(supergroup, "hello", cancellationToken: Cancellation);
        Assert.Equal(
            [(group, (long?)supergroup, null), (supergroup, null, (long?)group)],
            (await Bot.GetUpdates(cancellationToken: Cancellation)).Select(u =>
                (u.Message!.Chat.Id, u.Message.MigrateToChatId, u.Message.MigrateFromChatId)
            )
        );
    }

    [Fact]
    public async Task A_photo_arrives_byte_for_byte_and_can_be_fetched()
    {
        var png = TestPictures.Png(640, 480);
        using var stream = new MemoryStream(png);
        var sent = await Bot.SendPhoto(
            Alice,
            InputFile.FromStream(stream, "chart.png"),
            "*Revenue*",
            ParseMode.Markdown,
            cancellationToken: Cancellation
        );

        Assert.Equal((640, 480), (sent.Photo![^1].Width, sent.Photo[^1].Height));
        var message = Assert.Single(await Control.BotMessagesAsync(Alice, Cancellation));
        Assert.Equal(
            ("Revenue", Convert.ToHexStringLower(SHA256.HashData(png))),
            (message.Text, message.Photo!.Sha256)
        );
        using var fetched = new MemoryStream();
        await Bot.GetInfoAndDownloadFile(sent.Photo[^1].FileId, fetched, Cancellation);
        Assert.Equal(png, fetched.ToArray());
        await Bot.SendPhoto(Alice, InputFile.FromFileId(sent.Photo[0].FileId), cancellationToken: Cancellation);
    }

    [Theory]
    [InlineData(5000, 5000, true)]
    [InlineData(5001, 5000, false)]
    [InlineData(2000, 100, true)]
    [InlineData(2001, 100, false)]
    public async Task A_photo_has_limits_on_its_shape(int width, int height, bool isTaken)
    {
        using var stream = new MemoryStream(TestPictures.Png(width, height));
        Func<Task> send = () =>
            Bot.SendPhoto(Alice, InputFile.FromStream(stream, "chart.png"), cancellationToken: Cancellation);
        if (isTaken)
        {
            await send();
        }
        else
        {
            await RefusedAsync(400, "Bad Request: PHOTO_INVALID_DIMENSIONS", send);
        }
    }

    [Fact]
    public async Task A_photo_of_10_MiB_is_taken_and_a_byte_more_is_refused()
    {
        const int Most = 10 * 1024 * 1024;
        using var fits = new MemoryStream(TestPictures.PngOfSize(Most));
        await Bot.SendPhoto(Alice, InputFile.FromStream(fits, "chart.png"), cancellationToken: Cancellation);
        using var over = new MemoryStream(TestPictures.PngOfSize(Most + 1));
        await RefusedAsync(
            400,
            "Bad Request: file of size 10485761 bytes is too big for a photo; the maximum size is 10485760 bytes",
            () => Bot.SendPhoto(Alice, InputFile.FromStream(over, "chart.png"), cancellationToken: Cancellation)
        );
        using var again = new MemoryStream(TestPictures.PngOfSize(Most + 1));
        Assert.Equal(
            Most + 1,
            (await Bot.SendDocument(Alice, InputFile.FromStream(again, "chart.png"), cancellationToken: Cancellation))
                .Document!
                .FileSize
        );
    }

    [Fact]
    public async Task What_is_no_picture_or_half_of_one_is_not_taken_as_a_photo()
    {
        foreach (var bytes in (byte[][])["not a picture"u8.ToArray(), TestPictures.Png(64, 64)[..^20]])
        {
            using var stream = new MemoryStream(bytes);
            await RefusedAsync(
                400,
                "Bad Request: IMAGE_PROCESS_FAILED",
                () => Bot.SendPhoto(Alice, InputFile.FromStream(stream, "chart.png"), cancellationToken: Cancellation)
            );
        }
    }

    [Fact]
    public async Task A_document_over_50_MiB_is_too_large_for_a_request()
    {
        using var stream = new MemoryStream(new byte[(50 * 1024 * 1024) + 1]);
        await RefusedAsync(
            413,
            "Request Entity Too Large",
            () => Bot.SendDocument(Alice, InputFile.FromStream(stream, "data.bin"), cancellationToken: Cancellation)
        );
    }

    [Fact]
    public async Task A_caption_has_at_most_1024_units()
    {
        using var stream = new MemoryStream(TestPictures.Png(64, 64));
        await Bot.SendPhoto(
            Alice,
            InputFile.FromStream(stream, "chart.png"),
            new string('a', 1024),
            cancellationToken: Cancellation
        );
        using var again = new MemoryStream(TestPictures.Png(64, 64));
        await RefusedAsync(
            400,
            "Bad Request: message caption is too long",
            () =>
                Bot.SendPhoto(
                    Alice,
                    InputFile.FromStream(again, "chart.png"),
                    new string('a', 1025),
                    cancellationToken: Cancellation
                )
        );
    }

    [Fact]
    public async Task A_button_carries_64_bytes_of_data_and_no_more()
    {
        await Bot.SendMessage(Alice, "Run?", replyMarkup: Button(new string('d', 64)), cancellationToken: Cancellation);
        await RefusedAsync(
            400,
            "Bad Request: BUTTON_DATA_INVALID",
            () =>
                Bot.SendMessage(
                    Alice,
                    "Run?",
                    replyMarkup: Button(new string('ä', 33)),
                    cancellationToken: Cancellation
                )
        );
    }

    [Fact]
    public async Task Buttons_that_open_a_page_stand_beside_those_that_call_the_bot()
    {
        await Bot.SendMessage(
            Alice,
            "Revenue drop",
            replyMarkup: new InlineKeyboardMarkup(
                InlineKeyboardButton.WithUrl("Dashboard", "HTTPS://Dash.Example.com/q?a=1 2"),
                InlineKeyboardButton.WithCallbackData("Run", "run:1")
            ),
            cancellationToken: Cancellation
        );
        var message = Assert.Single(await Control.BotMessagesAsync(Alice, Cancellation));
        Assert.Equal(
            [("Dashboard", null, "https://dash.example.com/q?a=1%202"), ("Run", "run:1", null)],
            Assert.Single(message.Buttons).Select(b => (b.Text, b.Data, b.Url))
        );
        await Control.PressAsync(Alice, "Run", Cancellation);
        Assert.Equal("run:1", Assert.Single(await Bot.GetUpdates(cancellationToken: Cancellation)).CallbackQuery!.Data);
    }

    [Fact]
    public async Task An_edit_changes_the_message_and_one_that_changes_nothing_is_refused()
    {
        var sent = await Bot.SendMessage(Alice, "Running", replyMarkup: Button("run"), cancellationToken: Cancellation);
        await Bot.EditMessageText(Alice, sent.Id, "*Delivered*", ParseMode.Markdown, cancellationToken: Cancellation);

        var message = Assert.Single(await Control.BotMessagesAsync(Alice, Cancellation));
        Assert.Equal(("Delivered", 1, 0), (message.Text, message.Edits, message.Buttons.Count));
        await RefusedAsync(
            400,
            "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
            () =>
                Bot.EditMessageText(Alice, sent.Id, "*Delivered*", ParseMode.Markdown, cancellationToken: Cancellation)
        );
        await RefusedAsync(
            400,
            "Bad Request: message to edit not found",
            () => Bot.EditMessageText(Alice, 9999, "x", cancellationToken: Cancellation)
        );
        await Bot.DeleteMessage(Alice, sent.Id, Cancellation);
        await RefusedAsync(
            400,
            "Bad Request: message to delete not found",
            () => Bot.DeleteMessage(Alice, sent.Id, Cancellation)
        );
    }

    [Fact]
    public async Task Captions_and_buttons_are_edited_each_where_there_are_some()
    {
        using var stream = new MemoryStream(TestPictures.Png(64, 64));
        var photo = await Bot.SendPhoto(
            Alice,
            InputFile.FromStream(stream, "chart.png"),
            "before",
            cancellationToken: Cancellation
        );
        await Bot.EditMessageCaption(Alice, photo.Id, "_after_", ParseMode.Markdown, cancellationToken: Cancellation);
        await Bot.EditMessageReplyMarkup(Alice, photo.Id, Button("run"), cancellationToken: Cancellation);
        var message = Assert.Single(await Control.BotMessagesAsync(Alice, Cancellation));
        Assert.Equal(("after", "Run", 2), (message.Text, message.Buttons[0][0].Text, message.Edits));

        await RefusedAsync(
            400,
            "Bad Request: there is no text in the message to edit",
            () => Bot.EditMessageText(Alice, photo.Id, "x", cancellationToken: Cancellation)
        );
        var text = await Bot.SendMessage(Alice, "x", cancellationToken: Cancellation);
        await RefusedAsync(
            400,
            "Bad Request: there is no caption in the message to edit",
            () => Bot.EditMessageCaption(Alice, text.Id, "x", cancellationToken: Cancellation)
        );
        using var http = new HttpClient();
        var keyboard = Uri.EscapeDataString("""{"keyboard":[[{"text":"a"}]]}""");
        using var answer = await http.GetAsync(
            new Uri(
                Sandbox.ApiAddress,
                $"/bot{Sandbox.Token}/editMessageReplyMarkup?chat_id={Alice}&message_id={text.Id}&reply_markup={keyboard}"
            ),
            Cancellation
        );
        Assert.Contains(
            "Bad Request: inline keyboard expected",
            await answer.Content.ReadAsStringAsync(Cancellation),
            StringComparison.Ordinal
        );
        var typed = await Control.TypeAsync(Alice, "mine", Cancellation);
        await RefusedAsync(
            400,
            "Bad Request: message can't be edited",
            () => Bot.EditMessageText(Alice, typed.MessageId, "x", cancellationToken: Cancellation)
        );
    }

    [Fact]
    public async Task Chats_actions_and_the_web_hooks_methods_answer()
    {
        Assert.Equal(
            ("Alice", ChatType.Private),
            ((await Bot.GetChat(Alice, Cancellation)).FirstName, (await Bot.GetChat(Alice, Cancellation)).Type)
        );
        await Bot.SendChatAction(Alice, ChatAction.Typing, cancellationToken: Cancellation);
        await Control.TypeAsync(Alice, "hello", Cancellation);
        Assert.Equal(1, (await Bot.GetWebhookInfo(Cancellation)).PendingUpdateCount);
        await Bot.DeleteWebhook(dropPendingUpdates: true, Cancellation);
        Assert.Empty(await Bot.GetUpdates(cancellationToken: Cancellation));
        await RefusedAsync(400, "Bad Request: invalid file_id", () => Bot.GetFile("nonsense", Cancellation));
    }

    [Fact]
    public async Task A_message_in_a_group_comes_from_the_one_who_wrote_it()
    {
        var bob = await Control.AddPersonAsync("Bob", Cancellation);
        var group = await Control.AddGroupAsync("Data team", [Alice, bob], Cancellation);
        await Control.TypeAsync(group, "/start@NotifyTestBot", Cancellation, from: bob);
        var message = Assert.Single(await Bot.GetUpdates(cancellationToken: Cancellation)).Message!;
        Assert.Equal(
            (group, ChatType.Group, "Data team", bob),
            (message.Chat.Id, message.Chat.Type, message.Chat.Title, message.From!.Id)
        );
    }

    [Fact]
    public async Task The_menu_of_commands_is_kept_and_its_rules_are_enforced()
    {
        await Bot.SetMyCommands(
            [new BotCommand("start", "Link your account"), new BotCommand("status", "Your scripts")],
            cancellationToken: Cancellation
        );
        Assert.Equal(
            ["start", "status"],
            (await Bot.GetMyCommands(cancellationToken: Cancellation)).Select(c => c.Command)
        );

        await RefusedAsync(
            400,
            "Bad Request: BOT_COMMAND_INVALID",
            () => Bot.SetMyCommands([new BotCommand("Start", "x")], cancellationToken: Cancellation)
        );
        await RefusedAsync(
            400,
            "Bad Request: command length must not exceed 32",
            () => Bot.SetMyCommands([new BotCommand(new string('a', 33), "x")], cancellationToken: Cancellation)
        );
        await RefusedAsync(
            400,
            "Bad Request: command description must be non-empty",
            () => Bot.SetMyCommands([new BotCommand("start", " ")], cancellationToken: Cancellation)
        );
        await RefusedAsync(
            400,
            "Bad Request: command description length must not exceed 256",
            () => Bot.SetMyCommands([new BotCommand("start", new string('x', 257))], cancellationToken: Cancellation)
        );
        var tooMany = Enumerable
            .Range(0, 101)
            .Select(i => new BotCommand("c" + i.ToString(CultureInfo.InvariantCulture), "x"));
        await RefusedAsync(
            400,
            "Bad Request: BOT_COMMANDS_TOO_MUCH",
            () => Bot.SetMyCommands(tooMany, cancellationToken: Cancellation)
        );
    }

    private static InlineKeyboardMarkup Button(string data) => new(InlineKeyboardButton.WithCallbackData("Run", data));
}
