using System.Text;
using Microsoft.Data.Sqlite;
using Notify.Contracts;
using Notify.Formatting;
using Notify.Images;
using Notify.Linking;
using Notify.Text;

namespace Notify.Bot.Outbox;

/// <summary>The queries of the outbox's tables, and the readers of their rows.</summary>
internal static class OutboxRows
{
    internal const string FindByKey =
        "SELECT "
        + Columns
        + " FROM notification WHERE user = $user AND uid = $uid AND key = $key AND created_at > $after ORDER BY sequence DESC LIMIT 1";

    internal const string FindBySequence = "SELECT " + Columns + " FROM notification WHERE sequence = $sequence";

    internal const string FindById = "SELECT " + Columns + " FROM notification WHERE id = $id";

    internal const string FindByImage =
        "SELECT " + Columns + " FROM notification WHERE image_id = $image AND user = $user AND uid = $uid";

    /// <summary>The texts as bytes, because SQLite ends a text at its first U+0000.</summary>
    internal const string FindHistory =
        "SELECT "
        + PastColumns
        + PastTables
        + "WHERE notification.user = $user AND notification.uid = $uid AND notification.sequence < $before AND notification."
        + IsListed
        + " ORDER BY notification.sequence DESC LIMIT $limit";

    /// <summary>The same by a filter, whose missing parts are null. The inner query reads the index alone, so it passes over 100,000 rows in some 10 ms.</summary>
    internal const string FindFiltered =
        "SELECT "
        + PastColumns
        + PastTables
        + "WHERE notification.sequence IN (SELECT sequence FROM notification WHERE user = $user AND uid = $uid AND sequence < $before AND "
        + FilterColumns;

    /// <summary>The same among some sequences alone.</summary>
    internal const string FindFilteredAmong =
        "SELECT "
        + PastColumns
        + PastTables
        + "WHERE notification.sequence IN (SELECT sequence FROM notification WHERE sequence IN (SELECT value FROM json_each($among)) AND user = $user AND uid = $uid AND sequence < $before AND "
        + FilterColumns;

    private const string FilterColumns =
        IsListed
        + " AND ($script IS NULL OR script IN ($script, $script || '.py'))"
        + " AND ($state IS NULL OR state = $state)"
        + " AND ($since IS NULL OR created_at >= $since) AND ($until IS NULL OR created_at < $until)"
        + " ORDER BY sequence DESC LIMIT $limit) ORDER BY notification.sequence DESC";

    /// <summary>The scripts of a user's history, from the index alone.</summary>
    internal const string FindScriptsOf =
        "SELECT DISTINCT script FROM notification WHERE user = $user AND uid = $uid AND script IS NOT NULL AND "
        + IsListed
        + " ORDER BY script LIMIT $limit";

    /// <summary>What the search index needs of the rows after one. The texts as bytes, as in <see cref="FindHistory"/>.</summary>
    internal const string FindTexts =
        "SELECT sequence, id, user, script, substr(CAST(title AS BLOB), 1, $bytes), substr(CAST(message AS BLOB), 1, $bytes), substr(CAST(table_text AS BLOB), 1, $bytes) FROM notification WHERE sequence > $after ORDER BY sequence LIMIT $limit";

    /// <summary>Which of some rows are no longer there.</summary>
    internal const string FindGone =
        "SELECT value FROM json_each($sequences) WHERE value NOT IN (SELECT sequence FROM notification)";

    /// <summary>What the timeline of a notification needs beside the row's other columns.</summary>
    internal const string FindEnd =
        "SELECT released_at, ended_at, (SELECT id FROM notification AS newer WHERE newer.again_of = notification.id ORDER BY sequence DESC LIMIT 1), digest FROM notification WHERE sequence = $sequence";

    /// <summary>Failed tries, the oldest first.</summary>
    internal const string FindAttempts =
        "SELECT at, reason, until FROM attempt WHERE sequence = $sequence ORDER BY number";

    /// <summary>What waits, whenever it was accepted, and what failed or became unknown since a moment.</summary>
    internal const string FindUndelivered =
        "SELECT "
        + PastColumns
        + PastTables
        + "WHERE notification.user = $user AND notification.uid = $uid AND (notification.state = 0 OR (notification.state IN ($failed, $unknown) AND notification.created_at >= $since)) ORDER BY notification.sequence DESC LIMIT $limit";

    internal const string CountStates =
        "SELECT state, count(*) FROM notification WHERE user = $user AND uid = $uid AND (state IN (0, 5) OR created_at >= $since) AND "
        + IsListed
        + " GROUP BY state";

    /// <summary>A user's oldest notifications with their sizes. SQLite finds the lengths without reading the texts.</summary>
    internal static readonly string FindOldest =
        $"SELECT sequence, image_id, image_kind, attachments, {HistoryQuota.Size()} FROM notification WHERE user = $user AND state NOT IN (0, 5) AND {IsFree} ORDER BY sequence LIMIT $limit";

