using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Notify.Bot;
using Notify.Bot.Delivery;
using Notify.Bot.Hosting;
using Notify.Bot.SendApi;
using Notify.Bot.Telegram;
using Notify.Contracts;
using Notify.Linking;
using Notify.Settings;
using Notify.Testing;
using Notify.Tests.Doctor;
using Notify.Tests.Outbox;

namespace Notify.Tests.Hosting;

/// <summary>The bot's sign of life for a dead man's switch outside.</summary>
public sealed class HeartbeatTests
{
    private const string Secret = "5e8c7a1e-0d5c-4b4f-9d3f-1f0a6b2c9e77";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_calls_once_a_minute_while_it_is_well_and_logs_a_failure_and_its_end_once()
    {
        await using var target = new Target();
        using var outbox = new OutboxScene();
        var time = outbox.Time;
        target.Time = time;
        var folder = Directory.CreateTempSubdirectory("notify-heartbeat-").FullName;
        using var links = new JsonLinkStore(folder, time);
        var telegram = new TelegramStatus(Settings(folder));
        var log = new CollectedLog<HeartbeatSender>();
        using var client = new HeartbeatClient(target.Address(), null, time);
        using var sender = new HeartbeatSender(
            client,
            new BotHealthCheck(links, new PendingNotifications(time), outbox.Outbox, telegram),
            time,
            log
        );
        async Task UntilAsync(int calls) =>
            await Eventually.TrueAsync(
                () =>
                {
                    time.Advance(TimeSpan.FromSeconds(1));
                    return target.Calls.Count >= calls;
                },
                () => $"{target.Calls.Count} calls",
                Cancellation
            );

        await sender.StartAsync(Cancellation);
        telegram.Good(time.GetUtcNow());
        await UntilAsync(3);
        target.Answer = "HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n";
        await UntilAsync(6);
        target.Answer = Target.Ok;
        await UntilAsync(9);

        var times = target.Calls.Select(call => call.At).ToList();
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.True(pair.Second - pair.First >= TimeSpan.FromMinutes(1)));
        Assert.All(target.Calls, call => Assert.Equal($"GET /ping/{Secret}?from=bot HTTP/1.1", call.Line));
        Assert.Equal(["1811", "1812"], log.Lines.Select(line => line[..4]));
        Assert.Contains("HTTP status 500", log.Lines.First(), StringComparison.Ordinal);
        Assert.DoesNotContain(log.Lines, line => line.Contains(Secret, StringComparison.Ordinal));

