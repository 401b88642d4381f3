using System.Text;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>Clients that break the rules of WebSocket or of good manners: each is closed with the number for it, and nobody else notices.</summary>
public sealed class AbuseTests(OneGateway gateway) : IClassFixture<OneGateway>
{
    /// <summary>What is sent, and the number of the close frame that answers it.</summary>
    private static readonly Dictionary<string, (int Status, Func<IEnumerable<byte[]>> Frames)> Abuses = new(
        StringComparer.Ordinal
    )
    {
        ["binary"] = (1003, () => [RawClient.Frame(2, "\0\u0001"u8)]),
        ["an empty binary frame"] = (1003, () => [RawClient.Frame(2, [])]),
        ["a text that is not UTF-8"] = (1007, () => [RawClient.Frame(1, [0xc3, 0x28])]),
        ["a text that ends in the middle of a letter"] = (1007, () => [RawClient.Frame(1, [(byte)'a', 0xe2, 0x82])]),
        ["a surrogate in UTF-8"] = (1007, () => [RawClient.Frame(1, [0xed, 0xa0, 0x80])]),
        ["a text in fragments that is not UTF-8"] = (
            1007,
            () => [RawClient.Frame(1, [0xe2], isLast: false), RawClient.Frame(0, [0x28], isLast: true)]
        ),
        ["a text that is too long"] = (1009, () => [RawClient.Text(new string('x', 4097))]),
        ["a text that is much too long"] = (1009, () => [RawClient.Text(new string('x', 300_000))]),
        ["a text that is too long, in fragments"] = (
            1009,
            () => [RawClient.Frame(1, new byte[3000], isLast: false), RawClient.Frame(0, new byte[3000], isLast: false)]
        ),
        ["a length that nobody can send"] = (
            1009,
            () =>
                [
                    [0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, .. new byte[5000]],
                ]
        ),
        ["a negative length"] = (
            1002,
            () =>
                [
                    [0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0],
                ]
        ),
        ["no mask"] = (1002, () => [RawClient.Frame(1, "{}"u8, isMasked: false)]),
        ["no mask after frames of each length"] = (
            1002,
            () =>
                [
                    RawClient.Frame(9, []),
                    RawClient.Frame(9, new byte[125]),
                    RawClient.Frame(10, "unasked"u8),
                    RawClient.Frame(9, "{}"u8, isMasked: false),
                ]
        ),
        ["reserved bits"] = (1002, () => [RawClient.Frame(1, "{}"u8, reserved: 4)]),
        ["an opcode that is none"] = (1002, () => [RawClient.Frame(3, "{}"u8)]),
        ["a continuation of nothing"] = (1002, () => [RawClient.Frame(0, "{}"u8)]),
        ["a text within a text"] = (1002, () => [RawClient.Frame(1, "{"u8, isLast: false), RawClient.Frame(1, "}"u8)]),
        ["a ping in fragments"] = (1002, () => [RawClient.Frame(9, "x"u8, isLast: false)]),
        ["a ping that is too long"] = (1002, () => [RawClient.Frame(9, new byte[126])]),
        ["a close without a whole number"] = (1002, () => [RawClient.Frame(8, [3])]),
        ["a close with a number that is none"] = (1002, () => [RawClient.Frame(8, [0, 7])]),
        ["a flood of pings"] = (1008, () => Enumerable.Repeat(RawClient.Frame(9, "ping"u8), 5000)),
        ["a flood of empty pings"] = (1008, () => Enumerable.Repeat(RawClient.Frame(9, []), 5000)),
        ["a flood of pongs"] = (1008, () => Enumerable.Repeat(RawClient.Frame(10, []), 5000)),
        ["a flood of empty fragments"] = (
            1008,
            () =>
                Enumerable
                    .Repeat(RawClient.Frame(0, [], isLast: false), 5000)
                    .Prepend(RawClient.Frame(1, [], isLast: false))
        ),
        ["a flood of messages"] = (1008, () => Enumerable.Repeat(RawClient.Text("""{"type":"pong"}"""), 2000)),
        ["a flood of empty messages"] = (1008, () => Enumerable.Repeat(RawClient.Text(""), 5000)),
    };

    /// <summary>Their names, for a client that has said who it is and for one that has not.</summary>
    public static IEnumerable<TheoryDataRow<string, bool>> EachAbuse =>
        Abuses.Keys.SelectMany(name =>
            new[] { new TheoryDataRow<string, bool>(name, true), new TheoryDataRow<string, bool>(name, false) }
        );

