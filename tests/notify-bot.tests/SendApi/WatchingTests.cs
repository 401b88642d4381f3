using System.Globalization;
using System.Text.RegularExpressions;
using Notify.Sandbox.Telegram;

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
        Assert.Equal(["status", "version", "bot_username", "telegram", "queue", "unreadable"], health.EnumerateObject().Select(m => m.Name));
        Assert.Equal("ok", health.GetProperty("status").GetString());
        Assert.Matches(@"^\d+\.\d+\.\d+", health.GetProperty("version").GetString()!);
        Assert.Equal("NotifyTestBot", health.GetProperty("bot_username").GetString());
        var telegram = health.GetProperty("telegram");
        Assert.Equal(["state", "last_good_poll"], telegram.EnumerateObject().Select(m => m.Name));
        Assert.Equal("ok", telegram.GetProperty("state").GetString());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", telegram.GetProperty("last_good_poll").GetString()!);
        Assert.Equal("""{"length":0,"oldest_seconds":0}""", health.GetProperty("queue").GetRawText());
        Assert.Equal("[]", health.GetProperty("unreadable").GetRawText());
    }

    [Fact]
    public async Task Health_names_a_file_that_can_t_be_read_and_where_in_it_and_is_well_again_once_it_can()
    {
        await using var scene = await ApiScene.BeginAsync();
        var links = Path.Combine(scene.Bot.Data, "telegram_users.json");
        var whole = await File.ReadAllTextAsync(links, Cancellation);

        await File.WriteAllTextAsync(links, "{\n  \"dana\": {\"chat_id\": 7001, \"linked_at\": \"2026-01-05T09:00:00Z\"},\n  \"omar\": {\"chat_id\": 70", Cancellation);
        var health = await scene.Bot.Bot.WaitForHealthAsync(h => BotScene.Status(h) == "degraded", Cancellation);

        var file = Assert.Single(health.GetProperty("unreadable").EnumerateArray());
        Assert.Equal("telegram_users.json", file.GetProperty("file").GetString());
        Assert.StartsWith("line 3", file.GetProperty("position").GetString(), StringComparison.Ordinal);
        Assert.Equal("ok", BotScene.Telegram(health));

        // What was read before is served on.
        (await scene.SendAsync(new { user = "dana", text = "hello" })).AssertDelivered();
        await File.WriteAllTextAsync(links, whole, Cancellation);
        await scene.Bot.Bot.WaitForHealthAsync(h => BotScene.Status(h) == "ok" && h.GetProperty("unreadable").GetArrayLength() == 0, Cancellation);
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
        await scene.FaultAsync(new Fault { Kind = FaultKind.Answer, Method = "sendMessage", Status = 400, Description = "Bad Request: \"odd\"\nwords \\ here", Times = 1 });
        await scene.SendAsync(new { user = "dana", text = "hello" });
        await scene.FaultAsync(new Fault { Kind = FaultKind.Answer, Method = "sendMessage", Status = 403, Description = "Forbidden: bot was blocked by the user", Times = 1 });
        await scene.SendAsync(new { user = "omar", text = "hello" });
        await scene.FaultAsync(new Fault { Kind = FaultKind.Answer, Method = "sendMessage", Status = 429, RetryAfter = 9000, Times = 1 });
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
        Assert.InRange(samples["notify_telegram_last_good_poll_timestamp_seconds"], 1.7e9, 4e9);
        foreach (var name in new[] { "dana", "omar", "7001", "7002", "odd" })
        {
            Assert.DoesNotContain(name, answer.Body, StringComparison.Ordinal);
        }
    }

    /// <summary>Reads the text format strictly, as https://prometheus.io/docs/instrumenting/exposition_formats/ has it.</summary>
    /// <returns>Each sample by its name and labels.</returns>
    private static Dictionary<string, double> ReadPrometheusText(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var samples = new Dictionary<string, double>(StringComparer.Ordinal);
        var (help, type) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        var family = "";
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
                Assert.Equal(typed.Groups["type"].Value == "counter", family.EndsWith("_total", StringComparison.Ordinal));
            }
            else
            {
                var sample = SampleLine().Match(line);
                Assert.True(sample.Success, $"no line of the format: {line}");
                Assert.Equal(family, sample.Groups["family"].Value);
                Assert.Contains(family, type);
                Assert.True(samples.TryAdd(sample.Groups["sample"].Value, double.Parse(sample.Groups["value"].Value, CultureInfo.InvariantCulture)), $"{line} is there twice");
            }
        }

        return samples;
    }

    [GeneratedRegex(@"^# HELP (?<family>[a-zA-Z_:][a-zA-Z0-9_:]*) ([^\\\n]|\\\\|\\n)+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HelpLine();

    [GeneratedRegex("^# TYPE (?<family>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<type>counter|gauge|histogram|summary|untyped)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TypeLine();

    [GeneratedRegex(
        """^(?<sample>(?<family>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\\\|\\"|\\n)*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\\\|\\"|\\n)*")*\})?) (?<value>-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?|NaN|[+-]Inf)$""",
        RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex SampleLine();
}
