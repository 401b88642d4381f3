using Notify.Contracts;
using Notify.Linking;
using Notify.Posix;
using Notify.Tests.Files;
using Xunit;

namespace Notify.Tests.Linking;

public sealed class LinkTests : LinkStoreScene
{
    private static readonly ChatId Chat = new(42);
    private static readonly ChatId OtherChat = new(-1001557900001);

    [Fact]
    public async Task A_link_is_stored_as_documented()
    {
        Time.SetUtcNow(new DateTimeOffset(2036, 1, 30, 19, 20, 0, 900, TimeSpan.Zero));
        await Store.LinkAsync(Alice, Chat, Cancellation);

        Assert.Equal(
            "{\n  \"alice\": {\"chat_id\": 42, \"linked_at\": \"2036-01-30T19:20:00Z\"}\n}\n",
            await File.ReadAllTextAsync(UsersPath, Cancellation)
        );
        Assert.Equal(FileModes.GroupFile, FileStatus.OfPath(UsersPath)!.Value.Mode);
        Assert.Equal(FileModes.GroupFile, FileStatus.OfPath(Path.Combine(Folder, ".lock"))!.Value.Mode);
        Assert.Equal(
            new Link(Alice, Chat, new DateTimeOffset(2036, 1, 30, 19, 20, 0, TimeSpan.Zero)),
            Store.Find(Chat)
        );
    }

    [Fact]
    public async Task A_later_link_moves_the_chat_and_tells_whom_it_concerns()
    {
        await Store.LinkAsync(Alice, Chat, Cancellation);
        await Store.LinkAsync(Bob, OtherChat, Cancellation);

        var change = await Store.LinkAsync(Alice, OtherChat, Cancellation);

        Assert.Equal((Bob, Chat), (change.PreviousUser, change.PreviousChat!.Value));
        Assert.Equal(OtherChat, Assert.Single(Store.All()).Value.Chat);
        Assert.Null(Store.Find(Chat));
        Assert.Equal(Alice, Store.Find(OtherChat)!.User);
    }

    [Fact]
    public async Task Two_users_racing_for_one_chat_leave_it_with_one_of_them()
    {
        using var web = new JsonLinkStore(Folder, TimeProvider.System);
        await Task.WhenAll(
            Enumerable
                .Range(0, 40)
                .Select(i =>
                    Task.Run(
                        () => (i % 2 == 0 ? Store : web).LinkAsync(UserName.Parse($"user{i}"), Chat, Cancellation),
                        Cancellation
                    )
                )
        );

        Assert.Single(Store.All());
        Assert.Equal(Store.Find(Chat), web.Find(Chat));
    }

    [Fact]
    public async Task Unlinking_gives_what_was_removed()
    {
        var link = (await Store.LinkAsync(Alice, Chat, Cancellation)).Link;

        Assert.Equal(link, await Store.UnlinkAsync(Alice, Cancellation));
        Assert.Null(await Store.UnlinkAsync(Alice, Cancellation));
        Assert.Null(Store.Find(Chat));
        Assert.Equal("{}\n", await File.ReadAllTextAsync(UsersPath, Cancellation));
    }

    [Fact]
    public async Task A_group_that_became_a_supergroup_keeps_user_time_and_unknown_members()
    {
        await File.WriteAllTextAsync(
            UsersPath,
            """{"alice": {"chat_id": -4201, "linked_at": "2026-01-05T09:00:00Z", "thread": 7}}""",
            Cancellation
        );

        var moved = await Store.MoveChatAsync(new ChatId(-4201), OtherChat, Cancellation);

        Assert.Equal(new Link(Alice, OtherChat, new DateTimeOffset(2026, 1, 5, 9, 0, 0, TimeSpan.Zero)), moved);
        Assert.Equal(
            "{\n  \"alice\": {\"chat_id\": -1001557900001, \"linked_at\": \"2026-01-05T09:00:00Z\", \"thread\": 7}\n}\n",
            await File.ReadAllTextAsync(UsersPath, Cancellation)
        );
        Assert.Null(await Store.MoveChatAsync(new ChatId(-4201), OtherChat, Cancellation));
    }

