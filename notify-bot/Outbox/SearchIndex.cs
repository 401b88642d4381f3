using Microsoft.Data.Sqlite;

namespace Notify.Bot.Outbox;

/// <summary>
/// The words of the history, in a file beside the outbox (SQLite's FTS5). It holds nothing that the outbox lacks, and can be removed at any time: the bot
/// makes it anew. So an acceptance never waits for it, an older bot does not know it, and damage costs a minute.
/// </summary>
/// <remarks>Contentless: it has the words, not the texts. Each row has its user as a word too, so that a search passes over the rows of others at once.</remarks>
internal sealed class SearchIndex : IDisposable
{
    private readonly string _path;
    private readonly Lock _gate = new();
    private SqliteConnection _connection;

    private SearchIndex(string path)
    {
        _path = path;
        _connection = Connect(path);
    }

    /// <summary>The last indexed notification: its sequence and id; 0 and null for none.</summary>
    public (long Sequence, string? Id) Last
    {
        get
        {
            lock (_gate)
            {
                return OutboxRows.Select(
                    _connection,
                    "SELECT last, last_id FROM state",
                    row => (row.GetInt64(0), OutboxRows.Text(row, 1))
                )[0];
            }
        }
    }

    /// <summary>Opens the index, or creates an empty one, also in place of a damaged one.</summary>
    /// <exception cref="SqliteException">The disk is full, or the folder can't be written.</exception>
    public static SearchIndex Open(string path)
    {
        try
        {
            return new SearchIndex(path);
        }
        catch (SqliteException e) when (OutboxFile.IsDamage(e))
        {
            Delete(path);
            return new SearchIndex(path);
        }
    }

    /// <summary>Adds texts in order, in one transaction.</summary>
    public void Add(IReadOnlyList<SearchableText> texts)
    {
        if (texts.Count == 0)
        {
            return;
        }

        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction();
            using var insert = _connection.CreateCommand();
            insert.Transaction = transaction;
            insert.CommandText = "INSERT INTO words (rowid, owner, body) VALUES ($sequence, $owner, $body)";
            var (sequence, owner, body) = (
                insert.Parameters.Add("$sequence", SqliteType.Integer),
                insert.Parameters.Add("$owner", SqliteType.Text),
                insert.Parameters.Add("$body", SqliteType.Text)
            );
            foreach (var text in texts)
            {
                (sequence.Value, owner.Value, body.Value) = (text.Sequence, SearchWords.Owner(text.User), text.Text);
                insert.ExecuteNonQuery();
            }

            using var state = _connection.CreateCommand();
            state.Transaction = transaction;
            state.CommandText = "UPDATE state SET last = $last, last_id = $id";
            state.Parameters.AddWithValue("$last", texts[^1].Sequence);
            state.Parameters.AddWithValue("$id", texts[^1].Id);
            state.ExecuteNonQuery();
            transaction.Commit();
        }
    }

    /// <summary>The sequences of the newest matches before one, the newest first.</summary>
    /// <param name="query">Of <see cref="SearchWords.Query"/>.</param>
    /// <param name="before">The sequence before which they begin.</param>
    /// <param name="limit">The maximum number.</param>
    public IReadOnlyList<long> Find(string query, long before, int limit)
    {
        lock (_gate)
        {
            return OutboxRows.Select(
                _connection,
                "SELECT rowid FROM words WHERE words MATCH $query AND rowid < $before ORDER BY rowid DESC LIMIT $limit",
                row => row.GetInt64(0),
                ("$query", query),
                ("$before", before),
                ("$limit", limit)
            );
        }
    }

    /// <summary>Indexed sequences after one, in order.</summary>
    public IReadOnlyList<long> IndexedAfter(long sequence, int limit)
    {
        lock (_gate)
        {
            return OutboxRows.Select(
                _connection,
                "SELECT id FROM words_docsize WHERE id > $after ORDER BY id LIMIT $limit",
                row => row.GetInt64(0),
                ("$after", sequence),
                ("$limit", limit)
            );
        }
    }

    /// <summary>Removes rows.</summary>
    public void Remove(IReadOnlyList<long> sequences)
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction();
            using var delete = _connection.CreateCommand();
            delete.Transaction = transaction;
            delete.CommandText = "DELETE FROM words WHERE rowid = $sequence";
            var parameter = delete.Parameters.Add("$sequence", SqliteType.Integer);
            foreach (var sequence in sequences)
            {
                parameter.Value = sequence;
                delete.ExecuteNonQuery();
            }

            transaction.Commit();
        }
    }

    /// <summary>Begins anew with an empty file. No word of what it had is left on the disk.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _connection.Dispose();
            Delete(_path);
            _connection = Connect(_path);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _connection.Dispose();
        }
    }

    private static void Delete(string path)
    {
        foreach (var companion in (string[])["", "-wal", "-shm"])
        {
            File.Delete(path + companion);
        }
    }

    private static SqliteConnection Connect(string path)
    {
        if (!File.Exists(path))
        {
            OutboxFile.CreateEmpty(path);
        }

        var connection = OutboxFile.Connect(path);
        try
        {
            // Its last commits may go with the power: they are made again.
            OutboxSchema.Run(connection, "PRAGMA synchronous = NORMAL");
            if (OutboxSchema.Scalar(connection, "SELECT 1 FROM sqlite_schema WHERE name = 'state'") is null)
            {
                OutboxSchema.Run(
                    connection,
                    """
                    BEGIN;
                    CREATE VIRTUAL TABLE words USING fts5(owner, body, content = '', contentless_delete = 1, detail = column, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2');
                    CREATE TABLE state (last INTEGER NOT NULL, last_id TEXT);
                    INSERT INTO state VALUES (0, NULL);
                    COMMIT;
                    """
                );
            }

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
