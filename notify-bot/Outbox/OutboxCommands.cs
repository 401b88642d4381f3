using System.Globalization;
using Microsoft.Data.Sqlite;
using Notify.Contracts;
using Notify.Images;
using Notify.Linking;
using Notify.Text;

namespace Notify.Bot.Outbox;

/// <summary>The statements of the writing thread, prepared once.</summary>
internal sealed class OutboxCommands : IDisposable
{
    /// <summary>Rows pruned in one transaction, so acceptances do not wait for a whole month's rows.</summary>
    private const int ForgottenAtOnce = 500;

    /// <summary>Mutes beyond a user's bound that one transaction removes.</summary>
    internal const int MutesTrimmedAtOnce = 5000;

    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _update;
    private readonly SqliteCommand _attempt;
    private readonly SqliteCommand _trimAttempts;
    private readonly SqliteCommand _endHeld;
    private readonly SqliteCommand _findKey;
    private readonly SqliteCommand _mute;
    private readonly SqliteCommand _unmute;
    private readonly SqliteCommand _findOld;
    private readonly SqliteCommand _findOldest;
    private readonly SqliteCommand _findSize;
    private readonly SqliteCommand _findSizeOverAll;
    private readonly SqliteCommand _findUserOver;
    private readonly SqliteCommand _findLargestByRows;
    private readonly SqliteCommand _findLargestByBytes;
    private readonly SqliteCommand _deleteOld;
    private readonly SqliteCommand _endMutes;
    private readonly SqliteCommand _trimMutes;
    private readonly SqliteCommand _dropEmptySizes;
    private readonly SqliteCommand _version;

    public OutboxCommands(SqliteConnection connection)
    {
        _insert = New(
            connection,
            """
            INSERT INTO notification (id, user, script, title, message, parse_mode, silent, data, key, image_id, image_kind, image_width, image_height, image_bytes, created_at, state, reason, next_try_at, uid, reason_kind, attachments, attachment_bytes, table_text, buttons, incident, incident_role, again_of, last_line)
            VALUES ($id, $user, $script, $title, $message, $parse_mode, $silent, $data, $key, $image_id, $image_kind, $image_width, $image_height, $image_bytes, $created_at, $state, $reason, $next_try_at, $uid, $reason_kind, $attachments, $attachment_bytes, $table_text, $buttons, $incident, $incident_role, $again_of, $last_line)
            RETURNING sequence
            """,
            "$id",
            "$user",
            "$script",
            "$title",
            "$message",
            "$parse_mode",
            "$silent",
            "$data",
            "$key",
            "$image_id",
            "$image_kind",
            "$image_width",
            "$image_height",
            "$image_bytes",
            "$created_at",
            "$state",
            "$reason",
            "$next_try_at",
            "$uid",
            "$reason_kind",
            "$attachments",
            "$attachment_bytes",
            "$table_text",
            "$buttons",
            "$incident",
            "$incident_role",
            "$again_of",
            "$last_line"
        );
        _update = New(
            connection,
            """
            UPDATE notification SET state = $state, reason = $reason, parts_done = $parts_done, attempts = $attempts, next_try_at = $next_try_at, waits_since = $waits_since, doubted = $doubted, is_gone = $is_gone, reason_kind = $reason_kind, ended_at = $ended_at WHERE sequence = $sequence
            """,
            "$state",
            "$reason",
            "$parts_done",
            "$attempts",
            "$next_try_at",
            "$waits_since",
            "$doubted",
            "$is_gone",
            "$reason_kind",
            "$ended_at",
            "$sequence"
        );
        _attempt = New(
            connection,
            """
            INSERT INTO attempt (sequence, number, at, reason, until)
            SELECT $sequence, coalesce(max(number), 0) + 1, $at, $reason, $until FROM attempt WHERE sequence = $sequence
            """,
            "$sequence",
            "$at",
            "$reason",
            "$until"
        );
        _trimAttempts = New(
            connection,
            "DELETE FROM attempt WHERE sequence = $sequence AND number > $first AND number <= (SELECT max(number) FROM attempt WHERE sequence = $sequence) - $last",
            "$sequence",
            "$first",
            "$last"
        );
        _endHeld = New(
            connection,
            """
            UPDATE notification SET state = $state, reason = $reason, reason_kind = $reason_kind, next_try_at = NULL, ended_at = $ended_at
            WHERE state = 5 AND digest = (SELECT id FROM notification WHERE sequence = $sequence)
            """,
            "$state",
            "$reason",
            "$reason_kind",
            "$ended_at",
            "$sequence"
        );
        _findKey = New(connection, OutboxRows.FindByKey, "$user", "$uid", "$key", "$after");
        _mute = New(
            connection,
            "INSERT INTO mute (user, uid, script, until) VALUES ($user, $uid, $script, $until) ON CONFLICT (user, script) DO UPDATE SET uid = $uid, until = $until",
            "$user",
            "$uid",
            "$script",
            "$until"
        );
        _unmute = New(
            connection,
            "DELETE FROM mute WHERE user = $user AND uid = $uid AND ($script IS NULL OR script = $script)",
            "$user",
            "$uid",
            "$script"
        );
        _findOld = New(connection, OutboxRows.FindOld, "$before", "$limit");
        _findOldest = New(connection, OutboxRows.FindOldest, "$user", "$limit");
        _findSize = New(connection, OutboxRows.FindSize, "$user");
        _findSizeOverAll = New(connection, OutboxRows.FindSizeOverAll);
        _findUserOver = New(connection, OutboxRows.FindUserOver, "$rows", "$bytes");
        _findLargestByRows = New(connection, OutboxRows.FindLargestByRows);
        _findLargestByBytes = New(connection, OutboxRows.FindLargestByBytes);
        _deleteOld = New(connection, "DELETE FROM notification WHERE sequence = $sequence", "$sequence");
        _endMutes = New(connection, "DELETE FROM mute WHERE until <= $now", "$now");
        _trimMutes = New(
            connection,
            "DELETE FROM mute WHERE user = $user AND uid = $uid AND script IN (SELECT script FROM mute WHERE user = $user AND uid = $uid AND script <> '' AND script NOT IN (SELECT value FROM json_each($kept)) LIMIT $limit)",
            "$user",
            "$uid",
            "$kept",
            "$limit"
        );
        _dropEmptySizes = New(connection, "DELETE FROM history_size WHERE rows <= 0");
        _version = New(connection, "PRAGMA user_version");
        Incidents = new IncidentCommands(connection);
    }

