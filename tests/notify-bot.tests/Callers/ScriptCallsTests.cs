using Notify.Testing;

namespace Notify.Tests.Callers;

/// <summary>What the bot asks of a helper. The outcomes of last runs come with the list, in one process, if they are asked for. A helper of an earlier version lists without them.</summary>
public sealed class ScriptCallsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task They_come_with_the_list_if_they_are_asked_for()
    {
        await using var scene = await BeginAsync(
            """
            #!/bin/sh
            echo "$*" >> "$(dirname "$0")/asked"
            echo '[{"name":"sales.py","stem":"sales","last_runs":"nn<e","settings":{"cooldown":"6h\u202e","time_limit_s":60,"retries":0,"incident":false}}]'
            """
        );

        var with = await scene.Bot.GetAsync($"/scripts?user={scene.User}&last_runs=1", Cancellation);
        var without = await scene.Bot.GetAsync($"/scripts?user={scene.User}", Cancellation);

        Assert.Equal("nn?e", with.GetProperty("scripts")[0].GetProperty("last_runs").GetString());
        Assert.Equal("6h?", with.GetProperty("scripts")[0].GetProperty("settings").GetProperty("cooldown").GetString());
        Assert.False(without.GetProperty("scripts")[0].TryGetProperty("last_runs", out _));
        Assert.False(without.GetProperty("scripts")[0].TryGetProperty("settings", out _));
        Assert.Equal(["list --runs", "list"], scene.Asked);
    }

    [Fact]
    public async Task A_helper_of_an_earlier_version_lists_without_them()
    {
        await using var scene = await BeginAsync(
            """
            #!/bin/sh
            echo "$*" >> "$(dirname "$0")/asked"
            [ "$*" = list ] || { echo "Unrecognized command or argument '--runs'." >&2; exit 1; }
            echo '[{"name":"sales.py","stem":"sales"}]'
            """
        );

        var listed = await scene.Bot.GetAsync($"/scripts?user={scene.User}&last_runs=1", Cancellation);

        Assert.Equal("sales.py", listed.GetProperty("scripts")[0].GetProperty("name").GetString());
        Assert.False(listed.GetProperty("scripts")[0].TryGetProperty("last_runs", out _));
        Assert.Equal(["list --runs", "list"], scene.Asked);
    }

    [Theory]
    [InlineData("{}", 200, "\"ok\":true")]
    [InlineData("{\"error\":\"sales.py runs now.\",\"reason\":\"already_running\"}", 409, "sales.py runs now.")]
    [InlineData("{\"error\":\"There is none.\",\"reason\":\"not_found\"}", 404, "There is none.")]
    [InlineData("{\"error\":\"The disk is full.\"}", 503, "The disk is full.")]
    public async Task A_reset_of_a_cooldown_is_done_by_the_helper_and_its_refusal_has_a_status(
        string said,
        int status,
        string answer
    )
    {
        await using var scene = await BeginAsync(
            $"""
            #!/bin/sh
            echo "$*" >> "$(dirname "$0")/asked"
            echo '{said}'
            """
        );

        using var reset = await scene.Bot.Client.PostAsync(
            new Uri($"/scripts/sales.py/reset?user={scene.User}", UriKind.Relative),
            content: null,
            Cancellation
        );

        Assert.Equal(status, (int)reset.StatusCode);
        Assert.Contains(answer, await reset.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal(["reset sales.py"], scene.Asked);
    }

    private static async Task<Scene> BeginAsync(string helper)
    {
        TestAccount.SkipUnlessRoot();
        var account = await TestAccount.CreateAsync("alice", "dataread");
        var bot = await BotScene.SetAsync();
        Directory.CreateDirectory(bot.Data);
        account.Own(bot.Data);
        File.SetUnixFileMode(bot.Data, (UnixFileMode)0b10_111_111_000);
        bot.Environment["NOTIFY_SCRIPTS_BIN"] = account.Write(
            "helper/notify-scripts",
            helper,
            (UnixFileMode)0b111_000_000
        );
        await bot.StartBotAsync(account.Name);
        return new Scene(bot, account);
    }

    private sealed class Scene(BotScene scene, TestAccount account) : IAsyncDisposable
    {
        public BotProcess Bot => scene.Bot;

        public string User => account.Name;

        public string[] Asked => File.ReadAllLines(Path.Combine(account.Home, "helper", "asked"));

        public async ValueTask DisposeAsync()
        {
            await scene.DisposeAsync();
            await account.DisposeAsync();
        }
    }
}
