using System.Globalization;
using System.Text;
using Notify.Bot.Telegram;

namespace Notify.Bot;

/// <summary>What the bot counts, in Prometheus text format. No user, chat or script in a label: anybody who may connect may read it.</summary>
/// <remarks>Written by hand: the exporters of the OpenTelemetry project for this format are pre-releases and cost the bot more memory than all of its own code.</remarks>
public sealed class BotMetrics(TelegramState telegram)
{
    private readonly SortedDictionary<string, long> _failed = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private long _delivered;
    private long _accepted;
    private long _floodWaits;
    private long _runs;

    internal void Accepted() => Interlocked.Increment(ref _accepted);

    internal void Delivered() => Interlocked.Increment(ref _delivered);

    internal void FloodWait() => Interlocked.Increment(ref _floodWaits);

    internal void ScriptRun() => Interlocked.Increment(ref _runs);

    /// <param name="reason">One of a few fixed words, never Telegram's own text.</param>
    internal void Failed(string reason)
    {
        lock (_gate)
        {
            _failed[reason] = _failed.GetValueOrDefault(reason) + 1;
        }
    }

    internal string Text()
    {
        var text = new StringBuilder();
        Counter(text, "notify_accepted_total", "Notifications that are on disk and will be delivered, or marked.", Interlocked.Read(ref _accepted));
        Counter(text, "notify_delivered_total", "Notifications that Telegram has taken whole.", Interlocked.Read(ref _delivered));
        Counter(text, "notify_telegram_flood_waits_total", "Answers of Telegram that said to wait (429).", Interlocked.Read(ref _floodWaits));
        Counter(text, "notify_script_runs_total", "Scripts run from the chat or the dashboard.", Interlocked.Read(ref _runs));
        Head(text, "notify_failed_total", "Notifications that will never be delivered.", "counter");
        lock (_gate)
        {
            foreach (var (reason, count) in _failed)
            {
                text.Append(CultureInfo.InvariantCulture, $"notify_failed_total{{reason=\"{reason}\"}} {count}\n");
            }
        }

        var now = telegram.Now;
        Head(text, "notify_telegram_up", "Whether the last poll was answered well.", "gauge");
        text.Append(CultureInfo.InvariantCulture, $"notify_telegram_up {(now.Condition == TelegramCondition.Ok ? 1 : 0)}\n");
        if (now.LastGoodPoll is { } poll)
        {
            Head(text, "notify_telegram_last_good_poll_timestamp_seconds", "When Telegram last answered a poll, in Unix time.", "gauge");
            text.Append(CultureInfo.InvariantCulture, $"notify_telegram_last_good_poll_timestamp_seconds {poll.ToUnixTimeMilliseconds() / 1000.0}\n");
        }

        return text.ToString();
    }

    private static void Counter(StringBuilder text, string name, string help, long value)
    {
        Head(text, name, help, "counter");
        text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
    }

    private static void Head(StringBuilder text, string name, string help, string type) => text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
}
