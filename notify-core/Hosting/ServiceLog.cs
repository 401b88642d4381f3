using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Notify.Files;
using Notify.Scripts;

namespace Notify.Hosting;

/// <summary>Where a service's log lines go: standard error (the journal, under systemd), and a file of its own if it has one.</summary>
/// <param name="console">Standard error.</param>
/// <param name="underJournal">Whether systemd's journal reads it.</param>
/// <param name="redact">Takes secrets out of every line, whatever brought them there; null where the service holds none that can get into one.</param>
/// <param name="file">The service's own log; it belongs to who opened it.</param>
/// <remarks>
/// An entry: level, event id, then the sentence, on one line. Only the lines of a stack trace follow it, each indented by four spaces. Control, formatting and
/// direction characters are replaced. Event ids are listed in docs/operations.md; an id means one thing for ever.
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

    /// <summary>Whether systemd's journal reads what this process writes to standard error (systemd.exec(5)).</summary>
    public static bool IsUnderJournal => Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 };

    /// <inheritdoc />
    public ILogger CreateLogger(string categoryName) =>
        _categories.GetOrAdd(categoryName, name => new Category(this, name));

    /// <inheritdoc />
    public void Dispose()
    {
        // Nothing here is this object's own.
    }

    private void Write(LogLevel level, EventId id, string text, Exception? exception)
    {
        // A message quotes what strangers send, so it is one line. Only a stack trace has several.
        var entry = string.Create(
            CultureInfo.InvariantCulture,
            $"{Word(level)} {id.Id} {SafeText.OneLine(Redacted(text), int.MaxValue)}"
        );
        if (exception is not null)
        {
            entry += "\n" + SafeText.Lines(Redacted(exception.ToString()));
        }

        file?.Write(entry);
        // The journal reads the priority of each line from its start (sd-daemon(3)). Further lines are indented, so that none looks like an entry.
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
