using System.Globalization;
using System.Text.Json;
using Notify.Contracts;
using Notify.Testing;
using Notify.Tests.SendApi;

namespace Notify.Tests.Rounds;

/// <summary>A whole bot, with rounds that are meant to end it.</summary>
public sealed class HostileRoundsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rounds_at_both_ends_of_the_calendar_are_refused_and_the_bot_goes_on_after_a_restart()
    {
        await using var scene = await ApiScene.BeginAsync();
        var now = TimeProvider.System.GetUtcNow();
        var far = await scene.SendJsonAsync(
            """{"started":"0001-01-01T00:00:00Z","took_ms":0,"every_s":60,"next_round":"9999-12-31T23:59:59Z"}""",
            "/rounds"
        );
        var soon = await scene.SendJsonAsync(
            $$"""{"started":"{{WireJson.Time(now)}}","took_ms":0,"every_s":60,"next_round":"{{WireJson.Time(now)}}"}""",
            "/rounds"
        );
        far.AssertRefused(400, "'started' is over 8 days from the bot's time");
        Assert.Equal(200, soon.Status);

        await scene.Bot.Bot.StopAsync(Cancellation);
        await scene.Bot.StartBotAsync();

        await AssertWatchesAsync(scene.Bot);
    }

    [Theory]
    [InlineData("315537897599", "60")]
    [InlineData("1e300", "1e300")]
    public async Task A_file_of_a_version_that_took_any_moment_does_not_end_the_bot(string pause, string every)
    {
        await using var scene = await BotScene.SetAsync();
        var now = TimeProvider.System.GetUtcNow();
        await WriteRoundsAsync(
            scene,
            $$$"""
            {"counted_s": 100000, "at": "{{{Moment(now.AddHours(-2))}}}", "users": {
              "mallory": {"last": "{{{Moment(now.AddHours(-3))}}}", "every_s": {{{every}}}, "heard_s": 99990,
                "next": "{{{Moment(now.AddHours(-1))}}}", "pause": {"s": {{{pause}}}, "at": "{{{Moment(now)}}}"} } } }
            """
        );

        await scene.StartBotAsync();

        await AssertWatchesAsync(scene);
        Assert.False(File.Exists(RoundsFile(scene) + ".damaged"));
    }

    [Fact]
    public async Task A_pipe_in_the_place_of_the_file_does_not_hang_the_start()
    {
        await using var scene = await BotScene.SetAsync();
        Directory.CreateDirectory(Path.GetDirectoryName(RoundsFile(scene))!);
        await MakePipeAsync(RoundsFile(scene));
        await MakePipeAsync(Path.Combine(scene.Data, "private", "poll_offset.json"));

        await scene.StartBotAsync();

        await Eventually.TrueAsync(
            () => Task.FromResult(scene.Log.Contains("is not a regular file", StringComparison.Ordinal)),
            () => scene.Log,
            Cancellation
        );
        await scene.Bot.StopAsync(Cancellation);
        Assert.Equal(0, scene.Bot.ExitStatus);
        Assert.True(File.Exists(RoundsFile(scene) + ".damaged"));
    }

    [Fact]
    public async Task A_huge_file_is_set_aside_unread()
    {
        await using var scene = await BotScene.SetAsync();
        await WriteRoundsAsync(scene, $$"""{"users": {}, "pad": "{{new string('x', 100_000_000)}}"}""");

        await scene.StartBotAsync();

        await Eventually.TrueAsync(
            () => Task.FromResult(scene.Log.Contains("more than 20000000", StringComparison.Ordinal)),
            () => scene.Log,
            Cancellation
        );
        await scene.Bot.StopAsync(Cancellation);
        Assert.Equal(0, scene.Bot.ExitStatus);
    }

    /// <summary>Waits for the first look at everybody's rounds, which ends with a write of the file.</summary>
    private static async Task AssertWatchesAsync(BotScene scene)
    {
        var start = TimeProvider.System.GetUtcNow().AddMinutes(-1);
        await Eventually.TrueAsync(
            async () =>
            {
                using var file = JsonDocument.Parse(await File.ReadAllBytesAsync(RoundsFile(scene), Cancellation));
                return file.RootElement.GetProperty("at").GetDateTimeOffset() > start;
            },
            () => scene.Log,
            Cancellation
        );
        await scene.Bot.WaitForHealthAsync(health => BotScene.Status(health) == "ok", Cancellation);
        await scene.Bot.StopAsync(Cancellation);
        Assert.Equal(0, scene.Bot.ExitStatus);
    }

    private static async Task WriteRoundsAsync(BotScene scene, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(RoundsFile(scene))!);
        await File.WriteAllTextAsync(RoundsFile(scene), content, Cancellation);
    }

    private static async Task MakePipeAsync(string path)
    {
        var (status, said) = await RunProgram.ToEndAsync(
            "/usr/bin/mkfifo",
            [path],
            new Dictionary<string, string>(StringComparer.Ordinal),
            Cancellation
        );
        Assert.True(status == 0, said);
    }

    private static string RoundsFile(BotScene scene) => Path.Combine(scene.Data, "private", "rounds.json");

    private static string Moment(DateTimeOffset moment) => moment.ToString("O", CultureInfo.InvariantCulture);
}
