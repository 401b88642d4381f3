using System.Globalization;
using System.Text;
using Notify.Bot.Delivery;
using Notify.Bot.Metrics;
using Notify.Bot.Outbox;
using Notify.Bot.Telegram;
using Notify.Contracts;
using Notify.Hosting;

namespace Notify.Bot.SendApi;

/// <summary>The bot's figures in Prometheus text format. No label has a user, chat or script, because everybody who may connect may read them.</summary>
/// <remarks>Written by hand: OpenTelemetry's exporters for this format are pre-releases, and take more memory than all of the bot's own code.</remarks>
internal sealed class MetricsPage(
    BotMetrics metrics,
    PendingNotifications pendings,
    IOutbox outbox,
    TelegramStatus telegram
)
{
    internal async Task ServeAsync(HttpContext context)
    {
        var body = Encoding.UTF8.GetBytes(Text());
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private string Text()
    {
        var page = new StringBuilder();
        var counts = metrics.Now();
        Head(page, "notify_build_info", "The program's version.", "gauge");
        Sample(page, "notify_build_info", $"version=\"{ProductVersion.Text}\"", 1);
        Single(
            page,
            "notify_accepted_total",
            "Notifications that are on disk and will be delivered, or marked.",
            "counter",
            counts.Accepted
        );
        Single(
            page,
            "notify_delivered_total",
            "Notifications that Telegram has taken whole.",
            "counter",
            counts.Delivered
        );
        Labelled(page, "notify_failed_total", "Notifications that will never be delivered.", "reason", counts.Failed);
        Single(
            page,
            "notify_telegram_flood_waits_total",
            "Answers of Telegram that said to wait (429).",
            "counter",
            counts.FloodWaits
        );
        Single(
            page,
            "notify_dispatched_total",
            "Notifications that the gateway has taken for desktops and pages.",
            "counter",
            counts.Dispatched
        );
        Single(
            page,
            "notify_not_dispatched_total",
            "Notifications that it has not: it was away, or slow.",
            "counter",
            counts.NotDispatched
        );
        Labelled(
            page,
            "notify_script_runs_total",
            "Scripts run from the chat or the dashboard.",
            "outcome",
            counts.Runs
        );
        Histogram(
            page,
            "notify_telegram_send_seconds",
            "From the request until Telegram had taken a message.",
            counts.Sends
        );
        Single(
            page,
            "notify_rounds_total",
            "Rounds that runners have reported.",
            "counter",
            counts.Rounds.Buckets.Sum()
        );
        Histogram(page, "notify_round_seconds", "How long a round took.", counts.Rounds);
        Single(
            page,
            "notify_users_overdue",
            "Users whose rounds have stopped, as far as the bot watches them.",
            "gauge",
            counts.UsersOverdue
        );

        var (length, oldest) = pendings.Queue;
        Single(page, "notify_queue_length", "Notifications that wait for delivery.", "gauge", length);
        Single(
            page,
            "notify_queue_oldest_seconds",
            "Since when the one that waits longest does.",
            "gauge",
            oldest.TotalSeconds
        );
        Single(
            page,
            "notify_outbox_writable",
            "Whether notifications can be accepted: 0 on a full disk, or while another program locks the outbox.",
            "gauge",
            outbox.IsWritable ? 1 : 0
        );
        Single(page, "notify_outbox_log_bytes", "Size of the outbox's write-ahead log.", "gauge", outbox.LogBytes);

        var now = telegram.Now;
        Single(
            page,
            "notify_telegram_up",
            "Whether the last poll was answered well.",
            "gauge",
            now.State == TelegramState.Ok ? 1 : 0
        );
        if (now.LastGoodPoll is { } poll)
        {
            Single(
                page,
                "notify_telegram_last_good_poll_timestamp_seconds",
                "When Telegram last answered a poll, in Unix time.",
                "gauge",
                poll.ToUnixTimeMilliseconds() / 1000.0
            );
        }

        return page.ToString();
    }

    private static void Histogram(StringBuilder page, string name, string help, HistogramCounts counts)
    {
        Head(page, name, help, "histogram");
        long soFar = 0;
        for (var i = 0; i < counts.Buckets.Count; i++)
        {
            soFar += counts.Buckets[i];
            Sample(
                page,
                name + "_bucket",
                i < counts.Bounds.Count
                    ? string.Create(CultureInfo.InvariantCulture, $"le=\"{counts.Bounds[i]}\"")
                    : "le=\"+Inf\"",
                soFar
            );
        }

        Sample(page, name + "_sum", null, counts.Sum.TotalSeconds);
        Sample(page, name + "_count", null, soFar);
    }

    private static void Single(StringBuilder page, string name, string help, string type, double value)
    {
        Head(page, name, help, type);
        Sample(page, name, null, value);
    }

    private static void Labelled(
        StringBuilder page,
        string name,
        string help,
        string label,
        IReadOnlyList<KeyValuePair<string, long>> counts
    )
    {
        Head(page, name, help, "counter");
        foreach (var (word, count) in counts)
        {
            Sample(page, name, $"{label}=\"{word}\"", count);
        }
    }

    private static void Head(StringBuilder page, string name, string help, string type) =>
        page.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    private static void Sample(StringBuilder page, string name, string? labels, double value) =>
        page.Append(name)
            .Append(labels is null ? "" : $"{{{labels}}}")
            .Append(CultureInfo.InvariantCulture, $" {value}\n");
}