    /// <summary>The statements of incidents.</summary>
    public IncidentCommands Incidents { get; }

    public long Insert(SqliteTransaction transaction, AcceptedNotification n, DeliveryProgress progress)
    {
        var image = n.Image;
        Bind(
            _insert,
            transaction,
            n.Id,
            n.User.Value,
            n.Script,
            n.Title,
            n.Message,
            (int)n.ParseMode,
            OutboxRows.Options(n),
            n.Data,
            n.Key,
            image?.Id,
            (int?)image?.Info.Kind,
            image?.Info.Width,
            image?.Info.Height,
            image?.Info.ByteLength,
            n.CreatedAt.ToUnixTimeMilliseconds(),
            (int)progress.State,
            progress.ReasonText,
            progress.NextTryAt?.ToUnixTimeMilliseconds(),
            n.Account is { } account ? OutboxSchema.Number(account) : null,
            (int?)progress.Reason,
            AttachmentColumn.Write(n.Attachments),
            n.Attachments.Count == 0 ? null : n.Attachments.Sum(attachment => attachment.ByteLength),
            n.Table,
            ButtonColumn.Write(n.Buttons),
            n.Incident?.Id,
            (int?)n.Incident?.Role,
            n.AgainOf,
            n.LastLine
        );
        return (long)_insert.ExecuteScalar()!;
    }

