using System.Text;
using Notify.Linking;
using Notify.Tests.Files;
using Xunit;

namespace Notify.Tests.Linking;

public sealed class DamagedFilesTests : LinkStoreScene
{
    private const string Good = """
        {
          "alice": {"chat_id": 42, "linked_at": "2026-01-05T09:00:00Z"},
          "bob": {"chat_id": 43, "linked_at": "2026-01-05T09:00:00Z"}
        }
        """;

    private static readonly ChatId Chat = new(42);

    /// <summary>Content that is not what it should be, and the line of the fault.</summary>
    public static TheoryData<byte[], string> Damages =>
        new()
        {
            {
                File.ReadAllBytes(
                    Path.Combine(AppContext.BaseDirectory, "cases/C26-half-written-state/state/telegram_users.json")
                ),
                "line 1"
            },
            { [], "line 1" },
            { new byte[100], "line 1" },
            { "[]"u8.ToArray(), "line 1" },
            { "null"u8.ToArray(), "line 1" },
            { "{}{}"u8.ToArray(), "line 1" },
            { [.. "{\n\n\n\"a"u8, 0xFF, .. "\": {}}"u8], "line 4" },
            { Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 10_000))), "line 1" },
        };

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task A_damaged_file_is_not_taken_for_empty_and_never_written_over(byte[] damaged, string position)
    {
        await File.WriteAllBytesAsync(UsersPath, damaged, Cancellation);
        await AssertDamageIsLeftAlone(damaged, position);

        Assert.Throws<StateUnreadableException>(() => Store.Find(Alice));
        Assert.Throws<StateUnreadableException>(() => Store.Find(Chat));
        Assert.Throws<StateUnreadableException>(() => Store.All());
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task What_was_read_before_is_served_until_the_file_is_right_again(byte[] damaged, string position)
    {
        await File.WriteAllTextAsync(UsersPath, Good, Cancellation);
        Assert.NotNull(Store.Find(Alice));

        await File.WriteAllBytesAsync(UsersPath, damaged, Cancellation);
        await AssertDamageIsLeftAlone(damaged, position);
        Assert.Equal(42, Store.Find(Alice)!.Chat.Value);
        Assert.Equal(2, Store.All().Count);

        await File.WriteAllTextAsync(UsersPath, Good.Replace("42", "44", StringComparison.Ordinal), Cancellation);
        Assert.Empty(Store.Unreadable());
        Assert.Equal(44, Store.Find(Alice)!.Chat.Value);
    }

    private async Task AssertDamageIsLeftAlone(byte[] damaged, string position)
    {
        var code = await Store.IssueCodeAsync(Chat, Cancellation);
        var unreadable = Assert.Single(Store.Unreadable());
        Assert.Equal(("telegram_users.json", position), (unreadable.File, unreadable.Position));

        Assert.Equal(
            unreadable,
            (
                await Assert.ThrowsAsync<StateUnreadableException>(() => Store.LinkAsync(Bob, Chat, Cancellation))
            ).Unreadable
        );
        await Assert.ThrowsAsync<StateUnreadableException>(() => Store.UnlinkAsync(Bob, Cancellation));
        await Assert.ThrowsAsync<StateUnreadableException>(() => Store.VerifyAsync(Bob, code.Code, Cancellation));
        await Assert.ThrowsAsync<StateUnreadableException>(() => Store.VerifyAsync(Bob, WrongCode(), Cancellation));
        Assert.Equal(damaged, await File.ReadAllBytesAsync(UsersPath, Cancellation));

        // Nothing was used up or counted.
        Assert.Contains(code.Code, await File.ReadAllTextAsync(CodesPath, Cancellation), StringComparison.Ordinal);
        Assert.False(File.Exists(WrongCodesPath));
    }

    [Fact]
    public async Task A_code_tried_while_links_are_unreadable_is_good_afterwards()
    {
        var code = await Store.IssueCodeAsync(Chat, Cancellation);
        await File.WriteAllTextAsync(UsersPath, "[]", Cancellation);
        await Assert.ThrowsAsync<StateUnreadableException>(() => Store.VerifyAsync(Alice, code.Code, Cancellation));
        File.Delete(UsersPath);

        Assert.IsType<Verification.Verified>(await VerifyAsync(Alice, code.Code));
    }

    /// <summary>An entry that is not what it should be beside two that are, its name, and the line of the fault.</summary>
    public static TheoryData<string, string, string> WrongEntries =>
        new()
        {
            { "\"a\": 5", "a", "line 3" },
            { "\"a\": [1, {\"b\": 2}]", "a", "line 3" },
            { "\n\"a b\": {\"chat_id\": 1, \"linked_at\": \"2026-01-05T09:00:00Z\"}", "a b", "line 4" },
            { "\"CORP\\\\jane\": {\"chat_id\": 1, \"linked_at\": \"2026-01-05T09:00:00Z\"}", "CORP\\jane", "line 3" },
            { "\"a\": {\"linked_at\": \"2026-01-05T09:00:00Z\"}", "a", "line 3" },
            { "\"a\": {\"chat_id\": \"1\", \"linked_at\": \"2026-01-05T09:00:00Z\"}", "a", "line 3" },
            { "\"a\": {\"chat_id\": 1.5, \"linked_at\": \"2026-01-05T09:00:00Z\"}", "a", "line 3" },
            { "\"a\": {\"chat_id\": 99999999999999999999, \"linked_at\": \"2026-01-05T09:00:00Z\"}", "a", "line 3" },
            { "\"a\": {\"chat_id\": 1, \n\n\"linked_at\": \"yesterday\"}", "a", "line 5" },
            { "\"a\": {\"chat_id\": 1, \"linked_at\": \"\\ud800\"}", "a", "line 3" },
            { "\"a\": {\"chat_id\": 1, \"linked_at\": \"2026-01-05T09:00:00Z\", \"dead\": true}", "a", "line 3" },
            { "\"a\": {\"chat_id\": 1, \"chat_id\": 2, \"linked_at\": \"2026-01-05T09:00:00Z\"}", "a", "line 3" },
            { "\"\\ud800\": {\"chat_id\": 1, \"linked_at\": \"2026-01-05T09:00:00Z\"}", "\\ud800", "line 3" },
        };

    [Theory]
    [MemberData(nameof(WrongEntries))]
    public async Task An_entry_that_can_not_be_read_costs_that_entry_and_stays_as_it_is(
        string wrong,
        string name,
        string position
    )
    {
        await File.WriteAllTextAsync(UsersPath, With(wrong), Cancellation);

        var unreadable = Assert.Single(Store.Unreadable());
        Assert.Equal(("telegram_users.json", position, name), (unreadable.File, unreadable.Position, unreadable.Entry));
        Assert.Equal(42, Store.Find(Alice)!.Chat.Value);
        Assert.Equal(Bob, Store.Find(new ChatId(43))!.User);
        Assert.Equal(2, Store.All().Count);
        if (UserName.TryParse(name, out var user))
        {
            Assert.Equal(unreadable, Assert.Throws<StateUnreadableException>(() => Store.Find(user)).Unreadable);
            await Assert.ThrowsAsync<StateUnreadableException>(() =>
                Store.LinkAsync(user, new ChatId(77), Cancellation)
            );
            await Assert.ThrowsAsync<StateUnreadableException>(() => Store.UnlinkAsync(user, Cancellation));
        }

        // Others link, move and unlink meanwhile.
        var code = await Store.IssueCodeAsync(new ChatId(50), Cancellation);
        Assert.IsType<Verification.Verified>(await VerifyAsync(Alice, code.Code));
        await Store.UnlinkAsync(Bob, Cancellation);

        Assert.Contains(
            wrong.TrimStart(),
            await File.ReadAllTextAsync(UsersPath, Cancellation),
            StringComparison.Ordinal
        );
        Assert.Equal(name, Assert.Single(Store.Unreadable()).Entry);
        Assert.Equal(50, Assert.Single(Store.All()).Value.Chat.Value);
    }

    [Fact]
    public async Task Of_two_entries_of_one_name_neither_counts_and_both_stay()
    {
        const string Twice =
            "\"a\": {\"chat_id\": 1, \"linked_at\": \"2026-01-05T09:00:00Z\"},\n\"\\u0061\": {\"chat_id\": 2, \"linked_at\": \"2026-01-05T09:00:00Z\"}";
        await File.WriteAllTextAsync(UsersPath, With(Twice), Cancellation);

        Assert.All(
            Store.Unreadable(),
            unreadable => Assert.Equal(("a", "the same name a second time"), (unreadable.Entry, unreadable.Problem))
        );
        Assert.Throws<StateUnreadableException>(() => Store.Find(UserName.Parse("a")));
        await Store.LinkAsync(Alice, new ChatId(44), Cancellation);
        Assert.Equal(2, Store.Unreadable().Count);
        Assert.Equal(44, Store.Find(Alice)!.Chat.Value);
    }

    [Fact]
    public async Task A_chat_whose_entry_can_not_be_read_is_not_taken_for_one_that_is_not_linked()
    {
        await File.WriteAllTextAsync(
            UsersPath,
            With("\"a\": {\"chat_id\": 7, \"linked_at\": \"yesterday\"}"),
            Cancellation
        );

        Assert.Equal("a", Assert.Throws<StateUnreadableException>(() => Store.Find(new ChatId(7))).Unreadable.Entry);
        Assert.Null(Store.Find(new ChatId(8)));
    }

    [Fact]
    public async Task An_entry_is_served_again_once_it_is_right()
    {
        await File.WriteAllTextAsync(UsersPath, Good.Replace("42", "\"42\"", StringComparison.Ordinal), Cancellation);
        Assert.Throws<StateUnreadableException>(() => Store.Find(Alice));

        await File.WriteAllTextAsync(UsersPath, Good, Cancellation);

        Assert.Equal(42, Store.Find(Alice)!.Chat.Value);
        Assert.Empty(Store.Unreadable());
    }

    [Fact]
    public async Task Of_thousands_of_wrong_entries_some_are_named_and_all_stay()
    {
        var wrong = string.Join(",\n", Enumerable.Range(0, 50_000).Select(i => $"\"w{i}\": {i}"));
        await File.WriteAllTextAsync(UsersPath, With(wrong), Cancellation);

        Assert.InRange(Store.Unreadable().Count, 1, 20);
        await Store.LinkAsync(Alice, new ChatId(44), Cancellation);
        Assert.Contains(
            "\"w49999\": 49999",
            await File.ReadAllTextAsync(UsersPath, Cancellation),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_wrong_code_or_one_tap_link_costs_itself()
    {
        await Store.LinkAsync(Alice, Chat, Cancellation);
        await File.WriteAllTextAsync(
            CodesPath,
            """{"12345": {"chat_id": 1, "created_at": 5}, "000123": {"chat_id": "x"}}""",
            Cancellation
        );
        await File.WriteAllTextAsync(DeepLinksPath, """{"x": {"user": "a/b", "created_at": 5}}""", Cancellation);

        var code = await Store.IssueCodeAsync(new ChatId(50), Cancellation);
        Assert.IsType<Verification.Verified>(await VerifyAsync(Bob, code.Code));
        Assert.Equal(
            "000123",
            (await Assert.ThrowsAsync<StateUnreadableException>(() => VerifyAsync(Bob, "000123"))).Unreadable.Entry
        );
        var offer = await Store.OfferDeepLinkAsync(Alice, Cancellation);
        Assert.IsType<Redemption.Redeemed>(await Store.RedeemAsync(offer.Payload, new ChatId(51), false, Cancellation));
        await Assert.ThrowsAsync<StateUnreadableException>(() => Store.RedeemAsync("x", Chat, false, Cancellation));
        Assert.Equal("12345 000123 x", string.Join(' ', Store.Unreadable().Select(unreadable => unreadable.Entry)));
        Assert.Contains(
            "\"000123\": {\"chat_id\": \"x\"}",
            await File.ReadAllTextAsync(CodesPath, Cancellation),
            StringComparison.Ordinal
        );
    }

    private static string With(string entry) =>
        $$"""
            {
              "alice": {"chat_id": 42, "linked_at": "2026-01-05T09:00:00Z"},
            {{entry}},
              "bob": {"chat_id": 43, "linked_at": "2026-01-05T09:00:00Z"}
            }
            """;

    [Fact]
    public async Task Damaged_codes_stop_linking_but_not_finding()
    {
        await Store.LinkAsync(Alice, Chat, Cancellation);
        await File.WriteAllTextAsync(CodesPath, """{"12345": """, Cancellation);
        await File.WriteAllTextAsync(DeepLinksPath, "[]", Cancellation);

        await Assert.ThrowsAsync<StateUnreadableException>(() => Store.IssueCodeAsync(Chat, Cancellation));
        await Assert.ThrowsAsync<StateUnreadableException>(() => Store.OfferDeepLinkAsync(Alice, Cancellation));
        await Assert.ThrowsAsync<StateUnreadableException>(() => Store.RedeemAsync("x", Chat, false, Cancellation));
        Assert.NotNull(Store.Find(Alice));
        Assert.Equal(
            "pending_codes.json pending_links.json",
            string.Join(' ', Store.Unreadable().Select(file => file.File))
        );
    }

    [Fact]
    public async Task A_file_that_was_there_and_was_deleted_is_an_empty_one()
    {
        await Store.LinkAsync(Alice, Chat, Cancellation);
        File.Delete(UsersPath);

        Assert.Null(Store.Find(Alice));
        Assert.Empty(Store.Unreadable());
        await Store.LinkAsync(Bob, Chat, Cancellation);
        Assert.Single(Store.All());
    }

    [Fact]
    public async Task A_damaged_file_after_none_has_nothing_to_be_served_from()
    {
        Assert.Null(Store.Find(Alice));
        await File.WriteAllTextAsync(UsersPath, "[]", Cancellation);

        Assert.Throws<StateUnreadableException>(() => Store.Find(Alice));
    }

    [Fact]
    public void A_folder_that_is_missing_is_not_an_empty_book()
    {
        using var store = new JsonLinkStore(Path.Combine(Folder, "not-mounted"), Time);

        Assert.Contains(
            "is not there",
            Assert.Throws<StateUnreadableException>(() => store.Find(Alice)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_link_or_a_pipe_in_place_of_the_file_is_not_followed_and_does_not_block()
    {
        Command.Run("mkfifo", UsersPath);
        Assert.Throws<StateUnreadableException>(() => Store.Find(Alice));
        File.Delete(UsersPath);
        File.WriteAllText(Path.Combine(Folder, "elsewhere"), Good);
        File.CreateSymbolicLink(UsersPath, "elsewhere");

        Assert.Equal(
            "not opened: it is a symbolic link",
            Assert.Throws<StateUnreadableException>(() => Store.Find(Alice)).Unreadable.Position
        );
    }

    [Fact]
    public async Task Without_the_right_to_read_it_says_so_and_recovers_once_it_has_it()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: becomes another user");
        await File.WriteAllTextAsync(UsersPath, Good, Cancellation);
        Command.Run("chmod", "0600", UsersPath);
        Command.Run("chmod", "0777", Folder);
        using var bot = new OtherProcess("as", "daemon", "find-twice", Folder, "alice");
        bot.LetGo();

        Assert.Equal(
            "State unreadable: telegram_users.json (not opened: Permission denied). Nothing has changed. Ask the admin to fix the file.",
            bot.ReadLine()
        );
        Command.Run("chmod", "0644", UsersPath);
        bot.LetGo();
        Assert.Equal("42", await bot.OutputAsync());
    }
}
