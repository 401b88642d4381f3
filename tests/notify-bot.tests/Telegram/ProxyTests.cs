using System.Net;
using System.Text.Json;
using Notify.Sandbox.Telegram;
using Notify.Testing;

namespace Notify.Tests.Telegram;

/// <summary>On a server that reaches Telegram by a proxy alone.</summary>
public sealed class ProxyTests : IAsyncDisposable
{
    private const string Login = "notify s3cr.t";
    private const string LoginInAddress = "notify:s3cr%2Et@";
    private const string Secret = "s3cr";

    private BotScene _scene = null!;
    private TlsFront _telegram = null!;
    private TinyProxy? _proxy;
    private long _chat;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Said => _scene.Log + _scene.Bot.Said;

    [Fact]
    public async Task The_bot_reaches_Telegram_through_it_with_user_and_password_which_no_text_shows()
    {
        await BeginAsync(LoginInAddress, login: Login);
        await HealthAsync("ok");

        var (status, body) = await SendAsync("hello");

        Assert.Equal((HttpStatusCode.OK, "delivered"), (status, body.GetProperty("status").GetString()));
        Assert.Equal(["hello"], await TextsAsync());
        Assert.Contains($"CONNECT {_telegram.Address.Authority}", _proxy!.Log, StringComparison.Ordinal);
        var (_, doctor) = await _scene.OperateAsync("doctor");
        Assert.Contains(
            $"ok     proxy: 127.0.0.1:{_proxy.Port} (HTTPS_PROXY) lets the bot through to {_telegram.Address.Authority}",
            doctor,
            StringComparison.Ordinal
        );
        Assert.Contains("ok     telegram", doctor, StringComparison.Ordinal);
        AssertNoSecret(Said, doctor, body.ToString(), await MetricsAsync());
    }

    [Fact]
    public async Task A_proxy_that_refuses_is_an_outage_of_its_own_and_what_waits_is_delivered_once_when_it_lets_through()
    {
        await BeginAsync(allowed: "somewhere.example.org");

        var health = await HealthAsync("unreachable");

        var proxy = $"the proxy 127.0.0.1:{_proxy!.Port}";
        Assert.Contains(
            $"{proxy} refused the connection to {_telegram.Address.Host} (HTTP 403)",
            health.GetProperty("telegram").GetProperty("reason").GetString(),
            StringComparison.Ordinal
        );
        await Eventually.TrueAsync(
            () => Said.Contains("The proxy does not let the bot through to Telegram", StringComparison.Ordinal),
            () => Said,
            Cancellation
        );
        Assert.DoesNotContain("Telegram can't be reached", Said, StringComparison.Ordinal);
        var (_, body) = await SendAsync("hello", wait: 0);
        Assert.Equal("queued", body.GetProperty("status").GetString());
        await Eventually.TrueAsync(
            () => Said.Contains($"sendMessage: {proxy} refused", StringComparison.Ordinal),
            () => Said,
            Cancellation
        );
        var (_, doctor) = await _scene.OperateAsync("doctor");
        Assert.Contains(
            $"WRONG  proxy: {proxy} (HTTPS_PROXY) refused the connection to {_telegram.Address.Host} (HTTP 403)",
            doctor,
            StringComparison.Ordinal
        );
        Assert.Contains(
            $"fix: ask the proxy's admin to allow CONNECT to {_telegram.Address.Authority}",
            doctor,
            StringComparison.Ordinal
        );

        await RestartProxyAsync();

        await ArrivesAsync("hello");
        await HealthAsync("ok");
    }

    [Theory]
    [InlineData("", "asks for a user and password")]
    [InlineData("notify:s3cret-of-before@", "refuses the user and password")]
    public async Task A_proxy_that_wants_other_words_is_named_with_what_to_do(string inAddress, string found)
    {
        await BeginAsync(inAddress, login: Login);

        var health = await HealthAsync("unreachable");

        Assert.Contains(
            "it needs another user and password (HTTP 40",
            health.GetProperty("telegram").GetProperty("reason").GetString(),
            StringComparison.Ordinal
        );
        var (_, doctor) = await _scene.OperateAsync("doctor");
        Assert.Contains($"{found}", doctor, StringComparison.Ordinal);
        Assert.Contains($"http://USER:PASSWORD@127.0.0.1:{_proxy!.Port}", doctor, StringComparison.Ordinal);
        AssertNoSecret(Said, doctor, health.ToString(), await MetricsAsync());
    }

