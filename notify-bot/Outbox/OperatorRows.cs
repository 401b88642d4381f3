using Microsoft.Data.Sqlite;
using Notify.Contracts;

namespace Notify.Bot.Outbox;

/// <summary>The queries for operators. None selects a title, a text, a chart or a file; only erasing finds the files.</summary>
internal static class OperatorRows
{
    /// <summary>Names the index, because without statistics SQLite would read the whole history for the order of the users.</summary>
    internal const string CountUsers = """
        SELECT user, sum(waiting), sum(held), sum(failed) FROM (
            SELECT user, 1 AS waiting, 0 AS held, 0 AS failed FROM notification WHERE state = 0
            UNION ALL SELECT user, 0, 1, 0 FROM notification WHERE state = 5
            UNION ALL SELECT user, 0, 0, 1 FROM notification INDEXED BY notification_by_age
                WHERE created_at >= $since AND state IN (2, 3) AND incident_role IS NOT 3
        ) GROUP BY user
        """;

    /// <summary>The columns beside min() are of the row that has it (https://www.sqlite.org/lang_select.html, "bare columns").</summary>
    internal const string WaitingByUser = """
        SELECT user, count(*), min(sequence), coalesce(released_at, created_at),
            state, reason, parts_done, attempts, next_try_at, doubted, is_gone, waits_since, reason_kind
        FROM notification INDEXED BY notification_waiting WHERE state = 0 GROUP BY user ORDER BY 4
        """;

    internal const string FindFailures = """
        SELECT id, user, script, created_at,
            state, reason, parts_done, attempts, next_try_at, doubted, is_gone, waits_since, reason_kind
        FROM notification INDEXED BY notification_by_age
        WHERE created_at >= $since AND state IN (2, 3) AND incident_role IS NOT 3 ORDER BY created_at DESC, sequence DESC LIMIT $limit
        """;

    internal const string FindActs =
        "SELECT number, at, by, act, user, detail FROM audit WHERE number < $before ORDER BY number DESC LIMIT $limit";

    internal const string FindForgotten =
        "SELECT user, at FROM audit WHERE act = $act AND at >= $since AND user IS NOT NULL ORDER BY number DESC";

    internal const string FindToErase =
        "SELECT sequence, image_id, image_kind, attachments FROM notification WHERE user = $user ORDER BY sequence LIMIT $limit";

    internal static (string User, UserCounts Counts) Counts(SqliteDataReader row) =>
        (row.GetString(0), new UserCounts(row.GetInt32(1), row.GetInt32(2), row.GetInt32(3)));

    internal static UserQueueState Waiting(SqliteDataReader row) =>
        new(row.GetString(0), row.GetInt32(1), OutboxRows.Moment(row.GetInt64(3)), OutboxRows.Progress(row, 4));

    internal static PastFailure Failure(SqliteDataReader row) =>
        new(
            row.GetString(0),
            row.GetString(1),
            OutboxRows.Text(row, 2),
            OutboxRows.Moment(row.GetInt64(3)),
            OutboxRows.Progress(row, 4)
        );

    internal static OperatorActAnswer Act(SqliteDataReader row) =>
        new(
            row.GetInt64(0),
            OutboxRows.Moment(row.GetInt64(1)),
            row.GetString(2),
            row.GetString(3),
            OutboxRows.Text(row, 4),
            OutboxRows.Text(row, 5)
        );
}
