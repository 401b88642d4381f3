using System.Text;
using System.Text.Json;
using Notify.Sandbox.Telegram;
using Notify.Testing;
using Notify.Tests.SendApi;

namespace Notify.Tests.Delivery;

/// <summary>GET /notifications/ID and POST /notifications/ID/again: what became of a notification, and once more where it failed.</summary>
public sealed class AgainTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_failed_one_goes_out_again_whole_and_names_the_old_one_and_two_presses_are_one()
    {
        await using var scene = await ApiScene.BeginAsync();
        var old = await RefusedAsync(
            scene,
            () =>
                scene.SendFormAsync(
                    [("a.csv", "a,b\n1,2\n"u8.ToArray())],
                    [TestPictures.Png(64, 36)],
                    ("user", "dana"),
                    ("title", "Report"),
                    ("text", "by *25 %*")
                )
        );

        var first = await AgainAsync(scene, old);
        var second = await AgainAsync(scene, old);

        Assert.True(first.Status == 200, first.ToString());
        var id = first.Json.GetProperty("id").GetString();
        Assert.NotEqual(old, id);
        Assert.Equal(id, second.Json.GetProperty("id").GetString());
        var phone = await scene.DanasPhone();
        var shown = string.Join('\n', phone.Select(m => m.Text));
        Assert.Contains("Report", shown, StringComparison.Ordinal);
        Assert.Contains("sent again: that of 20", shown, StringComparison.Ordinal);
        Assert.Contains("did not arrive (Bad Request: TOPIC_CLOSED)", shown, StringComparison.Ordinal);
        Assert.Single(phone, m => m.Photo is not null);
        Assert.Single(phone, m => m.Document is not null);
        Assert.Equal(id, (await OneAsync(scene, old)).GetProperty("sent_again").GetString());
        Assert.Equal(old, (await OneAsync(scene, id!)).GetProperty("again_of").GetString());
        Assert.Equal(old, (await scene.HistoryAsync("dana"))[0].GetProperty("again_of").GetString());
    }

    [Fact]
    public async Task What_arrived_is_not_sent_again_and_nobody_elses_is_there()
    {
        await using var scene = await ApiScene.BeginAsync();
        var arrived = (await scene.SendAsync(new { user = "dana", text = "hello" }))
            .Json.GetProperty("id")
            .GetString()!;

        var refused = await AgainAsync(scene, arrived);
        Assert.Equal(409, refused.Status);
        Assert.Contains("is delivered", refused.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(404, (await AgainAsync(scene, arrived, "omar")).Status);
        Assert.Equal(404, (await scene.AskAsync(HttpMethod.Get, $"/notifications/{arrived}?user=omar")).Status);
        Assert.Equal(404, (await scene.AskAsync(HttpMethod.Get, "/notifications/nothing?user=dana")).Status);
        Assert.Single(await scene.DanasPhone());
    }

    [Fact]
    public async Task The_timeline_says_when_it_was_accepted_why_it_waited_and_when_it_arrived()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(Faults.FloodWait(2) with { Times = 1 });

        var id = (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "hello",
                    wait = 30,
                }
            )
        ).Json.GetProperty("id").GetString()!;

        var steps = (await OneAsync(scene, id)).GetProperty("timeline").EnumerateArray().ToList();
        Assert.Equal(["accepted", "waiting", "delivered"], steps.Select(step => step.GetProperty("event").GetString()));
        Assert.Equal("Telegram makes this chat wait", steps[1].GetProperty("text").GetString());
        Assert.True(steps[1].GetProperty("until").GetDateTimeOffset() > steps[1].GetProperty("at").GetDateTimeOffset());
        Assert.True(
            steps[0].GetProperty("at").GetDateTimeOffset() <= steps[1].GetProperty("at").GetDateTimeOffset()
                && steps[1].GetProperty("at").GetDateTimeOffset() < steps[2].GetProperty("at").GetDateTimeOffset()
        );
    }

    [Theory]
    [InlineData("state=sent", "state")]
    [InlineData("since=yesterday", "since")]
    [InlineData("until=1", "until")]
    public async Task A_filter_that_cannot_be_read_is_refused_by_name(string query, string field)
    {
        await using var scene = await ApiScene.BeginAsync();

        var answer = await scene.AskAsync(HttpMethod.Get, $"/notifications?user=dana&{query}");

        Assert.Equal(400, answer.Status);
        Assert.Contains($"'{field}'", answer.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_search_finds_what_has_just_come_and_filters_by_state_and_script()
    {
        await using var scene = await ApiScene.BeginAsync();
        await RefusedAsync(
            scene,
            () =>
                scene.SendAsync(
                    new
                    {
                        user = "dana",
                        text = "stock is low",
                        script = "stock.py",
                    }
                )
        );
        await scene.SendAsync(new { user = "dana", text = "stock is high" });

        Assert.Equal(["stock is high", "stock is low"], await FoundAsync("q=sto"));
        Assert.Equal(["stock is low"], await FoundAsync("q=sto&state=failed"));
        Assert.Equal(["stock is low"], await FoundAsync("script=stock"));
        Assert.Equal([], await FoundAsync("q=%22%20OR%20%22"));
        Assert.Equal(
            "stock.py",
            Assert
                .Single(
                    (await scene.AskAsync(HttpMethod.Get, "/notifications/scripts?user=dana"))
                        .Json.GetProperty("scripts")
                        .EnumerateArray()
                )
                .GetString()
        );
        Assert.Equal(
            400,
            (await scene.AskAsync(HttpMethod.Get, $"/notifications?user=dana&q={new string('a', 1001)}")).Status
        );

        async Task<IReadOnlyList<string?>> FoundAsync(string query)
        {
            var answer = await scene.AskAsync(HttpMethod.Get, $"/notifications?user=dana&{query}");
            Assert.True(answer.Status == 200, answer.ToString());
            return
            [
                .. answer
                    .Json.GetProperty("notifications")
                    .EnumerateArray()
                    .Select(n => n.GetProperty("message").GetString()),
            ];
        }
    }

    /// <summary>Sends something that Telegram refuses, and gives its id.</summary>
    private static async Task<string> RefusedAsync(ApiScene scene, Func<Task<ApiAnswer>> send)
    {
        foreach (var method in (string[])["sendMessage", "sendPhoto", "sendMediaGroup", "sendDocument"])
        {
            await scene.FaultAsync(
                new Fault
                {
                    Kind = FaultKind.Answer,
                    Method = method,
                    Status = 400,
                    Description = "Bad Request: TOPIC_CLOSED",
                }
            );
        }

        var answer = await send();
        Assert.True(answer.Status == 502, answer.ToString());
        await scene.Phone.ClearFaultsAsync(Cancellation);
        return answer.Json.GetProperty("id").GetString()!;
    }

    private static async Task<ApiAnswer> AgainAsync(ApiScene scene, string id, string user = "dana")
    {
        using var body = new StringContent(JsonSerializer.Serialize(new { user }), Encoding.UTF8, "application/json");
        return await scene.AskAsync(HttpMethod.Post, $"/notifications/{id}/again", body);
    }

    private static async Task<JsonElement> OneAsync(ApiScene scene, string id)
    {
        var answer = await scene.AskAsync(HttpMethod.Get, $"/notifications/{id}?user=dana");
        Assert.True(answer.Status == 200, answer.ToString());
        return answer.Json;
    }
}
