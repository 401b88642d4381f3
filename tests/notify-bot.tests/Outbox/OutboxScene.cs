using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Notify.Bot.Events;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Formatting;
using Notify.Linking;

namespace Notify.Tests.Outbox;

/// <summary>An outbox of its own in this process, with a clock that the test turns.</summary>
internal sealed class OutboxScene : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("notify-outbox-").FullName;
    private SqliteOutbox? _outbox;

    public static readonly UserName Dana = UserName.Parse("dana");

    public static readonly UserName Omar = UserName.Parse("omar");

    /// <summary>Makes a file of today one of version 4: without the audit, timelines, incidents, quiet hours, the kind of a reason, files, tables and buttons.</summary>
    public const string ToVersion4 = """
        DROP TRIGGER attempt_goes;
        DROP TABLE attempt;
        DROP INDEX notification_again;
        DROP INDEX notification_listing;
        CREATE INDEX notification_of_account ON notification (user, uid, sequence);
        ALTER TABLE notification DROP COLUMN ended_at;
        ALTER TABLE notification DROP COLUMN last_line;
        ALTER TABLE notification DROP COLUMN again_of;
        DROP TABLE audit;
        DROP TABLE incident;
        ALTER TABLE notification DROP COLUMN incident_role;
        ALTER TABLE notification DROP COLUMN incident;
        DROP INDEX notification_held;
        DROP INDEX notification_of_digest;
        DROP TABLE quiet;
        ALTER TABLE notification DROP COLUMN released_at;
        ALTER TABLE notification DROP COLUMN digest;
        DROP TRIGGER history_grows;
        DROP TRIGGER history_takes_over;
        DROP TRIGGER history_gives_back;
        DROP TRIGGER history_shrinks;
        DROP TABLE history_size;
        ALTER TABLE notification DROP COLUMN buttons;
        ALTER TABLE notification DROP COLUMN table_text;
        ALTER TABLE notification DROP COLUMN attachment_bytes;
        ALTER TABLE notification DROP COLUMN attachments;
        ALTER TABLE notification DROP COLUMN reason_kind;
        PRAGMA user_version = 4;
        """;

    /// <summary>Makes a file of today one of the first version.</summary>
    public const string ToVersion1 =
        ToVersion4
        + """
            DROP INDEX notification_of_account;
            DROP INDEX notification_without_account;
            ALTER TABLE notification DROP COLUMN uid;
            ALTER TABLE mute DROP COLUMN uid;
            ALTER TABLE notification DROP COLUMN waits_since;
            PRAGMA user_version = 1;
            """;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public CollectedLog<SqliteOutbox> Log { get; } = new();

    /// <summary>How much history the outbox keeps that is opened next.</summary>
    public HistoryLimits Limits { get; set; } = HistoryLimits.Default;

    public string Folder => _folder;

    public string File => Path.Combine(_folder, "outbox.db");

    /// <summary>The outbox; opened when it is first asked for.</summary>
    public SqliteOutbox Outbox
    {
        get
        {
            lock (Log)
            {
                return _outbox ??= SqliteOutbox.Open(
                    File,
                    new Accounts(TimeProvider.System),
                    new ChangeFeed(),
                    Time,
                    Log,
                    Limits
                );
            }
        }
    }

    /// <summary>Files of damaged outboxes, without their companions.</summary>
    public IReadOnlyList<string> SetAside =>
        [
            .. Directory
                .EnumerateFiles(_folder, "outbox.db.damaged-*")
                .Where(f =>
                    !f.EndsWith("-wal", StringComparison.Ordinal) && !f.EndsWith("-shm", StringComparison.Ordinal)
                ),
        ];

    public IEnumerable<string> Files => Directory.EnumerateFileSystemEntries(_folder).Select(f => Path.GetFileName(f)!);

    /// <summary>A notification that says something.</summary>
    public AcceptedNotification New(
        string message,
        UserName? user = null,
        string? key = null,
        StoredImage? image = null
    ) =>
        new()
        {
            Id = AttachmentStore.NewId(),
            User = user ?? Dana,
            Account = AccountId.None,
            Message = message,
            ParseMode = ParseMode.Markdown,
            Key = key,
            Image = image,
            CreatedAt = Time.GetUtcNow(),
        };

    /// <summary>Accepts a notification that says something.</summary>
    public async Task<StoredNotification> AcceptAsync(
        string message,
        UserName? user = null,
        DeliveryState state = DeliveryState.Queued,
        StoredImage? image = null
    ) =>
        Assert
            .IsType<Acceptance.Stored>(
                await Outbox.AcceptAsync(
                    New(message, user, image: image),
                    new DeliveryProgress(state),
                    TestContext.Current.CancellationToken
                )
            )
            .Notification;

    /// <summary>What waits, by its text.</summary>
    public IReadOnlyList<string> Waiting() =>
        [.. Outbox.Waiting().Select(w => Outbox.Read(w.Sequence)!.Accepted.Message)];

    /// <summary>Closes the file; what comes next opens it again.</summary>
    public void Close()
    {
        _outbox?.Dispose();
        _outbox = null;
    }

    /// <summary>Does something to the file by SQL, as another program would.</summary>
    /// <param name="sql">The SQL.</param>
    /// <param name="file">Another file than the outbox's.</param>
    public object? Sql(string sql, string? file = null)
    {
        using var connection = new SqliteConnection($"Data Source={file ?? File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The test's own text.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }

    /// <summary>The first step of how SQLite finds what a query asks for.</summary>
    public string Plan(string query)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The outbox's own text.
        command.CommandText = "EXPLAIN QUERY PLAN " + query;
#pragma warning restore CA2100
        foreach (var parameter in (string[])["$user", "$limit"])
        {
            command.Parameters.AddWithValue(parameter, 1);
        }

        using var rows = command.ExecuteReader();
        return rows.Read() ? rows.GetString(3) : "";
    }

    public void Dispose()
    {
        Close();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>A log that is read by a test.</summary>
internal sealed class CollectedLog<T> : ILogger<T>
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IEnumerable<string> Lines => _lines;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    ) => _lines.Enqueue($"{eventId.Id} {formatter(state, exception)}");
}