    internal const string FindSize = "SELECT rows, bytes FROM history_size WHERE user = $user";

    internal const string FindSizeOverAll = "SELECT coalesce(sum(rows), 0), coalesce(sum(bytes), 0) FROM history_size";

    internal const string FindUserOver = "SELECT user FROM history_size WHERE rows > $rows OR bytes > $bytes LIMIT 1";

    internal const string FindLargestByRows = "SELECT user FROM history_size ORDER BY rows DESC LIMIT 1";

    internal const string FindLargestByBytes = "SELECT user FROM history_size ORDER BY bytes DESC LIMIT 1";

    /// <summary>The scripts of a user's newest notifications.</summary>
    internal const string FindScripts =
        "SELECT DISTINCT script FROM (SELECT script FROM notification WHERE user = $user ORDER BY sequence DESC LIMIT $limit) WHERE script IS NOT NULL";

    /// <summary>The version of a user's history: newest, oldest, and what has ended, which never changes again.</summary>
    internal const string FindVersion =
        "SELECT coalesce(max(sequence), 0), (SELECT coalesce(min(sequence), 0) FROM notification WHERE user = $user AND uid = $uid), (SELECT coalesce(max(rows), 0) FROM history_size WHERE user = $user), (SELECT coalesce(max(bytes), 0) FROM history_size WHERE user = $user) FROM notification WHERE user = $user AND uid = $uid";

    internal const string CountSpans =
        "SELECT created_at / $span AS number, state, count(*) FROM (SELECT created_at, state FROM notification WHERE user = $user AND uid = $uid AND "
        + IsListed
        + " ORDER BY sequence DESC LIMIT $limit) GROUP BY number, state ORDER BY number, state";

    internal static readonly string FindWaiting =
        "SELECT sequence, id, user, coalesce(released_at, created_at), uid, "
        + ProgressColumns
        + ", "
        + HistoryQuota.Size()
        + ", image_id IS NOT NULL, attachments, digest IS id FROM notification WHERE state = 0 ORDER BY sequence";

    internal const string FindOld =
        "SELECT sequence, image_id, image_kind, attachments FROM notification WHERE created_at < $before AND state NOT IN (0, 5) AND "
        + IsFree
        + " ORDER BY created_at LIMIT $limit";

    internal const string FindMutes = "SELECT user, script, until, uid FROM mute WHERE uid IS NOT NULL";

    internal const string FindQuiet = "SELECT user, uid, hours FROM quiet";

    /// <summary>Whose notifications are held.</summary>
    internal const string FindHolders =
        "SELECT DISTINCT user, uid FROM notification WHERE state = 5 AND digest IS NULL";

    /// <summary>A user's held notifications that no digest tells of yet.</summary>
    internal const string FindHeld =
        "SELECT "
        + PastColumns
        + PastTables
        + "WHERE notification.state = 5 AND notification.digest IS NULL AND notification.user = $user AND notification.uid = $uid ORDER BY notification.sequence LIMIT $limit";

    /// <summary>A user's held notifications, also those of digests that have not arrived yet: the history does not prune them.</summary>
    internal static readonly string FindHeldSize =
        "SELECT count(*), coalesce(sum(size), 0) FROM ("
        + $"SELECT {HistoryQuota.Size()} AS size FROM notification WHERE state = 5 AND digest IS NULL AND user = $user AND uid = $uid"
        + $" UNION ALL SELECT {HistoryQuota.Size()} FROM notification WHERE state = 5 AND digest IN (SELECT id FROM notification WHERE state = 0 AND digest = id AND user = $user) AND user = $user AND uid = $uid)";

    /// <summary>What a digest tells of.</summary>
    internal const string FindOfDigest =
        "SELECT id FROM notification WHERE digest = $digest AND id <> $digest ORDER BY sequence";

    /// <summary>Leaves out content that an incident's first message shows.</summary>
    private const string IsListed = "incident_role IS NOT 3";

    /// <summary>Leaves out what an open incident needs.</summary>
    private const string IsFree =
        "NOT EXISTS (SELECT 1 FROM incident WHERE (content = notification.id OR carrier = notification.id) AND incident.state = 0)";

    private const int Silent = 1;
    private const int NoButtons = 2;
    private const int Urgent = 4;
    private const int TableAligned = 8;

    private const string PastColumns =
        "notification.sequence, notification.id, notification.user, notification.script, substr(CAST(shown.title AS BLOB), 1, $bytes), substr(CAST(shown.message AS BLOB), 1, $bytes), shown.parse_mode, shown.image_id, notification.created_at, shown.attachments, substr(CAST(shown.table_text AS BLOB), 1, $bytes), shown.silent, "
        + "notification.state, notification.reason, notification.parts_done, notification.attempts, notification.next_try_at, notification.doubted, notification.is_gone, notification.waits_since, notification.reason_kind, shown.id, notification.again_of";

