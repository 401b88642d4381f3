using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Notify.Testing;
using Notify.Tests.Live;

namespace Notify.Tests.Hosting;

/// <summary>GET /healthz, which asks for no login: it is there for the operator, and no lever for strangers.</summary>
public sealed class HealthTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1:5000")]
    [InlineData("notify.example.org")]
    public async Task It_is_answered_on_this_machine_under_any_name_also_where_browsers_come_by_https(string host)
    {
        await using var scene = await WebScene.SetAsync();
        scene.Environment["NOTIFY_WEB_URL"] = "https://notify.example.org/data";
        await scene.StartAsync();
        var visitor = scene.NewVisitor(new Uri(scene.Environment["NOTIFY_WEB_LISTEN"]));

        foreach (var path in new[] { "/healthz", "/data/healthz" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, visitor.At(path));
            request.Headers.Host = host;
            Assert.Equal(HttpStatusCode.OK, (await visitor.SendAsync(request, Cancellation)).Status);
        }
    }

    [Fact]
    public async Task Any_number_of_them_ask_the_bot_once_a_second()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var scene = await WebScene.SetAsync(time);
        Directory.CreateDirectory(scene.Data);
        await using var bot = await BotWithEvents.StartAsync(Path.Combine(scene.Data, "bot.sock"), Cancellation);
        await scene.StartAsync();
        var visitor = scene.NewVisitor();
        Task<WebAnswer[]> Flood() =>
            Task.WhenAll(Enumerable.Range(0, 300).Select(_ => visitor.GetAsync("/healthz", Cancellation)));

        Assert.All(await Flood(), answer => Assert.Equal("ok", answer.Json.GetProperty("bot").GetString()));
        await Flood();
        Assert.Equal(1, bot.HealthChecks);

        time.Advance(TimeSpan.FromSeconds(1));
        await Flood();
        Assert.Equal(2, bot.HealthChecks);
    }

    [Fact]
    public async Task While_the_bot_hangs_all_of_them_wait_for_the_same_look_and_say_so()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var scene = await WebScene.SetAsync(time);
        Directory.CreateDirectory(scene.Data);
        using var hung = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        hung.Bind(new UnixDomainSocketEndPoint(Path.Combine(scene.Data, "bot.sock")));
        hung.Listen();
        await scene.StartAsync();
        var visitor = scene.NewVisitor();

        var flood = Task.WhenAll(Enumerable.Range(0, 300).Select(_ => visitor.GetAsync("/healthz", Cancellation)));
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return flood.IsCompleted;
            },
            () => "the health checks have no answer",
            Cancellation
        );

        Assert.All(
            await flood,
            answer =>
                Assert.Equal(
                    (HttpStatusCode.OK, "unreachable"),
                    (answer.Status, answer.Json.GetProperty("bot").GetString())
                )
        );
    }
}
