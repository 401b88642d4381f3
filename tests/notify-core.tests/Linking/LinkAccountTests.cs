using Notify.Linking;
using Notify.Testing;
using Xunit;

namespace Notify.Tests.Linking;

/// <summary>Links belong to accounts, not only to names. The accounts are real; <c>wanderers</c> stands for the analysts' group.</summary>
public sealed class LinkAccountTests : LinkStoreScene
{
    private const string Group = "notify-wanderers";

    private static readonly ChatId Chat = new(42);

    private static readonly ChatId OtherChat = new(43);

    [Fact]
    public async Task A_new_account_of_the_same_name_has_nothing_of_the_old_one_s_link()
    {
        await using var account = await TestAccount.CreateAsync("alice");
        var user = UserName.Parse(account.Name);
        var before = account.Uid;
        var old = (await Store.LinkAsync(user, Chat, Cancellation)).Link;
        Assert.Equal(new AccountId(before), old.Account);

        await account.DeleteAsync();
        Assert.Null(Store.Find(user));
        Assert.Null(Store.Find(Chat));
        Assert.Equal(LinkStanding.AccountGone, Store.StandingOf(old));

        await account.MakeAgainAsync(uid: null);
        Assert.Null(Store.Find(user));
        Assert.Null(Store.Find(Chat));
        Assert.Equal(LinkStanding.AccountReplaced, Store.StandingOf(Store.Stored(user)!));

        var made = await Store.LinkAsync(user, OtherChat, Cancellation);
        Assert.Equal(
            (OtherChat, new AccountId(account.Uid), null),
            (Store.Find(user)!.Chat, Store.Find(user)!.Account, made.PreviousChat)
        );
    }

    [Fact]
    public async Task The_same_id_once_more_is_the_same_account()
    {
        await using var account = await TestAccount.CreateAsync("alice");
        var user = UserName.Parse(account.Name);
        await Store.LinkAsync(user, Chat, Cancellation);

        await account.DeleteAsync();
        Assert.Null(Store.Find(user));
        await account.MakeAgainAsync(account.Uid);

        Assert.Equal(Chat, Store.Find(user)?.Chat);
        Assert.Equal(user, Store.Find(Chat)?.User);
    }

    [Fact]
    public async Task Who_leaves_the_group_loses_the_link_and_has_it_again_when_back()
    {
        await using var account = await TestAccount.CreateAsync("alice", Group);
        using var store = new JsonLinkStore(Folder, Time, new Accounts(Time, Group));
        var user = UserName.Parse(account.Name);
        var link = (await store.LinkAsync(user, Chat, Cancellation)).Link;
        Assert.Equal(Chat, store.Find(user)?.Chat);

        await account.LeaveAsync(Group);
        Assert.Null(store.Find(user));
        Assert.Equal(LinkStanding.LeftGroup, store.StandingOf(link));

        await account.JoinAsync(Group);
        Assert.Equal(Chat, store.Find(user)?.Chat);
    }

