using Notify.Hosting;

namespace Notify.Web.Hosting;

/// <summary>What of the framework's own log lines is kept out.</summary>
internal static class WebLog
{
    internal static void Add(ILoggingBuilder logging, TextWriter console)
    {
        logging.AddProvider(new ServiceLog(console, ServiceLog.IsUnderJournal));

        // What it says of a failed login holds Google's one-time codes, and what it says of a broken cookie any stranger could fill the log with. Logins that fail are logged by LoginEvents.
        logging.AddFilter("Microsoft.AspNetCore.Authentication", LogLevel.None);
        logging.AddFilter("Microsoft.AspNetCore.Antiforgery", LogLevel.None);

        // A port that is taken, with a stack trace: the program says it in a sentence. Nothing else of its can fail: BotEvents tries again whatever happens.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);

        // Whoever listens here has an Activity and a scope made for every request, and hears nothing: it speaks of a start that fails, which the program says itself.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

        // That keys lie in clear text, at each start: so they do, in a folder of mode 0700.
        logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
    }
}
