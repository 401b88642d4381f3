using Notify.Testing;

namespace Notify.Tests.Doctor;

/// <summary>What an admin sees and types: checked settings, users, link and unlink.</summary>
public sealed class AdminCommandTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("TELEGRAM_BOT_TOKEN", "")]
    [InlineData("TELEGRAM_BOT_TOKEN", "not-a-token-but-secret")]
    [InlineData("TELEGRAM_API_URL", "ftp://example.org")]
    [InlineData("TELEGRAM_API_URL", "api.telegram.org")]
    [InlineData("TELEGRAM_BOT_USERNAME", "my bot")]
    [InlineData("TELEGRAM_MESSAGES_PER_SECOND", "0")]
    [InlineData("TELEGRAM_MESSAGES_PER_SECOND", "fast")]
    [InlineData("NOTIFY_DATA_DIR", "data")]
    [InlineData("NOTIFY_BOT_SOCKET", "bot.sock")]
    [InlineData("NOTIFY_ANALYST_GROUP", "data read")]
    [InlineData("NOTIFY_TRUSTED_GROUP", "-ops")]
    [InlineData("NOTIFY_SCRIPTS_BIN", "notify-scripts")]
    [InlineData("NOTIFY_CONTACT", "two\nlines")]
    [InlineData("NOTIFY_CONTACT", " ")]
    [InlineData("NOTIFY_WEB_URL", "dashboard")]
    [InlineData("NOTIFY_METRICS_LISTEN", "9464")]
    [InlineData("NOTIFY_METRICS_LISTEN", "http://0.0.0.0:9464")]
    public async Task A_wrong_setting_ends_the_start_with_78_and_a_sentence_that_names_it(string name, string value)
    {
        await using var scene = await BotScene.SetAsync();
        scene.Environment[name] = value;

        await scene.StartBotAsync();
        await scene.Bot.WaitForEndAsync(Cancellation);

        Assert.Equal(78, scene.Bot.ExitStatus);
        Assert.Contains($"notify-bot: {name} ", scene.Bot.Said, StringComparison.Ordinal);
        Assert.Contains(
            "should hold",
            scene.Bot.Said.Replace("does not hold", "should hold", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("not-a-token-but-secret", scene.Bot.Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("users")]
    [InlineData("unlink", "dana")]
    [InlineData("link", "dana", "--chat", "42")]
    public async Task A_data_folder_that_is_not_there_ends_a_command_with_78_and_the_variable(params string[] command)
    {
        await using var scene = await BotScene.SetAsync();
        foreach (
            var wrong in (string[])
                [
                    Path.Combine(scene.Folder, "missing"),
                    FileAt(scene, "file"),
                    Path.Combine(FileAt(scene, "file"), "below"),
                    "relative",
                ]
        )
        {
            scene.Environment["NOTIFY_DATA_DIR"] = wrong;

            var (status, said) = await scene.OperateAsync(command);

            Assert.True(status == 78, $"{wrong}: {status} {said}");
            Assert.StartsWith(
                $"notify-bot: NOTIFY_DATA_DIR holds \"{wrong}\": it should hold ",
                said,
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public async Task A_bot_whose_data_folder_can_not_be_used_or_made_ends_with_78_and_the_variable()
    {
        TestAccount.SkipUnlessRoot();
        await using var deploy = await TestAccount.CreateAsync("deploy");
        await using var scene = await BotScene.SetAsync();
        var closed = Directory
            .CreateDirectory(Path.Combine(scene.Folder, "roots"), (UnixFileMode)0b111_101_101)
            .FullName;
        var readOnly = Directory.CreateDirectory(Path.Combine(closed, "data"), (UnixFileMode)0b111_101_101).FullName;
        foreach (
            var wrong in (string[])
                [
                    readOnly,
                    Path.Combine(closed, "missing"),
                    FileAt(scene, "file"),
                    Path.Combine(FileAt(scene, "file"), "below"),
                ]
        )
        {
            scene.Environment["NOTIFY_DATA_DIR"] = wrong;
            scene.Environment["NOTIFY_BOT_SOCKET"] = Path.Combine(scene.Folder, "bot.sock");

            await scene.StartBotAsync(deploy.Name);
            await scene.Bot.WaitForEndAsync(Cancellation);

            Assert.True(scene.Bot.ExitStatus == 78, $"{wrong}: {scene.Bot.ExitStatus} {scene.Bot.Said}");
            Assert.Contains(
                $"NOTIFY_DATA_DIR holds \"{wrong}\": it should hold a folder that {deploy.Name} can read and write",
                scene.Bot.Said,
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public async Task A_name_that_no_user_can_have_is_said_with_what_to_do()
    {
        await using var scene = await BotScene.SetAsync();
        Directory.CreateDirectory(scene.Data);

        var (status, said) = await scene.OperateAsync("link", "CORP\\jane", "--chat", "42");

        Assert.Equal(64, status);
        Assert.Contains("\"CORP\\jane\" can't be a user name here", said, StringComparison.Ordinal);
        Assert.Contains("full_name_format", said, StringComparison.Ordinal);
        Assert.Equal(0, (await scene.OperateAsync("link", "jane.doe@corp.example", "--chat", "42")).Status);
        Assert.Contains("jane.doe@corp.example", (await scene.OperateAsync("users")).Said, StringComparison.Ordinal);
    }

    private static string FileAt(BotScene scene, string name)
    {
        var path = Path.Combine(scene.Folder, name);
        File.WriteAllText(path, "");
        return path;
    }

    [Fact]
    public async Task All_wrong_settings_are_said_at_once()
    {
        await using var scene = await BotScene.SetAsync();
        scene.Environment["TELEGRAM_API_URL"] = "x";
        scene.Environment["NOTIFY_WEB_URL"] = "y";

        await scene.StartBotAsync();
        await scene.Bot.WaitForEndAsync(Cancellation);

        Assert.Contains("TELEGRAM_API_URL", scene.Bot.Said, StringComparison.Ordinal);
        Assert.Contains("NOTIFY_WEB_URL", scene.Bot.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_group_is_a_warning_and_no_refused_start()
    {
        await using var scene = await BotScene.SetAsync();
        scene.Environment["NOTIFY_ANALYST_GROUP"] = "no-such-analysts";
        scene.Environment["NOTIFY_TRUSTED_GROUP"] = "no-such-ops";

        await scene.StartBotAsync();

        await scene.Bot.WaitForHealthAsync(h => BotScene.Status(h) == "ok", Cancellation);
        Assert.Contains("groupadd no-such-analysts", scene.Bot.Said, StringComparison.Ordinal);
        Assert.Contains("groupadd no-such-ops", scene.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Admins_link_list_and_unlink_without_a_token()
    {
        await using var scene = await BotScene.SetAsync();
        scene.Environment.Remove("TELEGRAM_BOT_TOKEN");
        Directory.CreateDirectory(scene.Data);

        Assert.Contains("Nobody is linked yet", (await scene.OperateAsync("users")).Said, StringComparison.Ordinal);
        Assert.Equal((0, "alice is linked to chat 42.\n"), await scene.OperateAsync("link", "alice", "--chat", "42"));
        Assert.Contains(
            "team",
            (await scene.OperateAsync("link", "team", "--chat", "-1001557900001")).Said,
            StringComparison.Ordinal
        );
        var (_, moved) = await scene.OperateAsync("link", "bob", "--chat", "42");
        Assert.Contains("The chat was alice's before; alice has no link now.", moved, StringComparison.Ordinal);
        var (_, users) = await scene.OperateAsync("users");
        Assert.Contains("-1001557900001", users, StringComparison.Ordinal);
        Assert.Contains("group", users, StringComparison.Ordinal);
        Assert.Equal(0, (await scene.OperateAsync("unlink", "bob")).Status);
        var (again, said) = await scene.OperateAsync("unlink", "bob");
        Assert.Equal(1, again);
        Assert.Contains("not linked", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("link", "alice")]
    [InlineData("link", "alice", "123456", "--chat", "42")]
    [InlineData("link", "../alice", "123456")]
    [InlineData("link", "alice", "--chat", "0")]
    [InlineData("link", "alice", "--chat", "abc")]
    [InlineData("link", "alice", "12345")]
    [InlineData("unlink", "a b")]
    public async Task Wrong_use_is_told_in_one_sentence(params string[] arguments)
    {
        await using var scene = await BotScene.SetAsync();
        Directory.CreateDirectory(scene.Data);

        var (status, said) = await scene.OperateAsync(arguments);

        Assert.Equal(64, status);
        Assert.StartsWith("notify-bot: ", said, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(scene.Data, "*.json"));
    }

    [Theory]
    [InlineData("This code is wrong", "link", "@nobody", "123456")]
    [InlineData("@nobody is not linked", "unlink", "@nobody")]
    public async Task A_name_with_an_at_sign_is_a_name_and_no_file_of_arguments(
        string sentence,
        params string[] arguments
    )
    {
        await using var scene = await BotScene.SetAsync();
        Directory.CreateDirectory(scene.Data);

        var (_, said) = await scene.OperateAsync(arguments);

        Assert.StartsWith($"notify-bot: {sentence}", said, StringComparison.Ordinal);
    }
}
