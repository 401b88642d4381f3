using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Notify.Files;

namespace Notify.Hosting;

/// <summary>Where a service's log lines go: standard error (the journal, under systemd), and a file of its own if it has one.</summary>
/// <param name="console">Standard error.</param>
/// <param name="underJournal">Whether systemd's journal reads it.</param>
/// <param name="redact">Takes secrets out of every line, whatever brought them there; null where the service holds none that can get into one.</param>
/// <param name="file">The service's own log; it belongs to who opened it.</param>
/// <remarks>A line: level, event id, then the sentence. Event ids are listed in docs/operations.md; an id means one thing for ever.</remarks>
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

    private void Write(LogLevel level, EventId id, string text)
    {
        text = redact?.Invoke(text) ?? text;
        var line = string.Create(CultureInfo.InvariantCulture, $"{Word(level)} {id.Id} {text}");
        file?.Write(line);
        lock (_gate)
        {
            // The journal reads the priority of each line from its start (sd-daemon(3)).
            var prefix = underJournal ? $"<{Priority(level)}>" : "";
            foreach (var part in line.ReplaceLineEndings("\n").Split('\n'))
            {
                console.WriteLine(prefix + Printable(part));
            }
        }
    }

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

    /// <summary>What a message quotes may hold anything; a terminal must not obey it.</summary>
    private static string Printable(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            clean.Append(char.IsControl(c) ? '?' : c);
        }

        return clean.ToString();
    }

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

            var text = formatter(state, exception);
            log.Write(logLevel, eventId, exception is null ? text : $"{text}\n{exception}");
        }
    }
}
