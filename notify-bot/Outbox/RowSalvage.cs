using Microsoft.Data.Sqlite;

namespace Notify.Bot.Outbox;

/// <summary>Copies row by row: upwards to the damage, downwards to the damage, and then each number in between.</summary>
internal sealed class RowSalvage : IDisposable
{
    private const int RowsInTransaction = 10_000;

    /// <summary>Maximum number of failed numbers in a row within the damage, more than a damaged page of the tree holds.</summary>
    private const int MaxFailedTries = 20_000;

    private readonly SqliteConnection _source;
    private readonly SqliteConnection _target;
    private readonly SqliteCommand _insert;
    private SqliteTransaction? _transaction;

    public RowSalvage(SqliteConnection source, SqliteConnection target)
    {
        _source = source;
        _target = target;
        _insert = target.CreateCommand();
        var names = OutboxRows.Columns.Split(", ");
#pragma warning disable CA2100 // Names of this program's schema; the values are parameters.
        _insert.CommandText =
            $"INSERT OR IGNORE INTO notification ({OutboxRows.Columns}) VALUES ({string.Join(", ", names.Select(n => "$" + n))})";
#pragma warning restore CA2100
        foreach (var name in names)
        {
            _insert.Parameters.Add(new SqliteParameter("$" + name, null));
        }
    }

    public long Kept { get; private set; }

    public long Lost { get; private set; }

    public void Run()
    {
        var low = 0L;
        if (
            !TryScan(
                "ORDER BY sequence",
                sequence =>
                {
                    low = sequence;
                    return true;
                }
            )
        )
        {
            var high = AfterLast();
            if (
                !TryScan(
                    "ORDER BY sequence DESC",
                    sequence =>
                    {
                        high = sequence;
                        return sequence > low;
                    }
                )
            )
            {
                TrySingly(low + 1, high);
            }
        }

        _transaction?.Commit();
        _transaction = null;
    }

    public void Dispose()
    {
        _transaction?.Dispose();
        _insert.Dispose();
    }

    /// <param name="order">The order of the rows.</param>
    /// <param name="goOn">Gets each row's number before it is copied; false ends the scan.</param>
    /// <returns>Whether the scan reached its end.</returns>
    private bool TryScan(string order, Func<long, bool> goOn)
    {
        try
        {
            using var select = Select(order);
            using var rows = select.ExecuteReader();
            while (rows.Read())
            {
                if (!goOn(rows.GetInt64(0)))
                {
                    return true;
                }

                Keep(rows);
            }

            return true;
        }
        catch (SqliteException e) when (OutboxFile.IsDamage(e))
        {
            return false;
        }
    }

    private void TrySingly(long from, long before)
    {
        using var select = Select("WHERE sequence = $sequence");
        var number = select.Parameters.Add(new SqliteParameter("$sequence", null));
        var inVain = 0;
        for (var sequence = from; sequence < before && inVain < MaxFailedTries; sequence++)
        {
            inVain++;
            try
            {
                number.Value = sequence;
                using var rows = select.ExecuteReader();
                if (rows.Read())
                {
                    Keep(rows);
                    inVain = 0;
                }
            }
            catch (SqliteException e) when (OutboxFile.IsDamage(e))
            {
                Lost++;
            }
        }
    }

    /// <summary>The number after the last one; the largest possible if it can't be read.</summary>
    private long AfterLast()
    {
        try
        {
            return
                OutboxSchema.Scalar(_source, "SELECT seq FROM sqlite_sequence WHERE name = 'notification'")
                    is long last
                        and < long.MaxValue
                ? last + 1
                : long.MaxValue;
        }
        catch (SqliteException e) when (OutboxFile.IsDamage(e))
        {
            return long.MaxValue;
        }
    }

    private SqliteCommand Select(string rest)
    {
        var select = _source.CreateCommand();
#pragma warning disable CA2100 // Texts of this class.
        select.CommandText = $"SELECT {OutboxRows.Columns} FROM notification NOT INDEXED {rest}";
#pragma warning restore CA2100
        return select;
    }

    private void Keep(SqliteDataReader row)
    {
        try
        {
            // A readable row may still be garbage.
            if (
                OutboxRows.Stored(row) is not { Accepted.Id.Length: 22 } whole
                || !Enum.IsDefined(whole.Progress.State)
                || !Enum.IsDefined(whole.Accepted.ParseMode)
            )
            {
                Lost++;
                return;
            }
        }
        catch (Exception e)
            when (e
                    is FormatException
                        or InvalidCastException
                        or ArgumentException
                        or OverflowException
                        or InvalidOperationException
            )
        {
            Lost++;
            return;
        }

        _insert.Transaction = _transaction ??= _target.BeginTransaction();
        for (var i = 0; i < row.FieldCount; i++)
        {
            _insert.Parameters[i].Value = row.GetValue(i);
        }

        Kept += _insert.ExecuteNonQuery();
        if (Kept % RowsInTransaction == 0)
        {
            _transaction.Commit();
            _transaction = null;
        }
    }
}
