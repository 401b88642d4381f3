using System.Globalization;
using Microsoft.Data.Sqlite;
using Notify.Contracts;

namespace Notify.Bot.Outbox;

/// <summary>A write that an operator causes: to the audit, or erasing.</summary>
/// <typeparam name="T">What it gives.</typeparam>
internal abstract class OperatorWrite<T> : OutboxWrite
{
    private T? _result;

    public TaskCompletionSource<T> Done { get; } = NewSource<T>();

    public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file) =>
        _result = Run(transaction);

    public override void Committed(OutboxFile file) => Done.SetResult(_result!);

    public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);

    protected abstract T Run(SqliteTransaction transaction);

    /// <summary>Runs a statement that is too rare to stay prepared.</summary>
    /// <returns>The number of changed rows.</returns>
    protected static int Run(
        SqliteTransaction transaction,
        string sql,
        params ReadOnlySpan<(string Name, object? Value)> parameters
    )
    {
        using var command = New(transaction, sql, parameters);
        return command.ExecuteNonQuery();
    }

    /// <summary>Overwrites deleted rows with zeros while <paramref name="erase"/> runs.</summary>
    protected static TResult Erasing<TResult>(SqliteTransaction transaction, Func<TResult> erase)
    {
        Scalar(transaction, "PRAGMA secure_delete = ON");
        try
        {
            return erase();
        }
        finally
        {
            Scalar(transaction, "PRAGMA secure_delete = OFF");
        }
    }

    protected static long Scalar(
        SqliteTransaction transaction,
        string sql,
        params ReadOnlySpan<(string Name, object? Value)> parameters
    )
    {
        using var command = New(transaction, sql, parameters);
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private static SqliteCommand New(
        SqliteTransaction transaction,
        string sql,
        ReadOnlySpan<(string Name, object? Value)> parameters
    )
    {
        var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // All callers pass text of their class.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }
}

/// <summary>Adds an act to the audit, and drops the oldest beyond its bounds.</summary>
internal sealed class BeginAct(string by, OperatorAct act, UserName user, DateTimeOffset at) : OperatorWrite<long>
{
    /// <summary>Maximum number of acts in the audit, some 100 bytes each.</summary>
    private const int MaxActs = 100_000;

    protected override long Run(SqliteTransaction transaction)
    {
        var number = Scalar(
            transaction,
            "INSERT INTO audit (at, by, act, user) VALUES ($at, $by, $act, $user) RETURNING number",
            ("$at", at.ToUnixTimeMilliseconds()),
            ("$by", by),
            ("$act", act.Word()),
            ("$user", user.Value)
        );
        Run(transaction, "DELETE FROM audit WHERE number <= $last", ("$last", number - MaxActs));
        return number;
    }
}

/// <summary>Stores how an act ended.</summary>
internal sealed class EndAct(long number, string detail) : OperatorWrite<bool>
{
    protected override bool Run(SqliteTransaction transaction) =>
        Run(
            transaction,
            "UPDATE audit SET detail = $detail WHERE number = $number",
            ("$detail", detail),
            ("$number", number)
        ) > 0;
}

/// <summary>Erases notifications.</summary>
internal sealed class EraseRows(IReadOnlyList<long> sequences) : OperatorWrite<bool>
{
    protected override bool Run(SqliteTransaction transaction) =>
        Erasing(
            transaction,
            () =>
            {
                foreach (var sequence in sequences)
                {
                    Run(transaction, "DELETE FROM notification WHERE sequence = $sequence", ("$sequence", sequence));
                }

                return true;
            }
        );
}

/// <summary>Erases mutes, quiet hours and incidents of a name, and the log.</summary>
internal sealed class EraseSettings(MuteStore mutes, QuietStore quiet, UserName user) : OperatorWrite<ErasedSettings>
{
    public override void Committed(OutboxFile file)
    {
        mutes.EndAll(user);
        quiet.Erase(user);
        file.EmptyLog();
        base.Committed(file);
    }

    protected override ErasedSettings Run(SqliteTransaction transaction) =>
        Erasing(
            transaction,
            () =>
            {
                Run(transaction, "DELETE FROM history_size WHERE user = $user AND rows <= 0", ("$user", user.Value));
                return new ErasedSettings(
                    Run(transaction, "DELETE FROM mute WHERE user = $user", ("$user", user.Value)),
                    Run(transaction, "DELETE FROM quiet WHERE user = $user", ("$user", user.Value)) > 0,
                    Run(transaction, "DELETE FROM incident WHERE user = $user", ("$user", user.Value))
                );
            }
        );
}