    [Fact]
    public async Task What_is_sent_while_the_proxy_is_killed_arrives_once_when_it_is_there_again()
    {
        await BeginAsync();
        await HealthAsync("ok");
        await _proxy!.KillAsync();

        var (_, body) = await SendAsync("hello", wait: 0);
        Assert.Equal("queued", body.GetProperty("status").GetString());

        // The poll that was under way is cut; the next one finds nobody.
        await _scene.Bot.WaitForHealthAsync(
            health =>
                health.GetProperty("telegram").TryGetProperty("reason", out var reason)
                && reason
                    .GetString()!
                    .Contains($"the proxy 127.0.0.1:{_proxy.Port} can't be reached", StringComparison.Ordinal),
            Cancellation
        );
        var (_, doctor) = await _scene.OperateAsync("doctor");
        Assert.Contains(
            $"WRONG  proxy: 127.0.0.1:{_proxy.Port} (HTTPS_PROXY) can't be reached (Connection refused)",
            doctor,
            StringComparison.Ordinal
        );
        await RestartProxyAsync();
        await ArrivesAsync("hello");
        Assert.Single(await _scene.Phone.CallsAsync(Cancellation, "sendMessage"));
    }

    [Fact]
    public async Task A_request_whose_tunnel_is_cut_under_way_may_have_arrived_and_is_sent_once_more()
    {
        await BeginAsync();
        await HealthAsync("ok");
        await _scene.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Hang,
                Method = "sendMessage",
                Taken = true,
                Times = 1,
            },
            Cancellation
        );
        await SendAsync("hello", wait: 0);
        await Eventually.TrueAsync(
            async () => (await _scene.Phone.CallsAsync(Cancellation, "sendMessage")).Count == 1,
            () => "nothing was sent",
            Cancellation
        );

        await _proxy!.KillAsync();
        await RestartProxyAsync();

        await Eventually.TrueAsync(
            async () => (await TextsAsync()).Count == 2,
            () => "it was not sent once more",
            Cancellation
        );
        await Eventually.TrueAsync(
            async () => (await NewestAsync()).GetProperty("state").GetString() == "delivered",
            () => "not delivered",
            Cancellation
        );
        Assert.Equal(["hello", "hello"], await TextsAsync());
    }

    [Fact]
    public async Task A_proxy_that_hangs_up_before_there_is_a_way_has_carried_nothing()
    {
        await using var deaf = new HangingUp();
        await BeginAsync(port: deaf.Port, start: false);
        var health = await HealthAsync("unreachable");

        var (_, body) = await SendAsync("hello", wait: 0);
        Assert.Equal("queued", body.GetProperty("status").GetString());
        var hangUps = deaf.Count;
        await Eventually.TrueAsync(() => deaf.Count > hangUps + 2, () => "it is not tried again", Cancellation);

        Assert.Contains(
            $"the proxy 127.0.0.1:{deaf.Port} ended the connection before it reached",
            health.GetProperty("telegram").GetProperty("reason").GetString(),
            StringComparison.Ordinal
        );
        var (_, doctor) = await _scene.OperateAsync("doctor");
        Assert.Contains("does not answer like an HTTP proxy", doctor, StringComparison.Ordinal);
        await deaf.DisposeAsync();
        await RestartProxyAsync(deaf.Port);
        await ArrivesAsync("hello");
        Assert.Single(await _scene.Phone.CallsAsync(Cancellation, "sendMessage"));
    }

    [Fact]
    public async Task What_no_proxy_names_is_reached_without_it()
    {
        await BeginAsync(allowed: "somewhere.example.org", noProxy: $"example.org,{Environment.MachineName}");

        await HealthAsync("ok");

        await SendAsync("hello");
        Assert.Equal(["hello"], await TextsAsync());
        Assert.DoesNotContain($"CONNECT {_telegram.Address.Host}", _proxy!.Log, StringComparison.Ordinal);
        var (_, doctor) = await _scene.OperateAsync("doctor");
        Assert.Contains($"ok     proxy: none for {_telegram.Address.Host}", doctor, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTPS_PROXY")]
    [InlineData("https_proxy")]
    [InlineData("ALL_PROXY")]
    public async Task An_address_that_is_none_ends_the_bot_with_the_variables_name_and_without_its_value(
        string variable
    )
    {
        _scene = await BotScene.SetAsync();
        _scene.Environment[variable] = "http://notify:s3cret/x@proxy:3128";

        var (status, said) = await _scene.OperateAsync();

        Assert.Equal(78, status);
        Assert.Contains($"{variable} does not hold the address of a proxy", said, StringComparison.Ordinal);
        AssertNoSecret(said);
    }

    public async ValueTask DisposeAsync()
    {
        if (_scene is not null)
        {
            await _scene.DisposeAsync();
        }

        if (_telegram is not null)
        {
            await _telegram.DisposeAsync();
        }

        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }
    }

    private async Task BeginAsync(
        string inAddress = "",
        string? login = null,
        string? allowed = null,
        string? noProxy = null,
        int? port = null,
        bool start = true
    )
    {
        _scene = await BotScene.SetAsync();
        _telegram = new TlsFront(_scene.Sandbox.ApiAddress, _scene.Folder);
        _proxy = start ? await TinyProxy.StartAsync(_scene.Folder, Cancellation, login, allowed, port) : null;
        _chat = await _scene.Phone.AddStartedPersonAsync("Dana", Cancellation, 7001);
        Directory.CreateDirectory(_scene.Data);
        await File.WriteAllTextAsync(
            Path.Combine(_scene.Data, "telegram_users.json"),
            """{"dana": {"chat_id": 7001, "linked_at": "2026-01-05T09:00:00Z"}}""",
            Cancellation
        );
        _scene.Environment["TELEGRAM_API_URL"] = _telegram.Address.AbsoluteUri;
        _scene.Environment["SSL_CERT_FILE"] = _telegram.CertificateFile;
        _scene.Environment["HTTPS_PROXY"] = $"http://{inAddress}127.0.0.1:{port ?? _proxy!.Port}";
        _scene.Environment["NO_PROXY"] = noProxy ?? "";
        await _scene.StartBotAsync();
    }

    private async Task RestartProxyAsync(int? port = null)
    {
        var at = port ?? _proxy!.Port;
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }

        _proxy = await TinyProxy.StartAsync(_scene.Folder, Cancellation, port: at);
    }

    /// <summary>Waits until the bot says that it stands so with Telegram, with a reason where it is not well.</summary>
    private Task<JsonElement> HealthAsync(string telegram) =>
        _scene.Bot.WaitForHealthAsync(
            health =>
                BotScene.Telegram(health) == telegram
                && health.GetProperty("telegram").TryGetProperty("reason", out _) == (telegram != "ok"),
            Cancellation
        );

    private Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(string text, double wait = 30) =>
        _scene.Bot.SendAsync(
            new
            {
                user = "dana",
                text,
                wait,
            },
            Cancellation
        );

    private async Task<JsonElement> NewestAsync() =>
        (await _scene.Bot.GetAsync("/notifications?user=dana", Cancellation)).GetProperty("notifications")[0];

    private async Task<IReadOnlyList<string>> TextsAsync() =>
        [.. (await _scene.Phone.BotMessagesAsync(_chat, Cancellation)).Select(message => message.Text)];

    private async Task ArrivesAsync(string text)
    {
        await Eventually.TrueAsync(
            async () => (await NewestAsync()).GetProperty("state").GetString() == "delivered",
            () => Said,
            Cancellation
        );
        Assert.Equal([text], await TextsAsync());
    }

    private Task<string> MetricsAsync() =>
        _scene.Bot.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancellation);

    private static void AssertNoSecret(params string[] texts) =>
        Assert.All(texts, text => Assert.DoesNotContain(Secret, text, StringComparison.Ordinal));
}
