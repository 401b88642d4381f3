using Microsoft.Data.Sqlite;
using Notify.Contracts;
using Notify.Linking;

namespace Notify.Bot.Outbox;

/// <summary>The queries and statements of incidents.</summary>
internal sealed class IncidentCommands : IDisposable
{
    /// <summary>Most open incidents of a user (docs/send-api.md).</summary>
    internal const int MaxOpen = 500;

    /// <summary>Most incidents of a user. Beyond it the oldest that is over is dropped.</summary>
    internal const int MaxPerUser = 2000;

    /// <summary>Size of a user's open incidents from which no large content is taken. The history does not prune them.</summary>
    private const long MaxBytesOfOpen = 64_000_000;

    /// <summary>Size from which content is large. All open incidents with smaller ones are below <see cref="MaxBytesOfOpen"/>.</summary>
    private const long LargeContent = MaxBytesOfOpen / (2 * MaxOpen);

    private const string Columns =
        "i.id, i.user, i.uid, i.key, i.script, i.title, i.state, i.since, i.last_seen, i.ended_at, i.is_confirmed, i.cooldown, i.told_at, i.first, i.carrier, i.content, i.content_hash, i.acknowledged_by, i.acknowledged_at, i.chat, i.message, i.message_kind, i.message_image, i.version, i.shown, i.edited_at, "
        + "n.state, n.reason, n.parts_done, n.attempts, n.next_try_at, n.doubted, n.is_gone, n.waits_since, n.reason_kind, i.number, n.digest IS NOT NULL, f.state";

    private const string From =
        " FROM incident i LEFT JOIN notification n ON n.id = i.carrier LEFT JOIN notification f ON f.id = i.first ";

    private const string FindLast =
        "SELECT "
        + Columns
        + From
        + "WHERE i.user = $user AND i.uid = $uid AND i.key = $key ORDER BY i.number DESC LIMIT 1";

    internal const string FindById = "SELECT " + Columns + From + "WHERE i.id = $id";

    /// <summary>Incidents whose message is not as it has to be.</summary>
    internal const string FindBehind =
        "SELECT "
        + Columns
        + From
        + "WHERE i.number > $after AND ((i.message IS NOT NULL AND i.version > i.shown) OR (i.state = 0 AND i.message IS NULL)) ORDER BY i.number LIMIT $limit";

    internal const string FindList =
        "SELECT "
        + Columns
        + From
        + "WHERE i.user = $user AND i.uid = $uid AND (i.state = 0 OR i.ended_at >= $since) ORDER BY i.state, i.number DESC LIMIT $limit";

    internal const string CountOpen = "SELECT count(*) FROM incident WHERE user = $user AND uid = $uid AND state = 0";

    internal const string FindOverWhileHeld =
        "SELECT i.carrier, i.ended_at - i.since FROM incident i JOIN notification n ON n.id = i.carrier WHERE i.user = $user AND i.uid = $uid AND i.state = 1 AND n.state = 5 AND n.digest IS NULL AND n.sequence <= $upto";

    private static readonly string[] Names =
    [
        "$id",
        "$user",
        "$uid",
        "$key",
        "$script",
        "$title",
        "$state",
        "$since",
        "$last_seen",
        "$ended_at",
        "$is_confirmed",
        "$cooldown",
        "$told_at",
        "$first",
        "$carrier",
        "$content",
        "$content_hash",
        "$acknowledged_by",
        "$acknowledged_at",
        "$chat",
        "$message",
        "$message_kind",
        "$message_image",
        "$version",
        "$shown",
        "$edited_at",
    ];

    private readonly SqliteCommand _findLast;
    private readonly SqliteCommand _find;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _update;
    private readonly SqliteCommand _count;
    private readonly SqliteCommand _sizeOfOpen;
    private readonly SqliteCommand _dropOldest;
    private readonly SqliteCommand _prune;
    private readonly SqliteCommand _findContent;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _findNotification;
    private readonly SqliteCommand _findOverWhileHeld;

