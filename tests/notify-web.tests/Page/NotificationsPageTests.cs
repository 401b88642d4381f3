using System.Globalization;
using System.Net;
using Notify.Contracts;
using Notify.Testing;

namespace Notify.Tests.Page;

/// <summary>The page of notifications: filters in its address, days of the reader, pages of the server. The bot is a stand-in.</summary>
public sealed class NotificationsPageTests
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task Filters_are_in_the_address_and_reach_the_bot_as_they_are_typed()
    {
        await using var scene = await HistoryScene.BeginAsync();
        scene.Said.History.Add(HistoryAnswers.Notification("a1", "Revenue down", Now));

        var page = await scene.GetAsync(
            "/notifications?q=rev%20%22OR%22&script=sales&state=failed&day=2026-11-24&zone=Europe/Prague"
        );

        Assert.Equal(HttpStatusCode.OK, page.Status);
        var asked = WebUtility.UrlDecode(scene.Asked.First());
        Assert.Contains("&q=rev \"OR\"&script=sales&state=failed&", asked, StringComparison.Ordinal);
        Assert.Contains("since=2026-11-23T23:00:00Z&until=2026-11-24T23:00:00Z", asked, StringComparison.Ordinal);
        Assert.Matches("<input type=\"search\" [^>]*value=\"rev &quot;OR&quot;\"", page.Body);
        Assert.Matches("<option value=\"sales\" selected=\"selected\">", page.Body);
        Assert.Matches("<option value=\"failed\" selected=\"selected\">", page.Body);
        Assert.Contains("value=\"2026-11-24\"", page.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?day=2026-02-30", "day")]
    [InlineData("?day=%3Cscript%3E", "day")]
    [InlineData("?day=9999-12-31", "day")]
    [InlineData("?before=..%2F..", "before")]
    [InlineData("?before=a%20OR%201", "before")]
    [InlineData("?state=everything", "state")]
    public async Task What_the_address_says_wrongly_is_left_out_and_named(string query, string field)
    {
        await using var scene = await HistoryScene.BeginAsync();
        scene.Said.History.Add(HistoryAnswers.Notification("a1", "Revenue down", Now));

        var page = await scene.GetAsync("/notifications" + query);

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains($"not understood ({field})", page.Text, StringComparison.Ordinal);
        Assert.Contains("Revenue down", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain($"&{field}=", scene.Asked.First(), StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", page.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("%00%01")]
    [InlineData("%3C%2Fscript%3E%22%27")]
    [InlineData("%F0%9F%98%80%ED%A0%80")]
    public async Task A_search_of_any_characters_is_a_search(string typed)
    {
        await using var scene = await HistoryScene.BeginAsync();

        var page = await scene.GetAsync("/notifications?q=" + typed + "&script=" + typed);

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.DoesNotContain("</script>\"", page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_search_is_cut_before_it_costs_anything()
    {
        await using var scene = await HistoryScene.BeginAsync();

        await scene.GetAsync("/notifications?q=" + new string('x', 5_000));

        Assert.Contains("&q=" + new string('x', 200), scene.Asked.First(), StringComparison.Ordinal);
        Assert.DoesNotContain(new string('x', 201), scene.Asked.First(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_of_fifty_lead_to_older_ones_and_back_and_keep_the_filter()
    {
        await using var scene = await HistoryScene.BeginAsync();
        scene.Said.Add(
            Enumerable
                .Range(1, 60)
                .Select(i =>
                    HistoryAnswers.Notification(
                        string.Create(CultureInfo.InvariantCulture, $"id{i}"),
                        string.Create(CultureInfo.InvariantCulture, $"Number {i}."),
                        Now.AddMinutes(-i)
                    )
                )
        );

        var first = await scene.GetAsync("/notifications?q=number");

        Assert.Equal(50, first.Body.Split("<li class=\"notification\"").Length - 1);
        Assert.Contains("60 in 30 days", first.Text, StringComparison.Ordinal);
        Assert.Matches("<a [^>]*id=\"older\" href=\"[^\"]*/notifications\\?q=number&amp;before=id50\"", first.Body);
        Assert.DoesNotContain("id=\"newest\"", first.Body, StringComparison.Ordinal);

        var second = await scene.GetAsync("/notifications?q=number&before=id50");

        Assert.Equal(10, second.Body.Split("<li class=\"notification\"").Length - 1);
        Assert.Contains("Number 51.", second.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("id=\"older\"", second.Body, StringComparison.Ordinal);
        Assert.Matches("<a [^>]*id=\"newest\" href=\"[^\"]*/notifications\\?q=number\"", second.Body);
    }

    [Theory]
    [InlineData("Pacific/Kiritimati")]
    [InlineData("America/St_Johns")]
    public async Task Days_and_times_are_those_of_the_zone_that_the_browser_has_said(string zone)
    {
        await using var scene = await HistoryScene.BeginAsync();
        var reader = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var midnight = TimeZoneInfo.ConvertTime(Now, reader).Date.AddDays(-3);
        var at = new DateTimeOffset(midnight, reader.GetUtcOffset(midnight));
        scene.Said.History.Add(HistoryAnswers.Notification("a2", "After", at.AddMinutes(1)));
        scene.Said.History.Add(HistoryAnswers.Notification("a1", "Before", at.AddMinutes(-1)));
        scene.Visitor.Cookies.Add(scene.Web.Address, new Cookie("notify-zone", zone));

        var page = await scene.GetAsync("/notifications");

        static string Words(DateTime day) => day.ToString("dddd, d MMMM", CultureInfo.InvariantCulture);
        Assert.Matches(
            $"(?s){Words(midnight)}.*00:01.*After.*{Words(midnight.AddDays(-1))}.*23:59.*Before.*Times and days in {zone}",
            page.Text
        );
    }

    [Fact]
    public async Task A_zone_that_is_none_is_the_server_s()
    {
        await using var scene = await HistoryScene.BeginAsync();
        scene.Said.History.Add(HistoryAnswers.Notification("a1", "Here", Now));
        scene.Visitor.Cookies.Add(scene.Web.Address, new Cookie("notify-zone", "../../etc/passwd"));

        var page = await scene.GetAsync("/notifications");

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.DoesNotContain("passwd", page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_page_says_what_to_do()
    {
        await using var scene = await HistoryScene.BeginAsync();

        Assert.Contains("When nothing came", (await scene.GetAsync("/notifications")).Text, StringComparison.Ordinal);
        Assert.Contains(
            "Show all notifications",
            (await scene.GetAsync("/notifications?q=nothing")).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task What_failed_says_why_in_its_row_and_can_be_sent_again()
    {
        await using var scene = await HistoryScene.BeginAsync();
        scene.Said.History.Add(HistoryAnswers.Notification("bad", "Lost", Now, DeliveryState.Failed, "blocked"));
        scene.Said.History.Add(HistoryAnswers.Notification("good", "Fine", Now));

        var page = await scene.GetAsync("/notifications");

        Assert.Contains("Failed: the bot is blocked", page.Text, StringComparison.Ordinal);
        Assert.Matches("formaction=\"[^\"]*/notifications/bad/again\"", page.Body);
        Assert.DoesNotContain("/notifications/good/again", page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_address_of_earlier_versions_leads_here()
    {
        await using var scene = await HistoryScene.BeginAsync();

        var answer = await scene.GetAsync("/?show=40");

        Assert.Equal(HttpStatusCode.Redirect, answer.Status);
        Assert.EndsWith("/notifications", answer["Location"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_line_of_a_message_on_the_overview_has_no_markup_and_tells_nothing_that_is_hidden()
    {
        await using var scene = await HistoryScene.BeginAsync();
        scene.Said.History.Add(
            HistoryAnswers.Notification("a1", "Quiz", Now) with
            {
                ParseMode = "HTML",
                Message = "The <b>answer</b>\nis <tg-spoiler>forty-two</tg-spoiler>, &lt;of course&gt;.",
            }
        );

        var page = await scene.GetAsync("/");

        Assert.Contains(
            ">The answer is …, <of course>.</p>",
            WebUtility.HtmlDecode(page.Body),
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("forty-two", page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_overview_shows_eight_and_each_bar_of_its_plot_opens_a_day()
    {
        await using var scene = await HistoryScene.BeginAsync();
        scene.Visitor.Cookies.Add(scene.Web.Address, new Cookie("notify-zone", "UTC"));
        scene.Said.Add(
            Enumerable
                .Range(1, 30)
                .Select(i =>
                    HistoryAnswers.Notification(
                        string.Create(CultureInfo.InvariantCulture, $"id{i}"),
                        "One of many",
                        Now.AddSeconds(-i)
                    )
                )
        );

        var page = await scene.GetAsync("/");

        Assert.Equal(8, page.Body.Split("<li class=\"notification\"").Length - 1);
        Assert.Matches("<a href=\"[^\"]*/notifications/id1\"", page.Body);
        Assert.Equal(
            30,
            page.Body.Split("/notifications?day=").Skip(1).Select(part => part.Split('"')[0]).Distinct().Count()
        );
        Assert.Contains(
            "/notifications?day=" + Now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            page.Body,
            StringComparison.Ordinal
        );
    }
}