    [Fact]
    public async Task A_group_does_not_move_onto_a_chat_that_is_somebody_elses_by_now()
    {
        await Store.LinkAsync(Alice, Chat, Cancellation);
        await Store.LinkAsync(Bob, OtherChat, Cancellation);

        Assert.Null(await Store.MoveChatAsync(Chat, OtherChat, Cancellation));
        Assert.Equal(Bob, Assert.Single(Store.All()).Key);
    }

    [Fact]
    public async Task A_dead_link_says_why_and_since_when_until_the_person_comes_back()
    {
        var linked = (await Store.LinkAsync(Alice, Chat, Cancellation)).Link;
        var dead = await Store.MarkDeadAsync(Chat, DeadLinkReason.Blocked, Cancellation);
        Time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(new DeadLink(DeadLinkReason.Blocked, linked.LinkedAt), dead!.Dead);
        Assert.Equal(dead, await Store.MarkDeadAsync(Chat, DeadLinkReason.Deactivated, Cancellation));
        Assert.Equal(dead, Store.Find(Alice));
        Assert.Equal(linked, await Store.MarkAliveAsync(Chat, Cancellation));
        Assert.Equal(linked, Store.Find(Alice));
        Assert.Null(await Store.MarkDeadAsync(OtherChat, DeadLinkReason.Blocked, Cancellation));
    }

    [Fact]
    public async Task A_new_link_of_a_dead_one_is_alive()
    {
        await Store.LinkAsync(Alice, Chat, Cancellation);
        await Store.MarkDeadAsync(Chat, DeadLinkReason.Blocked, Cancellation);

        Assert.Null((await Store.LinkAsync(Alice, Chat, Cancellation)).Link.Dead);
        Assert.Null(Store.Find(Alice)!.Dead);
    }

    [Fact]
    public async Task Two_processes_linking_a_thousand_users_each_leave_two_thousand_links()
    {
        var writers = new[] { "a", "b" }.Select(prefix => new OtherProcess("link", Folder, prefix, "1000")).ToList();
        writers.ForEach(writer => writer.LetGo());
        foreach (var writer in writers)
        {
            await writer.OutputAsync();
            writer.Dispose();
        }

        Assert.Equal(2000, Store.All().Count);
    }

    [Fact]
    public async Task A_deep_link_links_with_one_tap_once()
    {
        var offer = await Store.OfferDeepLinkAsync(Alice, Cancellation);

        Assert.Matches("^[A-Za-z0-9_-]{22}$", offer.Payload);
        Assert.Equal(
            Alice,
            Assert
                .IsType<Redemption.Redeemed>(await Store.RedeemAsync(offer.Payload, Chat, false, Cancellation))
                .Change.Link.User
        );
        Assert.IsType<Redemption.UnknownOrExpired>(
            await Store.RedeemAsync(offer.Payload, OtherChat, false, Cancellation)
        );
        Assert.Equal(FileModes.GroupFile, FileStatus.OfPath(DeepLinksPath)!.Value.Mode);
    }

    [Fact]
    public async Task A_deep_link_is_void_at_exactly_ten_minutes_and_once_there_is_a_newer_one()
    {
        var first = await Store.OfferDeepLinkAsync(Alice, Cancellation);
        var second = await Store.OfferDeepLinkAsync(Alice, Cancellation);
        Assert.IsType<Redemption.UnknownOrExpired>(await Store.RedeemAsync(first.Payload, Chat, false, Cancellation));
        Time.Advance(TimeSpan.FromMinutes(10));

        Assert.IsType<Redemption.UnknownOrExpired>(await Store.RedeemAsync(second.Payload, Chat, false, Cancellation));
    }

    [Fact]
    public async Task A_chat_of_somebody_else_is_asked_first_and_the_payload_stays_valid()
    {
        await Store.LinkAsync(Bob, Chat, Cancellation);
        var offer = await Store.OfferDeepLinkAsync(Alice, Cancellation);

        Assert.Equal(
            new Redemption.AskFirst(Bob, Alice),
            await Store.RedeemAsync(offer.Payload, Chat, false, Cancellation)
        );
        Assert.Equal(Bob, Store.Find(Chat)!.User);
        Assert.Equal(
            Bob,
            Assert
                .IsType<Redemption.Redeemed>(await Store.RedeemAsync(offer.Payload, Chat, true, Cancellation))
                .Change.PreviousUser
        );
        Assert.Equal(Alice, Store.Find(Chat)!.User);
    }
}
