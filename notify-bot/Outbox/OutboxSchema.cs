using System.Globalization;
using Microsoft.Data.Sqlite;
using Notify.Linking;

namespace Notify.Bot.Outbox;

/// <summary>The tables of the outbox, and the migrations of older files.</summary>
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
        """
            ALTER TABLE notification ADD COLUMN uid INTEGER;    -- of the user's account; -1: the name has none; NULL: stored before ids were, and not looked up yet
            ALTER TABLE mute ADD COLUMN uid INTEGER;
            """,
        """
            CREATE INDEX notification_of_account ON notification (user, uid, sequence);
            CREATE INDEX notification_without_account ON notification (user) WHERE uid IS NULL;
            """,
        """
            ALTER TABLE notification ADD COLUMN reason_kind INTEGER;    -- DeliveryReason; NULL in rows of an older version, whose text says it
            """,
        """
            ALTER TABLE notification ADD COLUMN attachments TEXT;           -- further charts, then files: a JSON list; NULL for none
            ALTER TABLE notification ADD COLUMN attachment_bytes INTEGER;   -- the size of these
            ALTER TABLE notification ADD COLUMN table_text TEXT;            -- a table as it is shown
            ALTER TABLE notification ADD COLUMN buttons TEXT;               -- the sender's own buttons: a JSON list
            """,
        """
            ALTER TABLE notification ADD COLUMN digest TEXT;            -- the digest that tells of a held one, by its id; a digest names itself
            ALTER TABLE notification ADD COLUMN released_at INTEGER;    -- when a held one went out by itself
            CREATE TABLE quiet (
                user TEXT NOT NULL,
                uid INTEGER NOT NULL,
                hours TEXT NOT NULL,
                PRIMARY KEY (user, uid)
            ) WITHOUT ROWID;
            CREATE INDEX notification_held ON notification (digest, user, uid) WHERE state = 5;
            CREATE INDEX notification_of_digest ON notification (digest) WHERE digest IS NOT NULL;
            """,
        """
            ALTER TABLE notification ADD COLUMN incident TEXT;              -- the incident that it belongs to
            ALTER TABLE notification ADD COLUMN incident_role INTEGER;      -- IncidentRole
            CREATE TABLE incident (
                number INTEGER PRIMARY KEY AUTOINCREMENT,
                id TEXT NOT NULL UNIQUE,
                user TEXT NOT NULL,
                uid INTEGER NOT NULL,
                key TEXT NOT NULL,
                script TEXT,
                title TEXT,
                state INTEGER NOT NULL,           -- IncidentState
                since INTEGER NOT NULL,
                last_seen INTEGER NOT NULL,
                ended_at INTEGER,
                is_confirmed INTEGER NOT NULL,    -- whether the end is sure
                cooldown INTEGER NOT NULL,        -- milliseconds; 0 for none
                told_at INTEGER,
                first TEXT NOT NULL,              -- ids of notifications: its first one,
                carrier TEXT NOT NULL,            -- the one with its newest first message,
                content TEXT NOT NULL,            -- the one with its newest content
                content_hash TEXT NOT NULL,
                acknowledged_by TEXT,
                acknowledged_at INTEGER,
                chat INTEGER,                     -- its message at Telegram
                message INTEGER,
                message_kind INTEGER,             -- ShownKind
                message_image TEXT,
                version INTEGER NOT NULL,         -- of what the message has to show
                shown INTEGER NOT NULL,           -- the version that it shows
                edited_at INTEGER
            );
            CREATE UNIQUE INDEX incident_open ON incident (user, uid, key) WHERE state = 0;
            CREATE INDEX incident_of_key ON incident (user, uid, key, number);
            CREATE INDEX incident_of_user ON incident (user, uid, state, number);
            CREATE INDEX incident_behind ON incident (number) WHERE (message IS NOT NULL AND version > shown) OR (state = 0 AND message IS NULL);
            CREATE INDEX incident_by_end ON incident (ended_at) WHERE state = 1;
            CREATE INDEX incident_by_content ON incident (content);
            CREATE INDEX incident_by_carrier ON incident (carrier);
            """,
        """
            ALTER TABLE notification ADD COLUMN again_of TEXT;              -- the one that it repeats, by its id
            ALTER TABLE notification ADD COLUMN last_line TEXT;             -- a line under its text
            ALTER TABLE notification ADD COLUMN ended_at INTEGER;           -- when its delivery ended; NULL in rows of an older version
            CREATE TABLE attempt (
                sequence INTEGER NOT NULL,        -- of the notification
                number INTEGER NOT NULL,          -- counts from 1
                at INTEGER NOT NULL,
                reason TEXT,
                until INTEGER,
                PRIMARY KEY (sequence, number)
            ) WITHOUT ROWID;
            CREATE TRIGGER attempt_goes AFTER DELETE ON notification BEGIN DELETE FROM attempt WHERE sequence = old.sequence; END;
            CREATE INDEX notification_again ON notification (again_of) WHERE again_of IS NOT NULL;
            CREATE INDEX notification_listing ON notification (user, uid, sequence, created_at, state, script, incident_role);
            DROP INDEX IF EXISTS notification_of_account;
            """,
        """
            CREATE TABLE audit (
                number INTEGER PRIMARY KEY AUTOINCREMENT,
                at INTEGER NOT NULL,
                by TEXT NOT NULL,                 -- the operator
                act TEXT NOT NULL,                -- a word of OperatorAct
                user TEXT,                        -- whom it concerns
                detail TEXT                       -- how it ended; NULL: the bot was killed in the middle
            );
            """,
    ];

    /// <summary>The version from which on rows have the id of their account.</summary>
    private const int WithAccounts = 3;

    /// <summary>Stands for the id of a name without an account.</summary>
    internal const long NoAccount = -1;

    internal static int Newest => Steps.Length;

    /// <summary>Migrates the file. A file of a newer version stays as it is, because newer versions only add.</summary>
    /// <param name="connection">The file.</param>
    /// <param name="accountOf">The current account of a user, for rows of versions without ids; null if unknown now. Without the function such rows stay as they are.</param>
    /// <param name="upTo">The last version.</param>
    /// <param name="isDamaged">Creates no index, because that reads all rows, which fails on a damaged file. They will be copied.</param>
    internal static void Migrate(
        SqliteConnection connection,
        Func<UserName, AccountId?>? accountOf = null,
        int upTo = int.MaxValue,
        bool isDamaged = false
    )
    {
        var version = Convert.ToInt32(Scalar(connection, "PRAGMA user_version"), CultureInfo.InvariantCulture);
        for (; version < Math.Min(Newest, upTo); version++)
        {
            if (version == WithAccounts && accountOf is not null)
            {
                // Before the indices exist, which costs a third.
                StoreAccounts(connection, accountOf);
            }

            using var transaction = connection.BeginTransaction();
            var step = isDamaged ? WithoutIndices(Steps[version]) : Steps[version];
            if (!string.IsNullOrWhiteSpace(step))
            {
                Run(connection, step);
            }

            Run(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {version + 1}"));
            transaction.Commit();
        }

        if (accountOf is not null)
        {
            StoreAccounts(connection, accountOf);
        }
    }

    /// <summary>
    /// Assigns rows of versions without ids to the current account of the name, once. If the lookup of a user fails, the next start tries again. Until then
    /// that user's rows belong to nobody.
    /// </summary>
    private static void StoreAccounts(SqliteConnection connection, Func<UserName, AccountId?> accountOf)
    {
        foreach (var table in (string[])["notification", "mute"])
        {
            foreach (
                var user in OutboxRows.Select(
                    connection,
                    $"SELECT DISTINCT user FROM {table} WHERE uid IS NULL",
                    row => row.GetString(0)
                )
            )
            {
                if (UserName.TryParse(user, out var name) && accountOf(name) is { } account)
                {
                    using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The names of two tables.
                    command.CommandText = $"UPDATE {table} SET uid = $uid WHERE user = $user AND uid IS NULL";
#pragma warning restore CA2100
                    command.Parameters.AddWithValue("$uid", Number(account));
                    command.Parameters.AddWithValue("$user", user);
                    command.ExecuteNonQuery();
                }
            }
        }
    }

    private static string WithoutIndices(string step) =>
        string.Join(
            '\n',
            step.Split('\n').Where(line => !line.TrimStart().StartsWith("CREATE INDEX ", StringComparison.Ordinal))
        );

    /// <summary>An account as the number in its column.</summary>
    internal static long Number(AccountId account) => account.Uid ?? NoAccount;

    /// <summary>The account of a column's number.</summary>
    internal static AccountId Account(long number) =>
        number == NoAccount ? AccountId.None : new AccountId((uint)number);

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
