using System.Globalization;
using Microsoft.Data.Sqlite;
using Notify.Linking;

namespace Notify.Bot.Outbox;

/// <summary>The two connections, opened and closed together.</summary>
internal sealed class OutboxConnections : IDisposable
{
    /// <summary>About 20 MB. Damage of a larger file shows when it is used, because a start must not take seconds.</summary>
    private const long MaxPagesChecked = 5000;

    /// <param name="path">The file.</param>
    /// <param name="accountOf">The current account of a user; null if unknown now.</param>
    public OutboxConnections(string path, Func<UserName, AccountId?> accountOf)
    {
        Writer = OutboxFile.Connect(path);
        try
        {
            OutboxSchema.Migrate(Writer, accountOf);
            HistoryQuota.Ensure(Writer);
            HeldWrite.EndForgotten(Writer);
            Commands = new OutboxCommands(Writer);
            Reader = OutboxFile.Connect(path);
        }
        catch
        {
            Commands?.Dispose();
            Writer.Dispose();
            throw;
        }
    }

    public SqliteConnection Writer { get; }

    public SqliteConnection Reader { get; }

    public OutboxCommands Commands { get; }

    /// <summary>Checks the file for damage.</summary>
    /// <param name="whole">Whether to check a large file too, which can take seconds.</param>
    public bool IsSound(bool whole)
    {
        var pages = Convert.ToInt64(OutboxSchema.Scalar(Reader, "PRAGMA page_count"), CultureInfo.InvariantCulture);
        return (pages > MaxPagesChecked && !whole)
            || Equals(OutboxSchema.Scalar(Reader, "PRAGMA quick_check(1)"), "ok");
    }

    public void Dispose()
    {
        Commands.Dispose();
        Reader.Dispose();
        Writer.Dispose();
    }
}
