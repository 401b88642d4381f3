using System.Globalization;

namespace Notify.Bench;

/// <summary>How long <c>notify</c> takes from its call until the bot has stored the notification, beside <c>curl</c> at the same socket.</summary>
internal sealed class CommandBudgets(Scratch scratch)
{
    private const int Runs = 41;
    private const long Chat = 4711;
    private const string Curl = "/usr/bin/curl";

    /// <summary>From call to accepted.</summary>
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(20);

    internal async Task MeasureAsync(TextWriter output)
    {
        if (!File.Exists(Curl))
        {
            throw new BenchException($"{Curl} is missing, which notify is measured beside: apt-get install curl");
        }

        await scratch.LetWriteAsync(1, _ => Chat);
        var (bot, data) = scratch.StartBot(
            links: $$$"""{"{{{scratch.Account.Name}}}":{"chat_id":{{{Chat}}},"linked_at":"2026-01-05T09:00:00Z"}}"""
        );
        try
        {
            await Scratch.UntilOkAsync(data);
            var socket = Path.Combine(data, "bot.sock");
            var environment = scratch.CronEnvironment();
            environment["NOTIFY_BOT_SOCKET"] = socket;
            var number = 0;
            var (curl, command) = SideBySide.Medians(
                Runs,
                () =>
                    MeasuredProcess.Time(
                        Curl,
                        [
                            "--silent",
                            "--fail",
                            "--unix-socket",
                            socket,
                            "http://bot/send",
                            "--data",
                            string.Create(CultureInfo.InvariantCulture, $"{{\"text\":\"{++number}\",\"wait\":0}}"),
                        ],
                        environment
                    ),
                () => MeasuredProcess.Time(scratch.PathOf("notify-command"), ["The import is done"], environment)
            );
            await Columns.WriteAsync(
                output,
                [
                    ["what", "measured", "must be under", ""],
                    [
                        "notify \"The import is done\": call to accepted",
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{command.TotalMilliseconds:0.0} ms = {command / curl:0.00} x curl ({curl.TotalMilliseconds:0.0} ms)"
                        ),
                        string.Create(CultureInfo.InvariantCulture, $"{Budget.TotalMilliseconds:0} ms"),
                        command < Budget ? "pass" : "FAIL",
                    ],
                ]
            );
        }
        finally
        {
            bot.End();
        }
    }
}
