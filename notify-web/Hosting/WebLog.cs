using Notify.Hosting;

namespace Notify.Web.Hosting;

/// <summary>The log, without some lines of the framework.</summary>
internal static class WebLog
{
    internal static void Add(ILoggingBuilder logging, TextWriter console)
    {
        logging.AddProvider(new ServiceLog(console, ServiceLog.IsUnderJournal));

        // Lines about failed logins contain Google's one-time codes, and anybody could fill the log with broken cookies. LoginEvents logs failed logins.
        logging.AddFilter("Microsoft.AspNetCore.Authentication", LogLevel.None);
        logging.AddFilter("Microsoft.AspNetCore.Antiforgery", LogLevel.None);

        // A taken port would come with a stack trace. The program says it in a sentence. The program also ends with the exception of a failed loop.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);

        // This category would cost an Activity and a scope for every request. It only reports a failed start, as the program does itself.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

        // Keys in clear text would be a warning at each start. Their folder has mode 0700.
        logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
    }
}
