using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Notify.Testing;

namespace Notify.Tests.Page;

/// <summary>Many pages and cards of one user at a time.</summary>
public sealed class PageLimitTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_user_has_eight_made_at_a_time_and_waits_for_the_rest_and_others_are_served()
    {
        const int Many = 100;
        await using var scene = await WebScene.BeginAsync(new FakeTimeProvider(TimeProvider.System.GetUtcNow()));
        var (alice, _, _) = await scene.LogInAnalystAsync();
        var (bob, _, _) = await scene.LogInAnalystAsync("bob");
        // A bot that hangs: what asks it ends only when the test lets go.
        using var bot = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        bot.Bind(new UnixDomainSocketEndPoint(Path.Combine(scene.Data, "bot.sock")));
        bot.Listen(512);
        using var letGo = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        var asked = Enumerable
            .Range(0, Many)
            .Select(_ => alice.GetAsync("/fragments/notifications", letGo.Token))
            .ToList();
        await Eventually.TrueAsync(
            () => asked.Count(one => one.IsCompletedSuccessfully) == Many - 80,
            () => $"{asked.Count(one => one.IsCompleted)} were answered",
            Cancellation
        );

        foreach (var refused in asked.Where(one => one.IsCompletedSuccessfully))
        {
            var answer = await refused;
            Assert.Equal(HttpStatusCode.TooManyRequests, answer.Status);
            Assert.Equal("5", answer["Retry-After"]);
            Assert.StartsWith("You load too many pages", answer.Error, StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.OK, (await bob.GetAsync("/fragments/desktop", Cancellation)).Status);

        await letGo.CancelAsync();
        await Eventually.TrueAsync(
            async () => (await alice.GetAsync("/fragments/desktop", Cancellation)).Status == HttpStatusCode.OK,
            () => "the first eight still take all the room",
            Cancellation
        );
    }
}
