using Microsoft.Data.Sqlite;

namespace Notify.Bot.Outbox;

/// <summary>
/// Searches the history, and keeps the <see cref="SearchIndex"/> behind it up to date: in the background, and for what has just come, at the search itself.
/// </summary>
public sealed class HistorySearch(IOutbox outbox, string path, TimeProvider time, ILogger<HistorySearch> log)
    : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan SweepEvery = TimeSpan.FromHours(1);

    /// <summary>Rows indexed at once: some milliseconds, which a search may wait.</summary>
    private const int RowsAtOnce = 200;

    /// <summary>Rows that a search indexes itself. Behind by more, the index is being made.</summary>
    private const int RowsOfSearch = 10 * RowsAtOnce;

    /// <summary>Matches taken from the index at once.</summary>
    private const int MatchesAtOnce = 5000;

    private readonly Lock _gate = new();
    private SearchIndex? _index;

    /// <summary>A page of a user's notifications that a filter lets through, the newest first.</summary>
    /// <param name="user">The user.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="limit">The maximum number.</param>
    /// <param name="before">The sequence before which the page begins.</param>
    /// <param name="cancellation">Ends the reading when the caller is gone.</param>
    /// <exception cref="SearchNotReadyException">The index is not complete yet, or can't be written.</exception>
    public IReadOnlyList<PastNotification> Find(
        UserName user,
        HistoryFilter filter,
        int limit,
        long before,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(filter);
        if (filter.IsEmpty)
        {
            return outbox.History(user, limit, before, cancellation: cancellation);
        }

        if (filter.Words is null)
        {
            return outbox.Filtered(user, filter, null, limit, before, cancellation);
        }

        if (SearchWords.Query(user, filter.Words) is not { } query)
        {
            return [];
        }

        try
        {
            if (!CatchUp(RowsOfSearch, cancellation))
            {
                throw new SearchNotReadyException("the index of its words is being made", null);
            }

            return Matches(user, filter, query, limit, before, cancellation);
        }
        catch (SqliteException e)
        {
            if (OutboxFile.IsDamage(e))
            {
                Restart();
            }

            throw new SearchNotReadyException(e.Message, e);
        }
    }

    /// <summary>Removes all words, and indexes again what the history still has.</summary>
    public void Restart()
    {
        lock (_gate)
        {
            Index().Clear();
        }
    }

    /// <summary>Indexes what has come, up to a number of rows.</summary>
    /// <returns>Whether the index is complete.</returns>
    /// <exception cref="SqliteException">It can't be written.</exception>
    public bool CatchUp(int rows, CancellationToken cancellation)
    {
        lock (_gate)
        {
            var index = Index();
            var (last, id) = index.Last;
            if (last > 0 && IsOfAnotherOutbox(last, id))
            {
                index.Clear();
                last = 0;
            }

            for (var done = 0; done < rows; done += RowsAtOnce)
            {
                cancellation.ThrowIfCancellationRequested();
                var texts = outbox.TextsAfter(last, RowsAtOnce);
                index.Add(texts);
                if (texts.Count < RowsAtOnce)
                {
                    return true;
                }

                last = texts[^1].Sequence;
            }

            return outbox.TextsAfter(last, 1).Count == 0;
        }
    }

    /// <summary>Removes the words of what the history has pruned.</summary>
    public void Sweep(CancellationToken cancellation)
    {
        var after = 0L;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            lock (_gate)
            {
                var indexed = Index().IndexedAfter(after, MatchesAtOnce);
                if (indexed.Count == 0)
                {
                    return;
                }

                Index().Remove(outbox.GoneOf(indexed));
                after = indexed[^1];
            }
        }
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        lock (_gate)
        {
            _index?.Dispose();
            _index = null;
        }

        base.Dispose();
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        SideLoop.RunAsync("The index of the search", LoopAsync, time, log, stoppingToken);

    private async Task LoopAsync(CancellationToken cancellation)
    {
        // The first rows may take a while, and the host waits for the first await.
        await Task.Yield();
        var swept = time.GetTimestamp();
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            while (!CatchUp(RowsAtOnce, cancellation))
            {
                // Others read in between.
                await Task.Yield();
            }

            if (time.GetElapsedTime(swept) >= SweepEvery)
            {
                Sweep(cancellation);
                swept = time.GetTimestamp();
            }
        } while (await timer.WaitForNextTickAsync(cancellation));
    }

    private List<PastNotification> Matches(
        UserName user,
        HistoryFilter filter,
        string query,
        int limit,
        long before,
        CancellationToken cancellation
    )
    {
        var found = new List<PastNotification>();
        // Without another filter, nearly each match counts.
        var each = filter == new HistoryFilter(filter.Words, null, null, null, null) ? limit : MatchesAtOnce;
        while (found.Count < limit)
        {
            IReadOnlyList<long> matches;
            lock (_gate)
            {
                matches = Index().Find(query, before, each);
            }

            var page = outbox.Filtered(user, filter, matches, limit - found.Count, before, cancellation);
            found.AddRange(page);
            if (matches.Count < each || page.Sum(row => (long)row.Length) >= SqliteOutbox.MaxPageSize)
            {
                break;
            }

            before = matches[^1];
        }

        return found;
    }

    /// <summary>Whether the index was made of another file than this outbox: its last row is another one here, or was never here.</summary>
    private bool IsOfAnotherOutbox(long last, string? id)
    {
        var here = outbox.TextsAfter(last - 1, 1);
        return here.Count == 0 || (here[0].Sequence == last && here[0].Id != id);
    }

    private SearchIndex Index() => _index ??= SearchIndex.Open(path);
}

/// <summary>The history can't be searched by words now.</summary>
/// <param name="reason">Why.</param>
/// <param name="inner">The cause.</param>
public sealed class SearchNotReadyException(string reason, Exception? inner)
    : IOException($"The history can't be searched by words at the moment: {reason}. Try again in a minute.", inner);