    public IncidentCommands(SqliteConnection connection)
    {
        _findLast = OutboxCommands.New(connection, FindLast, "$user", "$uid", "$key");
        _find = OutboxCommands.New(connection, FindById, "$id");
        _insert = OutboxCommands.New(
            connection,
            $"INSERT INTO incident ({string.Join(", ", Names.Select(name => name[1..]))}) VALUES ({string.Join(", ", Names)})",
            Names
        );
        _update = OutboxCommands.New(
            connection,
            $"UPDATE incident SET {string.Join(", ", Names.Skip(1).Select(name => $"{name[1..]} = {name}"))} WHERE id = $id",
            Names
        );
        _count = OutboxCommands.New(
            connection,
            "SELECT count(*), coalesce(sum(state = 0), 0) FROM incident WHERE user = $user AND uid = $uid",
            "$user",
            "$uid"
        );
        _sizeOfOpen = OutboxCommands.New(
            connection,
            $"SELECT coalesce(sum({HistoryQuota.Size("n.")}), 0) FROM incident i JOIN notification n ON n.id IN (i.content, i.carrier) WHERE i.user = $user AND i.uid = $uid AND i.state = 0",
            "$user",
            "$uid"
        );
        _dropOldest = OutboxCommands.New(
            connection,
            "DELETE FROM incident WHERE number = (SELECT min(number) FROM incident WHERE user = $user AND uid = $uid AND state = 1)",
            "$user",
            "$uid"
        );
        _prune = OutboxCommands.New(
            connection,
            "DELETE FROM incident WHERE state = 1 AND ended_at < $before",
            "$before"
        );
        _findContent = OutboxCommands.New(
            connection,
            "SELECT sequence, image_id, image_kind, attachments FROM notification WHERE id = $id AND incident_role = 3",
            "$id"
        );
        _delete = OutboxCommands.New(connection, "DELETE FROM notification WHERE sequence = $sequence", "$sequence");
        _findNotification = OutboxCommands.New(connection, OutboxRows.FindById, "$id");
        _findOverWhileHeld = OutboxCommands.New(connection, FindOverWhileHeld, "$user", "$uid", "$upto");
    }

    /// <summary>A row of the queries.</summary>
    internal static Incident Read(SqliteDataReader row) =>
        new()
        {
            Id = row.GetString(0),
            User = UserName.Parse(row.GetString(1)),
            Account = OutboxSchema.Account(row.GetInt64(2)),
            Key = row.GetString(3),
            Script = OutboxRows.Text(row, 4),
            Title = OutboxRows.Text(row, 5),
            State = (IncidentState)row.GetInt32(6),
            Since = OutboxRows.Moment(row.GetInt64(7)),
            LastSeen = OutboxRows.Moment(row.GetInt64(8)),
            EndedAt = Moment(row, 9),
            IsEndConfirmed = row.GetInt32(10) != 0,
            Cooldown = TimeSpan.FromMilliseconds(row.GetInt64(11)),
            ToldAt = Moment(row, 12),
            FirstId = row.GetString(13),
            CarrierId = row.GetString(14),
            ContentId = row.GetString(15),
            ContentHash = row.GetString(16),
            AcknowledgedBy = OutboxRows.Text(row, 17),
            AcknowledgedAt = Moment(row, 18),
            Shown = row.IsDBNull(20)
                ? null
                : new ShownMessage(
                    new ChatId(row.GetInt64(19)),
                    row.GetInt64(20),
                    (ShownKind)row.GetInt32(21),
                    OutboxRows.Text(row, 22)
                ),
            Version = row.GetInt64(23),
            ShownVersion = row.GetInt64(24),
            EditedAt = Moment(row, 25),
            Carrier = row.IsDBNull(26) ? null : OutboxRows.Progress(row, 26),
            Number = row.GetInt64(35),
            IsInDigest = row.GetBoolean(36),
            FirstState = row.IsDBNull(37) ? null : (DeliveryState)row.GetInt32(37),
        };

    /// <summary>The newest incident of a key; null for none.</summary>
    public Incident? Last(SqliteTransaction transaction, UserName user, AccountId account, string key)
    {
        OutboxCommands.Bind(_findLast, transaction, user.Value, OutboxSchema.Number(account), key);
        using var row = _findLast.ExecuteReader();
        return row.Read() ? Read(row) : null;
    }

    public Incident? Find(SqliteTransaction transaction, string id)
    {
        OutboxCommands.Bind(_find, transaction, id);
        using var row = _find.ExecuteReader();
        return row.Read() ? Read(row) : null;
    }

    /// <summary>A notification by its id; null if the history no longer has it.</summary>
    public StoredNotification? Notification(SqliteTransaction transaction, string id)
    {
        OutboxCommands.Bind(_findNotification, transaction, id);
        using var row = _findNotification.ExecuteReader();
        return row.Read() ? OutboxRows.Stored(row) : null;
    }

