using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Notify.Files;
using Notify.Text;

namespace Notify.Hosting;

/// <summary>Writes a service's log to standard error (the journal, under systemd), and to its own file if it has one.</summary>
/// <param name="console">Standard error.</param>
/// <param name="underJournal">Whether systemd's journal reads it.</param>
/// <param name="redact">Removes secrets from every line; null if the service has none that can get into one.</param>
/// <param name="file">The service's own log; the opener disposes it.</param>
/// <remarks>
/// Formats an entry: level, event id and sentence on one line. Only lines of a stack trace follow, indented by four spaces. Control, formatting and
/// bidi characters are replaced. docs/operations.md lists the event ids; an id never changes its meaning.
/// </remarks>
public sealed class ServiceLog(
    TextWriter console,
    bool underJournal,
    Func<string, string>? redact = null,
    BoundedLog? file = null
) : ILoggerProvider
{
    private readonly ConcurrentDictionary<string, Category> _categories = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>Whether systemd's journal reads this process's standard error (systemd.exec(5)).</summary>
    public static bool IsUnderJournal => Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 };

    /// <inheritdoc />
    public ILogger CreateLogger(string categoryName) =>
        _categories.GetOrAdd(categoryName, name => new Category(this, name));

    /// <inheritdoc />
    public void Dispose()
    {
        // This object owns nothing.
    }

    private void Write(LogLevel level, EventId id, string text, Exception? exception)
    {
        // A message quotes foreign text, so it is one line. Only a stack trace has several.
        var entry = string.Create(
            CultureInfo.InvariantCulture,
            $"{Word(level)} {id.Id} {SafeText.Line(Redacted(text))}"
        );
        if (exception is not null)
        {
            entry += "\n" + SafeText.Lines(Redacted(exception.ToString()));
        }

        file?.Write(entry);
        // The journal reads each line's priority from its start (sd-daemon(3)). Further lines are indented, so none looks like an entry.
        var prefix = underJournal ? $"<{Priority(level)}>" : "";
        lock (_gate)
        {
            console.WriteLine(prefix + entry.Replace("\n", $"\n{prefix}    ", StringComparison.Ordinal));
        }
    }

    private string Redacted(string text) => redact?.Invoke(text) ?? text;

    private static string Word(LogLevel level) =>
        level switch
        {
            LogLevel.Critical => "CRITICAL",
            LogLevel.Error => "ERROR",
            LogLevel.Warning => "WARNING",
            LogLevel.Information => "INFO",
            _ => "DEBUG",
        };

    private static int Priority(LogLevel level) =>
        level switch
        {
            LogLevel.Critical => 2,
            LogLevel.Error => 3,
            LogLevel.Warning => 4,
            LogLevel.Information => 6,
            _ => 7,
        };

    private sealed class Category(ServiceLog log, string name) : ILogger
    {
        private readonly LogLevel _least = name.StartsWith("Notify.", StringComparison.Ordinal)
            ? LogLevel.Information
            : LogLevel.Warning;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= _least && logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            log.Write(logLevel, eventId, formatter(state, exception), exception);
        }
    }
}