    /// <summary>A notification and what it shows: itself, or the newest content of the incident whose message it carries. A full history may have pruned that.</summary>
    private const string PastTables =
        " FROM notification LEFT JOIN incident ON notification.incident_role = 1 AND incident.id = notification.incident AND incident.carrier = notification.id "
        + "CROSS JOIN notification AS shown ON shown.sequence = coalesce((SELECT sequence FROM notification WHERE id = incident.content), notification.sequence) ";

    private const string ProgressColumns =
        "state, reason, parts_done, attempts, next_try_at, doubted, is_gone, waits_since, reason_kind";

    internal const string Columns =
        "sequence, id, user, script, title, message, parse_mode, silent, data, key, image_id, image_kind, image_width, image_height, image_bytes, created_at, uid, attachments, attachment_bytes, table_text, buttons, incident, incident_role, "
        + ProgressColumns
        + ", digest, released_at, again_of, last_line, ended_at";

    /// <summary>Runs one of the queries above.</summary>
    internal static List<T> Select<T>(
        SqliteConnection connection,
        string sql,
        Func<SqliteDataReader, T> read,
        params ReadOnlySpan<(string Name, object Value)> parameters
    )
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // All callers pass text of this class.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        using var rows = command.ExecuteReader();
        var found = new List<T>();
        while (rows.Read())
        {
            found.Add(read(rows));
        }

