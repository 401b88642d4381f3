using System.Text.Json;

namespace Notify.Bot.Outbox;

/// <content>The history by filters.</content>
public sealed partial class SqliteOutbox
{
    /// <summary>Maximum number of scripts that a filter offers.</summary>
    private const int MaxScripts = 1000;

    /// <inheritdoc />
    public IReadOnlyList<PastNotification> Filtered(
        UserName user,
        HistoryFilter filter,
        IReadOnlyList<long>? among,
        int limit,
        long before,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentNullException.ThrowIfNull(filter);
        return Page(
            limit,
            before,
            (from, wanted) =>
                Select(
                    among is null ? OutboxRows.FindFiltered : OutboxRows.FindFilteredAmong,
                    row => OutboxRows.Past(row, MaxShown),
                    ("$user", user.Value),
                    ("$uid", UidOf(user)),
                    ("$before", from),
                    ("$among", among is null ? DBNull.Value : Json(among)),
                    ("$script", (object?)Stem(filter.Script) ?? DBNull.Value),
                    ("$state", (object?)(int?)filter.State ?? DBNull.Value),
                    ("$since", (object?)filter.Since?.ToUnixTimeMilliseconds() ?? DBNull.Value),
                    ("$until", (object?)filter.Until?.ToUnixTimeMilliseconds() ?? DBNull.Value),
                    ("$limit", wanted),
                    ("$bytes", OutboxRows.BytesFor(MaxShown))
                ),
            cancellation
        );
    }

    /// <inheritdoc />
    public IReadOnlyList<string> ScriptsOf(UserName user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Select(
            OutboxRows.FindScriptsOf,
            row => row.GetString(0),
            ("$user", user.Value),
            ("$uid", UidOf(user)),
            ("$limit", MaxScripts)
        );
    }

    /// <inheritdoc />
    public DeliveryTimeline TimelineOf(StoredNotification notification)
    {
        ArgumentNullException.ThrowIfNull(notification);
        var attempts = Select(OutboxRows.FindAttempts, OutboxRows.Attempt, ("$sequence", notification.Sequence));
        return Select(
                    OutboxRows.FindEnd,
                    row => new DeliveryTimeline(
                        row.IsDBNull(0) ? null : OutboxRows.Moment(row.GetInt64(0)),
                        row.IsDBNull(1) ? null : OutboxRows.Moment(row.GetInt64(1)),
                        OutboxRows.Text(row, 2),
                        OutboxRows.Text(row, 3),
                        attempts
                    ),
                    ("$sequence", notification.Sequence)
                )
                .FirstOrDefault()
            ?? new DeliveryTimeline(null, null, null, null, attempts);
    }

    /// <inheritdoc />
    public IReadOnlyList<SearchableText> TextsAfter(long sequence, int limit) =>
        Select(
            OutboxRows.FindTexts,
            OutboxRows.Searchable,
            ("$after", sequence),
            ("$limit", limit),
            ("$bytes", OutboxRows.BytesFor(SearchableText.MaxLength))
        );

    /// <inheritdoc />
    public IReadOnlyList<long> GoneOf(IReadOnlyList<long> sequences)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        return Select(OutboxRows.FindGone, row => row.GetInt64(0), ("$sequences", Json(sequences)));
    }

    private static string Json(IReadOnlyList<long> sequences) =>
        JsonSerializer.Serialize(sequences, OutboxJson.Default.IReadOnlyListInt64);

    private static string? Stem(string? script) => script is null ? null : Mutes.Stem(script);

    /// <summary>A page of the history in several short reads, so that other readers wait for none of them long.</summary>
    /// <param name="limit">The maximum number.</param>
    /// <param name="before">The sequence before which the page begins.</param>
    /// <param name="read">Reads so many before a sequence.</param>
    /// <param name="cancellation">Ends the reading when the caller is gone.</param>
    private static List<PastNotification> Page(
        int limit,
        long before,
        Func<long, int, List<PastNotification>> read,
        CancellationToken cancellation
    )
    {
        var found = new List<PastNotification>();
        var length = 0;
        while (found.Count < limit && length < MaxPageSize)
        {
            cancellation.ThrowIfCancellationRequested();
            var wanted = Math.Min(limit - found.Count, RowsAtOnce);
            var rows = read(before, wanted);
            foreach (var row in rows.TakeWhile(_ => length < MaxPageSize))
            {
                found.Add(row);
                length += row.Length;
            }

            if (rows.Count < wanted)
            {
                break;
            }

            before = rows[^1].Sequence;
        }

        return found;
    }
}
