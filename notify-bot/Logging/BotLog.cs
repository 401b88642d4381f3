using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Notify.Bot.Telegram;
using Notify.Files;

namespace Notify.Bot.Logging;

/// <summary>
/// Where log lines go: standard error (the journal, under systemd) and <c>private/bot.log</c>, kept to a bounded size. The
/// token is taken out of every line, whatever brought it there.
/// </summary>
/// <remarks>A line: level, event id, then the sentence. Event ids are listed in docs/operations.md; an id means one thing for ever.</remarks>
public sealed class BotLog(BoundedLog file, BotToken token, TextWriter console, bool underJournal) : ILoggerProvider
{
    private readonly ConcurrentDictionary<string, Category> _categories = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>Size of bot.log before it becomes bot.log.1, in bytes.</summary>
    public const long MaxBytes = 10_000_000;

    /// <inheritdoc />
    public ILogger CreateLogger(string categoryName) => _categories.GetOrAdd(categoryName, name => new Category(this, name));

    /// <inheritdoc />
    public void Dispose()
    {
        // The file belongs to who opened it.
    }

    private void Write(LogLevel level, EventId id, string text)
    {
        text = token.Redact(text);
        var line = string.Create(CultureInfo.InvariantCulture, $"{Word(level)} {id.Id} {text}");
        file.Write(line);
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

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Critical => "CRITICAL",
        LogLevel.Error => "ERROR",
        LogLevel.Warning => "WARNING",
        LogLevel.Information => "INFO",
        _ => "DEBUG",
    };

    private static int Priority(LogLevel level) => level switch
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

    private sealed class Category(BotLog log, string name) : ILogger
    {
        private readonly LogLevel _least = name.StartsWith("Notify.", StringComparison.Ordinal) ? LogLevel.Information : LogLevel.Warning;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= _least && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
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
