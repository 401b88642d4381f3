using System.Net.Http.Json;
using System.Text.Json;
using Notify.Testing;
using Telegram.Bot;
using Telegram.Bot.Types;

namespace Notify.Tests;

/// <summary>Messages that answer another one: <c>reply_parameters</c>; and messages that people delete.</summary>
public sealed class ReplyTests : SandboxSpecs, IDisposable
{
    private const string NotFound = "Bad Request: message to be replied not found";

    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_reply_names_the_message_that_it_answers()
    {
        var first = await Bot.SendMessage(Alice, "Revenue is down", cancellationToken: Cancellation);
        var reply = await Bot.SendMessage(Alice, "over", replyParameters: first.Id, cancellationToken: Cancellation);

        Assert.Equal(("Revenue is down", first.Id), (reply.ReplyToMessage!.Text, reply.ReplyToMessage.Id));
        var messages = await Control.BotMessagesAsync(Alice, Cancellation);
        Assert.Equal([null, (int?)first.Id], messages.Select(m => m.ReplyTo));
    }

    [Fact]
    public async Task A_reply_to_a_reply_shows_one_level()
    {
        var first = await Bot.SendMessage(Alice, "1", cancellationToken: Cancellation);
        var second = await Bot.SendMessage(Alice, "2", replyParameters: first.Id, cancellationToken: Cancellation);
        var third = await Bot.SendMessage(Alice, "3", replyParameters: second.Id, cancellationToken: Cancellation);
        Assert.Null(third.ReplyToMessage!.ReplyToMessage);
    }

    [Fact]
    public async Task Photos_documents_and_albums_answer_too()
    {
        var first = await Bot.SendMessage(Alice, "first", cancellationToken: Cancellation);
        await Bot.SendPhoto(Alice, Png(), replyParameters: first.Id, cancellationToken: Cancellation);
        await Bot.SendDocument(Alice, Png(), replyParameters: first.Id, cancellationToken: Cancellation);
        await Bot.SendMediaGroup(
            Alice,
            [new InputMediaPhoto(Png("a.png")), new InputMediaPhoto(Png("b.png"))],
            replyParameters: first.Id,
            cancellationToken: Cancellation
        );
        var messages = await Control.BotMessagesAsync(Alice, Cancellation);
        Assert.Equal(5, messages.Count);
        Assert.All(messages.Skip(1), m => Assert.Equal(first.Id, m.ReplyTo));
    }

    [Theory]
    [InlineData("sendMessage")]
    [InlineData("sendPhoto")]
    [InlineData("sendDocument")]
    [InlineData("sendMediaGroup")]
    public async Task A_reply_to_a_deleted_message_is_refused_and_sends_nothing(string method)
    {
        var first = await Bot.SendMessage(Alice, "first", cancellationToken: Cancellation);
        await Control.DeleteMessageAsync(Alice, first.Id, Cancellation);

        await RefusedAsync(400, NotFound, () => SendAsync(method, new ReplyParameters { MessageId = first.Id }));
        Assert.Empty(await Control.BotMessagesAsync(Alice, Cancellation));

        await SendAsync(method, new ReplyParameters { MessageId = first.Id, AllowSendingWithoutReply = true });
        Assert.All(await Control.BotMessagesAsync(Alice, Cancellation), m => Assert.Null(m.ReplyTo));
        Assert.NotEmpty(await Control.BotMessagesAsync(Alice, Cancellation));
    }

    [Fact]
    public async Task A_message_of_another_chat_is_not_found()
    {
        var bob = await Control.AddStartedPersonAsync("Bob", Cancellation);
        var there = await Bot.SendMessage(bob, "there", cancellationToken: Cancellation);
        await RefusedAsync(
            400,
            NotFound,
            () => Bot.SendMessage(Alice, "here", replyParameters: there.Id, cancellationToken: Cancellation)
        );
    }

