using Notify.Testing;

namespace Notify.Tests;

/// <summary>Checks the protocol of docs/gateway.md with clients that others wrote.</summary>
public sealed class ProtocolTests(OneGateway gateway) : IClassFixture<OneGateway>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("python")]
    [InlineData("node")]
    public async Task A_client_says_who_it_is_gets_its_notifications_and_is_told_when_the_gateway_ends(string kind)
    {
        await using var scene = await GatewayScene.BeginAsync();
        await using var client = await ForeignClient.StartAsync(kind, scene.Gateway.Address);

        await client.AuthenticateAsync(GatewayToken.Of("alice"));
        Assert.Equal("""{"type":"auth_ok","username":"alice"}""", await client.NextAsync());
        Assert.Equal("""{"status":"ok","connections":1,"users":{"alice":1}}""", await scene.Caller.GetAsync("/health"));

        var (status, answer) = await scene.Caller.PostAsync(
            "/dispatch",
            new
            {
                user = "alice",
                notification = new
                {
                    id = "n-1",
                    title = "Tržby klesly 📉",
                    message = "*-12 %* proti průměru",
                    script = "revenue_drop",
                    timestamp = "2026-01-30T19:20:00Z",
                    image_url = "/api/notifications/images/4f",
                },
            }
        );
        Assert.Equal((200, """{"sent":1}"""), (status, answer.GetRawText()));
        Assert.Equal(
            """{"type":"notification","id":"n-1","title":"Tržby klesly \uD83D\uDCC9","message":"*-12 %* proti průměru","script":"revenue_drop","timestamp":"2026-01-30T19:20:00Z","image_url":"/api/notifications/images/4f"}""",
            await client.NextAsync()
        );
        Assert.Equal(1, await scene.Caller.DispatchAsync("alice", "n-2"));
        Assert.Equal("""{"type":"notification","id":"n-2"}""", await client.NextAsync());

        await scene.Gateway.StopAsync(Cancellation);
        Assert.Equal((1001, "The gateway restarts: connect again."), await client.CloseAsync());
        Assert.Equal(0, scene.Gateway.ExitStatus);
    }

    [Theory]
    [InlineData("python")]
    [InlineData("node")]
    public async Task A_client_with_a_wrong_token_is_told_so_and_closed(string kind)
    {
        await using var scene = await GatewayScene.BeginAsync();
        await using var client = await ForeignClient.StartAsync(kind, scene.Gateway.Address);

        await client.AuthenticateAsync(
            GatewayToken.Of("alice") with
            {
                Key = "another secret, just as long as the right one",
            }
        );

        Assert.Equal(
            """{"type":"auth_error","message":"The token's signature is invalid. Get a new one from the dashboard."}""",
            await client.NextAsync()
        );
        Assert.Equal((1008, "Not authenticated."), await client.CloseAsync());
        Assert.Equal("""{"status":"ok","connections":0,"users":{}}""", await scene.Caller.GetAsync("/health"));
    }

    [Fact]
    public async Task Each_user_gets_their_own_on_all_their_connections_and_who_is_not_connected_gets_none()
    {
        await using var scene = await GatewayScene.BeginAsync();
        using var desktop = await scene.LogInAsync("alice");
        using var browser = await scene.LogInAsync("alice");
        using var bob = await scene.LogInAsync("bob");
        Assert.Equal(
            """{"status":"ok","connections":3,"users":{"alice":2,"bob":1}}""",
            await scene.Caller.GetAsync("/health")
        );

        Assert.Equal(2, await scene.Caller.DispatchAsync("alice", "for alice"));
        Assert.Equal(1, await scene.Caller.DispatchAsync("bob", "for bob"));
        Assert.Equal(0, await scene.Caller.DispatchAsync("carol", "for carol"));

        Assert.Equal("for alice", await desktop.NextIdAsync());
        Assert.Equal("for alice", await browser.NextIdAsync());
        Assert.Equal("for bob", await bob.NextIdAsync());
    }

    [Fact]
    public async Task A_client_that_leaves_is_gone_at_once()
    {
        await using var scene = await GatewayScene.BeginAsync();
        using var client = await scene.LogInAsync("alice");

        await client.CloseAsync();

        Assert.Equal(1000, client.CloseStatus);
        await scene.Caller.WaitForHealthAsync("""{"status":"ok","connections":0,"users":{}}""");
        Assert.Equal(0, await scene.Caller.DispatchAsync("alice", "too late"));
    }

    [Theory]
    [InlineData("""{"type":"something new","value":[1,2,3]}""")]
    [InlineData("""{"type":"auth","token":"again"}""")]
    [InlineData("""{"type":7}""")]
    [InlineData("not JSON")]
    [InlineData("[]")]
    [InlineData("")]
    public async Task What_a_client_says_beyond_the_protocol_means_nothing(string text)
    {
        var user = gateway.NewUser();
        using var client = await gateway.Scene.LogInAsync(user);

        await client.SayAsync(text);
        await client.SayAsync("""{"type":"pong"}""");

        Assert.Equal(1, await gateway.Scene.Caller.DispatchAsync(user, "still there"));
        Assert.Equal("still there", await client.NextIdAsync());
    }

    [Theory]
    [InlineData("""{"type":"pong"}""")]
    [InlineData("""{"type":"auth"}""")]
    [InlineData("""{"type":"auth","token":null}""")]
    [InlineData("""{"type":"auth","token":7}""")]
    [InlineData("""{"type":"auth","token":"\udce9"}""")]
    [InlineData("not JSON")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("")]
    public async Task A_first_message_that_is_no_auth_is_refused(string text)
    {
        using var client = await gateway.Scene.ConnectAsync();

        await client.SayAsync(text);

        Assert.Equal("""The first message is {"type":"auth","token":"..."}.""", await client.RefusalAsync());
    }

    [Fact]
    public async Task The_sixth_connection_of_a_user_is_refused_and_another_user_s_is_not()
    {
        await using var scene = await GatewayScene.BeginAsync();
        var five = new List<GatewayClient>();
        for (var i = 0; i < 5; i++)
        {
            five.Add(await scene.LogInAsync("alice"));
        }

        using var sixth = await scene.ConnectAsync();
        await sixth.AuthenticateAsync(GatewayToken.Of("alice").ToString());
        Assert.StartsWith(
            "alice has 5 connections, which is the limit",
            await sixth.RefusalAsync(closeStatus: 4429),
            StringComparison.Ordinal
        );
        using var bob = await scene.LogInAsync("bob");
        Assert.Equal(
            """{"status":"ok","connections":6,"users":{"alice":5,"bob":1}}""",
            await scene.Caller.GetAsync("/health")
        );

        await five[0].CloseAsync();
        await scene.Caller.WaitForHealthAsync("""{"status":"ok","connections":5,"users":{"alice":4,"bob":1}}""");
        five.Add(await scene.LogInAsync("alice"));
        Assert.Equal(5, await scene.Caller.DispatchAsync("alice", "all five"));
        five.ForEach(c => c.Dispose());
    }

    [Fact]
    public async Task Clients_that_do_not_answer_do_not_hold_up_the_end()
    {
        await using var scene = await GatewayScene.BeginAsync();
        using var deaf = await RawClient.ConnectAsync(scene.Gateway.Address);
        await deaf.LogInAsync(GatewayToken.Of("alice"));
        using var silent = await RawClient.OpenAsync(scene.Gateway.Address);
        using var stranger = await scene.ConnectAsync();

        var told = stranger.NextAsync();

        await scene.Gateway.StopAsync(Cancellation);

        Assert.Equal(0, scene.Gateway.ExitStatus);
        Assert.Equal(1001, await deaf.CloseStatusAsync());
        Assert.Null(await told);
        Assert.Equal(1001, stranger.CloseStatus);
        Assert.False(File.Exists(scene.SocketPath));
    }
}
