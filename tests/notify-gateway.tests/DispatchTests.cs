using Notify.Testing;

namespace Notify.Tests;

/// <summary>What <c>POST /dispatch</c> takes, and what it says of the rest.</summary>
public sealed class DispatchTests(OneGateway gateway) : IClassFixture<OneGateway>
{
    [Theory]
    [InlineData("""{"notification":{"id":"n"}}""", "'user'")]
    [InlineData("""{"user":null,"notification":{"id":"n"}}""", "'user'")]
    [InlineData("""{"user":7,"notification":{"id":"n"}}""", "'user'")]
    [InlineData("""{"user":"../alice","notification":{"id":"n"}}""", "'user'")]
    [InlineData("""{"user":"alice"}""", "'notification'")]
    [InlineData("""{"user":"alice","notification":null}""", "'notification'")]
    [InlineData("""{"user":"alice","notification":"n"}""", "'notification'")]
    [InlineData("""{"user":"alice","notification":{}}""", "'notification.id'")]
    [InlineData("""{"user":"alice","notification":{"id":""}}""", "'notification.id'")]
    [InlineData("""{"user":"alice","notification":{"id":7}}""", "'notification.id'")]
    [InlineData("""{"user":"alice","notification":{"id":"n","title":7}}""", "'notification.title'")]
    [InlineData("""{"user":"alice","notification":{"id":"n","message":["m"]}}""", "'notification.message'")]
    [InlineData("""{"user":"alice","notification":{"id":"n","image_url":{}}}""", "'notification.image_url'")]
    [InlineData("""{"user":"alice","notification":{"id":"n","title":"\udce9"}}""", "'notification.title'")]
    [InlineData("""{"user":"alice","notification":{"id":"n"}} and more""", "JSON")]
    [InlineData("""{"user":"alice",""", "JSON")]
    [InlineData("null", "JSON")]
    [InlineData("", "JSON")]
    public async Task A_wrong_call_is_refused_with_the_field_and_nobody_gets_anything(string body, string words)
    {
        var scene = gateway.Scene;
        var user = gateway.NewUser();
        using var client = await scene.LogInAsync(user);
        using var content = new StringContent(body.Replace("alice", user, StringComparison.Ordinal));

        var (status, answer) = await scene.Caller.PostAsync("/dispatch", content);

        Assert.Equal(400, status);
        Assert.Contains(words, answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        await scene.Caller.DispatchAsync(user, "the first");
        Assert.Equal("the first", await client.NextIdAsync());
        Assert.DoesNotContain("ERROR", scene.Gateway.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_null_or_unknown_is_left_out()
    {
        await using var scene = await GatewayScene.BeginAsync();
        using var client = await scene.LogInAsync("alice");

        await scene.Caller.PostAsync(
            "/dispatch",
            new
            {
                user = "alice",
                notification = new
                {
                    id = "n",
                    title = (string?)null,
                    message = "",
                    type = "auth_error",
                    data = new { rows = 7 },
                    username = "bob",
                },
                more = true,
            }
        );

        Assert.Equal(
            """{"type":"notification","id":"n","message":""}""",
            (await client.NextAsync())!.Value.GetRawText()
        );
    }

    [Fact]
    public async Task A_large_one_goes_through_and_a_larger_one_is_refused()
    {
        await using var scene = await GatewayScene.BeginAsync();
        using var client = await scene.LogInAsync("alice");
        const string Line = "řádek s čísly a dlouhým popisem ";
        using var large = Json("large", string.Concat(Enumerable.Repeat(Line, 6000)));
        using var larger = Json("larger", string.Concat(Enumerable.Repeat(Line, 8000)));

        var (status, _) = await scene.Caller.PostAsync("/dispatch", large);
        var (tooLarge, answer) = await scene.Caller.PostAsync("/dispatch", larger);

        Assert.Equal((200, 413), (status, tooLarge));
        Assert.Contains("256 kB", answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            string.Concat(Enumerable.Repeat(Line, 6000)),
            (await client.NextAsync())!.Value.GetProperty("message").GetString()
        );
    }

    [Theory]
    [InlineData("/send", 404, "POST /dispatch, POST /revoke, GET /revoked, GET /health, GET /metrics.")]
    [InlineData("/", 404, "POST /dispatch")]
    [InlineData("/health", 405, "use GET.")]
    public async Task An_unknown_path_hears_the_calls_and_a_wrong_method_the_right_one(
        string path,
        int expected,
        string words
    )
    {
        var (status, answer) = await gateway.Scene.Caller.PostAsync(path, new { });

        Assert.Equal(expected, status);
        Assert.Contains(words, answer.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_metrics_count_and_name_no_user()
    {
        await using var scene = await GatewayScene.BeginAsync();
        using var client = await scene.LogInAsync("alice");
        using var stranger = await RawClient.ConnectAsync(scene.Gateway.Address);
        await scene.Caller.DispatchAsync("alice", "n");
        await scene.Caller.DispatchAsync("bob", "n");
        await client.NextAsync();
        await client.CloseAsync();

        foreach (
            var (name, value) in new[]
            {
                ("notify_gateway_connections", 0),
                ("notify_gateway_strangers", 1),
                ("notify_gateway_waiting_bytes", 0),
                ("notify_gateway_dispatched_total", 2),
                ("notify_gateway_sent_total", 1),
                ("notify_gateway_ended_total{reason=\"client_left\"}", 1),
            }
        )
        {
            await scene.Caller.WaitForMetricAsync(name, value);
        }

        Assert.DoesNotContain("alice", await scene.Caller.GetAsync("/metrics"), StringComparison.Ordinal);
    }

    // Letters as they are: System.Text.Json would write six bytes for each that is not English.
    private static StringContent Json(string id, string message) =>
        new($$$"""{"user":"alice","notification":{"id":"{{{id}}}","message":"{{{message}}}"}}""");
}
