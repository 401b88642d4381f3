using Microsoft.Extensions.Logging.Console;

namespace Notify.Web.Serving;

/// <summary>Log lines go to standard error, one line each: the journal's under systemd.</summary>
internal static class WebLog
{
    internal static void Add(ILoggingBuilder logging)
    {
        // What the framework says of a request holds its query, and with it Google's one-time codes; what it says of a broken one, any stranger could fill the log with.
        logging.AddFilter((category, level) => category switch
        {
            null => level >= LogLevel.Warning,
            _ when category.StartsWith("Microsoft.AspNetCore.Antiforgery", StringComparison.Ordinal) => false,
            _ when category.StartsWith("Microsoft.AspNetCore.Authentication", StringComparison.Ordinal) => false,
            // It warns that keys lie in clear text at each start: so they do, in a folder of mode 0700.
            _ when category.StartsWith("Microsoft.AspNetCore.DataProtection", StringComparison.Ordinal) => level >= LogLevel.Error,
            _ when category.StartsWith("Notify", StringComparison.Ordinal) => level >= LogLevel.Information,
            _ => level >= LogLevel.Warning,
        });
        logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        if (Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 })
        {
            logging.AddSystemdConsole();
        }
        else
        {
            logging.AddSimpleConsole(line =>
            {
                line.SingleLine = true;
                line.ColorBehavior = LoggerColorBehavior.Disabled;
            });
        }
    }
}
