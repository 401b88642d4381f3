using System.Text.Json;
using Notify.Linking;
using Notify.Testing;
using Notify.Tests.Polling;

namespace Notify.Tests.Linking;

/// <summary>How a phone is linked: by code, by deep link, by an operator; who is told; and what a group never gets (cases C29, C31).</summary>
public sealed class LinkingInChatTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_gives_a_code_in_monospace_with_where_and_how_long()
    {
        await using var scene = await BotScene.SetAsync();
        scene.Environment["NOTIFY_WEB_URL"] = "https://notify.example.org/dashboard";
        await scene.StartBotAsync();
        var chat = await scene.Phone.AddPersonAsync("Alice", Cancellation);

        var answer = await scene.AskAsync(chat, "/start");

        var code = Assert.Single(answer.Entities, e => e.Type == "code");
        Assert.Matches("^[0-9]{6}$", answer.Text.Substring(code.Offset, code.Length));
        Assert.Contains("https://notify.example.org/dashboard", answer.Text, StringComparison.Ordinal);
        Assert.Contains("10 minutes", answer.Text, StringComparison.Ordinal);
        Assert.True(answer.LinkPreviewOff);
    }

    [Fact]
    public async Task A_new_start_makes_the_chats_older_code_void()
    {
        await using var scene = await BotScene.BeginAsync();
        var chat = await scene.Phone.AddPersonAsync("Alice", Cancellation);
        var older = UpdateOrderTests.Digits((await scene.AskAsync(chat, "/start")).Text);
        var newer = UpdateOrderTests.Digits((await scene.AskAsync(chat, "/start")).Text);

        var (refused, said) = await scene.OperateAsync("link", "alice", older);
        var (taken, _) = await scene.OperateAsync("link", "alice", newer[..3] + " " + newer[3..]);

        Assert.Equal((1, 0), (refused, taken));
        Assert.Contains("wrong or expired", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_chat_is_told_when_the_code_is_entered_elsewhere()
    {
        await using var scene = await BotScene.BeginAsync();
        var chat = await scene.Phone.AddPersonAsync("Alice", Cancellation);
        var code = UpdateOrderTests.Digits((await scene.AskAsync(chat, "/start")).Text);

        await scene.OperateAsync("link", "alice", code);

        var told = (await scene.Phone.WaitForBotMessagesAsync(chat, 2, Cancellation))[1];
        Assert.Contains(
            "Linked: this chat now receives the notifications of alice",
            told.Text,
            StringComparison.Ordinal
        );
        Assert.Contains("of alice", (await scene.AskAsync(chat, "/whoami")).Text, StringComparison.Ordinal);
        Assert.Contains(
            "This chat is linked. It receives the notifications of alice",
            (await scene.AskAsync(chat, "/start")).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_deep_link_links_with_one_tap_and_only_once()
    {
        await using var scene = await BotScene.BeginAsync();
        var offered = await OfferAsync(scene, "alice");
        var chat = await scene.Phone.AddPersonAsync("Alice", Cancellation);
        var other = await scene.Phone.AddPersonAsync("Eve", Cancellation);

        Assert.Contains(
            "Linked: this chat now receives the notifications of alice",
            (await scene.AskAsync(chat, $"/start {offered}")).Text,
            StringComparison.Ordinal
        );
        var second = await scene.AskAsync(other, $"/start {offered}");

        Assert.Contains("unknown or expired", second.Text, StringComparison.Ordinal);
        Assert.Contains("verification code", second.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chat_of_somebody_else_is_asked_first_by_a_button_that_names_both()
    {
        await using var scene = await BotScene.BeginAsync();
        var chat = await scene.LinkAsync("bob");
        var question = await scene.AskAsync(chat, $"/start {await OfferAsync(scene, "alice")}");

        Assert.Contains("Switch from bob to alice", question.Buttons.SelectMany(b => b).Select(b => b.Text));
        Assert.Contains("of bob", (await scene.AskAsync(chat, "/whoami")).Text, StringComparison.Ordinal);

        await scene.Phone.PressAsync(chat, "Switch from bob to alice", Cancellation, question.MessageId);

        await scene.Phone.WaitForBotMessagesAsync(
            chat,
            m =>
                m.Any(x =>
                    x.Text.Contains(
                        "now receives the notifications of alice on Data Analyst and no longer those of bob",
                        StringComparison.Ordinal
                    )
                ),
            Cancellation
        );
        var (_, users) = await scene.OperateAsync("users");
        Assert.DoesNotContain("bob", users, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keeping_the_old_link_changes_nothing()
    {
        await using var scene = await BotScene.BeginAsync();
        var chat = await scene.LinkAsync("bob");
        var question = await scene.AskAsync(chat, $"/start {await OfferAsync(scene, "alice")}");

        await scene.Phone.PressAsync(chat, "Keep bob", Cancellation, question.MessageId);

        await scene.Phone.WaitForBotMessagesAsync(
            chat,
            m => m.Any(x => x.MessageId == question.MessageId && x.Text == "Nothing has changed."),
            Cancellation
        );
        Assert.Contains("of bob", (await scene.AskAsync(chat, "/whoami")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_who_links_another_phone_is_told_on_both()
    {
        await using var scene = await BotScene.BeginAsync();
        var old = await scene.LinkAsync("alice");
        var next = await scene.LinkAsync("alice");

        await scene.Phone.WaitForBotMessagesAsync(
            old,
            m => m.Any(x => x.Text.Contains("now go to another chat", StringComparison.Ordinal)),
            Cancellation
        );

        await scene.Bot.SendAsync(new { user = "alice", text = "where?" }, Cancellation);
        Assert.Contains(await scene.Phone.BotMessagesAsync(next, Cancellation), m => m.Text == "where?");
        Assert.DoesNotContain(await scene.Phone.BotMessagesAsync(old, Cancellation), m => m.Text == "where?");
    }

    [Fact]
    public async Task Another_phone_in_the_same_second_is_told_too()
    {
        await using var scene = await BotScene.BeginAsync();
        var old = await scene.LinkAsync("alice");
        var next = await scene.Phone.AddStartedPersonAsync("Alice's tablet", Cancellation);
        var file = Path.Combine(scene.Data, "telegram_users.json");
        var links = await File.ReadAllTextAsync(file, Cancellation);
        Assert.Contains($"{old}", links, StringComparison.Ordinal);

        // A link has whole seconds; a rename, as editors and the dashboard do it.
        await File.WriteAllTextAsync(
            file + ".new",
            links.Replace($"{old}", $"{next}", StringComparison.Ordinal),
            Cancellation
        );
        File.Move(file + ".new", file, overwrite: true);

        await scene.Phone.WaitForBotMessagesAsync(
            next,
            m =>
                m.Any(x =>
                    x.Text.Contains(
                        "Linked: this chat now receives the notifications of alice",
                        StringComparison.Ordinal
                    )
                ),
            Cancellation
        );
        await scene.Phone.WaitForBotMessagesAsync(
            old,
            m => m.Any(x => x.Text.Contains("now go to another chat", StringComparison.Ordinal)),
            Cancellation
        );
    }

    [Fact]
    public async Task The_contact_of_the_settings_is_whom_people_ask()
    {
        await using var scene = await BotScene.SetAsync();
        scene.Environment["NOTIFY_CONTACT"] = "data-platform@example.org";
        await scene.StartBotAsync();

        var answer = await scene.AskAsync(await scene.Phone.AddPersonAsync("Alice", Cancellation), "/start");

        Assert.Contains("or give it to data-platform@example.org.", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unlink_ends_it_and_says_so()
    {
        await using var scene = await BotScene.BeginAsync();
        var chat = await scene.LinkAsync("alice");

        Assert.Contains("no longer linked", (await scene.AskAsync(chat, "/unlink")).Text, StringComparison.Ordinal);

        Assert.Equal(
            System.Net.HttpStatusCode.NotFound,
            (await scene.Bot.SendAsync(new { user = "alice", text = "x" }, Cancellation)).Status
        );
        Assert.Equal("Use /start to link your account.", (await scene.AskAsync(chat, "/status")).Text);
    }

    [Fact]
    public async Task A_group_gets_no_code_and_other_bots_commands_no_answer()
    {
        await using var scene = await BotScene.BeginAsync();
        await scene.Phone.InjectAsync(
            await File.ReadAllTextAsync(
                Path.Combine(Programs.Repository, "tests", "cases", "C31-linking-by-get-and-in-groups", "update.json"),
                Cancellation
            ),
            Cancellation
        );

        var answer = (await scene.Phone.WaitForBotMessagesAsync(-1001557900003, 1, Cancellation))[0];
        var later = await scene.AskAsync(await scene.Phone.AddPersonAsync("Later", Cancellation), "/start");

        Assert.Contains("private chat", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotMatch("[^0-9-][0-9]{6}[^0-9]", answer.Text);
        Assert.Contains("verification code", later.Text, StringComparison.Ordinal);
        Assert.Single(await scene.Phone.BotMessagesAsync(-1001557900003, Cancellation));
        Assert.Single(
            JsonDocument
                .Parse(await File.ReadAllBytesAsync(Path.Combine(scene.Data, "pending_codes.json"), Cancellation))
                .RootElement.EnumerateObject()
        );
    }

    [Fact]
    public async Task A_team_group_that_an_admin_links_receives_and_can_not_act()
    {
        await using var scene = await BotScene.BeginAsync();
        var person = await scene.Phone.AddPersonAsync("Alice", Cancellation);
        var group = await scene.Phone.AddGroupAsync("Data team", [person], Cancellation, isSupergroup: true);
        await scene.OperateAsync(
            "link",
            "team-data",
            "--chat",
            group.ToString(System.Globalization.CultureInfo.InvariantCulture)
        );

        Assert.Equal(
            System.Net.HttpStatusCode.OK,
            (await scene.Bot.SendAsync(new { user = "team-data", text = "for all" }, Cancellation)).Status
        );
        foreach (var command in (string[])["/status", "/run x", "/unlink", "/test", "/whoami"])
        {
            await scene.Phone.TypeAsync(group, command, Cancellation);
        }

        var refusals = await scene.Phone.WaitForBotMessagesAsync(
            group,
            m => m.Count(x => x.Text.StartsWith("Groups only receive", StringComparison.Ordinal)) == 5,
            Cancellation
        );
        Assert.Contains(refusals, m => m.Text == "for all");
        Assert.Equal(
            System.Net.HttpStatusCode.OK,
            (await scene.Bot.SendAsync(new { user = "team-data", text = "still linked" }, Cancellation)).Status
        );
    }

    [Fact]
    public async Task A_damaged_list_of_links_is_left_as_it_is_and_callers_are_told()
    {
        await using var scene = await BotScene.SetAsync();
        Directory.CreateDirectory(scene.Data);
        var path = Path.Combine(scene.Data, "telegram_users.json");
        var damaged = await File.ReadAllBytesAsync(
            Path.Combine(
                Programs.Repository,
                "tests",
                "cases",
                "C26-half-written-state",
                "state",
                "telegram_users.json"
            ),
            Cancellation
        );
        await File.WriteAllBytesAsync(path, damaged, Cancellation);
        await scene.StartBotAsync();
        var chat = await scene.Phone.AddPersonAsync("Alice", Cancellation);

        var (status, body) = await scene.Bot.SendAsync(new { user = "dana", text = "Import finished" }, Cancellation);
        var health = await scene.Bot.GetAsync("/health", Cancellation);
        var answer = await scene.AskAsync(chat, "/start");
        var (linked, said) = await scene.OperateAsync("link", "carol", "--chat", "7005");

        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains(
            "State unreadable: telegram_users.json",
            body.GetProperty("error").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal("telegram_users.json", health.GetProperty("unreadable")[0].GetProperty("file").GetString());
        Assert.StartsWith(
            "line ",
            health.GetProperty("unreadable")[0].GetProperty("position").GetString(),
            StringComparison.Ordinal
        );
        Assert.Contains("can't read", answer.Text, StringComparison.Ordinal);
        Assert.Equal(1, linked);
        Assert.Contains("telegram_users.json", said, StringComparison.Ordinal);
        Assert.Equal(damaged, await File.ReadAllBytesAsync(path, Cancellation));

        await File.WriteAllTextAsync(
            path,
            """{"dana": {"chat_id": 7001, "linked_at": "2026-01-05T09:00:00Z"}}""",
            Cancellation
        );
        await scene.Phone.AddStartedPersonAsync("Dana", Cancellation, 7001);
        Assert.Equal(
            System.Net.HttpStatusCode.OK,
            (await scene.Bot.SendAsync(new { user = "dana", text = "Import finished" }, Cancellation)).Status
        );
    }

    [Fact]
    public async Task Links_that_were_read_before_the_damage_go_on_being_served()
    {
        await using var scene = await BotScene.BeginAsync();
        var chat = await scene.LinkAsync("alice");
        var path = Path.Combine(scene.Data, "telegram_users.json");
        var whole = await File.ReadAllBytesAsync(path, Cancellation);
        await File.WriteAllBytesAsync(path, whole.AsMemory(0, whole.Length / 2), Cancellation);

        Assert.Equal(
            System.Net.HttpStatusCode.OK,
            (await scene.Bot.SendAsync(new { user = "alice", text = "served on" }, Cancellation)).Status
        );
        Assert.StartsWith(
            "The bot can't read its list of links at the moment.",
            (await scene.AskAsync(chat, "/unlink")).Text,
            StringComparison.Ordinal
        );
        Assert.Equal(whole.AsSpan(0, whole.Length / 2).ToArray(), await File.ReadAllBytesAsync(path, Cancellation));
    }

    [Fact]
    public async Task A_full_disk_changes_nothing_and_the_person_hears_why()
    {
        TestAccount.SkipUnlessRoot();
        await using var scene = await BotScene.SetAsync();
        Directory.CreateDirectory(scene.Data);
        using var disk = TestDisk.Small(4_000_000, scene.Data);
        await scene.StartBotAsync();
        var chat = await scene.LinkAsync("alice");
        var before = await File.ReadAllBytesAsync(Path.Combine(scene.Data, "telegram_users.json"), Cancellation);
        disk.Fill();

        await scene.Phone.TypeAsync(chat, "/unlink", Cancellation);
        var (status, said) = await scene.OperateAsync("unlink", "alice");

        Assert.Equal(1, status);
        Assert.Contains("Nothing was changed", said, StringComparison.Ordinal);
        Assert.Equal(
            before,
            await File.ReadAllBytesAsync(Path.Combine(scene.Data, "telegram_users.json"), Cancellation)
        );
        var (sent, why) = await scene.Bot.SendAsync(new { user = "alice", text = "no room" }, Cancellation);
        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, sent);
        Assert.Contains("was not accepted", why.GetProperty("error").GetString(), StringComparison.Ordinal);

        disk.MakeRoom();
        await scene.Phone.WaitForBotMessagesAsync(
            chat,
            m => m.Any(x => x.Text.Contains("no longer linked", StringComparison.Ordinal)),
            Cancellation
        );
    }

    /// <summary>What the dashboard does when it shows the one-tap button.</summary>
    private static async Task<string> OfferAsync(BotScene scene, string user)
    {
        using var store = new JsonLinkStore(scene.Data, TimeProvider.System);
        return (await store.OfferDeepLinkAsync(UserName.Parse(user), Cancellation)).Payload;
    }
}