    [Theory]
    [MemberData(nameof(EachAbuse))]
    public async Task It_is_closed_with_the_number_for_it(string name, bool isLoggedIn)
    {
        // What a stranger says first and is no token is refused as such, which is 1008 as well.
        var (status, frames) = Abuses[name];
        var (scene, user, bob) = (gateway.Scene, gateway.NewUser(), gateway.NewUser());
        using var neighbour = await scene.LogInAsync(bob);
        using var client = await RawClient.ConnectAsync(scene.Gateway.Address);
        if (isLoggedIn)
        {
            await client.LogInAsync(GatewayToken.Of(user));
        }

        try
        {
            await client.SendAsync([.. frames().SelectMany(f => f)]);
        }
        catch (IOException)
        {
            // The gateway has had enough.
        }

        Assert.Equal(status, await client.CloseStatusAsync());
        // The library may answer a broken frame before the gateway hears of it.
        await scene.Caller.WaitForHealthAsync("""{"status":"ok","connections":0,"users":{}}""", of: user);
        Assert.Equal(0, await scene.Caller.DispatchAsync(user, "too late"));
        Assert.Equal(1, await scene.Caller.DispatchAsync(bob, "unmoved"));
        Assert.Equal("unmoved", await neighbour.NextIdAsync());
        Assert.DoesNotContain("ERROR", scene.Gateway.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", scene.Gateway.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flood_that_does_not_end_is_cut()
    {
        using var client = await RawClient.ConnectAsync(gateway.Scene.Gateway.Address);
        await client.LogInAsync(GatewayToken.Of(gateway.NewUser()));
        var flood = Enumerable.Repeat(RawClient.Frame(10, []), 10_000).SelectMany(f => f).ToArray();

        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (true)
            {
                await client.SendAsync(flood);
            }
        });
    }

    [Fact]
    public async Task What_the_rules_allow_is_understood_token_in_fragments_pings_between_them_messages_of_full_length()
    {
        var (scene, user) = (gateway.Scene, gateway.NewUser());
        using var client = await RawClient.ConnectAsync(scene.Gateway.Address);
        var auth = Encoding.UTF8.GetBytes($$"""{"type":"auth","token":"{{GatewayToken.Of(user)}}"}""");
        auth = [.. auth, .. Enumerable.Repeat((byte)' ', 4096 - auth.Length)];

        // A byte a frame for the first hundred, with a ping among them.
        await client.SendAsync(RawClient.Frame(1, auth.AsSpan(0, 1), isLast: false));
        foreach (var b in auth[1..100])
        {
            await client.SendAsync(RawClient.Frame(0, [b], isLast: false));
        }

        await client.SendAsync(RawClient.Frame(9, "are you there?"u8));
        Assert.Equal((10, "are you there?"), await TextAsync(client));
        await client.SendAsync(RawClient.Frame(0, auth.AsSpan(100)));
        Assert.Equal((1, $$"""{"type":"auth_ok","username":"{{user}}"}"""), await TextAsync(client));

        await client.SendAsync(RawClient.Frame(10, "unasked"u8));
        Assert.Equal(1, await scene.Caller.DispatchAsync(user, "n"));
        Assert.Equal((1, """{"type":"notification","id":"n"}"""), await TextAsync(client));
        await client.SendAsync(RawClient.Frame(8, [3, 0xe8]));
        Assert.Equal(1000, await client.CloseStatusAsync());
    }

