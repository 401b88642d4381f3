using System.Globalization;
using Microsoft.Data.Sqlite;
using Notify.Linking;

namespace Notify.Bot.Outbox;

/// <summary>The two connections, opened and closed together.</summary>
internal sealed class OutboxConnections : IDisposable
{
    /// <summary>Some 20 MB; a larger file is looked at when it is used, since a start must not take seconds.</summary>
    private const long MostPagesChecked = 5000;

    /// <param name="path">The file.</param>
    /// <param name="accountOf">The account of a user now; null: not known now.</param>
    public OutboxConnections(string path, Func<UserName, AccountId?> accountOf)
    {
        Writer = OutboxFile.Connect(path);
        try
        {
            OutboxSchema.Migrate(Writer, accountOf);
            HistoryQuota.Ensure(Writer);
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

    /// <summary>Looks whether the file is whole, as far as that can be told quickly.</summary>
    public bool IsSound()
    {
        var pages = Convert.ToInt64(OutboxSchema.Scalar(Reader, "PRAGMA page_count"), CultureInfo.InvariantCulture);
        return pages > MostPagesChecked || Equals(OutboxSchema.Scalar(Reader, "PRAGMA quick_check(1)"), "ok");
    }

    public void Dispose()
    {
        Commands.Dispose();
        Reader.Dispose();
        Writer.Dispose();
    }
}