        return found;
    }

    /// <summary>Flags in the column <c>silent</c>, which held 0 or 1 before.</summary>
    internal static int Options(AcceptedNotification notification) =>
        (notification.Silent ? Silent : 0)
        | (notification.HasButtons ? 0 : NoButtons)
        | (notification.Urgent ? Urgent : 0)
        | (notification.IsTableAligned ? TableAligned : 0);

    /// <summary>A row of <see cref="Columns"/>.</summary>
    internal static StoredNotification Stored(SqliteDataReader row)
    {
        var at = 0;
        var sequence = row.GetInt64(at++);
        var id = row.GetString(at++);
        var user = UserName.Parse(row.GetString(at++));
        var script = Text(row, at++);
        var title = Text(row, at++);
        var message = row.GetString(at++);
        var mode = (ParseMode)row.GetInt32(at++);
        var options = row.GetInt32(at++);
        var data = Text(row, at++);
        var key = Text(row, at++);
        var imageId = Text(row, at++);
        var image = imageId is null
            ? null
            : new StoredImage(
                imageId,
                new ImageInfo(
                    (ImageKind)row.GetInt32(at),
                    row.GetInt32(at + 1),
                    row.GetInt32(at + 2),
                    row.GetInt64(at + 3)
                )
            );
        at += 4;
        var createdAt = Moment(row.GetInt64(at++));
        var account = Account(row, at++);
        var attachments = AttachmentColumn.Read(Text(row, at++));
        at++; // Their size, for the quota.
        var table = Text(row, at++);
        var buttons = ButtonColumn.Read(Text(row, at++));
        var incident = Text(row, at++);
        var role = row.IsDBNull(at) ? (IncidentRole?)null : (IncidentRole)row.GetInt32(at);
        at++;
        return new StoredNotification(
            sequence,
            new AcceptedNotification
            {
                Id = id,
                User = user,
                Account = account,
                Script = script,
                Title = title,
                Message = message,
                ParseMode = mode,
                Silent = (options & Silent) != 0,
                HasButtons = (options & NoButtons) == 0,
                Urgent = (options & Urgent) != 0,
                Attachments = attachments,
                Table = table,
                IsTableAligned = (options & TableAligned) != 0,
                Buttons = buttons,
                Incident = incident is null || role is null ? null : new IncidentPart(incident, role.Value),
                Data = data,
                Key = key,
                Image = image,
                CreatedAt = createdAt,
                Digest = Text(row, at + 9),
                AgainOf = Text(row, at + 11),
                LastLine = Text(row, at + 12),
            },
            Progress(row, at)
        );
    }

    /// <summary>The number of bytes that hold so many UTF-16 characters of any text, and one more that shows a longer text.</summary>
    internal static int BytesFor(int text) => 3 * (text + 1);

    /// <summary>A row of <see cref="FindHistory"/> or <see cref="FindUndelivered"/>.</summary>
    /// <param name="row">The row.</param>
    /// <param name="text">The maximum length of title and message; <c>$bytes</c> was <see cref="BytesFor"/> of it.</param>
    internal static PastNotification Past(SqliteDataReader row, int text) =>
        new()
        {
            Sequence = row.GetInt64(0),
            Id = row.GetString(1),
            User = UserName.Parse(row.GetString(2)),
            Script = Text(row, 3),
            Title = Beginning(row, 4, text),
            Message = Beginning(row, 5, text) ?? "",
            ParseMode = (ParseMode)row.GetInt32(6),
            ImageId = Text(row, 7),
            CreatedAt = Moment(row.GetInt64(8)),
            Attachments = AttachmentColumn.Read(Text(row, 9)),
            Table = Beginning(row, 10, text),
            IsTableAligned = (row.GetInt32(11) & TableAligned) != 0,
            Silent = (row.GetInt32(11) & Silent) != 0,
            Progress = Progress(row, 12),
            ContentId = row.GetString(21),
            AgainOf = Text(row, 22),
        };

    /// <summary>A row of <see cref="FindTexts"/>.</summary>
    internal static SearchableText Searchable(SqliteDataReader row) =>
        new(
            row.GetInt64(0),
            row.GetString(1),
            row.GetString(2),
            string.Join(
                ' ',
                Text(row, 3),
                Beginning(row, 4, SearchableText.MaxLength),
                Beginning(row, 5, SearchableText.MaxLength),
                Beginning(row, 6, SearchableText.MaxLength)
            )
        );

    /// <summary>A row of <see cref="FindAttempts"/>.</summary>
    internal static DeliveryAttempt Attempt(SqliteDataReader row) =>
        new(Moment(row.GetInt64(0)), Text(row, 1), row.IsDBNull(2) ? null : Moment(row.GetInt64(2)));

    /// <summary>A row of <see cref="FindWaiting"/>; null if its user's name is invalid.</summary>
    internal static WaitingNotification? Waiting(SqliteDataReader row) =>
        UserName.TryParse(row.GetString(2), out var user)
            ? new WaitingNotification(
                row.GetInt64(0),
                row.GetString(1),
                user,
                Moment(row.GetInt64(3)),
                Progress(row, 5),
                row.GetInt64(14)
            )
            {
                Account = Account(row, 4),
                Images = row.GetInt32(15) + AttachmentColumn.Read(Text(row, 16)).OfType<StoredImage>().Count(),
                IsDigest = row.GetInt32(17) != 0,
            }
            : null;

    /// <summary>A row of <see cref="CountSpans"/>: the number of the span since 1970, the state, the count.</summary>
    internal static (long Number, DeliveryState State, int Count) Span(SqliteDataReader row) =>
        (row.GetInt64(0), (DeliveryState)row.GetInt32(1), row.GetInt32(2));

    /// <summary>The row of <see cref="FindVersion"/>.</summary>
    internal static (long Newest, long Oldest, long Rows, long Bytes) Version(SqliteDataReader row) =>
        (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));

    /// <summary>A row of <see cref="FindMutes"/>.</summary>
    internal static (string User, AccountId Account, string Script, DateTimeOffset Until) Mute(SqliteDataReader row) =>
        (row.GetString(0), OutboxSchema.Account(row.GetInt64(3)), row.GetString(1), Moment(row.GetInt64(2)));

    internal static DeliveryProgress Progress(SqliteDataReader row, int at) =>
        new((DeliveryState)row.GetInt32(at))
        {
            Reason = OutboxReasons.Of(
                (DeliveryState)row.GetInt32(at),
                row.IsDBNull(at + 8) ? null : row.GetInt32(at + 8),
                Text(row, at + 1)
            ),
            ReasonText = Text(row, at + 1),
            PartsDone = row.GetInt32(at + 2),
            Attempts = row.GetInt32(at + 3),
            NextTryAt = row.IsDBNull(at + 4) ? null : Moment(row.GetInt64(at + 4)),
            OutcomeUnknown = row.GetInt32(at + 5) != 0,
            WaitsSince = row.IsDBNull(at + 7) ? null : Moment(row.GetInt64(at + 7)),
        };

    /// <summary>A text that was read as bytes. SQLite gives null for the beginning of an empty one.</summary>
    private static string? Beginning(SqliteDataReader row, int at, int length) =>
        row.IsDBNull(at) ? null : Beginning(row.GetFieldValue<byte[]>(at), length);

    private static string Beginning(byte[] bytes, int length)
    {
        if (length == 0)
        {
            return "";
        }

        // The bytes may end within a character. It is beyond the length, so it goes.
        var text = Encoding.UTF8.GetString(bytes);
        return Ellipsis.Cut(text, length);
    }

    internal static AccountId? Account(SqliteDataReader row, int at) =>
        row.IsDBNull(at) ? null : OutboxSchema.Account(row.GetInt64(at));

    internal static string? Text(SqliteDataReader row, int at) => row.IsDBNull(at) ? null : row.GetString(at);

    internal static DateTimeOffset Moment(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
