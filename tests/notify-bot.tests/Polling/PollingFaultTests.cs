using Notify.Sandbox.Telegram;
using Notify.Testing;

namespace Notify.Tests.Polling;

/// <summary>What the bot does while Telegram fails: says so once, pauses longer and longer, keeps serving callers, and recovers by itself (cases C16, C34).</summary>
public sealed class PollingFaultTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(401, "token refused", "refuses the bot's token")]
    [InlineData(409, "polled elsewhere", "Another process polls this bot")]
    [InlineData(429, "unreachable", "makes the poll wait")]
    [InlineData(500, "unreachable", "can't be reached")]
    [InlineData(502, "unreachable", "can't be reached")]
    public async Task A_refused_poll_is_named_by_health_said_once_and_over_by_itself(
        int status,
        string state,
        string said
    )
    {
        await using var scene = await BotScene.BeginAsync();
        var fault = await scene.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "getUpdates",
                Status = status,
                RetryAfter = status == 429 ? 1 : null,
            },
            Cancellation
        );
        await EndTheOpenPollAsync(scene);

        var health = await scene.Bot.WaitForHealthAsync(h => BotScene.Telegram(h) == state, Cancellation);
        await Eventually.TrueAsync(
            async () => await HitsAsync(scene, fault) >= 3,
            () => "the bot does not try again",
            Cancellation
        );

        Assert.Equal("degraded", BotScene.Status(health));
        Assert.True(health.GetProperty("telegram").GetProperty("last_good_poll").TryGetDateTimeOffset(out _));
        Assert.Equal(1, Count(scene.Log, said));

        await scene.Phone.ClearFaultsAsync(Cancellation);
        await scene.Bot.WaitForHealthAsync(h => BotScene.Status(h) == "ok", Cancellation);
        Assert.Equal(1, Count(scene.Log, "answers polls again"));
    }

    [Theory]
    [InlineData(401, "C34-token-revoked")]
    [InlineData(409, "C16-second-poller")]
    public async Task A_refusal_that_lasts_is_tried_ever_more_rarely(int status, string fromTheField)
    {
        await using var scene = await BotScene.BeginAsync();
        var body = await File.ReadAllTextAsync(
            Path.Combine(Programs.Repository, "tests", "cases", fromTheField, "update.json"),
            Cancellation
        );
        await scene.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Status = status,
                Method = "getUpdates",
                Body = body,
                ContentType = "application/json",
            },
            Cancellation
        );
        await EndTheOpenPollAsync(scene);

        var tries = await TriesAsync(scene, 4);

        // Steps of 2, 4 and 8 s, each shortened by at most a half.
        Assert.True(tries[1] - tries[0] >= TimeSpan.FromSeconds(1), $"{tries[1] - tries[0]}");
        Assert.True(tries[2] - tries[1] >= TimeSpan.FromSeconds(2), $"{tries[2] - tries[1]}");
        Assert.True(tries[3] - tries[2] >= TimeSpan.FromSeconds(4), $"{tries[3] - tries[2]}");
    }

    [Fact]
    public async Task Refused_connections_are_survived_and_what_is_sent_meanwhile_arrives_once_afterwards()
    {
        await using var scene = await BotScene.BeginAsync();
        var chat = await scene.LinkAsync("alice");
        await scene.Phone.BeginOutageAsync(Cancellation);

        await scene.Bot.WaitForHealthAsync(h => BotScene.Telegram(h) == "unreachable", Cancellation);
        var (status, body) = await scene.Bot.SendAsync(
            new
            {
                user = "alice",
                text = "during the outage",
                wait = 0,
            },
            Cancellation
        );

        Assert.Equal(System.Net.HttpStatusCode.OK, status);
        Assert.Equal("queued", body.GetProperty("status").GetString());

        await scene.Phone.EndOutageAsync(Cancellation);
        await scene.Bot.WaitForHealthAsync(h => BotScene.Status(h) == "ok", Cancellation);
        Assert.Equal(
            System.Net.HttpStatusCode.OK,
            (
                await scene.Bot.SendAsync(
                    new
                    {
                        user = "alice",
                        text = "after it",
                        wait = 30,
                    },
                    Cancellation
                )
            ).Status
        );
        Assert.Equal(
            ["during the outage", "after it"],
            (await scene.Phone.BotMessagesAsync(chat, Cancellation))
                .Select(m => m.Text)
                .Where(t =>
                    t.Contains(" it", StringComparison.Ordinal) || t.Contains("outage", StringComparison.Ordinal)
                )
        );
    }

    [Fact]
    public async Task Dropped_and_cut_polls_lose_no_update()
    {
        await using var scene = await BotScene.BeginAsync();
        var chat = await scene.Phone.AddPersonAsync("Alice", Cancellation);
        foreach (var kind in (FaultKind[])[FaultKind.Drop, FaultKind.Cut])
        {
            await scene.Phone.AddFaultAsync(
                new Fault
                {
                    Kind = kind,
                    Method = "getUpdates",
                    Times = 2,
                    Taken = kind == FaultKind.Cut,
                },
                Cancellation
            );
        }

        Assert.Contains("verification code", (await scene.AskAsync(chat, "/start")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_poll_that_is_never_answered_is_given_up_and_the_next_one_finds_the_update()
    {
        await using var scene = await BotScene.SetAsync();
        var fault = await scene.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Hang,
                Method = "getUpdates",
                Times = 1,
            },
            Cancellation
        );
        await scene.StartBotAsync();
        await Eventually.TrueAsync(
            async () => await HitsAsync(scene, fault) == 1,
            () => "the bot does not poll",
            Cancellation
        );
        var chat = await scene.Phone.AddPersonAsync("Alice", Cancellation);

        // The connection is alive and silent; only the missing answer tells.
        Assert.Contains("verification code", (await scene.AskAsync(chat, "/start")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_while_Telegram_is_away_is_not_held_up_and_finds_it_later()
    {
        await using var scene = await BotScene.SetAsync();
        await scene.Phone.BeginOutageAsync(Cancellation);
        await scene.StartBotAsync();

        Assert.Equal("unreachable", BotScene.Telegram(await scene.Bot.GetAsync("/health", Cancellation)));

        await scene.Phone.EndOutageAsync(Cancellation);
        var health = await scene.Bot.WaitForHealthAsync(h => BotScene.Status(h) == "ok", Cancellation);
        Assert.Equal("NotifyTestBot", health.GetProperty("bot_username").GetString());
    }

    [Fact]
    public async Task A_menu_of_commands_that_can_not_be_registered_costs_only_the_menu()
    {
        await using var scene = await BotScene.SetAsync();
        await scene.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Status = 500,
                Method = "setMyCommands",
            },
            Cancellation
        );
        await scene.StartBotAsync();
        var chat = await scene.Phone.AddPersonAsync("Alice", Cancellation);

        Assert.Contains("verification code", (await scene.AskAsync(chat, "/start")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_commands_are_registered_for_the_phones_menu()
    {
        await using var scene = await BotScene.BeginAsync();

        await Eventually.TrueAsync(
            async () =>
                (await scene.Phone.StateAsync(Cancellation))
                    .Commands.Select(c => c.Command)
                    .SequenceEqual([
                        "start",
                        "status",
                        "run",
                        "snooze",
                        "mute",
                        "unmute",
                        "quiet",
                        "timezone",
                        "watch",
                        "whoami",
                        "test",
                        "unlink",
                        "help",
                    ]),
            () => "the menu is not there",
            Cancellation
        );
    }

    /// <summary>A poll that waits is not hit by a new fault; something that happens ends it.</summary>
    internal static async Task EndTheOpenPollAsync(BotScene scene)
    {
        var someone = await scene.Phone.AddPersonAsync("Someone", Cancellation);
        await scene.Phone.TypeAsync(someone, "hello", Cancellation);
    }

    private static async Task<int> HitsAsync(BotScene scene, Fault fault) =>
        (await scene.Phone.FaultsAsync(Cancellation)).Single(f => f.Id == fault.Id).Hits;

    private static async Task<IReadOnlyList<DateTimeOffset>> TriesAsync(BotScene scene, int count)
    {
        DateTimeOffset[] tries = [];
        await Eventually.TrueAsync(
            async () =>
            {
                tries =
                [
                    .. (await scene.Phone.CallsAsync(Cancellation, "getUpdates"))
                        .Where(c => c.Status is 401 or 409)
                        .Select(c => c.Time),
                ];
                return tries.Length >= count;
            },
            () => $"there are {tries.Length} tries",
            Cancellation
        );
        return tries;
    }

    internal static int Count(string text, string part) => text.Split(part).Length - 1;
}
