using Telegram.Bot;
using Telegram.Bot.Types.Enums;
using Telegram.Bot.Types.ReplyMarkups;

namespace Notify.Tests;

public sealed class PollingTests : SandboxSpecs
{
    [Fact]
    public async Task What_a_person_types_comes_as_an_update_with_its_command_marked()
    {
        await Control.TypeAsync(Alice, "/start@NotifyTestBot abc", Cancellation);

        var update = Assert.Single(await Bot.GetUpdates(cancellationToken: Cancellation));
        Assert.Equal(
            (Alice, "/start@NotifyTestBot abc", "Alice"),
            (update.Message!.Chat.Id, update.Message.Text, update.Message.From!.FirstName)
        );
        var entity = Assert.Single(update.Message.Entities!);
        Assert.Equal((MessageEntityType.BotCommand, 0, 20), (entity.Type, entity.Offset, entity.Length));
    }

    [Fact]
    public async Task An_update_comes_again_until_a_higher_offset_confirms_it()
    {
        await Control.TypeAsync(Alice, "one", Cancellation);
        await Control.TypeAsync(Alice, "two", Cancellation);

        var first = await Bot.GetUpdates(cancellationToken: Cancellation);
        Assert.Equal(
            ["one", "two"],
            (await Bot.GetUpdates(cancellationToken: Cancellation)).Select(u => u.Message!.Text)
        );
        Assert.Equal(
            ["one"],
            (await Bot.GetUpdates(limit: 1, cancellationToken: Cancellation)).Select(u => u.Message!.Text)
        );
        Assert.Equal(
            ["two"],
            (await Bot.GetUpdates(first[1].Id, cancellationToken: Cancellation)).Select(u => u.Message!.Text)
        );
        Assert.Empty(await Bot.GetUpdates(first[1].Id + 1, cancellationToken: Cancellation));
        Assert.Empty(await Bot.GetUpdates(cancellationToken: Cancellation));
    }

    [Fact]
    public async Task A_negative_offset_gives_the_last_updates_and_forgets_the_rest()
    {
        foreach (var text in (string[])["one", "two", "three"])
        {
            await Control.TypeAsync(Alice, text, Cancellation);
        }

        Assert.Equal(
            ["two", "three"],
            (await Bot.GetUpdates(-2, cancellationToken: Cancellation)).Select(u => u.Message!.Text)
        );
        Assert.Equal(
            ["two", "three"],
            (await Bot.GetUpdates(cancellationToken: Cancellation)).Select(u => u.Message!.Text)
        );
    }

    [Fact]
    public async Task An_offset_far_ahead_belongs_to_an_older_numbering_and_confirms_nothing()
    {
        await Control.NumberUpdatesFromAsync(118200345, Cancellation);
        await Control.TypeAsync(Alice, "/start", Cancellation);

        Assert.Equal(118200345, Assert.Single(await Bot.GetUpdates(734000112, cancellationToken: Cancellation)).Id);
        Assert.Equal(118200345, Assert.Single(await Bot.GetUpdates(118200356, cancellationToken: Cancellation)).Id);
        Assert.Empty(await Bot.GetUpdates(118200355, cancellationToken: Cancellation));
    }

    [Fact]
    public async Task A_long_poll_ends_when_an_update_comes()
    {
        var poll = Bot.GetUpdates(timeout: 30, cancellationToken: Cancellation);
        await Control.TypeAsync(Alice, "hello", Cancellation);
        Assert.Equal("hello", Assert.Single(await poll).Message!.Text);
    }

    [Fact]
    public async Task Only_the_kinds_that_were_asked_for_are_made()
    {
        await Bot.GetUpdates(allowedUpdates: [UpdateType.CallbackQuery], cancellationToken: Cancellation);
        Assert.Null((await Control.TypeAsync(Alice, "hello", Cancellation)).UpdateId);
        await Bot.GetUpdates(allowedUpdates: [], cancellationToken: Cancellation);
        Assert.NotNull((await Control.TypeAsync(Alice, "hello", Cancellation)).UpdateId);
    }

    [Fact]
    public async Task A_pressed_button_comes_as_a_query_and_the_answer_reaches_the_person()
    {
        var sent = await Bot.SendMessage(
            Alice,
            "Run?",
            replyMarkup: new InlineKeyboardMarkup(InlineKeyboardButton.WithCallbackData("Run", "run:7")),
            cancellationToken: Cancellation
        );
        var press = Control.PressAsync(Alice, "Run", Cancellation, waitSeconds: 30);

        var query = Assert.Single(await Bot.GetUpdates(timeout: 30, cancellationToken: Cancellation)).CallbackQuery!;
        Assert.Equal(("run:7", sent.Id, Alice), (query.Data, query.Message!.Id, query.From.Id));
        await Bot.AnswerCallbackQuery(query.Id, "Started", showAlert: true, cancellationToken: Cancellation);
        Assert.Equal(("Started", true), ((await press).Answer!.Text, (await press).Answer!.ShowAlert));
    }

    [Fact]
    public async Task A_query_can_be_answered_for_15_seconds()
    {
        await Bot.SendMessage(
            Alice,
            "Run?",
            replyMarkup: new InlineKeyboardMarkup(InlineKeyboardButton.WithCallbackData("Run", "run:7")),
            cancellationToken: Cancellation
        );
        var pressed = await Control.PressAsync(Alice, "Run", Cancellation);
        Time.Advance(TimeSpan.FromSeconds(15.1));
        await RefusedAsync(
            400,
            "Bad Request: query is too old and response timeout expired or query ID is invalid",
            () => Bot.AnswerCallbackQuery(pressed.CallbackQueryId, cancellationToken: Cancellation)
        );
    }
}