    /// <param name="transaction">The transaction.</param>
    /// <param name="sequence">The notification.</param>
    /// <param name="progress">Its progress.</param>
    /// <param name="at">When that came about.</param>
    public void Update(SqliteTransaction transaction, long sequence, DeliveryProgress progress, DateTimeOffset at)
    {
        var isWaiting = progress.State is DeliveryState.Queued or DeliveryState.Held;
        var now = at.ToUnixTimeMilliseconds();
        Bind(
            _update,
            transaction,
            (int)progress.State,
            progress.ReasonText,
            progress.PartsDone,
            progress.Attempts,
            progress.NextTryAt?.ToUnixTimeMilliseconds(),
            progress.WaitsSince?.ToUnixTimeMilliseconds(),
            progress.OutcomeUnknown ? 1 : 0,
            progress.IsChatUnreachable ? 1 : 0,
            (int?)progress.Reason,
            isWaiting ? null : now,
            sequence
        );
        _update.ExecuteNonQuery();
        if (!isWaiting)
        {
            // What a digest tells of ends with it.
            Bind(_endHeld, transaction, (int)progress.State, progress.ReasonText, (int?)progress.Reason, now, sequence);
            _endHeld.ExecuteNonQuery();
        }
        else if (progress.ReasonText is { } reason)
        {
            Bind(
                _attempt,
                transaction,
                sequence,
                now,
                Ellipsis.Cut(reason, DeliveryAttempt.MaxReason),
                progress.NextTryAt?.ToUnixTimeMilliseconds()
            );
            _attempt.ExecuteNonQuery();
            if (progress.Attempts > DeliveryAttempt.MaxKept)
            {
                // The beginning of an outage and its end tell more than its middle.
                Bind(_trimAttempts, transaction, sequence, DeliveryAttempt.MaxKept / 2, DeliveryAttempt.MaxKept / 2);
                _trimAttempts.ExecuteNonQuery();
            }
        }
    }

    public StoredNotification? FindKey(
        SqliteTransaction transaction,
        string user,
        AccountId account,
        string key,
        DateTimeOffset after
    )
    {
        Bind(_findKey, transaction, user, OutboxSchema.Number(account), key, after.ToUnixTimeMilliseconds());
        using var row = _findKey.ExecuteReader();
        return row.Read() ? OutboxRows.Stored(row) : null;
    }

    public void Mute(
        SqliteTransaction transaction,
        string user,
        AccountId account,
        string? script,
        DateTimeOffset? until
    )
    {
        if (until is { } end)
        {
            Bind(_mute, transaction, user, OutboxSchema.Number(account), script, end.ToUnixTimeMilliseconds());
            _mute.ExecuteNonQuery();
        }
        else
        {
            Bind(_unmute, transaction, user, OutboxSchema.Number(account), script);
            _unmute.ExecuteNonQuery();
        }
    }

    public Pruned Prune(SqliteTransaction transaction, DateTimeOffset before, DateTimeOffset now)
    {
        Bind(_endMutes, transaction, now.ToUnixTimeMilliseconds());
        _endMutes.ExecuteNonQuery();

        var found = new Dictionary<long, IReadOnlyList<StoredAttachment>>();
        Bind(_findOld, transaction, before.ToUnixTimeMilliseconds(), ForgottenAtOnce);
        Collect(_findOld, found);
        Bind(_dropEmptySizes, transaction);
        _dropEmptySizes.ExecuteNonQuery();
        Incidents.Prune(transaction, before);
        return Delete(transaction, found);
    }

    /// <summary>Removes a part of a user's mutes of scripts, except those that stay.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="user">The user.</param>
    /// <param name="account">The user's account.</param>
    /// <param name="kept">The scripts whose mutes stay, as a JSON list.</param>
    public void TrimMutes(SqliteTransaction transaction, string user, AccountId account, string kept)
    {
        Bind(_trimMutes, transaction, user, OutboxSchema.Number(account), kept, MutesTrimmedAtOnce);
        _trimMutes.ExecuteNonQuery();
    }

    /// <summary>The size of a user's history.</summary>
    public (long Rows, long Bytes) SizeOf(SqliteTransaction transaction, string user)
    {
        Bind(_findSize, transaction, user);
        return ReadSize(_findSize);
    }

    /// <summary>The size of the whole history.</summary>
    public (long Rows, long Bytes) SizeOverAll(SqliteTransaction transaction)
    {
        Bind(_findSizeOverAll, transaction);
        return ReadSize(_findSizeOverAll);
    }

    /// <summary>A user over the limit of one user; null if there is none.</summary>
    public string? UserOver(SqliteTransaction transaction, HistoryLimits limits)
    {
        Bind(_findUserOver, transaction, limits.RowsOfUser, limits.BytesOfUser);
        return (string?)_findUserOver.ExecuteScalar();
    }

