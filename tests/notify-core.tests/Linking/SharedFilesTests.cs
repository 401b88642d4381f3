using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FsCheck.Xunit;
using Notify.Contracts;
using Notify.Linking;
using Notify.Testing;
using Notify.Tests.Files;
using Xunit;

namespace Notify.Tests.Linking;

public sealed class SharedFilesTests : LinkStoreScene
{
    private static readonly ChatId Chat = new(42);

    [Fact]
    public async Task A_change_keeps_order_layout_and_members_that_this_version_does_not_know()
    {
        const string Before = """
            {
              "carol": {
                "chat_id": 9007199254740993, "linked_at": "2026-01-05T09:00:00+00:00",
                "note": "f\u00fcr Carol <ö>", "big": 1e400},
              "alice": {"lang": "de", "chat_id": 42, "dead": {"reason": "blocked", "since": "2026-01-05T09:00:00Z"}, "linked_at": "2026-01-05T09:00:00Z", "x": [1, {"y": null}]}
            }

            """;
        await File.WriteAllTextAsync(UsersPath, "\uFEFF" + Before, Cancellation);
        Time.SetUtcNow(new DateTimeOffset(2036, 1, 30, 19, 20, 0, TimeSpan.Zero));

        await Store.LinkAsync(Alice, new ChatId(7), Cancellation);
        await Store.LinkAsync(Bob, new ChatId(8), Cancellation);

        Assert.Equal(
            Before.Replace(
                """{"lang": "de", "chat_id": 42, "dead": {"reason": "blocked", "since": "2026-01-05T09:00:00Z"}, "linked_at": "2026-01-05T09:00:00Z", "x": [1, {"y": null}]}""",
                """{"lang": "de", "chat_id": 7, "linked_at": "2036-01-30T19:20:00Z", "x": [1, {"y": null}]},"""
                    + "\n  "
                    + "\"bob\": {\"chat_id\": 8, \"linked_at\": \"2036-01-30T19:20:00Z\"}",
                StringComparison.Ordinal
            ),
            await File.ReadAllTextAsync(UsersPath, Cancellation)
        );
    }

    [Fact]
    public async Task A_dead_link_with_a_word_of_another_version_is_dead_and_keeps_the_word()
    {
        await File.WriteAllTextAsync(
            UsersPath,
            """{"alice": {"chat_id": 42, "linked_at": "2026-01-05T09:00:00Z", "dead": {"reason": "moved away", "since": "2026-01-05T09:00:00Z"}}}""",
            Cancellation
        );

        await Store.LinkAsync(Bob, new ChatId(8), Cancellation);
        await Store.MarkDeadAsync(Chat, DeadLinkReason.Blocked, Cancellation);

        Assert.Equal(DeadLinkReason.Other, Store.Find(Alice)!.Dead!.Reason);
        Assert.Contains("moved away", await File.ReadAllTextAsync(UsersPath, Cancellation), StringComparison.Ordinal);
    }

    [Property(MaxTest = 60)]
    public void Whatever_an_entry_holds_beside_what_is_known_survives_a_change(string?[] texts)
    {
        using var folder = new ScratchFolder();
        using var store = new JsonLinkStore(folder.Path, Time);
        var unknown = texts.Select((text, i) => (Name: $"{i}:{text}", Value: text)).ToList();
        var entry = unknown.ToDictionary(
            member => "x" + member.Name,
            member => (object?)member.Value,
            StringComparer.Ordinal
        );
        entry["chat_id"] = 42;
        entry["linked_at"] = "2026-01-05T09:00:00Z";
        File.WriteAllText(
            folder["telegram_users.json"],
            JsonSerializer.Serialize(new Dictionary<string, object>(StringComparer.Ordinal) { ["alice"] = entry })
        );
        using var before = JsonDocument.Parse(File.ReadAllText(folder["telegram_users.json"]));

        store.LinkAsync(Alice, new ChatId(43), CancellationToken.None).Wait(Cancellation);
        store.LinkAsync(Alice, Chat, CancellationToken.None).Wait(Cancellation);

        using var after = JsonDocument.Parse(File.ReadAllText(folder["telegram_users.json"]));
        Assert.Equal(
            before
                .RootElement.GetProperty("alice")
                .EnumerateObject()
                .Where(m => !m.NameEquals("linked_at"u8))
                .Select(m => (m.Name, m.Value.ToString())),
            after
                .RootElement.GetProperty("alice")
                .EnumerateObject()
                .Where(m => !m.NameEquals("linked_at"u8))
                .Select(m => (m.Name, m.Value.ToString()))
        );
    }

