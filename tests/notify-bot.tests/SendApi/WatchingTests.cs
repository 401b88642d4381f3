using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Notify.Sandbox.Telegram;
using Notify.Testing;

namespace Notify.Tests.SendApi;

/// <summary>What an operator watches: /health and /metrics.</summary>
public sealed partial class WatchingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Health_says_what_is_well()
    {
        await using var scene = await ApiScene.BeginAsync();

        var answer = await scene.AskAsync(HttpMethod.Get, "/health");

        Assert.Equal(200, answer.Status);
        var health = answer.Json;
        Assert.Equal(
            ["status", "version", "bot_username", "telegram", "queue", "unreadable"],
            health.EnumerateObject().Select(m => m.Name)
        );
        Assert.Equal("ok", health.GetProperty("status").GetString());
        Assert.Matches(@"^\d+\.\d+\.\d+", health.GetProperty("version").GetString()!);
        Assert.Equal("NotifyTestBot", health.GetProperty("bot_username").GetString());
        var telegram = health.GetProperty("telegram");
        Assert.Equal(["state", "last_good_poll"], telegram.EnumerateObject().Select(m => m.Name));
        Assert.Equal("ok", telegram.GetProperty("state").GetString());
        Assert.Matches(
            @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$",
            telegram.GetProperty("last_good_poll").GetString()!
        );
        Assert.Equal("""{"length":0,"oldest_seconds":0}""", health.GetProperty("queue").GetRawText());
        Assert.Equal("[]", health.GetProperty("unreadable").GetRawText());
    }

    [Fact]
    public async Task An_entry_that_can_t_be_read_is_named_in_health_and_log_and_costs_its_user_alone_until_it_is_right()
    {
        await using var scene = await ApiScene.BeginAsync();
        var links = Path.Combine(scene.Bot.Data, "telegram_users.json");
        var whole = await File.ReadAllTextAsync(links, Cancellation);

        await File.WriteAllTextAsync(links, whole.Replace("7002", "\"7002\"", StringComparison.Ordinal), Cancellation);
        var health = await scene.Bot.Bot.WaitForHealthAsync(h => BotScene.Status(h) == "degraded", Cancellation);

        var entry = Assert.Single(health.GetProperty("unreadable").EnumerateArray());
        Assert.Equal(
            ("telegram_users.json", "omar"),
            (entry.GetProperty("file").GetString(), entry.GetProperty("entry").GetString())
        );
        (await scene.SendAsync(new { user = "dana", text = "hello" })).AssertDelivered();
        (await scene.SendAsync(new { user = "omar", text = "hello" })).AssertRefused(
            503,
            "State unreadable: telegram_users.json, entry \"omar\""
        );
        (await scene.SendAsync(new { user = "nobody", text = "hello" })).AssertRefused(404, "no linked Telegram chat");
        await Eventually.TrueAsync(
            () => scene.Bot.Log.Contains("telegram_users.json, entry \"omar\"", StringComparison.Ordinal),
            () => scene.Bot.Log,
            Cancellation
        );

        // A change of others' leaves it as it is, and nobody is told that omar is not linked any more.
        await scene.Bot.OperateAsync("unlink", "dana");
        await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 2, Cancellation);
        Assert.Contains("\"7002\"", await File.ReadAllTextAsync(links, Cancellation), StringComparison.Ordinal);
        await File.WriteAllTextAsync(
            links,
            (await File.ReadAllTextAsync(links, Cancellation)).Replace("\"7002\"", "7002", StringComparison.Ordinal),
            Cancellation
        );
        await scene.Bot.Bot.WaitForHealthAsync(
            h => BotScene.Status(h) == "ok" && h.GetProperty("unreadable").GetArrayLength() == 0,
            Cancellation
        );
        (await scene.SendAsync(new { user = "omar", text = "heard again" })).AssertDelivered();
        Assert.Equal("heard again", Assert.Single(await scene.OmarsPhone()).Text);
    }

    [Fact]
    public async Task Health_names_a_file_that_can_t_be_read_and_where_in_it_and_is_well_again_once_it_can()
    {
        await using var scene = await ApiScene.BeginAsync();
        var links = Path.Combine(scene.Bot.Data, "telegram_users.json");
        var whole = await File.ReadAllTextAsync(links, Cancellation);

        await File.WriteAllTextAsync(
            links,
            "{\n  \"dana\": {\"chat_id\": 7001, \"linked_at\": \"2026-01-05T09:00:00Z\"},\n  \"omar\": {\"chat_id\": 70",
            Cancellation
        );
        var health = await scene.Bot.Bot.WaitForHealthAsync(h => BotScene.Status(h) == "degraded", Cancellation);

        var file = Assert.Single(health.GetProperty("unreadable").EnumerateArray());
        Assert.Equal("telegram_users.json", file.GetProperty("file").GetString());
        Assert.StartsWith("line 3", file.GetProperty("position").GetString(), StringComparison.Ordinal);
        Assert.Equal("ok", BotScene.Telegram(health));

        // What was read before is served on.
        (await scene.SendAsync(new { user = "dana", text = "hello" })).AssertDelivered();
        await File.WriteAllTextAsync(links, whole, Cancellation);
        await scene.Bot.Bot.WaitForHealthAsync(
            h => BotScene.Status(h) == "ok" && h.GetProperty("unreadable").GetArrayLength() == 0,
            Cancellation
        );
    }

    [Fact]
    public async Task Where_no_link_could_ever_be_read_a_send_says_that_and_not_that_nobody_is_linked()
    {
        await using var scene = await ApiScene.BeginAsync(links: "[]");

        var answer = await scene.SendAsync(new { user = "dana", text = "hello" });

        answer.AssertTryAgainAfter(30, "telegram_users.json");
    }

    [Fact]
    public async Task Metrics_are_Prometheus_text_that_counts_and_names_nobody()
    {
        await using var scene = await ApiScene.BeginAsync();
        (await scene.SendAsync(new { user = "dana", text = "hello" })).AssertDelivered();
        (await scene.SendAsync(new { user = "omar", text = "hello" })).AssertDelivered();
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                Status = 400,
                Description = "Bad Request: \"odd\"\nwords \\ here",
                Times = 1,
            }
        );
        await scene.SendAsync(new { user = "dana", text = "hello" });
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                Status = 403,
                Description = "Forbidden: bot was blocked by the user",
                Times = 1,
            }
        );
        await scene.SendAsync(new { user = "omar", text = "hello" });
        await scene.FaultAsync(Faults.FloodWait(9000) with { Times = 1 });
        await scene.SendAsync(new { user = "dana", text = "hello" });

        var answer = await scene.AskAsync(HttpMethod.Get, "/metrics");

        Assert.Equal(200, answer.Status);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Headers["content-type"]);
        var samples = ReadPrometheusText(answer.Body);
        Assert.Equal(2, samples["notify_delivered_total"]);
        Assert.Equal(5, samples["notify_accepted_total"]);
        Assert.Equal(1, samples["notify_telegram_flood_waits_total"]);
        Assert.Equal(1, samples["notify_failed_total{reason=\"refused\"}"]);
        Assert.Equal(1, samples["notify_failed_total{reason=\"blocked\"}"]);
        Assert.Equal(1, samples["notify_telegram_up"]);
        Assert.Equal(1, samples["notify_outbox_writable"]);
        Assert.Equal(2, samples["notify_telegram_send_seconds_count"]);
        Assert.Equal(2, samples["notify_telegram_send_seconds_bucket{le=\"+Inf\"}"]);
        Assert.InRange(samples["notify_telegram_send_seconds_sum"], 0.00001, 60);
        Assert.Equal(1, samples["notify_queue_length"]);
        Assert.InRange(samples["notify_queue_oldest_seconds"], 0.00001, 600);
        Assert.InRange(samples["notify_telegram_last_good_poll_timestamp_seconds"], 1.7e9, 4e9);
        foreach (var name in new[] { "dana", "omar", "7001", "7002", "odd" })
        {
            Assert.DoesNotContain(name, answer.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task On_a_loopback_port_the_metrics_are_served_and_nothing_else()
    {
        var address = new Uri($"http://127.0.0.1:{FreePort.Next()}");
        await using var scene = await ApiScene.BeginAsync(
            environment: new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["NOTIFY_METRICS_LISTEN"] = address.AbsoluteUri,
            }
        );
        using var http = new HttpClient { BaseAddress = address };

        Assert.Contains(
            "notify_accepted_total",
            ReadPrometheusText(await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancellation))
        );
        foreach (
            var path in new[]
            {
                "/",
                "/health",
                "/notifications?user=dana",
                "/metrics/",
                "/scripts?user=dana",
                "/events?user=dana",
            }
        )
        {
            using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }

        using var body = JsonContent.Create(new { user = "dana", text = "from anybody" });
        await Assert.ThrowsAnyAsync<HttpRequestException>(async () =>
        {
            using var answer = await http.PostAsync(new Uri("/send", UriKind.Relative), body, Cancellation);
            answer.EnsureSuccessStatusCode();
        });
        Assert.Empty(await scene.Phone.BotMessagesAsync(ApiScene.Dana, Cancellation));
    }

    [Fact]
    public async Task A_port_that_is_taken_costs_the_metrics_there_and_nothing_more()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        await using var scene = await ApiScene.BeginAsync(
            environment: new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["NOTIFY_METRICS_LISTEN"] = $"http://{other.LocalEndpoint}",
            }
        );

        (await scene.SendAsync(new { user = "dana", text = "hello" })).AssertDelivered();
        Assert.Contains(" 1205 ", scene.Bot.Bot.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Runs_on_request_are_counted_by_how_they_ended()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        alice.Write("user/notifications/quiet.py", """print('{"notify": false}')""");
        await using var scene = await ApiScene.BeginAsync(
            links: $$$"""{"{{{alice.Name}}}": {"chat_id": 7001, "linked_at": "2026-01-05T09:00:00Z"}}""",
            environment: new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["NOTIFY_SCRIPTS_BIN"] = Programs.Path("notify-scripts"),
            }
        );

        await scene.AskAsync(HttpMethod.Post, $"/scripts/quiet.py/run?user={alice.Name}");
        await scene.AskAsync(HttpMethod.Post, $"/scripts/gone.py/run?user={alice.Name}");

        var samples = ReadPrometheusText((await scene.AskAsync(HttpMethod.Get, "/metrics")).Body);
        Assert.Equal(
            (1, 1),
            (
                samples["notify_script_runs_total{outcome=\"no_alert\"}"],
                samples["notify_script_runs_total{outcome=\"error\"}"]
            )
        );
    }

    /// <summary>Reads the text format strictly, as https://prometheus.io/docs/instrumenting/exposition_formats/ has it.</summary>
    /// <returns>Each sample by its name and labels.</returns>
    private static Dictionary<string, double> ReadPrometheusText(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var samples = new Dictionary<string, double>(StringComparer.Ordinal);
        var (help, type) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        var family = "";
        var isHistogram = false;
        foreach (var line in text[..^1].Split('\n'))
        {
            if (HelpLine().Match(line) is { Success: true } helped)
            {
                family = helped.Groups["family"].Value;
                Assert.True(help.Add(family), $"{family} has two HELP lines");
            }
            else if (TypeLine().Match(line) is { Success: true } typed)
            {
                Assert.Equal(family, typed.Groups["family"].Value);
                Assert.True(type.Add(family), $"{family} has two TYPE lines");
                isHistogram = typed.Groups["type"].Value == "histogram";
                Assert.Equal(
                    typed.Groups["type"].Value == "counter",
                    family.EndsWith("_total", StringComparison.Ordinal)
                );
            }
            else
            {
                var sample = SampleLine().Match(line);
                Assert.True(sample.Success, $"no line of the format: {line}");
                Assert.Contains(
                    sample.Groups["family"].Value,
                    isHistogram ? [family + "_bucket", family + "_sum", family + "_count"] : (string[])[family]
                );
                Assert.Contains(family, type);
                Assert.True(
                    samples.TryAdd(
                        sample.Groups["sample"].Value,
                        double.Parse(sample.Groups["value"].Value, CultureInfo.InvariantCulture)
                    ),
                    $"{line} is there twice"
                );
            }
        }

        return samples;
    }

    [GeneratedRegex(
        @"^# HELP (?<family>[a-zA-Z_:][a-zA-Z0-9_:]*) ([^\\\n]|\\\\|\\n)+$",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex HelpLine();

    [GeneratedRegex(
        "^# TYPE (?<family>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<type>counter|gauge|histogram|summary|untyped)$",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex TypeLine();

    [GeneratedRegex(
        """^(?<sample>(?<family>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\\\|\\"|\\n)*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\\\|\\"|\\n)*")*\})?) (?<value>-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?|NaN|[+-]Inf)$""",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex SampleLine();
}
