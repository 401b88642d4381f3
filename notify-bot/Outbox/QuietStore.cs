using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Notify.Linking;
using Notify.Quiet;

namespace Notify.Bot.Outbox;

/// <summary>The quiet hours in memory, and who has held notifications, so acceptance and the digests' loop need no disk access. Thread-safe.</summary>
internal sealed class QuietStore
{
    private readonly ConcurrentDictionary<(UserName User, AccountId Account), QuietHours> _hours = [];
    private readonly ConcurrentDictionary<(UserName User, AccountId Account), long> _holders = [];
    private long _stamp;

    /// <summary>Loads the stored hours in place of all others. Hours in a form of another version are none.</summary>
    public void Load(SqliteConnection stored)
    {
        _hours.Clear();
        _holders.Clear();
        LoadHolders(stored);
        var quiet = OutboxRows.Select(
            stored,
            OutboxRows.FindQuiet,
            row => (User: row.GetString(0), Account: OutboxSchema.Account(row.GetInt64(1)), Hours: row.GetString(2))
        );
        foreach (var (user, account, text) in quiet)
        {
            if (UserName.TryParse(user, out var name) && QuietHours.TryRead(text, out var hours, out _))
            {
                Set(name, account, hours);
            }
        }
    }

    /// <summary>Adds those who have held notifications on disk.</summary>
    public void LoadHolders(SqliteConnection stored)
    {
        var holders = OutboxRows.Select(
            stored,
            OutboxRows.FindHolders,
            row => (User: row.GetString(0), Account: OutboxSchema.Account(row.GetInt64(1)))
        );
        foreach (var (user, account) in holders)
        {
            if (UserName.TryParse(user, out var name))
            {
                Hold(name, account);
            }
        }
    }

    public QuietHours? Of(UserName user, AccountId account) => _hours.GetValueOrDefault((user, account));

    public void Set(UserName user, AccountId account, QuietHours? hours)
    {
        if (hours is null)
        {
            _hours.TryRemove((user, account), out _);
        }
        else
        {
            _hours[(user, account)] = hours;
        }
    }

    /// <summary>Nothing of a name is stored any more, of whatever account.</summary>
    public void Erase(UserName user)
    {
        foreach (var key in _hours.Keys.Where(key => key.User == user))
        {
            _hours.TryRemove(key, out _);
        }

        foreach (var key in _holders.Keys.Where(key => key.User == user))
        {
            _holders.TryRemove(key, out _);
        }
    }

    /// <summary>A notification of this account is held on disk.</summary>
    public void Hold(UserName user, AccountId account) => _holders[(user, account)] = Interlocked.Increment(ref _stamp);

    public IReadOnlyList<(UserName User, AccountId Account)> Holders => [.. _holders.Keys];

    /// <summary>The account's present stamp, for <see cref="Forget"/>.</summary>
    public long StampOf(UserName user, AccountId account) => _holders.GetValueOrDefault((user, account));

    /// <summary>The account had no held notification after the stamp was read.</summary>
    public void Forget(UserName user, AccountId account, long stamp) =>
        _holders.TryRemove(KeyValuePair.Create((user, account), stamp));
}
