using System.Net;
using Notify.Testing;

namespace Notify.Tests.Page;

/// <summary>The page's incidents: what is open, who is on it, and what ended lately. The bot is a stand-in.</summary>
public sealed class IncidentTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Open_incidents_stand_before_what_was_said_and_ended_ones_take_a_line_each()
    {
        await using var scene = await WebScene.SetAsync();
        await using var bot = await StartAsync(scene);
        var (visitor, user, _) = await scene.LogInAnalystAsync();
        bot.Incidents =
        [
            bot.Open("i1", "Churn <is> up", TimeSpan.FromMinutes(190)),
            bot.Open("i2", "Stock", TimeSpan.FromMinutes(20)) with
            {
                AcknowledgedBy = "omar",
                AcknowledgedAt = TimeProvider.System.GetUtcNow(),
            },
            bot.Open("i3", null, TimeSpan.FromMinutes(20), script: null) with
            {
                Key = "disk full",
            },
            bot.Over("i4", "Orders", TimeSpan.FromHours(5), TimeSpan.FromHours(2)),
        ];

        var page = WebUtility.HtmlDecode((await visitor.GetAsync("/", Cancellation)).Body);

        Assert.InRange(page.IndexOf("id=\"incidents\"", StringComparison.Ordinal), 0, At(page, "id=\"latest\""));
        Assert.Contains("3 are firing", page, StringComparison.Ordinal);
        Assert.Matches("Firing for <time [^>]*>3 h 1[01] min</time>", page);
        Assert.Matches("omar is on it\\s+since\\s*<time", page);
        Assert.Contains(">disk full</h3>", page, StringComparison.Ordinal);
        Assert.Contains("<strong>Orders</strong> fired for 3 h and ended <time", page, StringComparison.Ordinal);

        // Nobody is asked to be on what somebody is on, or what is over.
        Assert.Equal(["i1", "i3"], page.Split("data-acknowledge=\"")[1..].Select(part => part.Split('"')[0]));
        Assert.Contains(
            "Churn &lt;is&gt; up",
            (await visitor.GetAsync("/", Cancellation)).Body,
            StringComparison.Ordinal
        );
        Assert.Contains($"GET /incidents?user={user}", bot.Calls);
        Assert.Contains(
            "3 are firing",
            (await visitor.GetAsync("/fragments/incidents", Cancellation)).Body,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task More_open_incidents_than_the_list_holds_are_counted_truly()
    {
        await using var scene = await WebScene.SetAsync();
        await using var bot = await StartAsync(scene);
        var (visitor, _, _) = await scene.LogInAnalystAsync();
        bot.Incidents = [bot.Open("i1", "Stock", TimeSpan.FromMinutes(20)), bot.Open("i2", "Orders", TimeSpan.Zero)];
        bot.OpenCount = 312;

        var page = (await visitor.GetAsync("/fragments/incidents", Cancellation)).Body;

        Assert.Contains("312 are firing. The newest 2 are shown.", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_incidents_or_from_an_older_bot_there_is_nothing_of_them_to_see(bool isOld)
    {
        await using var scene = await WebScene.SetAsync();
        await using var bot = await StartAsync(scene);
        bot.Incidents = isOld ? null : [];
        var (visitor, _, _) = await scene.LogInAnalystAsync();

        var page = await visitor.GetAsync("/", Cancellation);

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Matches("<section [^>]*id=\"incidents\"[^>]* hidden", page.Body);
        Assert.DoesNotContain("data-late", page.Body, StringComparison.Ordinal);
        Assert.Contains("Nothing yet.", page.Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/fragments/incidents", Cancellation)).Status);
        Assert.Equal("""{"incidents":[]}""", (await visitor.GetAsync("/api/incidents", Cancellation)).Body);
    }

    [Fact]
    public async Task Without_a_bot_the_page_says_so_once_for_all_and_asks_again_for_incidents()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();

        var page = await visitor.GetAsync("/", Cancellation);

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Matches("<section [^>]*id=\"incidents\"[^>]* data-late[^>]* hidden", page.Body);
        Assert.Equal(
            HttpStatusCode.ServiceUnavailable,
            (await visitor.GetAsync("/fragments/incidents", Cancellation)).Status
        );
    }

    [Fact]
    public async Task Who_presses_the_button_is_on_it_under_their_own_name_only()
    {
        await using var scene = await WebScene.SetAsync();
        await using var bot = await StartAsync(scene);
        var (visitor, user, _) = await scene.LogInAnalystAsync();
        bot.Incidents = [bot.Open("i1", "Churn", TimeSpan.FromHours(1))];
        const string Path = "/api/incidents/i1/acknowledge";

        Assert.Equal(
            HttpStatusCode.BadRequest,
            (
                await visitor.PostAsync(Path, null, Cancellation, request => request.Headers.Remove("X-Notify-Token"))
            ).Status
        );
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (
                await visitor.PostAsync(
                    Path,
                    null,
                    Cancellation,
                    request =>
                    {
                        request.Headers.Remove("Origin");
                        request.Headers.Add("Origin", "https://evil.example");
                    }
                )
            ).Status
        );
        Assert.DoesNotContain(bot.Calls, call => call.StartsWith("POST", StringComparison.Ordinal));

        var done = await visitor.PostAsync(Path, new { user = "root" }, Cancellation);

        Assert.Equal(user.Value, done.Json.GetProperty("acknowledged_by").GetString());
        Assert.Contains($$"""POST /incidents/i1/acknowledge {"user":"{{user}}"}""", bot.Calls);
        Assert.Contains($"{user} is on it", (await visitor.GetAsync("/", Cancellation)).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_bots_refusal_is_passed_on_and_an_id_that_is_none_does_not_reach_it()
    {
        await using var scene = await WebScene.SetAsync();
        await using var bot = await StartAsync(scene);
        var (visitor, _, _) = await scene.LogInAnalystAsync();
        bot.Refusal = (409, "It is over since 10:40.");

        var refused = await visitor.PostAsync("/api/incidents/i1/acknowledge", null, Cancellation);
        Assert.Equal((HttpStatusCode.Conflict, "It is over since 10:40."), (refused.Status, refused.Error));

        foreach (var id in (string[])["..", "%2e%2e", "a%2Fb", "x%3Fuser%3Droot", new string('x', 65)])
        {
            Assert.Equal(
                HttpStatusCode.NotFound,
                (await visitor.PostAsync($"/api/incidents/{id}/acknowledge", null, Cancellation)).Status
            );
        }

        Assert.Single(bot.Calls, call => call.StartsWith("POST", StringComparison.Ordinal));
    }

    private static async Task<IncidentBot> StartAsync(WebScene scene)
    {
        var bot = await IncidentBot.StartAsync(Path.Combine(scene.Data, "bot.sock"), Cancellation);
        await scene.StartAsync();
        return bot;
    }

    private static int At(string page, string text) => page.IndexOf(text, StringComparison.Ordinal);
}