    [Fact]
    public async Task A_name_without_an_account_and_a_system_account_are_of_no_group_and_keep_their_links()
    {
        await using var account = await TestAccount.CreateAsync("alice", Group);
        using var store = new JsonLinkStore(Folder, Time, new Accounts(Time, Group));
        await store.LinkAsync(UserName.Parse("data_team"), new ChatId(-100), Cancellation);
        await store.LinkAsync(UserName.Parse("daemon"), new ChatId(-101), Cancellation);

        await store.StoreAccountsAsync(Cancellation);

        Assert.Equal(AccountId.None, store.Find(UserName.Parse("data_team"))?.Account);
        Assert.Equal(new ChatId(-101), store.Find(UserName.Parse("daemon"))?.Chat);
        Assert.Contains(
            "\"uid\": null",
            await File.ReadAllTextAsync(UsersPath, Cancellation),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Where_there_is_no_such_group_nobody_has_left_it()
    {
        await using var account = await TestAccount.CreateAsync("alice");
        using var store = new JsonLinkStore(Folder, Time, new Accounts(Time, "notify-no-such-group"));
        await store.LinkAsync(UserName.Parse(account.Name), Chat, Cancellation);

        Assert.Equal(Chat, store.Find(UserName.Parse(account.Name))?.Chat);
    }

    [Fact]
    public async Task An_older_file_counts_for_the_accounts_of_now_once_and_keeps_what_else_is_in_it()
    {
        await using var account = await TestAccount.CreateAsync("alice");
        var user = UserName.Parse(account.Name);
        await File.WriteAllTextAsync(
            UsersPath,
            $$"""
            {"{{account.Name}}": {"chat_id": 42, "linked_at": "2026-01-30T19:20:00Z", "note": "first floor"},
             "data_team": {"chat_id": -100, "linked_at": "2026-01-30T19:20:00Z"} }
            """,
            Cancellation
        );
        Assert.Equal(Chat, Store.Find(user)?.Chat);

        Assert.Equal(2, await Store.StoreAccountsAsync(Cancellation));
        Assert.Equal(0, await Store.StoreAccountsAsync(Cancellation));

        Assert.Equal(new AccountId(account.Uid), Store.Find(user)?.Account);
        Assert.Equal(AccountId.None, Store.Find(UserName.Parse("data_team"))?.Account);
        var text = await File.ReadAllTextAsync(UsersPath, Cancellation);
        Assert.Contains("\"note\": \"first floor\"", text, StringComparison.Ordinal);
        Assert.Contains($"\"uid\": {account.Uid}", text, StringComparison.Ordinal);
        await account.DeleteAsync();
        await account.MakeAgainAsync(uid: null);
        Assert.Equal(0, await Store.StoreAccountsAsync(Cancellation));
        Assert.Null(Store.Find(user));
    }

    [Fact]
    public async Task A_payload_that_an_earlier_account_was_shown_links_nobody()
    {
        await using var account = await TestAccount.CreateAsync("alice");
        var user = UserName.Parse(account.Name);
        var offer = await Store.OfferDeepLinkAsync(user, Cancellation);

        await account.DeleteAsync();
        Assert.IsType<Redemption.UnknownOrExpired>(
            await Store.RedeemAsync(offer.Payload, Chat, evenIfLinkedToAnother: true, Cancellation)
        );
        await account.MakeAgainAsync(uid: null);

        Assert.IsType<Redemption.UnknownOrExpired>(
            await Store.RedeemAsync(offer.Payload, Chat, evenIfLinkedToAnother: true, Cancellation)
        );
        Assert.Null(Store.Stored(Chat));
    }

    [Fact]
    public async Task A_payload_of_somebody_who_has_left_links_nobody()
    {
        await using var account = await TestAccount.CreateAsync("alice", Group);
        using var store = new JsonLinkStore(Folder, Time, new Accounts(Time, Group));
        var offer = await store.OfferDeepLinkAsync(UserName.Parse(account.Name), Cancellation);

        await account.LeaveAsync(Group);

        Assert.IsType<Redemption.UnknownOrExpired>(
            await store.RedeemAsync(offer.Payload, Chat, evenIfLinkedToAnother: true, Cancellation)
        );
    }

    [Fact]
    public async Task A_chat_without_a_valid_link_is_linked_again_without_a_question()
    {
        await using var account = await TestAccount.CreateAsync("alice");
        await Store.LinkAsync(UserName.Parse(account.Name), Chat, Cancellation);
        await account.DeleteAsync();
        var offer = await Store.OfferDeepLinkAsync(Bob, Cancellation);

        Assert.IsType<Redemption.Redeemed>(
            await Store.RedeemAsync(offer.Payload, Chat, evenIfLinkedToAnother: false, Cancellation)
        );
        Assert.Equal(Bob, Store.Find(Chat)?.User);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("\"1001\"")]
    [InlineData("1001.5")]
    [InlineData("4294967296")]
    public async Task An_id_that_can_t_be_one_is_said_and_never_taken_for_none(string uid)
    {
        await File.WriteAllTextAsync(
            UsersPath,
            $$"""{"alice": {"chat_id": 42, "linked_at": "2026-01-30T19:20:00Z", "uid": {{uid}} } }""",
            Cancellation
        );

        Assert.ThrowsAny<StateUnreadableException>(() => Store.Find(Alice));
        Assert.Contains("uid", Assert.Single(Store.Unreadable()).Problem, StringComparison.Ordinal);
    }
}
