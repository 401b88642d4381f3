using System.Net;
using Notify.Testing;

namespace Notify.Tests.Linking;

/// <summary>What a bot does for people whose account is gone, is another one now, or has left the group. Accounts and groups are real.</summary>
public sealed class AccountChangeTests
{
    private const string Analysts = "dataread";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_account_of_the_name_gets_nothing_of_the_old_one_s_and_the_old_chat_acts_for_nobody()
    {
        TestAccount.SkipUnlessRoot();
        await using var account = await TestAccount.CreateAsync("alice", Analysts);
        await using var scene = await BotScene.BeginAsync();
        var oldChat = await scene.LinkAsync(account.Name);
        await scene.Bot.SendAsync(
            new
            {
                user = account.Name,
                text = "old secret",
                script = "revenue.py",
            },
            Cancellation
        );
        var under = (
            await scene.Phone.WaitForBotMessagesAsync(oldChat, m => m.Any(x => x.Text == "old secret"), Cancellation)
        ).Single(m => m.Text == "old secret");
        await scene.Phone.BeginOutageAsync(Cancellation);
        var queued = await scene.Bot.SendAsync(
            new
            {
                user = account.Name,
                text = "queued secret",
                wait = 0,
            },
            Cancellation
        );
        Assert.Equal("queued", queued.Body.GetProperty("status").GetString());

        await account.DeleteAsync();
        await account.MakeAgainAsync(uid: null, Analysts);

        Assert.False(
            (await scene.Bot.GetAsync($"/link?user={account.Name}", Cancellation)).GetProperty("linked").GetBoolean()
        );
        Assert.Equal(
            0,
            (await scene.Bot.GetAsync($"/notifications?user={account.Name}", Cancellation))
                .GetProperty("notifications")
                .GetArrayLength()
        );
        var refused = await scene.Bot.SendAsync(new { user = account.Name, text = "for the new one" }, Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, refused.Status);
        Assert.Contains(
            "the account has a new id",
            refused.Body.GetProperty("error").GetString(),
            StringComparison.Ordinal
        );

        await scene.Phone.EndOutageAsync(Cancellation);
        var newChat = await scene.LinkAsync(account.Name);
        await scene.Bot.SendAsync(new { user = account.Name, text = "for the new one" }, Cancellation);
        await scene.Phone.WaitForBotMessagesAsync(newChat, m => m.Any(x => x.Text == "for the new one"), Cancellation);
        await scene.Bot.WaitForHealthAsync(
            h => h.GetProperty("queue").GetProperty("length").GetInt32() == 0,
            Cancellation
        );
        Assert.DoesNotContain(
            await scene.Phone.BotMessagesAsync(newChat, Cancellation),
            m => m.Text.Contains("secret", StringComparison.Ordinal)
        );
        Assert.DoesNotContain(
            await scene.Phone.BotMessagesAsync(oldChat, Cancellation),
            m => m.Text is "queued secret" or "for the new one"
        );
        Assert.Contains(
            await scene.Phone.BotMessagesAsync(oldChat, Cancellation),
            m => m.Text.StartsWith("This chat is no longer linked", StringComparison.Ordinal)
        );
        Assert.Contains("was for an earlier account", scene.Log, StringComparison.Ordinal);
        var history = (await scene.Bot.GetAsync($"/notifications?user={account.Name}", Cancellation)).GetProperty(
            "notifications"
        );
        Assert.Equal("for the new one", Assert.Single(history.EnumerateArray()).GetProperty("message").GetString());

        var pressed = await scene.Phone.PressAsync(oldChat, "Mute", Cancellation, under.MessageId, waitSeconds: 30);
        Assert.Contains("no longer linked", pressed.Answer!.Text, StringComparison.Ordinal);
        Assert.Equal(
            200,
            (int)
                (
                    await scene.Bot.SendAsync(
                        new
                        {
                            user = account.Name,
                            text = "not muted",
                            script = "revenue.py",
                        },
                        Cancellation
                    )
                ).Status
        );
        await scene.Phone.WaitForBotMessagesAsync(newChat, m => m.Any(x => x.Text == "not muted"), Cancellation);
    }