        // An unwell bot calls nobody, so the switch outside notices.
        telegram.Bad(TelegramState.Unreachable, "no route");
        time.Advance(TimeSpan.FromMinutes(2));
        var calls = target.Calls.Count;
        for (var i = 0; i < 300; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.InRange(target.Calls.Count, calls, calls + 1);
        telegram.Good(time.GetUtcNow());
        await UntilAsync(calls + 2);
        await sender.StopAsync(Cancellation);
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("HTTP/1.1 204 Fine\r\n\r\n", null)]
    [InlineData("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "HTTP status 404")]
    [InlineData("HTTP/1.1 302 There\r\nLocation: http://localhost:1/x\r\nContent-Length: 0\r\n\r\n", "another host")]
    [InlineData("HTTP/1.1 302 There\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", "another host")]
    [InlineData("HTTP/1.1 301 Here\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n", "redirects without an end")]
    [InlineData("HTTP/1.1 302 Nowhere\r\nContent-Length: 0\r\n\r\n", "HTTP status 302")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", "no HTTP answer")]
    public async Task What_an_answer_means(string answer, string? failure)
    {
        await using var target = new Target { Answer = answer };
        using var client = new HeartbeatClient(target.Address(), null, TimeProvider.System);

        var said = await client.CallAsync(Cancellation);

        if (failure is null)
        {
            Assert.Null(said);
        }
        else
        {
            Assert.Contains(failure, said, StringComparison.Ordinal);
            Assert.DoesNotContain("127.0.0.1", said, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_redirect_on_the_same_host_is_followed()
    {
        await using var target = new Target
        {
            Answer = "HTTP/1.1 308 Here\r\nLocation: /moved\r\nContent-Length: 0\r\n\r\n",
            AnswerToMoved = Target.Ok,
        };
        using var client = new HeartbeatClient(target.Address(), null, TimeProvider.System);

        Assert.Null(await client.CallAsync(Cancellation));
        Assert.Equal("GET /moved HTTP/1.1", target.Calls[1].Line);
    }

    [Fact]
    public async Task It_goes_through_the_proxy_where_one_is_set()
    {
        await using var proxy = new Target();
        var proxies = OutgoingProxy.Read(
            new SettingsReader(name =>
                name == "http_proxy" ? proxy.Address().Value.GetLeftPart(UriPartial.Authority) : null
            )
        );
        var address = HeartbeatAddress.TryParse($"http://hc.example.org/{Secret}")!;
        using var client = new HeartbeatClient(address, proxies, TimeProvider.System);

        Assert.Null(await client.CallAsync(Cancellation));
        Assert.Equal($"GET http://hc.example.org/{Secret} HTTP/1.1", Assert.Single(proxy.Calls).Line);
    }

    [Fact]
    public async Task A_silent_address_is_given_up_after_ten_seconds_and_one_that_is_gone_at_once()
    {
        var time = new FakeTimeProvider();
        await using var target = new Target { Answer = "" };
        using var client = new HeartbeatClient(target.Address(), null, time);

        var call = client.CallAsync(Cancellation);
        await Eventually.TrueAsync(() => target.Calls.Count == 1, () => "no call", Cancellation);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("it does not answer within 10 s", await call);

        var address = target.Address();
        await target.DisposeAsync();
        using var later = new HeartbeatClient(address, null, TimeProvider.System);
        Assert.Equal("it can't be reached", await later.CallAsync(Cancellation));
    }

    [Fact]
    public async Task The_address_is_called_by_the_bot_checked_by_doctor_and_shown_by_nothing()
    {
        TestAccount.SkipUnlessRoot();
        await using var target = new Target();
        await using var scene = await DoctorScene.BeginAsync();
        scene.Bot.Environment[HeartbeatAddress.Variable] = target.Address().Value.AbsoluteUri;
        await scene.Bot.StartBotAsync();
        await Eventually.TrueAsync(() => target.Calls.Count > 0, () => scene.Bot.Log, Cancellation);

        var (_, well) = await scene.AskDoctorAsync();
        target.Answer = "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n";
        var (_, unwell) = await scene.AskDoctorAsync();
        var seen =
            well
            + unwell
            + scene.Bot.Log
            + scene.Bot.Bot.Said
            + await scene.Bot.Bot.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancellation)
            + await scene.Bot.Bot.GetAsync("/health", Cancellation);

        Assert.Contains("ok     heartbeat: the address answers", well, StringComparison.Ordinal);
        Assert.Contains(
            "WRONG  heartbeat: the address in NOTIFY_HEARTBEAT_URL fails: it answers with HTTP status 410",
            unwell,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(Secret, seen, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://example.org/" + Secret)]
    [InlineData("https://user:" + Secret + "@example.org/")]
    [InlineData(Secret)]
    public void A_wrong_address_is_a_wrong_setting_and_not_shown(string value)
    {
        var reader = new SettingsReader(name =>
            name switch
            {
                HeartbeatAddress.Variable => value,
                "TELEGRAM_BOT_TOKEN" => "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
                _ => null,
            }
        );

        var problem = Assert.Single(Assert.Throws<SettingsException>(() => BotSettings.Read(reader)).Problems);

        Assert.StartsWith($"{HeartbeatAddress.Variable} does not hold an http", problem, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void The_address_is_taken_out_of_foreign_text()
    {
        var address = HeartbeatAddress.TryParse($"https://hc.example.org/{Secret}")!;

        Assert.Equal("GET <heartbeat> failed", address.Redact($"GET https://hc.example.org/{Secret} failed"));
        Assert.DoesNotContain(Secret, address.ToString(), StringComparison.Ordinal);
    }

    private static BotSettings Settings(string folder) =>
        new()
        {
            Token = BotToken.TryParse("110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw")!,
            ApiUrl = new Uri("http://127.0.0.1:9"),
            DataFolder = folder,
            SocketPath = Path.Combine(folder, "bot.sock"),
            AnalystGroup = "dataread",
            TrustedGroup = "data-ops",
            ScriptsProgram = "/bin/false",
            InstanceName = "Test",
            Pace = new PaceLimits(30, 1, 20),
            MessageButtons = true,
            GatewaySocket = Path.Combine(folder, "no-gateway.sock"),
        };

    /// <summary>What stands behind the address.</summary>
    private sealed class Target : IAsyncDisposable
    {
        public const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";

        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stop = new();
        private readonly ConcurrentQueue<(DateTimeOffset At, string Line)> _calls = new();
        private readonly Task _serving;

        public Target()
        {
            _listener.Start();
            _serving = ServeAsync();
        }

        public TimeProvider Time { get; set; } = TimeProvider.System;

        /// <summary>The bytes of the answer; empty for none.</summary>
        public string Answer { get; set; } = Ok;

        /// <summary>The answer at /moved; null for the same.</summary>
        public string? AnswerToMoved { get; set; }

        public IReadOnlyList<(DateTimeOffset At, string Line)> Calls => [.. _calls];

        public HeartbeatAddress Address() =>
            HeartbeatAddress.TryParse(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/ping/{Secret}?from=bot"
                )
            )!;

        public async ValueTask DisposeAsync()
        {
            if (!_serving.IsCompleted)
            {
                await _stop.CancelAsync();
                await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            _listener.Dispose();
            _stop.Dispose();
        }

        private async Task ServeAsync()
        {
            while (true)
            {
                // One request for each connection, as the end of the connection says.
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                var stream = client.GetStream();
                var buffer = new byte[4096];
                var count = await stream.ReadAsync(buffer, _stop.Token);
                var line = Encoding.ASCII.GetString(buffer, 0, count).Split("\r\n")[0];
                _calls.Enqueue((Time.GetUtcNow(), line));
                var answer = line.Contains("/moved", StringComparison.Ordinal) ? AnswerToMoved ?? Answer : Answer;
                if (answer.Length == 0)
                {
                    // Silent until the other side has enough.
                    _ = await stream.ReadAsync(buffer, _stop.Token);
                    continue;
                }

                await stream.WriteAsync(
                    Encoding.ASCII.GetBytes(
                        answer.Replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", StringComparison.Ordinal)
                    ),
                    _stop.Token
                );
            }
        }
    }
}