    [Fact]
    public async Task An_editor_that_writes_in_place_is_seen_at_the_next_look_even_with_the_same_size_in_the_same_tick()
    {
        using var disk = TestDisk.WithCoarseTimes();
        using var store = new JsonLinkStore(disk.Path, Time);
        await store.LinkAsync(Alice, new ChatId(1000), Cancellation);
        var layout = await File.ReadAllTextAsync(disk["telegram_users.json"], Cancellation);
        using var file = File.OpenHandle(
            disk["telegram_users.json"],
            FileMode.Open,
            FileAccess.Write,
            FileShare.ReadWrite
        );
        for (var chat = 1001; chat < 3000; chat++)
        {
            RandomAccess.Write(
                file,
                Encoding.ASCII.GetBytes(
                    layout.Replace("1000", chat.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                ),
                0
            );

            Assert.Equal(chat, store.Find(Alice)!.Chat.Value);
        }
    }

    [Fact]
    public async Task A_change_by_another_process_counts_at_the_next_look()
    {
        using var web = new JsonLinkStore(Folder, TimeProvider.System);
        for (var chat = 1000; chat < 1100; chat++)
        {
            await web.LinkAsync(Alice, new ChatId(chat), Cancellation);

            Assert.Equal(chat, Store.Find(Alice)!.Chat.Value);
            Assert.Null(Store.Find(new ChatId(chat - 1)));
        }
    }

    [Fact]
    public async Task Mode_group_and_access_list_of_the_files_are_kept()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: gives files to another user");
        foreach (var path in (string[])[UsersPath, CodesPath, DeepLinksPath, WrongCodesPath])
        {
            await File.WriteAllTextAsync(path, "{}", Cancellation);
            Command.Run("chown", "daemon:games", path);
            Command.Run("chmod", "0640", path);
            Command.Run("setfacl", "-m", "g:mail:r", path);
        }

        string AccessLists() => Command.Run("getfacl", "-p", UsersPath, CodesPath, DeepLinksPath, WrongCodesPath);
        var before = AccessLists();
        await VerifyAsync(Alice, WrongCode());
        await VerifyAsync(Alice, (await Store.IssueCodeAsync(Chat, Cancellation)).Code);
        await Store.RedeemAsync(
            (await Store.OfferDeepLinkAsync(Alice, Cancellation)).Payload,
            Chat,
            false,
            Cancellation
        );

        Assert.Equal(before, AccessLists());
    }

    [Fact]
    public async Task A_full_disk_leaves_everything_as_it_was_and_says_why()
    {
        using var disk = TestDisk.Small();
        using var store = new JsonLinkStore(disk.Path, Time);
        var code = await store.IssueCodeAsync(Chat, Cancellation);
        var offer = await store.OfferDeepLinkAsync(Bob, Cancellation);
        await store.VerifyAsync(Alice, WrongCode(), Cancellation);
        await store.LinkAsync(Bob, new ChatId(1), Cancellation);
        string[] names = ["telegram_users.json", "pending_codes.json", "pending_links.json", "wrong_codes.json"];
        string Everything() => string.Join('\n', names.Select(name => File.ReadAllText(disk[name])));
        var before = Everything();
        disk.Fill();

        Assert.Equal(
            "Can't store telegram_users.json: No space left on device. Nothing was changed.",
            (
                await Assert.ThrowsAsync<StateNotWritableException>(() => store.LinkAsync(Alice, Chat, Cancellation))
            ).Message
        );

        // The right code and a wrong one get the same answer: a full disk is no way to tell them apart.
        var right = await Assert.ThrowsAsync<StateNotWritableException>(() =>
            store.VerifyAsync(Alice, code.Code, Cancellation)
        );
        var wrong = await Assert.ThrowsAsync<StateNotWritableException>(() =>
            store.VerifyAsync(Alice, "000000", Cancellation)
        );
        Assert.Equal(right.Message, wrong.Message);
        await Assert.ThrowsAsync<StateNotWritableException>(() =>
            store.VerifyUnlimitedAsync(Alice, code.Code, Cancellation)
        );
        await Assert.ThrowsAsync<StateNotWritableException>(() =>
            store.RedeemAsync(offer.Payload, Chat, false, Cancellation)
        );
        await Assert.ThrowsAsync<StateNotWritableException>(() => store.IssueCodeAsync(Chat, Cancellation));
        Assert.Equal(before, Everything());

        disk.MakeRoom();
        Assert.IsType<Verification.Verified>(await store.VerifyAsync(Alice, code.Code, Cancellation));
    }

    [Fact]
    public async Task Links_survive_a_writer_that_is_killed_at_any_moment()
    {
        for (var round = 0; round < 30; round++)
        {
            using var writer = new OtherProcess("link", Folder, "a", "100000");
            writer.LetGo();
            var started = Stopwatch.GetTimestamp();
            SpinWait.SpinUntil(
                () => File.Exists(UsersPath) && Stopwatch.GetElapsedTime(started).TotalMilliseconds > 60 + round,
                TimeSpan.FromSeconds(30)
            );
            writer.Kill();

            Assert.Empty(Store.Unreadable());
            Assert.NotEmpty(Store.All());
            await Store.LinkAsync(Bob, new ChatId(round + 1), Cancellation);
        }
    }

    [Fact]
    public async Task A_hundred_thousand_links_are_found_by_user_and_by_chat_and_changed()
    {
        var entries = Enumerable
            .Range(0, 100_000)
            .Select(i =>
                $$$"""  "user{{{i}}}": {"chat_id": {{{1_000_000 + i}}}, "linked_at": "2026-01-05T09:00:00Z"}"""
            );
        await File.WriteAllTextAsync(UsersPath, "{\n" + string.Join(",\n", entries) + "\n}\n", Cancellation);

        await Store.LinkAsync(Alice, new ChatId(1_000_007), Cancellation);

        Assert.Equal(100_000, Store.All().Count);
        Assert.Null(Store.Find(UserName.Parse("user7")));
        Assert.Equal(Alice, Store.Find(new ChatId(1_000_007))!.User);
        Assert.Equal(1_099_999, Store.Find(UserName.Parse("user99999"))!.Chat.Value);
    }

    [Fact]
    public async Task Two_users_that_an_editor_gave_one_chat_both_receive_and_the_chat_acts_for_the_later()
    {
        await File.WriteAllTextAsync(
            UsersPath,
            """{"bob": {"chat_id": 42, "linked_at": "2026-01-06T09:00:00Z"}, "alice": {"chat_id": 42, "linked_at": "2026-01-05T09:00:00Z"}}""",
            Cancellation
        );

        Assert.Equal(Chat, Store.Find(Alice)!.Chat);
        Assert.Equal(Chat, Store.Find(Bob)!.Chat);
        Assert.Equal(Bob, Store.Find(Chat)!.User);
    }
}