    [Theory]
    [InlineData("""[1]""", "Bad Request: object expected as reply parameters")]
    [InlineData("""{""", "Bad Request: can't parse reply parameters JSON object")]
    [InlineData("""{"allow_sending_without_reply":true}""", "Bad Request: can't find field \"message_id\"")]
    [InlineData("""{"message_id":"x"}""", "Bad Request: field \"message_id\" must be a valid Number")]
    [InlineData(
        """{"message_id":1,"allow_sending_without_reply":"yes"}""",
        "Bad Request: field \"allow_sending_without_reply\" must be of type Boolean"
    )]
    public async Task Reply_parameters_of_another_shape_are_refused(string parameters, string description)
    {
        Assert.Equal(description, await PostAsync(parameters));
        Assert.Empty(await Control.BotMessagesAsync(Alice, Cancellation));
    }

    [Fact]
    public async Task Unknown_members_and_an_id_of_zero_are_ignored()
    {
        Assert.Null(await PostAsync("""{"message_id":0,"quote_position":3,"new_member":{}}"""));
        Assert.Null(Assert.Single(await Control.BotMessagesAsync(Alice, Cancellation)).ReplyTo);
    }

    [Fact]
    public async Task A_person_deletes_a_message_and_the_bot_can_no_longer_edit_it()
    {
        var sent = await Bot.SendMessage(Alice, "first", cancellationToken: Cancellation);
        await Bot.SendMessage(Alice, "second", cancellationToken: Cancellation);
        await Control.DeleteMessageAsync(Alice, sent.Id, Cancellation);

        Assert.Equal("second", Assert.Single(await Control.BotMessagesAsync(Alice, Cancellation)).Text);
        await RefusedAsync(
            400,
            "Bad Request: message to edit not found",
            () => Bot.EditMessageText(Alice, sent.Id, "x", cancellationToken: Cancellation)
        );
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            Control.DeleteMessageAsync(Alice, sent.Id, Cancellation)
        );
    }

    [Fact]
    public async Task A_cleared_chat_is_empty_and_its_numbers_go_on()
    {
        var last = await Bot.SendMessage(Alice, "first", cancellationToken: Cancellation);
        await Control.ClearChatAsync(Alice, Cancellation);

        Assert.Empty(await Control.MessagesAsync(Alice, Cancellation));
        await RefusedAsync(
            400,
            NotFound,
            () => Bot.SendMessage(Alice, "x", replyParameters: last.Id, cancellationToken: Cancellation)
        );
        var next = await Bot.SendMessage(Alice, "second", cancellationToken: Cancellation);
        Assert.True(next.Id > last.Id);
    }

    private static InputFileStream Png(string name = "chart.png") =>
        InputFile.FromStream(new MemoryStream(TestPictures.Png(64, 64)), name);

    private Task SendAsync(string method, ReplyParameters reply) =>
        method switch
        {
            "sendMessage" => Bot.SendMessage(Alice, "x", replyParameters: reply, cancellationToken: Cancellation),
            "sendPhoto" => Bot.SendPhoto(Alice, Png(), replyParameters: reply, cancellationToken: Cancellation),
            "sendDocument" => Bot.SendDocument(Alice, Png(), replyParameters: reply, cancellationToken: Cancellation),
            _ => Bot.SendMediaGroup(
                Alice,
                [new InputMediaPhoto(Png("a.png")), new InputMediaPhoto(Png("b.png"))],
                replyParameters: reply,
                cancellationToken: Cancellation
            ),
        };

    /// <summary>Sends a text with reply parameters as they are; gives the description of the refusal, or null.</summary>
    private async Task<string?> PostAsync(string parameters)
    {
        using var answer = await _http.PostAsJsonAsync(
            new Uri(Sandbox.ApiAddress, $"/bot{Sandbox.Token}/sendMessage"),
            new
            {
                chat_id = Alice,
                text = "x",
                reply_parameters = parameters,
            },
            Cancellation
        );
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation));
        return body.RootElement.TryGetProperty("description", out var description) ? description.GetString() : null;
    }
}
