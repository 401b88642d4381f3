using Notify.Testing;

namespace Notify.Tests;

/// <summary>What the clock does: pings, patience with strangers, the end of tokens. The gateway's clock is the test's.</summary>
public sealed class HeartbeatTests
{
    [Fact]
    public async Task A_ping_comes_every_30_seconds_and_who_answers_stays()
    {
        await using var scene = await ClockScene.BeginAsync();
        using var client = await RawClient.ConnectAsync(scene.Address);
        await client.LogInAsync(GatewayToken.Of("alice", null, scene.Time.GetUtcNow()));

        for (var minute = 0; minute < 20; minute++)
        {
            scene.Pass(30);
            Assert.Equal("""{"type":"ping"}""", await client.NextTextAsync());
            await AnswerAsync(client);
        }

        Assert.Equal(1, await scene.Caller.DispatchAsync("alice", "still there"));
        Assert.Equal("""{"type":"notification","id":"still there"}""", await client.NextTextAsync());
    }

    [Fact]
    public async Task No_ping_comes_earlier()
    {
        await using var scene = await ClockScene.BeginAsync();
        using var client = await scene.LogInAsync("alice");

        scene.Pass(29);
        using var next = await scene.LogInAsync("bob");
        await scene.Caller.DispatchAsync("alice", "first");
        scene.Pass(1);

        Assert.Equal("first", await client.NextIdAsync());
        Assert.Equal("ping", GatewayClient.Type(await client.NextAsync()));
    }

    [Fact]
    public async Task Three_missed_pongs_close_the_connection_and_two_do_not()
    {
        await using var scene = await ClockScene.BeginAsync();
        using var client = await RawClient.ConnectAsync(scene.Address);
        await client.LogInAsync(GatewayToken.Of("alice", null, scene.Time.GetUtcNow()));
        await ThreePingsAsync();

        // Two are missed by now, and the third is answered just in time.
        await AnswerAsync(client);
        await ThreePingsAsync();
        Assert.Equal("""{"status":"ok","connections":1,"users":{"alice":1}}""", await scene.Caller.GetAsync("/health"));

        scene.Pass(10);

        Assert.Equal(1008, await client.CloseStatusAsync());
        Assert.Equal("""{"status":"ok","connections":0,"users":{}}""", await scene.Caller.GetAsync("/health"));

        async Task ThreePingsAsync()
        {
            for (var ping = 0; ping < 3; ping++)
            {
                scene.Pass(30);
                Assert.Equal("""{"type":"ping"}""", await client.NextTextAsync());
            }
        }
    }

    [Fact]
    public async Task Who_does_not_say_who_it_is_within_10_seconds_is_closed()
    {
        await using var scene = await ClockScene.BeginAsync();
        using var slow = await GatewayClient.ConnectAsync(scene.Address);
        scene.Pass(9);
        using var quick = await GatewayClient.LogInAsync(
            scene.Address,
            GatewayToken.Of("alice", null, scene.Time.GetUtcNow())
        );

        scene.Pass(1);

        Assert.Equal("No token came within 10 seconds.", await slow.RefusalAsync());
        Assert.Equal(1, await scene.Caller.DispatchAsync("alice", "still there"));
        Assert.Equal("still there", await quick.NextIdAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET / HTTP/1.1\r\nHost: not")]
    public async Task Who_opens_no_WebSocket_within_10_seconds_is_cut(string begun)
    {
        await using var scene = await ClockScene.BeginAsync();
        using var client = await RawClient.OpenAsync(scene.Address);
        await client.SendAsync(System.Text.Encoding.ASCII.GetBytes(begun));
        await scene.Caller.WaitForMetricAsync("notify_gateway_strangers", 1);

        scene.Pass(10);

        await client.EndAsync();
        await scene.Caller.WaitForMetricAsync("notify_gateway_strangers", 0);
    }

    [Fact]
    public async Task A_connection_ends_with_its_token()
    {
        await using var scene = await ClockScene.BeginAsync();
        using var page = await scene.LogInAsync("alice", TimeSpan.FromSeconds(25));
        using var device = await scene.LogInAsync("alice", TimeSpan.FromDays(30));

        scene.Pass(26);

        Assert.Equal("The token has expired. Get a new one from the dashboard.", await page.RefusalAsync());
        Assert.Equal(1, await scene.Caller.DispatchAsync("alice", "for the device"));
        Assert.Equal("for the device", await device.NextIdAsync());
    }

    [Fact]
    public async Task Who_does_not_close_in_time_is_cut()
    {
        await using var scene = await ClockScene.BeginAsync();
        using var client = await RawClient.ConnectAsync(scene.Address);
        await client.LogInAsync(GatewayToken.Of("alice", null, scene.Time.GetUtcNow(), TimeSpan.FromSeconds(5)));
        scene.Pass(6);
        Assert.Equal(1008, await client.CloseStatusAsync());
        var ended = client.EndAsync();

        scene.Pass(3);

        await ended;
    }

    [Fact]
    public async Task A_revoked_token_is_forgotten_once_it_would_have_ended_by_itself()
    {
        await using var scene = await ClockScene.BeginAsync();
        await scene.Caller.PostAsync("/revoke", new { id = "laptop", until = scene.Time.GetUtcNow().AddMinutes(10) });
        await scene.Caller.PostAsync("/revoke", new { id = "phone", until = scene.Time.GetUtcNow().AddMinutes(20) });

        scene.Pass(10 * 60);

        var revoked = System
            .Text.Json.JsonDocument.Parse(await scene.Caller.GetAsync("/revoked"))
            .RootElement.GetProperty("revoked")
            .EnumerateArray();
        Assert.Equal("phone", Assert.Single(revoked).GetProperty("id").GetString());
    }

    /// <summary>Answers a ping, and waits until the gateway has heard it: it answers a ping of WebSocket's own after what came before.</summary>
    private static async Task AnswerAsync(RawClient client)
    {
        await client.SendAsync([.. RawClient.Text("""{"type":"pong"}"""), .. RawClient.Frame(9, [])]);
        Assert.Equal(10, (await client.NextAsync()).Opcode);
    }
}
