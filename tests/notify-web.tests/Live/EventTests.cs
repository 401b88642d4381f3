using System.Net;
using Microsoft.Extensions.Time.Testing;
using Notify.Contracts;
using Notify.Testing;

namespace Notify.Tests.Live;

/// <summary><c>/api/events</c>: open pages hear what changes, and only what is their user's.</summary>
public sealed class EventTests
{
    private static readonly ChatId Phone = new(7001);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_page_hears_of_every_change_of_its_users_link()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, user, _) = await scene.LogInAnalystAsync();
        using var page = await EventStream.OpenAsync(visitor);

        await scene.Links.LinkAsync(user, Phone, Cancellation);
        var linked = await page.NextAsync();
        Assert.Equal("link", linked!.Name);
        Assert.Equal((await visitor.GetAsync("/api/telegram/status", Cancellation)).Body, linked.Data);

        await scene.Links.MarkDeadAsync(Phone, DeadLinkReason.Blocked, Cancellation);
        Assert.Contains("\"dead\":{\"reason\":\"blocked\"", (await page.NextAsync())!.Data, StringComparison.Ordinal);

        await visitor.PostAsync("/api/telegram/unlink", null, Cancellation);
        Assert.Equal("""{"linked":false}""", (await page.NextAsync())!.Data);
    }

    [Fact]
    public async Task A_page_hears_of_its_users_notifications_and_scripts_and_of_nobody_elses()
    {
        await using var scene = await WebScene.SetAsync();
        await using var bot = await BotWithEvents.StartAsync(Path.Combine(scene.Data, "bot.sock"), Cancellation);
        await scene.StartAsync();
        var (visitor, alice, _) = await scene.LogInAnalystAsync();
        var (other, bob, _) = await scene.LogInAnalystAsync("bob");
        await Eventually.TrueAsync(() => bot.Connections == 1, () => $"{bot.Connections} connections", Cancellation);
        using var page = await EventStream.OpenAsync(visitor);
        using var second = await EventStream.OpenAsync(visitor);
        using var bobs = await EventStream.OpenAsync(other);

        bot.SayNotification(bob, "b1", "queued");
        bot.SayNotification(alice, "a1", "queued");
        bot.Say(": a comment\n\nevent: something new\ndata: {\"user\":\"" + alice + "\"}\n\n");
        bot.Say("event: notification\ndata: {\"user\":\"../..\",\"id\":\"x\",\"state\":\"queued\"}\n\n");
        bot.SayNotification(alice, "a1", "delivered");
        bot.Say($"event: scripts\ndata: {{\"user\":\"{alice}\"}}\n\n");

        foreach (var stream in new[] { page, second })
        {
            Assert.Equal(("notification", """{"id":"a1","state":"queued"}"""), NameAndData(await stream.NextAsync()));
            Assert.Equal(
                ("notification", """{"id":"a1","state":"delivered"}"""),
                NameAndData(await stream.NextAsync())
            );
            Assert.Equal(("scripts", "{}"), NameAndData(await stream.NextAsync()));
        }

        Assert.Equal(("notification", """{"id":"b1","state":"queued"}"""), NameAndData(await bobs.NextAsync()));
        Assert.Equal(1, bot.Connections);
    }

    [Fact]
    public async Task A_real_bot_tells_of_a_notification_that_is_delivered()
    {
        await using var scene = await Api.BotScene.BeginAsync();
        using var page = await EventStream.OpenAsync(scene.Visitor);
        Heard heard;
        do
        {
            // A refresh means that the dashboard listens from now on only.
            await scene.Bot.SendAsync(new { user = scene.Alice.Name, text = "hello" }, Cancellation);
            heard = await UntilAsync(
                page,
                one => one.Name == "refresh" || one.Data.Contains("\"delivered\"", StringComparison.Ordinal)
            );
        } while (heard.Name == "refresh");

        Assert.Equal("notification", heard.Name);
        var history = (await scene.Visitor.GetAsync("/api/notifications", Cancellation))
            .Json.GetProperty("notifications")
            .EnumerateArray();
        Assert.Contains(
            history,
            one => $$"""{"id":"{{one.GetProperty("id").GetString()}}","state":"delivered"}""" == heard.Data
        );
    }

    [Fact]
    public async Task A_bot_that_could_not_tell_everything_makes_pages_fetch_everything()
    {
        await using var scene = await WebScene.SetAsync();
        await using var bot = await BotWithEvents.StartAsync(Path.Combine(scene.Data, "bot.sock"), Cancellation);
        await scene.StartAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();
        await Eventually.TrueAsync(() => bot.Connections == 1, () => "nobody listens", Cancellation);
        using var page = await EventStream.OpenAsync(visitor);
        await page.HearCommentsAsync(1);

        bot.Say("event: missed\ndata: {}\n\n");

        Assert.Equal("refresh", (await page.NextAsync())!.Name);
    }

    [Fact]
    public async Task When_the_bot_comes_back_all_pages_are_told_to_fetch_everything()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var scene = await WebScene.SetAsync(time);
        var (socket, alice, page) = await LoseTheBotAsync(scene);
        using var open = page;

        await using var next = await BotWithEvents.StartAsync(socket, Cancellation);
        await AdvanceUntilAsync(time, TimeSpan.FromSeconds(1), () => next.Connections == 1, "nobody listens");

        Assert.Equal("refresh", (await page.NextAsync())!.Name);
        next.SayNotification(alice, "a2", "queued");
        Assert.Contains("a2", (await page.NextAsync())!.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_bot_stays_away_all_pages_are_told_once_so_that_they_say_so()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var scene = await WebScene.SetAsync(time);
        var (_, _, page) = await LoseTheBotAsync(scene);
        using var open = page;

        var told = page.NextAsync();
        await AdvanceUntilAsync(time, TimeSpan.FromSeconds(1), () => told.IsCompleted, "the page is not told");

        Assert.Equal("refresh", (await told)!.Name);
    }

    [Fact]
    public async Task A_silent_bot_is_disconnected_and_reconnected()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var scene = await WebScene.SetAsync(time);
        await using var bot = await BotWithEvents.StartAsync(Path.Combine(scene.Data, "bot.sock"), Cancellation);
        await scene.StartAsync();
        await Eventually.TrueAsync(() => bot.Connections == 1, () => "nobody listens", Cancellation);

        await AdvanceUntilAsync(
            time,
            TimeSpan.FromSeconds(5),
            () => bot.Connections > 1,
            "the first connection is still waited at"
        );
    }

    [Fact]
    public async Task A_page_that_missed_something_is_told_to_fetch_everything_and_one_that_did_not_is_not()
    {
        await using var scene = await WebScene.SetAsync();
        await using var bot = await BotWithEvents.StartAsync(Path.Combine(scene.Data, "bot.sock"), Cancellation);
        await scene.StartAsync();
        var (visitor, alice, _) = await scene.LogInAnalystAsync();
        await Eventually.TrueAsync(() => bot.Connections == 1, () => "nobody listens", Cancellation);
        var position = await PositionAsync(visitor);

        // Nothing missed between the page and its stream.
        using (var page = await EventStream.OpenAsync(visitor, position))
        {
            bot.SayNotification(alice, "a1", "queued");
            var heard = await page.NextAsync();
            Assert.Equal("notification", heard!.Name);
            position = heard.Id;
        }

        // Nothing missed while it was away.
        using (var page = await EventStream.OpenAsync(visitor, lastEventId: position))
        {
            bot.SayNotification(alice, "a1", "delivered");
            Assert.Equal("notification", (await page.NextAsync())!.Name);
        }

        // Here the second one was missed; and there a link, which no event of the bot's tells of.
        using (var page = await EventStream.OpenAsync(visitor, lastEventId: position))
        {
            Assert.Equal("refresh", (await page.NextAsync())!.Name);
        }

        position = await PositionAsync(visitor);
        await scene.Links.LinkAsync(alice, Phone, Cancellation);
        using (var page = await EventStream.OpenAsync(visitor, position))
        {
            Assert.Equal("refresh", (await page.NextAsync())!.Name);
        }

        // And a restart of the dashboard.
        position = await PositionAsync(visitor);
        await scene.StartAsync();
        using (var page = await EventStream.OpenAsync(visitor, lastEventId: position))
        {
            Assert.Equal("refresh", (await page.NextAsync())!.Name);
        }
    }

    [Fact]
    public async Task A_stream_on_which_nothing_happens_says_so_every_fifteen_seconds()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var scene = await WebScene.BeginAsync(time);
        var (visitor, _, _) = await scene.LogInAnalystAsync();
        using var page = await EventStream.OpenAsync(visitor);
        await page.HearCommentsAsync(1);
        var began = time.GetUtcNow();

        var heard = page.HearCommentsAsync(3);
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return heard.IsCompleted;
            },
            () => "nothing is said",
            Cancellation
        );

        Assert.InRange(time.GetUtcNow() - began, TimeSpan.FromSeconds(30), TimeSpan.FromHours(1));
    }

    [Fact]
    public async Task A_stream_ends_with_its_session()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var scene = await WebScene.BeginAsync(time);
        var (visitor, _, _) = await scene.LogInAnalystAsync();
        using var page = await EventStream.OpenAsync(visitor);
        var end = page.NextAsync();

        time.Advance(TimeSpan.FromHours(23));
        Assert.False(end.IsCompleted);
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMinutes(10));
                return end.IsCompleted;
            },
            () => "it goes on",
            Cancellation
        );

        Assert.Null(await end);
    }

    [Fact]
    public async Task One_user_has_no_more_than_sixteen_streams_and_takes_none_from_others()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();
        var (bob, _, _) = await scene.LogInAnalystAsync("bob");
        var pages = new List<EventStream>();
        foreach (var _ in Enumerable.Range(0, 16))
        {
            pages.Add(await EventStream.OpenAsync(visitor));
        }

        var refused = await visitor.GetAsync("/api/events", Cancellation);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.Status);
        Assert.Contains("Close some", refused.Error, StringComparison.Ordinal);
        (await EventStream.OpenAsync(bob)).Dispose();
        pages.ForEach(page => page.Dispose());
        await Eventually.TrueAsync(
            async () =>
            {
                using var again = await visitor.OpenAsync("/api/events", Cancellation);
                return again.StatusCode == HttpStatusCode.OK;
            },
            () => "closed pages still count",
            Cancellation
        );
    }

    private static async Task<Heard> UntilAsync(EventStream page, Func<Heard, bool> isIt)
    {
        Heard heard;
        do
        {
            heard = await page.NextAsync() ?? throw new InvalidOperationException("The stream has ended.");
        } while (!isIt(heard));
        return heard;
    }

    private static (string Name, string Data) NameAndData(Heard? heard) => (heard!.Name, heard.Data);

    /// <summary>A page of alice's has heard something of the bot's, and now the bot is gone.</summary>
    private static async Task<(string Socket, UserName Alice, EventStream Page)> LoseTheBotAsync(WebScene scene)
    {
        var socket = Path.Combine(scene.Data, "bot.sock");
        await using var bot = await BotWithEvents.StartAsync(socket, Cancellation);
        await scene.StartAsync();
        var (visitor, alice, _) = await scene.LogInAnalystAsync();
        await Eventually.TrueAsync(() => bot.Connections == 1, () => "nobody listens", Cancellation);
        var page = await EventStream.OpenAsync(visitor);
        bot.SayNotification(alice, "a1", "queued");
        Assert.Equal("notification", (await page.NextAsync())!.Name);
        return (socket, alice, page);
    }

    private static Task AdvanceUntilAsync(FakeTimeProvider time, TimeSpan step, Func<bool> condition, string found) =>
        Eventually.TrueAsync(
            () =>
            {
                time.Advance(step);
                return condition();
            },
            () => found,
            Cancellation
        );

    private static async Task<string> PositionAsync(WebVisitor visitor) =>
        (await visitor.GetAsync("/", Cancellation)).Body.Split("name=\"notify-position\" content=\"")[1].Split('"')[0];
}
