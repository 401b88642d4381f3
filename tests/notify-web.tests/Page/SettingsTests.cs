using System.Net;

namespace Notify.Tests.Page;

/// <summary>The page of settings, and its forms, which need no scripts. The bot is a stand-in.</summary>
public sealed class SettingsTests
{
    [Fact]
    public async Task The_watch_is_switched_by_a_form_and_says_what_it_waits_for()
    {
        await using var scene = await HistoryScene.BeginAsync();

        var page = await scene.GetAsync("/settings");
        Assert.Contains(
            "when cron stops running your scripts for more than 13 min",
            page.Text,
            StringComparison.Ordinal
        );
        Assert.Contains("no round has been reported yet", page.Text, StringComparison.Ordinal);

        var answer = await scene.PostFormAsync("/settings/watch", null, ("on", "no"));
        Assert.Equal(HttpStatusCode.Redirect, answer.Status);
        Assert.EndsWith("/settings#watch", answer["Location"], StringComparison.Ordinal);
        Assert.False(scene.Said.Watch);
        Assert.Contains(
            "The bot does not tell you when cron stops",
            (await scene.GetAsync("/settings")).Text,
            StringComparison.Ordinal
        );

        scene.Said.LastRound = TimeProvider.System.GetUtcNow();
        await scene.PostFormAsync("/settings/watch", null, ("on", "yes"));
        Assert.True(scene.Said.Watch);
        Assert.Contains("The last round began", (await scene.GetAsync("/settings")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("22:00", "07:00", null, "22:00-07:00")]
    [InlineData("22:00", "07:00", "yes", "22:00-07:00, weekends")]
    [InlineData("", "", "yes", "weekends")]
    public async Task Quiet_hours_are_set_by_a_form_and_shown(string from, string to, string? weekends, string hours)
    {
        await using var scene = await HistoryScene.BeginAsync();
        await scene.GetAsync("/settings");

        var answer = await scene.PostFormAsync(
            "/settings/quiet",
            null,
            [("from", from), ("to", to), .. weekends is null ? [] : new[] { ("weekends", weekends) }]
        );

        Assert.Equal(HttpStatusCode.Redirect, answer.Status);
        Assert.EndsWith("/settings#quiet", answer["Location"], StringComparison.Ordinal);
        Assert.Equal(hours, scene.Said.Quiet);
        var page = await scene.GetAsync("/settings");
        Assert.Contains($"A week with quiet hours {hours}", page.Body, StringComparison.Ordinal);
        Assert.Contains("These are hours in Europe/Prague", page.Text, StringComparison.Ordinal);
        Assert.Equal(weekends is not null, page.Body.Contains("checked=\"checked\"", StringComparison.Ordinal));

        await scene.PostFormAsync("/settings/quiet", null, ("from", from), ("to", to), ("off", "yes"));
        Assert.Null(scene.Said.Quiet);
    }

    [Theory]
    [InlineData("", "", "Give the two times")]
    [InlineData("22:00", "", "22:00")]
    [InlineData("22:00", "22:00", "two different times")]
    [InlineData("<b>", "07:00", "22:00-07:00")]
    public async Task Hours_that_are_none_are_refused_with_the_right_form_and_change_nothing(
        string from,
        string to,
        string sentence
    )
    {
        await using var scene = await HistoryScene.BeginAsync();
        scene.Said.Quiet = "weekends";
        await scene.GetAsync("/settings");

        var answer = await scene.PostFormAsync("/settings/quiet", null, ("from", from), ("to", to));

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(sentence, answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", answer.Body, StringComparison.Ordinal);
        Assert.Equal("weekends", scene.Said.Quiet);
    }

    [Fact]
    public async Task A_form_of_another_site_sets_nothing()
    {
        await using var scene = await HistoryScene.BeginAsync();
        scene.Said.Quiet = "weekends";
        await scene.GetAsync("/settings");

        var answer = await scene.PostFormAsync(
            "/settings/quiet",
            request =>
            {
                request.Headers.Remove("Origin");
                request.Headers.Add("Origin", "https://evil.example");
            },
            ("off", "yes")
        );

        Assert.Equal(HttpStatusCode.Forbidden, answer.Status);
        Assert.Equal("weekends", scene.Said.Quiet);
    }
}
