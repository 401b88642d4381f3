using System.Net;
using Notify.Contracts;
using Notify.Testing;

namespace Notify.Tests.Page;

/// <summary>One notification at its own address: what became of it, sent again, its script muted. The bot is a stand-in.</summary>
public sealed class NotificationPageTests
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task It_shows_the_message_and_what_became_of_it()
    {
        await using var scene = await FailedAsync();
        scene.Said.AddSteps([
            new(Now, TimelineEvent.Accepted),
            new(Now.AddSeconds(1), TimelineEvent.Tried),
            new(Now.AddSeconds(2), TimelineEvent.Waiting, "Too Many Requests: retry after 3 <b>", Now.AddSeconds(5)),
            new(Now.AddSeconds(6), TimelineEvent.Failed, "blocked"),
        ]);

        var page = await scene.GetAsync("/notifications/bad");

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains("The text of bad.", page.Text, StringComparison.Ordinal);
        Assert.Matches(
            "(?s)Accepted.*Sent to Telegram.*Waits for the next try.*until.*Too Many Requests: retry after 3 <b>.*Failed.*the bot is blocked",
            page.Text
        );
        Assert.DoesNotContain("retry after 3 <b>", page.Body, StringComparison.Ordinal);
        Assert.Contains(
            $"data-copy-text=\"{scene.Web.Address.AbsoluteUri}notifications/bad\"",
            page.Body,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "Waits for the next try",
            (await scene.GetAsync("/fragments/notification?id=bad")).Text,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("/notifications/nobodys")]
    [InlineData("/notifications/..%2Fhealth")]
    [InlineData("/notifications/a%3Fuser%3Droot")]
    [InlineData("/fragments/notification?id=nobodys")]
    [InlineData("/fragments/notification?id=..%2Fhealth")]
    [InlineData("/fragments/notification")]
    public async Task What_the_user_has_not_is_not_there(string address)
    {
        await using var scene = await HistoryScene.BeginAsync();
        var known = (await scene.GetAsync("/notifications/nobodys")).Text;

        var page = await scene.GetAsync(address);

        Assert.Equal(HttpStatusCode.NotFound, page.Status);
        Assert.DoesNotContain(scene.Bot.Calls, call => call.Contains("health", StringComparison.Ordinal));
        Assert.Contains("Page not found", known, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_one_is_sent_again_by_a_form_and_the_page_of_the_new_one_follows()
    {
        await using var scene = await FailedAsync();
        await scene.GetAsync("/notifications/bad");

        var answer = await scene.PostFormAsync("/notifications/bad/again");

        Assert.Equal(HttpStatusCode.Redirect, answer.Status);
        Assert.EndsWith("/notifications/new1", answer["Location"], StringComparison.Ordinal);
        Assert.Single(
            scene.Bot.Calls,
            call => call.StartsWith("POST /notifications/bad/again {\"user\":\"alice", StringComparison.Ordinal)
        );

        scene.Said.History.Insert(0, HistoryAnswers.Notification("new1", "Lost", Now) with { AgainOf = "bad" });
        Assert.Matches(
            "<a id=\"earlier\" href=\"[^\"]*/notifications/bad\"",
            (await scene.GetAsync("/notifications/new1")).Body
        );
        scene.Said.SentAgain = "new1";
        var old = await scene.GetAsync("/notifications/bad");
        Assert.Matches("<a id=\"later\" href=\"[^\"]*/notifications/new1\"", old.Body);
        Assert.DoesNotContain("id=\"send-again\"", old.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sending_again_needs_the_page_s_token_and_origin_and_a_failed_one()
    {
        await using var scene = await FailedAsync();
        await scene.GetAsync("/notifications/bad");
        var token = scene.Visitor.Token;

        scene.Visitor.Token = null;
        Assert.Equal(HttpStatusCode.BadRequest, (await scene.PostFormAsync("/notifications/bad/again")).Status);
        scene.Visitor.Token = token;
        var foreign = await scene.PostFormAsync(
            "/notifications/bad/again",
            request =>
            {
                request.Headers.Remove("Origin");
                request.Headers.Add("Origin", "https://evil.example");
            }
        );
        Assert.Equal(HttpStatusCode.Forbidden, foreign.Status);
        Assert.Equal(HttpStatusCode.NotFound, (await scene.PostFormAsync("/notifications/..%2Fx/again")).Status);
        Assert.DoesNotContain(scene.Bot.Calls, call => call.StartsWith("POST", StringComparison.Ordinal));

        scene.Said.Refusal = (409, "It was delivered, so it is not sent again.");
        var refused = await scene.PostFormAsync("/notifications/bad/again");
        Assert.Equal(HttpStatusCode.Conflict, refused.Status);
        Assert.Contains("It was delivered, so it is not sent again.", refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_script_is_muted_by_a_form_for_a_time_that_the_page_offers()
    {
        await using var scene = await FailedAsync();
        await scene.GetAsync("/notifications/bad");

        Assert.Equal(
            HttpStatusCode.NotFound,
            (await scene.PostFormAsync("/notifications/bad/mute", null, ("for", "9h"))).Status
        );
        Assert.DoesNotContain(scene.Bot.Calls, call => call.StartsWith("POST", StringComparison.Ordinal));
        var answer = await scene.PostFormAsync("/notifications/bad/mute", null, ("for", "1h"));

        Assert.Equal(HttpStatusCode.Redirect, answer.Status);
        Assert.Contains("/scripts", answer["Location"], StringComparison.Ordinal);
        Assert.Single(
            scene.Bot.Calls,
            call =>
                call.StartsWith("POST /scripts/sales.py/mute?user=alice", StringComparison.Ordinal)
                && call.EndsWith("{\"for\":\"1h\"}", StringComparison.Ordinal)
        );
    }

    private static async Task<HistoryScene> FailedAsync()
    {
        var scene = await HistoryScene.BeginAsync();
        scene.Said.History.Add(HistoryAnswers.Notification("bad", "Lost", Now, DeliveryState.Failed, "blocked"));
        return scene;
    }
}
