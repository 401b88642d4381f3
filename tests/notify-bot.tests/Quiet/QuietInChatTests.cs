using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Notify.Testing;
using Notify.Tests.Delivery;

namespace Notify.Tests.Quiet;

/// <summary>Quiet hours of a whole bot: the chat, the send API, and kill -9.</summary>
public sealed class QuietInChatTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Quiet hours that hold for all of a test's time, on the server's clock.</summary>
    private readonly string _now = TimeProvider.System.GetLocalNow() is var now
        ? string.Create(CultureInfo.InvariantCulture, $"{now.AddHours(-2):HH:mm}-{now.AddHours(5):HH:mm}")
        : "";

    [Fact]
    public async Task The_chat_sets_shows_and_ends_quiet_hours_and_the_digest_comes_at_once()
    {
        await using var crowd = await CrowdScene.BeginAsync(1);
        async Task<string> AskAsync(string typed) => (await crowd.Scene.AskAsync(CrowdScene.Chat(0), typed)).Text;

        Assert.StartsWith(
            "You have no quiet hours. Send /quiet 22:00-07:00",
            await AskAsync("/quiet"),
            StringComparison.Ordinal
        );
        Assert.Equal("Write quiet hours as 22:00-07:00.", await AskAsync("/quiet 22-7"));
        var until = _now[6..];
        var set = await AskAsync($"/quiet {_now}, weekends");
        Assert.StartsWith($"Quiet hours: {_now}, weekends, by the clock of ", set, StringComparison.Ordinal);
        Assert.StartsWith(
            $"Quiet hours: {_now}, by the clock of ",
            await AskAsync($"/quiet {_now}"),
            StringComparison.Ordinal
        );

        var (status, body) = await crowd.SendAsync(0, "one");
        Assert.Equal((HttpStatusCode.OK, "held"), (status, body.GetProperty("status").GetString()));
        Assert.Equal("held", body.GetProperty("channels").GetProperty("telegram").GetString());
        Assert.Equal(0, body.GetProperty("held_until").GetDateTimeOffset().Second);
        await crowd.SendAsync(0, "two");
        Assert.Equal("held", (await crowd.NewestAsync(0)).GetProperty("state").GetString());
        Assert.True((await crowd.NewestAsync(0)).TryGetProperty("next_try_at", out _));
        Assert.Contains($"Quiet until {until}: 2 held.", await AskAsync("/quiet"), StringComparison.Ordinal);
        Assert.Contains($"Quiet until {until}: 2 held.", await AskAsync("/status"), StringComparison.Ordinal);

        await crowd.Phone.TypeAsync(CrowdScene.Chat(0), "/quiet off", Cancellation);
        await Eventually.TrueAsync(
            async () => (await crowd.TextsAsync(0)).Any(t => t.StartsWith("2 notifications", StringComparison.Ordinal)),
            () => crowd.Scene.Log,
            Cancellation
        );
        var digest = (await crowd.Phone.BotMessagesAsync(CrowdScene.Chat(0), Cancellation)).Single(m =>
            m.Text.StartsWith("2 notifications", StringComparison.Ordinal)
        );
        await crowd.Phone.PressAsync(CrowdScene.Chat(0), digest.Buttons[0][0].Text, Cancellation);
        await Eventually.TrueAsync(
            async () => (await crowd.TextsAsync(0)).Contains("one", StringComparer.Ordinal),
            () => crowd.Scene.Log,
            Cancellation
        );
    }

    [Fact]
    public async Task The_time_zone_is_shown_set_and_refused_in_the_chat()
    {
        await using var crowd = await CrowdScene.BeginAsync(1);
        async Task<string> AskAsync(string typed) => (await crowd.Scene.AskAsync(CrowdScene.Chat(0), typed)).Text;

        Assert.StartsWith("Times here are the server's", await AskAsync("/timezone"), StringComparison.Ordinal);
        Assert.StartsWith(
            "Times here are those of Europe/Prague.",
            await AskAsync("/timezone Europe/Prague"),
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "Asia/Calcutta is an old name of Asia/Kolkata. Times here are those of Asia/Kolkata.",
            await AskAsync("/timezone Asia/Calcutta"),
            StringComparison.Ordinal
        );
        Assert.Contains("Did you mean Europe/Prague?", await AskAsync("/timezone Prague"), StringComparison.Ordinal);
        Assert.StartsWith(
            "Times here are those of Asia/Kolkata.",
            await AskAsync("/timezone"),
            StringComparison.Ordinal
        );
        await AskAsync("/quiet 22:00-07:00");
        Assert.Contains("by the clock of Asia/Kolkata", await AskAsync("/quiet"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_send_API_shows_sets_and_ends_quiet_hours()
    {
        await using var crowd = await CrowdScene.BeginAsync(1);
        var none = await crowd.Scene.Bot.GetAsync("/quiet?user=user0", Cancellation);
        Assert.False(none.TryGetProperty("hours", out _));
        Assert.Equal(0, none.GetProperty("held").GetInt32());

        var set = await PutAsync(crowd, new { user = "user0", hours = $"weekends {_now}" });
        Assert.Equal($"{_now}, weekends", set.Body.GetProperty("hours").GetString());
        Assert.True(set.Body.TryGetProperty("until", out _));
        Assert.NotEmpty(set.Body.GetProperty("timezone").GetString()!);
        await crowd.SendAsync(0, "one");
        Assert.Equal(
            1,
            (await crowd.Scene.Bot.GetAsync("/quiet?user=user0", Cancellation)).GetProperty("held").GetInt32()
        );

        var wrong = await PutAsync(crowd, new { user = "user0", hours = "at night" });
        Assert.Equal(HttpStatusCode.BadRequest, wrong.Status);
        Assert.Contains("22:00-07:00", wrong.Body.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.False(
            (await PutAsync(crowd, new { user = "user0", hours = "off" })).Body.TryGetProperty("hours", out _)
        );
        await crowd.UntilNewestIsAsync(0, "delivered");
        Assert.Equal(["one"], await crowd.TextsAsync(0));
    }

    [Fact]
    public async Task Kill_9_between_the_digest_and_its_delivery_and_after_it_neither_loses_nor_doubles_it()
    {
        await using var crowd = await CrowdScene.BeginAsync(1);
        await PutAsync(crowd, new { user = "user0", hours = _now });
        for (var i = 0; i < 3; i++)
        {
            await crowd.QueueAsync(0, $"{i}");
        }

        // Held before and after a kill.
        await crowd.Scene.Bot.KillAsync();
        await crowd.StartBotAsync();
        await crowd.QueueAsync(0, "3");
        Assert.Equal(
            4,
            (await crowd.Scene.Bot.GetAsync("/quiet?user=user0", Cancellation)).GetProperty("held").GetInt32()
        );

        await crowd.Phone.BeginOutageAsync(Cancellation);
        await PutAsync(crowd, new { user = "user0", hours = (string?)null });
        await Eventually.TrueAsync(
            async () =>
                (await crowd.NewestAsync(0)).TryGetProperty("title", out var title)
                && title.GetString() == "4 notifications while it was quiet",
            () => crowd.Scene.Log,
            Cancellation
        );
        await crowd.Scene.Bot.KillAsync();
        await crowd.Phone.EndOutageAsync(Cancellation);
        await crowd.StartBotAsync();
        await crowd.UntilNewestIsAsync(0, "delivered");
        await crowd.Scene.Bot.KillAsync();
        await crowd.StartBotAsync();
        await crowd.DeliverAsync(0, "after");

        var texts = await crowd.TextsAsync(0);
        Assert.Equal(2, texts.Length);
        Assert.Equal(5, texts[0].Split('\n').Length);
        var history = (await crowd.Scene.Bot.GetAsync("/notifications?user=user0", Cancellation)).GetProperty(
            "notifications"
        );
        Assert.Equal(6, history.GetArrayLength());
        Assert.All(history.EnumerateArray(), n => Assert.Equal("delivered", n.GetProperty("state").GetString()));
    }

    private static async Task<(HttpStatusCode Status, JsonElement Body)> PutAsync(CrowdScene crowd, object call)
    {
        using var content = JsonContent.Create(call);
        using var response = await crowd.Scene.Bot.Client.PutAsync(
            new Uri("/quiet", UriKind.Relative),
            content,
            Cancellation
        );
        return (response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation));
    }
}
