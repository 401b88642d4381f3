using System.Net.Sockets;
using System.Text.Json;
using Notify.Testing;
using Notify.Tests.SendApi;

namespace Notify.Tests.Desktops;

/// <summary>What the bot accepts goes to the gateway too, once and at once, and costs the phone nothing.</summary>
public sealed class DispatchTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_notification_is_on_phone_and_desktop_and_the_answer_says_both()
    {
        await using var gateway = await GatewayScene.BeginAsync();
        await using var scene = await BeginAsync(gateway);
        using var desktop = await gateway.LogInAsync("dana");
        using var other = await gateway.LogInAsync("omar");

        // The answer waits 100 ms for the gateway's, and says nothing of desktops after it.
        ApiAnswer? answer = null;
        await Eventually.TrueAsync(
            async () =>
            {
                answer = await scene.SendAsync(
                    new
                    {
                        user = "dana",
                        title = "Orders",
                        message = "*12* wait",
                        script = "orders.py",
                    }
                );
                return Channels(answer) == ("delivered", 1);
            },
            () => $"the answer does not say both: {answer?.Json}",
            Cancellation
        );

        Assert.NotNull(answer);
        answer.AssertDelivered();
        var id = answer.Json.GetProperty("id").GetString();
        JsonElement shown;
        do
        {
            shown = (await desktop.NextAsync())!.Value;
        } while (Text(shown, "id") != id);

        Assert.Equal(
            ("notification", "Orders", "*12* wait", "orders.py"),
            (Text(shown, "type"), Text(shown, "title"), Text(shown, "message"), Text(shown, "script"))
        );
        Assert.True(shown.GetProperty("timestamp").TryGetDateTimeOffset(out _));
        Assert.False(shown.TryGetProperty("image_url", out _));

        // Nothing of it reached anybody else: the next thing that omar hears is his own.
        await scene.SendAsync(new { user = "omar", text = "for omar" });
        Assert.Equal("for omar", Text((await other.NextAsync())!.Value, "message"));
    }

    [Fact]
    public async Task A_chart_is_named_by_the_dashboards_address_for_it()
    {
        await using var gateway = await GatewayScene.BeginAsync();
        await using var scene = await BeginAsync(gateway, ("NOTIFY_WEB_URL", "https://example.org/notify/"));
        using var desktop = await gateway.LogInAsync("dana");

        (
            await scene.SendPhotoAsync(TestPictures.Png(60, 40), ("user", "dana"), ("caption", "chart"))
        ).AssertDelivered();

        var image = (await scene.AskAsync(HttpMethod.Get, "/notifications?user=dana"))
            .Json.GetProperty("notifications")[0]
            .GetProperty("image_id")
            .GetString();
        Assert.Equal(
            $"https://example.org/notify/api/notifications/images/{image}",
            Text((await desktop.NextAsync())!.Value, "image_url")
        );
    }

    [Fact]
    public async Task Without_a_phone_a_desktop_that_is_connected_is_served_and_without_either_it_is_404()
    {
        await using var gateway = await GatewayScene.BeginAsync();
        await using var scene = await BeginAsync(gateway);
        using var desktop = await gateway.LogInAsync("nora");

        var answer = await scene.SendAsync(new { user = "nora", text = "on the desktop alone" });
        var nobody = await scene.SendAsync(new { user = "quentin", text = "to nobody" });

        Assert.Equal(200, answer.Status);
        Assert.Equal("delivered", answer.Json.GetProperty("status").GetString());
        Assert.Equal((null, 1), Channels(answer));
        Assert.Equal("on the desktop alone", Text((await desktop.NextAsync())!.Value, "message"));
        var kept = Assert.Single(
            (await scene.AskAsync(HttpMethod.Get, "/notifications?user=nora"))
                .Json.GetProperty("notifications")
                .EnumerateArray()
        );
        Assert.Equal("delivered", kept.GetProperty("state").GetString());
        Assert.Equal(404, nobody.Status);
        Assert.Contains(
            "no desktop is connected",
            nobody.Json.GetProperty("error").GetString(),
            StringComparison.Ordinal
        );
        Assert.Empty(await scene.Phone.CallsAsync(Cancellation, "sendMessage"));
    }

    [Fact]
    public async Task What_is_muted_or_a_repeat_is_not_shown()
    {
        await using var gateway = await GatewayScene.BeginAsync();
        await using var scene = await BeginAsync(gateway);
        using var desktop = await gateway.LogInAsync("dana");

        await scene.SendAsync(
            new
            {
                user = "dana",
                text = "first",
                key = "one",
            }
        );
        await scene.SendAsync(
            new
            {
                user = "dana",
                text = "first",
                key = "one",
            }
        );
        await scene.AskAsync(
            HttpMethod.Post,
            "/scripts/noisy.py/mute?user=dana",
            System.Net.Http.Json.JsonContent.Create(
                new Dictionary<string, string>(StringComparer.Ordinal) { ["for"] = "1h" }
            )
        );
        var muted = await scene.SendAsync(
            new
            {
                user = "dana",
                text = "muted",
                script = "noisy.py",
            }
        );
        await scene.SendAsync(new { user = "dana", text = "last" });

        Assert.Equal("muted", Channels(muted).Telegram);
        Assert.Equal(
            ["first", "last"],
            [Text((await desktop.NextAsync())!.Value, "message"), Text((await desktop.NextAsync())!.Value, "message")]
        );
    }

    [Fact]
    public async Task A_gateway_that_is_down_or_hangs_costs_the_phone_nothing_and_is_served_again_when_it_is_back()
    {
        await using var gateway = GatewayScene.Set();
        await using var scene = await BeginAsync(gateway);
        (await scene.SendAsync(new { user = "dana", text = "before there was a gateway" })).AssertDelivered();
        Assert.DoesNotContain(" 1701 ", scene.Bot.Log, StringComparison.Ordinal);

        await gateway.StartAsync();
        await EventuallyShownAsync(scene, gateway, "up");
        await gateway.Gateway.KillAsync();
        foreach (var text in (string[])["down 1", "down 2", "down 3"])
        {
            var down = await scene.SendAsync(new { user = "dana", text });
            down.AssertDelivered();
            Assert.Equal(("delivered", null), Channels(down));
        }

        // One that takes connections and says nothing.
        File.Delete(gateway.SocketPath);
        using (var deaf = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            deaf.Bind(new UnixDomainSocketEndPoint(gateway.SocketPath));
            deaf.Listen(64);
            for (var i = 0; i < 5; i++)
            {
                (await scene.SendAsync(new { user = "dana", text = $"deaf {i}" })).AssertDelivered();
            }
        }

        await gateway.StartAsync();
        await EventuallyShownAsync(scene, gateway, "back");
        Assert.Equal(1, Count(scene.Bot.Log, " 1701 "));
        Assert.Equal(1, Count(scene.Bot.Log, " 1702 "));
        var phone = (await scene.Phone.BotMessagesAsync(ApiScene.Dana, Cancellation)).Select(m => m.Text).ToList();
        Assert.Equal(phone.Distinct(StringComparer.Ordinal).Count(), phone.Count);
        Assert.Superset(
            new HashSet<string>(["down 1", "down 2", "down 3", "deaf 0", "deaf 4"], StringComparer.Ordinal),
            phone.ToHashSet(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task While_Telegram_is_away_the_desktop_has_it_at_once()
    {
        await using var gateway = await GatewayScene.BeginAsync();
        await using var scene = await BeginAsync(gateway);
        using var desktop = await gateway.LogInAsync("dana");
        await scene.Phone.BeginOutageAsync(Cancellation);

        // The sender is told of the desktop only where the gateway answers within a moment.
        await Eventually.TrueAsync(
            async () =>
                Channels(
                    await scene.SendAsync(
                        new
                        {
                            user = "dana",
                            text = "in the outage",
                            wait = 0,
                        }
                    )
                ) == ("queued", 1),
            () => "no answer names the desktop",
            Cancellation
        );

        Assert.Equal("in the outage", Text((await desktop.NextAsync())!.Value, "message"));
        await scene.Phone.EndOutageAsync(Cancellation);
        await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 1, Cancellation);
    }

    [Fact]
    public async Task A_run_that_was_asked_for_is_shown_too()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        alice.Write("user/notifications/stock.py", """print('{"notify": true, "message": "Below minimum"}')""");
        await using var gateway = await GatewayScene.BeginAsync();
        await using var scene = await BeginAsync(gateway, ("NOTIFY_SCRIPTS_BIN", Programs.Path("notify-scripts")));
        using var desktop = await gateway.LogInAsync(alice.Name);

        var ran = await scene.AskAsync(HttpMethod.Post, $"/scripts/stock.py/run?user={alice.Name}");

        Assert.Equal("delivered", ran.Json.GetProperty("outcome").GetString());
        Assert.Equal("Below minimum", Text((await desktop.NextAsync())!.Value, "message"));
    }

    [Fact]
    public async Task Nothing_is_said_to_a_listener_that_is_not_trusted()
    {
        TestAccount.SkipUnlessRoot();
        await using var eve = await TestAccount.CreateAsync("eve");
        await using var gateway = GatewayScene.Set();
        Directory.CreateDirectory(Path.GetDirectoryName(gateway.SocketPath)!);
        File.SetUnixFileMode(Path.GetDirectoryName(gateway.SocketPath)!, (UnixFileMode)0b111_111_111);
        await using var trap = await TrapListener.StartAsync(eve, gateway.SocketPath, Cancellation);
        await using var scene = await BeginAsync(gateway);

        (await scene.SendAsync(new { user = "dana", text = "a secret" })).AssertDelivered();

        Assert.Equal("!", await trap.HeardAsync(Cancellation));
        Assert.Contains("it is not the gateway", scene.Bot.Log, StringComparison.Ordinal);
    }

    private static Task<ApiScene> BeginAsync(GatewayScene gateway, params (string Name, string Value)[] more)
    {
        var environment = more.ToDictionary(m => m.Name, m => m.Value, StringComparer.Ordinal);
        environment["NOTIFY_GATEWAY_SOCKET"] = gateway.SocketPath;
        return ApiScene.BeginAsync(environment: environment);
    }

    /// <summary>A client that logs in and is sent something, until it gets it: the bot may still be in its pause.</summary>
    private static async Task EventuallyShownAsync(ApiScene scene, GatewayScene gateway, string text)
    {
        using var desktop = await gateway.LogInAsync("dana");
        var sent = 0;
        await Eventually.TrueAsync(
            async () => Channels(await scene.SendAsync(new { user = "dana", text = $"{text} {sent++}" })).Desktop == 1,
            () => "the gateway is not served",
            Cancellation
        );
    }

    private static (string? Telegram, int? Desktop) Channels(ApiAnswer answer)
    {
        var channels = answer.Json.GetProperty("channels");
        return (
            Text(channels, "telegram"),
            channels.TryGetProperty("desktop", out var desktop) && desktop.ValueKind == JsonValueKind.Number
                ? desktop.GetInt32()
                : null
        );
    }

    private static string? Text(JsonElement of, string member) =>
        of.TryGetProperty(member, out var value) ? value.GetString() : null;

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