    /// <summary>Makes room for one more incident of a user.</summary>
    /// <returns>False if the user has too many that are open.</returns>
    public bool TryMakeRoom(SqliteTransaction transaction, UserName user, AccountId account)
    {
        OutboxCommands.Bind(_count, transaction, user.Value, OutboxSchema.Number(account));
        using (var row = _count.ExecuteReader())
        {
            row.Read();
            if (row.GetInt64(1) >= MaxOpen)
            {
                return false;
            }

            if (row.GetInt64(0) < MaxPerUser)
            {
                return true;
            }
        }

        OutboxCommands.Bind(_dropOldest, transaction, user.Value, OutboxSchema.Number(account));
        _dropOldest.ExecuteNonQuery();
        return true;
    }

    /// <summary>Whether the content of an open incident is small, or its user's open incidents are.</summary>
    public bool HasRoom(SqliteTransaction transaction, Incident incident, AcceptedNotification content)
    {
        if (HistoryQuota.Size(content) < LargeContent)
        {
            return true;
        }

        OutboxCommands.Bind(_sizeOfOpen, transaction, incident.User.Value, OutboxSchema.Number(incident.Account));
        return (long)_sizeOfOpen.ExecuteScalar()! < MaxBytesOfOpen;
    }

    public void Insert(SqliteTransaction transaction, Incident incident) => Write(_insert, transaction, incident);

    public void Update(SqliteTransaction transaction, Incident incident) => Write(_update, transaction, incident);

    /// <summary>Deletes content that another one replaces. A notification that was sent stays in the history.</summary>
    public IReadOnlyList<StoredAttachment> DeleteContent(SqliteTransaction transaction, string id)
    {
        OutboxCommands.Bind(_findContent, transaction, id);
        long sequence;
        IReadOnlyList<StoredAttachment> attachments;
        using (var row = _findContent.ExecuteReader())
        {
            if (!row.Read())
            {
                return [];
            }

            sequence = row.GetInt64(0);
            attachments = OutboxCommands.Attachments(row);
        }

        OutboxCommands.Bind(_delete, transaction, sequence);
        _delete.ExecuteNonQuery();
        return attachments;
    }

    /// <summary>The held first notifications, up to a sequence, of a user's incidents that are over.</summary>
    public HashSet<string> OverWhileHeld(SqliteTransaction transaction, UserName user, AccountId account, long upTo)
    {
        OutboxCommands.Bind(_findOverWhileHeld, transaction, user.Value, OutboxSchema.Number(account), upTo);
        using var rows = _findOverWhileHeld.ExecuteReader();
        var over = new HashSet<string>(StringComparer.Ordinal);
        while (rows.Read())
        {
            over.Add(rows.GetString(0));
        }

        return over;
    }

    /// <summary>Drops incidents that ended before a moment.</summary>
    public void Prune(SqliteTransaction transaction, DateTimeOffset before)
    {
        OutboxCommands.Bind(_prune, transaction, before.ToUnixTimeMilliseconds());
        _prune.ExecuteNonQuery();
    }

    public void Dispose()
    {
        _findLast.Dispose();
        _find.Dispose();
        _insert.Dispose();
        _update.Dispose();
        _count.Dispose();
        _sizeOfOpen.Dispose();
        _dropOldest.Dispose();
        _prune.Dispose();
        _findContent.Dispose();
        _delete.Dispose();
        _findNotification.Dispose();
        _findOverWhileHeld.Dispose();
    }

    private static void Write(SqliteCommand command, SqliteTransaction transaction, Incident incident)
    {
        OutboxCommands.Bind(
            command,
            transaction,
            incident.Id,
            incident.User.Value,
            OutboxSchema.Number(incident.Account),
            incident.Key,
            incident.Script,
            incident.Title,
            (int)incident.State,
            incident.Since.ToUnixTimeMilliseconds(),
            incident.LastSeen.ToUnixTimeMilliseconds(),
            incident.EndedAt?.ToUnixTimeMilliseconds(),
            incident.IsEndConfirmed ? 1 : 0,
            (long)incident.Cooldown.TotalMilliseconds,
            incident.ToldAt?.ToUnixTimeMilliseconds(),
            incident.FirstId,
            incident.CarrierId,
            incident.ContentId,
            incident.ContentHash,
            incident.AcknowledgedBy,
            incident.AcknowledgedAt?.ToUnixTimeMilliseconds(),
            incident.Shown?.Chat.Value,
            incident.Shown?.Message,
            (int?)incident.Shown?.Kind,
            incident.Shown?.ImageId,
            incident.Version,
            incident.ShownVersion,
            incident.EditedAt?.ToUnixTimeMilliseconds()
        );
        command.ExecuteNonQuery();
    }

    private static DateTimeOffset? Moment(SqliteDataReader row, int at) =>
        row.IsDBNull(at) ? null : OutboxRows.Moment(row.GetInt64(at));
}