    /// <summary>The user with the most history.</summary>
    public string? LargestHolder(SqliteTransaction transaction, bool byRows)
    {
        var find = byRows ? _findLargestByRows : _findLargestByBytes;
        Bind(find, transaction);
        return (string?)find.ExecuteScalar();
    }

    /// <summary>Deletes a user's oldest notifications that do not wait, while <paramref name="goOn"/> accepts the size of the next one.</summary>
    public Pruned DeleteOldest(SqliteTransaction transaction, string user, int limit, Func<long, bool> goOn)
    {
        var found = new Dictionary<long, IReadOnlyList<StoredAttachment>>();
        Bind(_findOldest, transaction, user, limit);
        Collect(_findOldest, found, row => goOn(row.GetInt64(4)));
        return Delete(transaction, found);
    }

    /// <summary>Writes the present value again, to test whether the file is writable.</summary>
    public void TouchVersion(SqliteTransaction transaction)
    {
        _version.Transaction = transaction;
        using var touch = _version.Connection!.CreateCommand();
        touch.Transaction = transaction;
#pragma warning disable CA2100 // A number.
        touch.CommandText = string.Create(
            CultureInfo.InvariantCulture,
            $"PRAGMA user_version = {Convert.ToInt32(_version.ExecuteScalar(), CultureInfo.InvariantCulture)}"
        );
#pragma warning restore CA2100
        touch.ExecuteNonQuery();
    }

    public void Dispose()
    {
        Incidents.Dispose();
        _insert.Dispose();
        _update.Dispose();
        _attempt.Dispose();
        _trimAttempts.Dispose();
        _endHeld.Dispose();
        _findKey.Dispose();
        _mute.Dispose();
        _unmute.Dispose();
        _findOld.Dispose();
        _findOldest.Dispose();
        _findSize.Dispose();
        _findSizeOverAll.Dispose();
        _findUserOver.Dispose();
        _findLargestByRows.Dispose();
        _findLargestByBytes.Dispose();
        _deleteOld.Dispose();
        _endMutes.Dispose();
        _trimMutes.Dispose();
        _dropEmptySizes.Dispose();
        _version.Dispose();
    }

    private Pruned Delete(SqliteTransaction transaction, Dictionary<long, IReadOnlyList<StoredAttachment>> found)
    {
        foreach (var sequence in found.Keys)
        {
            Bind(_deleteOld, transaction, sequence);
            _deleteOld.ExecuteNonQuery();
        }

        return new Pruned(found.Count, [.. found.Values.SelectMany(attachments => attachments)]);
    }

    private static (long Rows, long Bytes) ReadSize(SqliteCommand select)
    {
        using var row = select.ExecuteReader();
        return row.Read() ? (row.GetInt64(0), row.GetInt64(1)) : (0, 0);
    }

    private static void Collect(
        SqliteCommand select,
        Dictionary<long, IReadOnlyList<StoredAttachment>> into,
        Func<SqliteDataReader, bool>? goOn = null
    )
    {
        using var rows = select.ExecuteReader();
        while (rows.Read() && goOn?.Invoke(rows) != false)
        {
            into[rows.GetInt64(0)] = Attachments(rows);
        }
    }

    /// <summary>The files of a row of <see cref="OutboxRows.FindOld"/> or <see cref="OutboxRows.FindOldest"/>.</summary>
    internal static List<StoredAttachment> Attachments(SqliteDataReader row)
    {
        var attachments = new List<StoredAttachment>();
        if (!row.IsDBNull(1))
        {
            // The kind makes the file's name; the sizes do not matter here.
            attachments.Add(new StoredImage(row.GetString(1), new ImageInfo((ImageKind)row.GetInt32(2), 1, 1, 0)));
        }

        if (!row.IsDBNull(3))
        {
            attachments.AddRange(AttachmentColumn.Read(row.GetString(3)));
        }

        return attachments;
    }

    internal static SqliteCommand New(SqliteConnection connection, string sql, params string[] parameters)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // All callers pass text of this class.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new SqliteParameter(parameter, null));
        }

        return command;
    }

    internal static void Bind(SqliteCommand command, SqliteTransaction transaction, params object?[] values)
    {
        command.Transaction = transaction;
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }
    }
}
