using System.Net;

namespace Notify.Tests.Page;

/// <summary>The overview: is anything wrong, and what was said? The bot is a stand-in.</summary>
public sealed class OverviewTests
{
    private const string Failing =
        """{"name":"stock.py","last_outcome":"error","error":"It ended with exit status 1.\nKeyError: 'sku'","last_run":"2026-11-30T08:05:00Z"}""";

    private const string Warning =
        """{"name":"margin.py","last_outcome":"no_alert","warnings":["\"titel\" is no field; did you mean \"title\"?"]}""";

    private const string Muted = """{"name":"loud.py","last_outcome":"muted","muted_until":"2040-01-01T00:00:00Z"}""";

    private const string Next =
        """{"name":"weekly_kpi.py","last_outcome":"delivered","last_round":"2026-11-30T08:10:00Z","schedule":"Mon 09:00","next_at":"2040-12-07T09:00:00Z"}""";

    [Fact]
    public async Task What_fails_comes_first_with_its_sentence_and_the_rest_is_counted_in_a_line()
    {
        await using var scene = await HistoryScene.BeginAsync();
        scene.Said.Scripts = $$"""{"scripts":[{{Next}},{{Muted}},{{Warning}},{{Failing}}]}""";

        var page = await scene.GetAsync("/");

        var text = WebUtility.HtmlDecode(page.Text);
        Assert.Matches("(?s)Needs attention.*1 failing.*1 muted.*2 fine.*last round.*next.*weekly_", text);
        Assert.Matches(
            "(?s)Failing:.*stock\\.py.*It ended with exit status 1\\..*Warning:.*margin\\.py.*did you mean \"title\"\\?",
            text
        );
        Assert.DoesNotContain("KeyError", page.Body, StringComparison.Ordinal);
        Assert.Matches("<a class=\"state bad\" id=\"failing\" href=\"[^\"]*/scripts\\?only=failing\"", page.Body);
        Assert.Contains(
            "Needs attention",
            (await scene.GetAsync("/fragments/overview")).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Of_many_failing_scripts_ten_are_named()
    {
        await using var scene = await HistoryScene.BeginAsync();
        scene.Said.Scripts =
            $$"""{"scripts":[{{string.Join(',', Enumerable.Range(10, 25).Select(i => Failing.Replace("stock", $"stock{i}", StringComparison.Ordinal)))}}]}""";

        var page = await scene.GetAsync("/");

        Assert.Equal(10, page.Body.Split("<li id=\"attention-").Length - 1);
        Assert.Contains("25 failing", page.Text, StringComparison.Ordinal);
        Assert.Contains("15 more", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_scripts_it_says_what_to_do_next()
    {
        await using var scene = await HistoryScene.BeginAsync();

        var page = await scene.GetAsync("/");

        Assert.Contains("No scripts yet", page.Text, StringComparison.Ordinal);
        Assert.Matches("<a id=\"first\" href=\"[^\"]*/scripts\">", page.Body);
    }

    [Fact]
    public async Task An_unlinked_phone_is_the_first_thing_and_a_linked_one_a_line()
    {
        await using var scene = await HistoryScene.BeginAsync();
        scene.Said.Scripts = $$"""{"scripts":[{{Failing}}]}""";

        var page = (await scene.GetAsync("/")).Body;
        Assert.InRange(At(page, "id=\"telegram\""), 0, At(page, "id=\"overview\""));
        Assert.Contains("With one tap", page, StringComparison.Ordinal);

        await scene.LinkAsync();
        page = (await scene.GetAsync("/")).Body;
        Assert.Contains("class=\"card telegram line\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("id=\"unlink\"", page, StringComparison.Ordinal);
        Assert.Contains("id=\"unlink\"", (await scene.GetAsync("/settings")).Body, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "id=\"unlink\"",
            (await scene.GetAsync("/fragments/telegram?brief=1")).Body,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task What_a_script_is_called_and_says_is_text()
    {
        await using var scene = await HistoryScene.BeginAsync();
        scene.Said.Scripts =
            """{"scripts":[{"name":"<b>x.py","last_outcome":"error","error":"<script>alert(1)</script>"}]}""";

        var page = await scene.GetAsync("/");

        Assert.DoesNotContain("<script>alert", page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>x", page.Body, StringComparison.Ordinal);
        Assert.Contains("<script>alert(1)</script>", WebUtility.HtmlDecode(page.Body), StringComparison.Ordinal);
    }

    private static int At(string page, string text) => page.IndexOf(text, StringComparison.Ordinal);
}
