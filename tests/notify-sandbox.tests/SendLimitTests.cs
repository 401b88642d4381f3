using Notify.Sandbox;
using Notify.Testing;
using Telegram.Bot;
using Telegram.Bot.Types;

namespace Notify.Tests;

public sealed class SendLimitTests : SandboxSpecs
{
    protected override SandboxOptions Options => base.Options with { Limits = SendLimits.Published };

    [Fact]
    public async Task A_private_chat_takes_three_at_once_and_then_one_a_second()
    {
        for (var i = 0; i < 3; i++)
        {
            await SendAsync(Alice);
        }

        Assert.Equal(1, await RetryAfterAsync(Alice));
        Time.Advance(TimeSpan.FromSeconds(1));
        await SendAsync(Alice);
        Assert.Equal(1, await RetryAfterAsync(Alice));
        Time.Advance(TimeSpan.FromSeconds(10));
        for (var i = 0; i < 3; i++)
        {
            await SendAsync(Alice);
        }

        Assert.Equal(1, await RetryAfterAsync(Alice));
    }

    [Fact]
    public async Task A_group_takes_20_a_minute()
    {
        var group = await Control.AddGroupAsync("Data team", [Alice], Cancellation);
        for (var i = 0; i < 20; i++)
        {
            await SendAsync(group);
        }

        Time.Advance(TimeSpan.FromSeconds(12));
        Assert.Equal(48, await RetryAfterAsync(group));
        Time.Advance(TimeSpan.FromSeconds(48));
        await SendAsync(group);
    }

    [Fact]
    public async Task All_chats_together_take_30_a_second()
    {
        var people = new List<long>();
        for (var i = 0; i < 31; i++)
        {
            people.Add(await Control.AddStartedPersonAsync($"P{i}", Cancellation));
        }

        foreach (var person in people.Take(30))
        {
            await SendAsync(person);
        }

        Assert.Equal(1, await RetryAfterAsync(people[30]));
        Time.Advance(TimeSpan.FromSeconds(1));
        await SendAsync(people[30]);
    }

    [Fact]
    public async Task An_album_counts_as_many_messages_as_it_has_items()
    {
        await SendAlbumAsync(Alice, 10);
        Assert.Equal(8, await RetryAfterAsync(Alice));
        Time.Advance(TimeSpan.FromSeconds(8));
        await SendAsync(Alice);

        var group = await Control.AddGroupAsync("Data team", [Alice], Cancellation);
        await SendAlbumAsync(group, 10);
        await SendAlbumAsync(group, 5);
        await RefusedAsync(429, "Too Many Requests: retry after 60", () => SendAlbumAsync(group, 6));
        await SendAlbumAsync(group, 5);
        Assert.Equal(60, await RetryAfterAsync(group));
    }

    [Fact]
    public async Task An_album_needs_the_whole_burst_of_a_private_chat()
    {
        await SendAsync(Alice);
        await RefusedAsync(429, "Too Many Requests: retry after 1", () => SendAlbumAsync(Alice, 3));
        await SendAlbumAsync(Alice, 2);
        Time.Advance(TimeSpan.FromSeconds(3));
        await SendAlbumAsync(Alice, 3);
    }

    [Fact]
    public async Task Albums_count_over_all_chats()
    {
        var people = new List<long>();
        for (var i = 0; i < 4; i++)
        {
            people.Add(await Control.AddStartedPersonAsync($"P{i}", Cancellation));
        }

        foreach (var person in people.Take(3))
        {
            await SendAlbumAsync(person, 9);
        }

        await RefusedAsync(429, "Too Many Requests: retry after 1", () => SendAlbumAsync(people[3], 4));
        await SendAlbumAsync(people[3], 3);
        Assert.Equal(1, await RetryAfterAsync(Alice));
    }

    [Fact]
    public async Task The_limits_can_be_switched_off()
    {
        await Control.LimitAsync(isOn: false, Cancellation);
        for (var i = 0; i < 50; i++)
        {
            await SendAsync(Alice);
        }
    }

    private Task<global::Telegram.Bot.Types.Message> SendAsync(long chat) =>
        Bot.SendMessage(chat, "hello", cancellationToken: Cancellation);

    private async Task SendAlbumAsync(long chat, int items)
    {
        var streams = Enumerable.Range(0, items).Select(_ => new MemoryStream(TestPictures.Png(16, 16))).ToList();
        await Bot.SendMediaGroup(
            chat,
            streams.Select((stream, i) => new InputMediaPhoto(InputFile.FromStream(stream, $"p{i}.png"))),
            cancellationToken: Cancellation
        );
    }

    private async Task<int> RetryAfterAsync(long chat)
    {
        var refusal = await Assert.ThrowsAsync<global::Telegram.Bot.Exceptions.ApiRequestException>(() =>
            SendAsync(chat)
        );
        Assert.Equal(
            (429, $"Too Many Requests: retry after {refusal.Parameters!.RetryAfter}"),
            (refusal.ErrorCode, refusal.Message)
        );
        return refusal.Parameters.RetryAfter!.Value;
    }
}
