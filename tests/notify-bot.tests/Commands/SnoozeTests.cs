using System.Globalization;
using Notify.Bot.Commands;
using Notify.Testing;
using Notify.Tests.SendApi;

namespace Notify.Tests.Commands;

/// <summary><c>/snooze</c>, <c>/mute</c> and <c>/unmute</c> with the name of a script.</summary>
public sealed class SnoozeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("churn", "churn", null, null)]
    [InlineData("churn 2h", "churn", 120, null)]
    [InlineData("churn  1.5h", "churn", 90, null)]
    [InlineData("daily report 30m", "daily report", 30, null)]
    [InlineData("churn until 9:00", "churn", null, "09:00")]
    [InlineData("churn Until 21:30", "churn", null, "21:30")]
    [InlineData("churn until 9", "churn", null, "09:00")]
    [InlineData("2h", "", 120, null)]
    [InlineData("until 18:00", "", null, "18:00")]
    [InlineData("churn until 25:00", "churn until 25:00", null, null)]
    [InlineData("churn 0m", "churn 0m", null, null)]
    [InlineData("", "", null, null)]
    public void A_name_a_length_and_a_time_are_told_apart(string typed, string name, int? minutes, string? at) =>
        Assert.Equal(
            new TypedMute(
                name,
                minutes is { } length ? TimeSpan.FromMinutes(length) : null,
                at is null ? null : TimeOnly.Parse(at, CultureInfo.InvariantCulture)
            ),
            TypedMute.Parse(typed)
        );

    [Theory]
    [InlineData("/snooze churn", 60)]
    [InlineData("/snooze CHURN.PY 2h", 120)]
    [InlineData("/mute Churn.py 30m", 30)]
    public async Task A_script_is_muted_for_a_time_with_or_without_py_in_any_case(string command, int minutes)
    {
        await using var scene = await BeginAsync();
        var now = TimeProvider.System.GetUtcNow();

        var said = (await scene.Bot.AskAsync(ApiScene.Dana, command)).Text;

        Assert.Matches(
            @"^churn is muted until 20\d\d-\d\d-\d\d \d\d:\d\d UTC\. Send /unmute churn to end it sooner\. The history keeps muted notifications\.$",
            said
        );
        var until = await MutedUntilAsync(scene, "churn");
        Assert.NotNull(until);
        Assert.InRange(until.Value - now, TimeSpan.FromMinutes(minutes - 1), TimeSpan.FromMinutes(minutes + 2));
        Assert.Null(await MutedUntilAsync(scene, "stock"));
    }

    [Fact]
    public async Task A_script_is_muted_until_a_time_of_day()
    {
        await using var scene = await BeginAsync();
        var noon = TimeProvider.System.GetUtcNow().AddHours(5);
        noon = new DateTimeOffset(noon.Year, noon.Month, noon.Day, noon.Hour, 30, 0, TimeSpan.Zero);

        var said = (
            await scene.Bot.AskAsync(
                ApiScene.Dana,
                string.Create(CultureInfo.InvariantCulture, $"/snooze churn until {noon:H:mm}")
            )
        ).Text;

        Assert.StartsWith(
            string.Create(CultureInfo.InvariantCulture, $"churn is muted until {noon:yyyy-MM-dd HH:mm} UTC. "),
            said,
            StringComparison.Ordinal
        );
        Assert.Equal(noon, await MutedUntilAsync(scene, "churn"));
    }

    [Fact]
    public async Task Mute_and_unmute_with_a_name_are_about_that_script_only()
    {
        await using var scene = await BeginAsync();

        Assert.StartsWith(
            "churn is muted until you send /unmute churn.",
            (await scene.Bot.AskAsync(ApiScene.Dana, "/mute churn")).Text,
            StringComparison.Ordinal
        );
        await scene.Bot.AskAsync(ApiScene.Dana, "/mute stock");

        Assert.Equal("churn is no longer muted.", (await scene.Bot.AskAsync(ApiScene.Dana, "/unmute churn")).Text);
        Assert.Equal("churn is not muted.", (await scene.Bot.AskAsync(ApiScene.Dana, "/unmute Churn.py")).Text);
        Assert.Null(await MutedUntilAsync(scene, "churn"));
        Assert.Equal(9999, (await MutedUntilAsync(scene, "stock"))?.Year);

        await scene.Bot.AskAsync(ApiScene.Dana, "/mute 2h");
        Assert.StartsWith(
            "stock is no longer muted. Everything is muted until 2",
            (await scene.Bot.AskAsync(ApiScene.Dana, "/unmute stock")).Text,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("/snooze chrun 2h", "There is no script chrun. Did you mean churn? Send /snooze churn.")]
    [InlineData("/mute churm", "There is no script churm. Did you mean churn? Send /mute churn.")]
    [InlineData("/unmute churm", "There is no script churm. Did you mean churn? Send /unmute churn.")]
    [InlineData("/snooze churn until 25:00", "There is no script churn until 25:00. Did you mean churn?")]
    [InlineData("/snooze weather", "The bot knows no script weather.")]
    [InlineData("/snooze", "Give the script's name: /snooze NAME mutes a script for an hour, ")]
    [InlineData("/snooze 2h", "Give the script's name: /snooze NAME mutes a script for an hour, ")]
    public async Task A_name_that_is_none_mutes_nothing_and_is_answered_with_what_is_right(string command, string said)
    {
        await using var scene = await BeginAsync();

        Assert.StartsWith(said, (await scene.Bot.AskAsync(ApiScene.Dana, command)).Text, StringComparison.Ordinal);

        Assert.Equal("""{"scripts":[]}""", (await scene.AskAsync(HttpMethod.Get, "/mutes?user=dana")).Body);
    }

    [Fact]
    public async Task Two_scripts_that_differ_in_case_have_to_be_named_exactly()
    {
        await using var scene = await BeginAsync();
        await SendAsync(scene, "Churn.py");

        Assert.StartsWith(
            "There is no script CHURN. Did you mean Churn?",
            (await scene.Bot.AskAsync(ApiScene.Dana, "/snooze CHURN")).Text,
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "churn is muted",
            (await scene.Bot.AskAsync(ApiScene.Dana, "/snooze churn")).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_script_that_has_never_sent_is_found_in_the_folder()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        await using var bot = await BotScene.SetAsync();
        Directory.CreateDirectory(bot.Data);
        alice.Own(bot.Data);
        File.SetUnixFileMode(bot.Data, (UnixFileMode)0b10_111_111_000);
        bot.Environment["NOTIFY_SCRIPTS_BIN"] = Programs.Path("notify-scripts");
        bot.Environment["NOTIFY_TRUSTED_GROUP"] = alice.Name;
        await bot.StartBotAsync(alice.Name);
        alice.Write("user/notifications/revenue_drop.py", "print('{}')");
        var chat = await bot.LinkAsync(alice.Name);

        Assert.StartsWith(
            "There is no script revenue_dorp. Did you mean revenue_drop?",
            (await bot.AskAsync(chat, "/snooze revenue_dorp")).Text,
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "There is no script weather. Send /status",
            (await bot.AskAsync(chat, "/snooze weather")).Text,
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "revenue_drop is muted until",
            (await bot.AskAsync(chat, "/snooze Revenue_Drop.py 2h")).Text,
            StringComparison.Ordinal
        );
    }

    private static async Task<ApiScene> BeginAsync()
    {
        var scene = await ApiScene.BeginAsync(
            links: $$"""{"dana": {"chat_id": {{ApiScene.Dana}}, "linked_at": "2026-01-05T09:00:00Z", "timezone": "Etc/UTC" } }"""
        );
        await SendAsync(scene, "churn.py");
        await SendAsync(scene, "stock.py");
        return scene;
    }

    private static async Task SendAsync(ApiScene scene, string script) =>
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "m",
                    script,
                }
            )
        ).AssertDelivered();

    private static async Task<DateTimeOffset?> MutedUntilAsync(ApiScene scene, string stem) =>
        (await scene.AskAsync(HttpMethod.Get, "/mutes?user=dana"))
            .Json.GetProperty("scripts")
            .EnumerateArray()
            .Where(script => script.GetProperty("stem").GetString() == stem)
            .Select(script => (DateTimeOffset?)script.GetProperty("muted_until").GetDateTimeOffset())
            .SingleOrDefault();
}