    [Theory]
    [InlineData("", "/", 101)]
    [InlineData("Origin: https://notify.example.org\r\n", "/", 101)]
    [InlineData("Origin: HTTPS://Notify.Example.org\r\n", "/", 101)]
    [InlineData("Origin: https://evil.example.org\r\n", "/", 403)]
    [InlineData("Origin: http://notify.example.org\r\n", "/", 403)]
    [InlineData("Origin: https://notify.example.org:8443\r\n", "/", 403)]
    [InlineData("Origin: https://notify.example.org.evil.org\r\n", "/", 403)]
    [InlineData("Origin: null\r\n", "/", 403)]
    [InlineData("Origin:\r\n", "/", 403)]
    [InlineData("Origin: https://notify.example.org\r\nOrigin: https://evil.example.org\r\n", "/", 403)]
    [InlineData("", "/dispatch", 404)]
    [InlineData("", "/health", 404)]
    [InlineData("", "/?x=1", 101)]
    public async Task Only_the_dashboard_s_pages_and_programs_get_in_and_only_at_one_path(
        string headers,
        string path,
        int status
    )
    {
        using var client = await RawClient.ConnectAsync(gateway.Scene.Gateway.Address, headers, path);

        Assert.Equal(status, client.Status);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: notify\r\n\r\n", 426)]
    [InlineData("GET / HTTP/1.1\r\nHost: notify\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", 426)]
    [InlineData("POST /dispatch HTTP/1.1\r\nHost: notify\r\nContent-Length: 2\r\n\r\n{}", 404)]
    [InlineData("POST /revoke HTTP/1.1\r\nHost: notify\r\nContent-Length: 2\r\n\r\n{}", 404)]
    [InlineData("GET /health HTTP/1.1\r\nHost: notify\r\n\r\n", 404)]
    [InlineData("GET /metrics HTTP/1.1\r\nHost: notify\r\n\r\n", 404)]
    [InlineData("nonsense\r\n\r\n", 400)]
    public async Task What_the_bot_may_ask_on_the_socket_nobody_may_ask_over_the_network(string request, int status)
    {
        using var client = await RawClient.OpenAsync(gateway.Scene.Gateway.Address);

        await client.AskAsync(request);

        Assert.Equal(status, client.Status);
    }

    [Fact]
    public async Task Without_an_address_of_the_dashboard_no_page_gets_in()
    {
        await using var scene = GatewayScene.Set();
        scene.Environment.Remove("NOTIFY_WEB_URL");
        await scene.StartAsync();
        using var page = await RawClient.ConnectAsync(scene.Gateway.Address, "Origin: https://notify.example.org\r\n");
        using var program = await RawClient.ConnectAsync(scene.Gateway.Address);

        Assert.Equal((403, 101), (page.Status, program.Status));
    }

    [Fact]
    public async Task Behind_a_web_server_each_address_that_it_names_has_its_own_limit()
    {
        await using var scene = GatewayScene.Set();
        scene.Environment["NOTIFY_GATEWAY_LISTEN"] = $"unix:{scene.Folder}/client.sock";
        await scene.StartAsync();
        var crowd = new List<RawClient>();
        for (var i = 0; i < 130; i++)
        {
            // What a client claims itself stands before what the web server has seen.
            crowd.Add(
                await RawClient.ConnectAsync(scene.Gateway.Address, $"X-Forwarded-For: 203.0.113.{i}, 198.51.100.7\r\n")
            );
        }

        using var other = await RawClient.ConnectAsync(scene.Gateway.Address, "X-Forwarded-For: 198.51.100.8\r\n");

        Assert.Equal((128, 2), (crowd.Count(c => c.Status == 101), crowd.Count(c => c.Status == 429)));
        Assert.Equal(101, other.Status);

        // Who has said who it is counts no more.
        await crowd[0].LogInAsync(GatewayToken.Of("alice"));
        using var next = await RawClient.ConnectAsync(scene.Gateway.Address, "X-Forwarded-For: 198.51.100.7\r\n");
        Assert.Equal(101, next.Status);
        crowd.ForEach(c => c.Dispose());
    }

    [Fact]
    public async Task What_a_client_on_a_port_says_of_its_address_does_not_count_not_even_from_this_machine()
    {
        await using var scene = await GatewayScene.BeginAsync();
        var crowd = new List<RawClient>();
        for (var i = 0; i < 130; i++)
        {
            crowd.Add(await RawClient.ConnectAsync(scene.Gateway.Address, "X-Forwarded-For: 198.51.100.7\r\n"));
        }

        Assert.All(crowd, client => Assert.Equal(101, client.Status));
        crowd.ForEach(c => c.Dispose());
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET / HTTP/1.1\r\nHost: notify\r\nX-Slow: ")]
    [InlineData(
        "GET / HTTP/1.1\r\nHost: notify\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )]
    public async Task However_many_say_nothing_more_the_next_one_gets_in_and_who_is_in_stays(string beginning)
    {
        await using var scene = await GatewayScene.BeginAsync();
        using var before = await scene.LogInAsync("alice");
        var crowd = new List<RawClient>();
        for (var i = 0; i < 5000; i++)
        {
            crowd.Add(await RawClient.OpenAsync(scene.Gateway.Address));
            try
            {
                await crowd[^1].SendAsync(Encoding.ASCII.GetBytes(beginning));
            }
            catch (IOException)
            {
                // It has made room already.
            }
        }

        using var next = await scene.LogInAsync("bob");

        Assert.Equal(1, await scene.Caller.DispatchAsync("alice", "still here"));
        Assert.Equal("still here", await before.NextIdAsync());
        Assert.Equal(1, await scene.Caller.DispatchAsync("bob", "there was room"));
        Assert.Equal("there was room", await next.NextIdAsync());
        crowd.ForEach(c => c.Dispose());
    }

    private static async Task<(int Opcode, string Text)> TextAsync(RawClient client)
    {
        var (opcode, payload) = await client.NextAsync();
        return (opcode, Encoding.UTF8.GetString(payload));
    }
}
