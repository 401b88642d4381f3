using System.Globalization;
using System.Text.Json;
using Notify.Contracts;
using Notify.Sandbox;
using Notify.Testing;
using Notify.Tests.Callers;
using Notify.Tests.Delivery;

namespace Notify.Tests.Rounds;

/// <summary>The watch of a whole bot: its command, and its messages on phones.</summary>
public sealed class WatchInChatTests(People people) : IClassFixture<People>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_command_shows_and_switches_the_watch()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var alice = scene.As(people.Alice);
        async Task<string> AskAsync(string typed) => (await scene.Bot.AskAsync(scene.AliceChat, typed)).Text;

        Assert.Contains("no round has been reported yet", await AskAsync("/watch"), StringComparison.Ordinal);
        Assert.Contains("Send /watch on or /watch off", await AskAsync("/watch maybe"), StringComparison.Ordinal);
        var round = new { started = WireJson.Time(TimeProvider.System.GetUtcNow()), took_ms = 5 };
        await alice.PostAsync("/rounds", round, Cancellation);
        Assert.Contains("begins with the second round", await AskAsync("/watch"), StringComparison.Ordinal);
        await alice.PostAsync(
            "/rounds",
            new
            {
                round.started,
                took_ms = 5,
                every_s = 3600,
            },
            Cancellation
        );
        Assert.Contains("stop for more than 3 h 0 min", await AskAsync("/watch"), StringComparison.Ordinal);

        Assert.StartsWith("The watch is off", await AskAsync("/watch off"), StringComparison.Ordinal);
        var answer = await alice.PostAsync("/rounds", round, Cancellation);
        Assert.False(answer.Json.GetProperty("watched").GetBoolean());

        // Killed before it notes that, the bot would answer the command a second time.
        var inbox = Path.Combine(scene.Bot.Data, "private", "poll_offset.json");
        await Eventually.TrueAsync(
            async () =>
                (await File.ReadAllTextAsync(inbox, Cancellation)).Contains("\"pending\":[]", StringComparison.Ordinal),
            () => scene.Bot.Log,
            Cancellation
        );
        await scene.Bot.Bot.KillAsync();
        await scene.Bot.StartBotAsync(people.Deploy.Name);
        Assert.StartsWith("The watch is off", await AskAsync("/watch"), StringComparison.Ordinal);
        Assert.StartsWith("The watch is on", await AskAsync("/watch on"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Thirty_users_who_stopped_get_a_message_each_on_their_phones_and_Telegram_refuses_none()
    {
        const int Users = 30;
        await using var crowd = await CrowdScene.BeginAsync(Users, SendLimits.Published);
        await crowd.Scene.Bot.KillAsync();
        await File.WriteAllTextAsync(
            Path.Combine(crowd.Scene.Data, "private", "rounds.json"),
            JsonSerializer.Serialize(
                new
                {
                    counted_s = 100_000,
                    at = "2026-03-02T07:00:00+00:00",
                    users = Enumerable
                        .Range(0, Users)
                        .ToDictionary(
                            CrowdScene.User,
                            _ => new
                            {
                                last = "2026-03-01T20:00:00+00:00",
                                every_s = 60,
                                heard_s = 99_000,
                            },
                            StringComparer.Ordinal
                        ),
                }
            ),
            Cancellation
        );

        await crowd.StartBotAsync();
        await Task.WhenAll(
            Enumerable
                .Range(0, Users)
                .Select(person => crowd.Phone.WaitForBotMessagesAsync(CrowdScene.Chat(person), 1, Cancellation))
        );

        for (var person = 0; person < Users; person++)
        {
            Assert.Contains(
                "Your scripts have not run since",
                Assert.Single(await crowd.TextsAsync(person)),
                StringComparison.Ordinal
            );
        }

        Assert.DoesNotContain(await crowd.SendsAsync(), call => call.Status == 429);
        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"notify_users_overdue {Users}\n"),
            await crowd.Scene.Bot.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancellation),
            StringComparison.Ordinal
        );
    }
}
