using Notify.Bot.Events;
using Notify.Contracts;
using Notify.Sandbox.Telegram;
using Notify.Testing;
using Notify.Tests.Callers;
using Notify.Tests.SendApi;

namespace Notify.Tests.Events;

/// <summary>GET /events: what the dashboard is told when something changes, so that it need not ask.</summary>
public sealed class EventTests(People people) : IClassFixture<People>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Opens so many streams, says how many were answered with events, and keeps them open.</summary>
    private const string Streams = """
        import socket, sys
        kept, opened = [], 0
        for _ in range(int(sys.argv[2])):
            s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
            s.sendall(b"GET /events HTTP/1.1\r\nHost: notify\r\n\r\n")
            kept.append(s)
            opened += s.recv(4096).startswith(b"HTTP/1.1 200")
        print(opened, flush=True)
        sys.stdin.read()
        """;

    [Fact]
    public async Task One_analysts_open_streams_are_bounded_and_others_and_the_dashboard_have_theirs()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var alice = scene.As(people.Alice);
        using (
            var hoard = AccountCaller.StartAs(
                people.Alice,
                "/usr/bin/python3",
                "-c",
                Streams,
                scene.Bot.Bot.SocketPath,
                "100"
            )
        )
        {
            Assert.Equal("16", await hoard.StandardOutput.ReadLineAsync(Cancellation));
            (await alice.GetAsync("/events", Cancellation)).AssertRefused(429, "16 event streams of yours are open");
            using var bobs = AccountCaller.StartAs(
                people.Bob,
                "/usr/bin/curl",
                "-sN",
                "--unix-socket",
                scene.Bot.Bot.SocketPath,
                "http://bot/events"
            );
            await using var bob = await WatchedEvents.OfAsync(bobs.StandardOutput, Cancellation);
            for (var i = 0; i < 20; i++)
            {
                // The test's own user is trusted, as the dashboard's is.
                await (await WatchedEvents.OpenAsync(scene.Bot.Bot.Client, "/events", Cancellation)).DisposeAsync();
            }

            bobs.Kill();
            hoard.Kill();
        }

        await Eventually.TrueAsync(
            async () =>
            {
                using var again = AccountCaller.StartAs(
                    people.Alice,
                    "/usr/bin/python3",
                    "-c",
                    Streams,
                    scene.Bot.Bot.SocketPath,
                    "1"
                );
                var opened = await again.StandardOutput.ReadLineAsync(Cancellation);
                again.Kill();
                return opened == "1";
            },
            () => "alice's streams are not given back",
            Cancellation
        );
    }

    [Fact]
    public async Task A_notification_is_told_when_it_is_accepted_and_at_each_step_of_its_delivery()
    {
        await using var scene = await ApiScene.BeginAsync();
        await using var events = await WatchedEvents.OpenAsync(scene.Bot.Bot.Client, "/events?user=dana", Cancellation);

        var first = (await scene.SendAsync(new { user = "dana", text = "goes through" }))
            .Json.GetProperty("id")
            .GetString();
        Assert.Equal(
            [$"notification dana {first} queued", $"notification dana {first} delivered"],
            await events.NextAsync(2)
        );

        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                Status = 400,
                Description = "Bad Request: TOPIC_CLOSED",
                Times = 1,
            }
        );
        var second = (await scene.SendAsync(new { user = "dana", text = "is refused" }))
            .Json.GetProperty("id")
            .GetString();
        Assert.Equal(
            [$"notification dana {second} queued", $"notification dana {second} failed"],
            await events.NextAsync(2)
        );
    }

    [Fact]
    public async Task A_mute_and_a_muted_notification_are_told()
    {
        await using var scene = await ApiScene.BeginAsync();
        await using var events = await WatchedEvents.OpenAsync(scene.Bot.Bot.Client, "/events?user=dana", Cancellation);

        using var hour = new StringContent("""{"for":"1h"}""", System.Text.Encoding.UTF8, "application/json");
        Assert.Equal(200, (await scene.AskAsync(HttpMethod.Post, "/scripts/revenue.py/mute?user=dana", hour)).Status);
        Assert.Equal(["scripts dana"], await events.NextAsync(1));

        var id = (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "held back",
                    script = "revenue.py",
                }
            )
        ).Json.GetProperty("id").GetString();
        Assert.Equal([$"notification dana {id} muted"], await events.NextAsync(1));
    }

    [Fact]
    public async Task An_analyst_hears_of_herself_only_and_root_of_everybody()
    {
        TestAccount.SkipUnlessRoot();
        await using var scene = await CallerScene.BeginAsync(people);
        await using var alice = scene.As(people.Alice);
        Assert.Equal(403, (await alice.GetAsync($"/events?user={people.Bob.Name}", Cancellation)).Status);
        using var curl = AccountCaller.StartAs(
            people.Alice,
            "/usr/bin/curl",
            "-sN",
            "--unix-socket",
            scene.Bot.Bot.SocketPath,
            "http://bot/events"
        );
        await using var alices = await WatchedEvents.OfAsync(curl.StandardOutput, Cancellation);
        await using var everybodys = await WatchedEvents.OpenAsync(scene.Bot.Bot.Client, "/events", Cancellation);
        await using var root = AccountCaller.OfThisUser(scene.Bot.Bot.SocketPath);

        foreach (var user in new[] { people.Bob.Name, people.Alice.Name })
        {
            Assert.Equal(200, (await root.PostAsync("/send", new { user, text = "hello" }, Cancellation)).Status);
        }

        Assert.All(
            await alices.NextAsync(2),
            e => Assert.StartsWith($"notification {people.Alice.Name} ", e, StringComparison.Ordinal)
        );
        Assert.Equal(
            [people.Bob.Name, people.Bob.Name, people.Alice.Name, people.Alice.Name],
            (await everybodys.NextAsync(4)).Select(e => e.Split(' ')[1])
        );
        curl.Kill();
    }

    [Fact]
    public async Task A_bot_that_is_told_to_end_ends_the_stream_at_once()
    {
        await using var scene = await ApiScene.BeginAsync();
        await using var events = await WatchedEvents.OpenAsync(scene.Bot.Bot.Client, "/events", Cancellation);

        await scene.Bot.Bot.StopAsync(Cancellation);
        Assert.Equal(0, scene.Bot.Bot.ExitStatus);

        Assert.True(await events.HasEndedAsync());
    }

    [Fact]
    public async Task Who_reads_too_slowly_is_told_that_some_are_missed_and_costs_nobody_anything()
    {
        var feed = new ChangeFeed();
        var (dana, omar) = (UserName.Parse("dana"), UserName.Parse("omar"));
        using var slow = feed.Watch(only: null);
        using var danas = feed.Watch(only: dana);

        for (var i = 0; i <= ChangeFeed.Watcher.MaxUnread; i++)
        {
            feed.NotificationChanged(omar, $"{i}", DeliveryState.Queued);
        }

        feed.ScriptsChanged(dana);

        Assert.IsType<Change.Missed>(await slow.NextAsync(Cancellation));
        Assert.Equal("3", Assert.IsType<Change.OfNotification>(await slow.NextAsync(Cancellation)).Id);
        Assert.Equal(dana, Assert.IsType<Change.OfScripts>(await danas.NextAsync(Cancellation)).User);
    }
}
