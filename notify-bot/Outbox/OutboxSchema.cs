using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Notify.Bot.Outbox;

/// <summary>The tables of the outbox, and how an older file becomes one of today.</summary>
internal static class OutboxSchema
{
    /// <summary>Each step makes version N+1 out of version N; the file's own version is SQLite's <c>user_version</c>. A step that was released never changes.</summary>
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE notification (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            user TEXT NOT NULL,
            script TEXT,
            title TEXT,
            message TEXT NOT NULL,
            parse_mode INTEGER NOT NULL,
            silent INTEGER NOT NULL,
            data TEXT,
            key TEXT,
            image_id TEXT,
            image_kind INTEGER,
            image_width INTEGER,
            image_height INTEGER,
            image_bytes INTEGER,
            created_at INTEGER NOT NULL,      -- milliseconds since 1970, UTC; so all times
            state INTEGER NOT NULL,           -- DeliveryState
            reason TEXT,
            parts_done INTEGER NOT NULL DEFAULT 0,
            attempts INTEGER NOT NULL DEFAULT 0,
            next_try_at INTEGER,
            doubted INTEGER NOT NULL DEFAULT 0,
            is_gone INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX notification_waiting ON notification (sequence) WHERE state = 0;
        CREATE INDEX notification_of_user ON notification (user, sequence);
        CREATE INDEX notification_by_key ON notification (user, key, created_at) WHERE key IS NOT NULL;
        CREATE INDEX notification_by_image ON notification (image_id) WHERE image_id IS NOT NULL;
        CREATE INDEX notification_by_age ON notification (created_at);
        CREATE TABLE mute (
            user TEXT NOT NULL,
            script TEXT NOT NULL,             -- '' is everything
            until INTEGER NOT NULL,
            PRIMARY KEY (user, script)
        ) WITHOUT ROWID;
        """,
        """
        ALTER TABLE notification ADD COLUMN waits_since INTEGER;
        """,
    ];

    internal static int Newest => Steps.Length;

    /// <summary>Brings the file up to date. A file of a newer version is used as it is: newer versions only add.</summary>
    internal static void Migrate(SqliteConnection connection)
    {
        var version = Convert.ToInt32(Scalar(connection, "PRAGMA user_version"), CultureInfo.InvariantCulture);
        for (; version < Newest; version++)
        {
            using var transaction = connection.BeginTransaction();
            Run(connection, Steps[version]);
            Run(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {version + 1}"));
            transaction.Commit();
        }
    }

    internal static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // All callers pass text of this program.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    internal static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // All callers pass text of this program.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }
}