    [Theory]
    [InlineData("/status")]
    [InlineData("/run revenue")]
    [InlineData("/mute 2h")]
    [InlineData("/unmute")]
    [InlineData("/whoami")]
    [InlineData("/test")]
    public async Task The_old_person_s_chat_is_told_how_it_stands_whatever_it_asks(string command)
    {
        TestAccount.SkipUnlessRoot();
        await using var account = await TestAccount.CreateAsync("alice", Analysts);
        await using var scene = await BotScene.BeginAsync();
        var chat = await scene.LinkAsync(account.Name);
        await account.DeleteAsync();

        Assert.Contains(
            $"The account {account.Name} no longer exists",
            (await scene.AskAsync(chat, command)).Text,
            StringComparison.Ordinal
        );
        await account.MakeAgainAsync(uid: null, Analysts);
        Assert.Contains(
            $"The name {account.Name} on Data Analyst now belongs to another account",
            (await scene.AskAsync(chat, command)).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Who_leaves_the_group_gets_nothing_and_can_do_nothing_also_by_what_was_begun_before_and_again_once_back()
    {
        TestAccount.SkipUnlessRoot();
        await using var account = await TestAccount.CreateAsync("alice", Analysts);
        await using var scene = await BotScene.BeginAsync();
        var chat = await scene.LinkAsync(account.Name);
        await using var shell = AccountCaller.Of(account, scene.Bot.SocketPath);
        Assert.Equal(
            200,
            (await shell.PostAsync("/send", new { text = "from a shell", script = "revenue.py" }, Cancellation)).Status
        );
        var under = (
            await scene.Phone.WaitForBotMessagesAsync(chat, m => m.Any(x => x.Text == "from a shell"), Cancellation)
        ).Single(m => m.Text == "from a shell");

        await account.LeaveAsync(Analysts);

        // The shell's processes are in the group still, as the kernel has it.
        foreach (var path in (string[])["/notifications", "/scripts", "/link", "/events"])
        {
            var answer = await shell.GetAsync(path, Cancellation);
            Assert.True(
                answer.Status == 403
                    && answer.Error.Contains($"no longer in the group {Analysts}", StringComparison.Ordinal),
                $"{path}: {answer}"
            );
        }

        Assert.Equal(403, (await shell.PostAsync("/send", new { text = "still here" }, Cancellation)).Status);
        var byRoot = await scene.Bot.SendAsync(new { user = account.Name, text = "for her" }, Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, byRoot.Status);
        Assert.Contains(
            $"not in the group {Analysts}",
            byRoot.Body.GetProperty("error").GetString(),
            StringComparison.Ordinal
        );
        Assert.Contains(
            $"no longer in the group {Analysts}",
            (await scene.AskAsync(chat, "/run revenue")).Text,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "no longer in the group",
            (await scene.Phone.PressAsync(chat, "Run again", Cancellation, under.MessageId, waitSeconds: 30))
                .Answer!
                .Text,
            StringComparison.Ordinal
        );

        await account.JoinAsync(Analysts);
        Assert.Equal(200, (await shell.PostAsync("/send", new { text = "back again" }, Cancellation)).Status);
        await scene.Phone.WaitForBotMessagesAsync(chat, m => m.Any(x => x.Text == "back again"), Cancellation);
        Assert.DoesNotContain(
            await scene.Phone.BotMessagesAsync(chat, Cancellation),
            m => m.Text is "for her" or "still here"
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_waits_for_somebody_who_is_gone_goes_out_when_the_account_is_back(bool isDeleted)
    {
        TestAccount.SkipUnlessRoot();
        await using var account = await TestAccount.CreateAsync("alice", Analysts);
        await using var scene = await BotScene.BeginAsync();
        var chat = await scene.LinkAsync(account.Name);
        await scene.Phone.BeginOutageAsync(Cancellation);
        await scene.Bot.SendAsync(
            new
            {
                user = account.Name,
                text = "waits",
                wait = 0,
            },
            Cancellation
        );
        await (isDeleted ? account.DeleteAsync() : account.LeaveAsync(Analysts));
        await scene.Phone.EndOutageAsync(Cancellation);
        var other = await scene.LinkAsync("data_team");
        await scene.Bot.SendAsync(new { user = "data_team", text = "through" }, Cancellation);
        await scene.Phone.WaitForBotMessagesAsync(other, m => m.Any(x => x.Text == "through"), Cancellation);
        await scene.StartBotAsync();
        Assert.Equal(
            1,
            (await scene.Bot.GetAsync("/health", Cancellation)).GetProperty("queue").GetProperty("length").GetInt32()
        );
        Assert.DoesNotContain(await scene.Phone.BotMessagesAsync(chat, Cancellation), m => m.Text == "waits");

        await (isDeleted ? account.MakeAgainAsync(account.Uid, Analysts) : account.JoinAsync(Analysts));

        await scene.Phone.WaitForBotMessagesAsync(chat, m => m.Any(x => x.Text == "waits"), Cancellation);
    }

    [Fact]
    public async Task A_running_bot_notes_the_accounts_of_links_that_have_none_stored_once()
    {
        TestAccount.SkipUnlessRoot();
        await using var account = await TestAccount.CreateAsync("alice", Analysts);
        await using var scene = await BotScene.SetAsync();
        Directory.CreateDirectory(scene.Data);
        var links = Path.Combine(scene.Data, "telegram_users.json");
        await File.WriteAllTextAsync(
            links,
            $$"""{"{{account.Name}}": {"chat_id": 42, "linked_at": "2026-01-30T19:20:00Z"}, "data_team": {"chat_id": -7, "linked_at": "2026-01-30T19:20:00Z"} }""",
            Cancellation
        );

        await scene.StartBotAsync();

        await Eventually.TrueAsync(
            async () =>
                await File.ReadAllTextAsync(links, Cancellation) is var text
                && text.Contains($"\"uid\": {account.Uid}", StringComparison.Ordinal)
                && text.Contains("\"uid\": null", StringComparison.Ordinal),
            () => File.ReadAllText(links),
            Cancellation
        );
    }

    [Fact]
    public async Task Users_and_doctor_name_links_that_do_not_count_and_the_command_that_helps()
    {
        TestAccount.SkipUnlessRoot();
        await using var replaced = await TestAccount.CreateAsync("alice", Analysts);
        await using var gone = await TestAccount.CreateAsync("bob", Analysts);
        await using var left = await TestAccount.CreateAsync("carol", Analysts);
        await using var there = await TestAccount.CreateAsync("dora", Analysts);
        await using var scene = await BotScene.BeginAsync();
        foreach (
            var (account, chat) in ((TestAccount, string)[])
                [(replaced, "-101"), (gone, "-102"), (left, "-103"), (there, "-104")]
        )
        {
            await scene.OperateAsync("link", account.Name, "--chat", chat);
        }

        var before = replaced.Uid;
        await replaced.DeleteAsync();
        await replaced.MakeAgainAsync(uid: null, Analysts);
        await gone.DeleteAsync();
        await left.LeaveAsync(Analysts);

        var users = (await scene.OperateAsync("users")).Said;
        var doctor = (await scene.OperateAsync("doctor")).Said;
        foreach (var said in (string[])[users, doctor])
        {
            Assert.Contains(
                $"the account has a new id; the link belongs to user id {before}, the account has user id {replaced.Uid}",
                said,
                StringComparison.Ordinal
            );
            Assert.Contains($"notify-bot link {replaced.Name} CODE", said, StringComparison.Ordinal);
            Assert.Contains("the account does not exist", said, StringComparison.Ordinal);
            Assert.Contains($"notify-bot unlink {gone.Name}", said, StringComparison.Ordinal);
            Assert.Contains($"gpasswd -a {left.Name} {Analysts}", said, StringComparison.Ordinal);
        }

        Assert.Equal(3, users.Split("inert: ").Length - 1);
        var linked = await scene.OperateAsync("link", left.Name, "--chat", "-105");
        Assert.Equal(0, linked.Status);
        Assert.Contains("does not count yet", linked.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_service_that_fails_takes_nothing_from_anybody()
    {
        TestAccount.SkipUnlessRoot();
        await using var scene = await BotScene.SetAsync();
        using var etc = new PrivateEtc();
        etc.Add("ann", 54_321, "notify-private", 54_322);
        scene.Environment["NOTIFY_ANALYST_GROUP"] = "notify-private";
        var chat = await scene.Phone.AddStartedPersonAsync("ann", Cancellation);
        Directory.CreateDirectory(scene.Data);
        await File.WriteAllTextAsync(
            Path.Combine(scene.Data, "telegram_users.json"),
            $$"""{"ann": {"chat_id": {{chat}}, "linked_at": "2026-01-30T19:20:00Z", "uid": 54321} }""",
            Cancellation
        );
        await using var bot = await BotProcess.StartAsync(
            scene.Environment.AsReadOnly(),
            null,
            Cancellation,
            etc.Folder
        );
        Assert.Equal(
            HttpStatusCode.OK,
            (await bot.SendAsync(new { user = "ann", text = "before" }, Cancellation)).Status
        );

        // What it said last counts.
        etc.Break();
        Assert.Equal(
            HttpStatusCode.OK,
            (await bot.SendAsync(new { user = "ann", text = "meanwhile" }, Cancellation)).Status
        );
        await bot.StopAsync(Cancellation);

        // It has said nothing to this one: nothing is known, and so nothing is lost.
        await using var another = await BotProcess.StartAsync(
            scene.Environment.AsReadOnly(),
            null,
            Cancellation,
            etc.Folder
        );
        var refused = await another.SendAsync(new { user = "ann", text = "later" }, Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Status);
        Assert.Contains(
            "The account ann can't be looked up",
            refused.Body.GetProperty("error").GetString(),
            StringComparison.Ordinal
        );
        await another.WaitForHealthAsync(h => BotScene.Status(h) == "ok", Cancellation);
        Assert.Contains(
            "can't look up its accounts",
            (await scene.AskAsync(chat, "/status")).Text,
            StringComparison.Ordinal
        );

        etc.Repair();
        Assert.Equal(
            HttpStatusCode.OK,
            (await another.SendAsync(new { user = "ann", text = "later" }, Cancellation)).Status
        );
        Assert.Equal(
            ["before", "meanwhile", "later"],
            (await scene.Phone.BotMessagesAsync(chat, Cancellation))
                .Select(m => m.Text)
                .Where(t => t is "before" or "meanwhile" or "later")
        );
        var history = (await another.GetAsync("/notifications?user=ann", Cancellation)).GetProperty("notifications");
        Assert.Equal(3, history.GetArrayLength());
    }

    /// <summary>A copy of /etc that stands in its place for one process, in which the test makes accounts and the name service fail.</summary>
    private sealed class PrivateEtc : IDisposable
    {
        public PrivateEtc()
        {
            Folder = Directory.CreateTempSubdirectory("notify-etc-").FullName;
            System.Diagnostics.Process.Start("cp", ["-a", "/etc/.", Folder]).WaitForExit();
            File.WriteAllText(Path.Combine(Folder, "nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files dns\n");
        }

        public string Folder { get; }

        private string Passwd => Path.Combine(Folder, "passwd");

        public void Add(string name, int uid, string group, int gid)
        {
            File.AppendAllText(Passwd, $"{name}:x:{uid}:{gid}::/nonexistent:/bin/sh\n");
            File.AppendAllText(Path.Combine(Folder, "group"), $"{group}:x:{gid}:\n");
        }

        public void Break() => File.Move(Passwd, Passwd + ".away");

        public void Repair() => File.Move(Passwd + ".away", Passwd);

        public void Dispose() => Directory.Delete(Folder, recursive: true);
    }
}
