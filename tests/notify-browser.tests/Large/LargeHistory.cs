using System.Globalization;
using Microsoft.Data.Sqlite;
using Notify.Contracts;

namespace Notify.Testing;

/// <summary>Writes many notifications of 30 days into the outbox of a stopped bot. Nobody can wait for them to come by themselves.</summary>
public static class LargeHistory
{
    /// <summary>A word that one of a thousand texts has.</summary>
    public const string RareWord = "pomegranate";

    /// <summary>Of all sizes that people send: a line to a page.</summary>
    private const int MaxWords = 160;

    private static readonly string[] Words =
    [
        .. "revenue orders stock margin customers yesterday refund warehouse delayed supplier invoice shipment average median forecast budget region north south east west product category campaign visits conversion basket returns churn weekly monthly daily report table rows missing duplicate column updated expected observed threshold exceeded below above percent thousand million failed succeeded pipeline batch partition snapshot backfill schema migration latency queue worker retry warning critical resolved incident analysis model training accuracy recall precision drift feature cluster".Split(
            ' '
        ),
    ];

    /// <summary>Writes notifications, the oldest first.</summary>
    /// <param name="outbox">The file <c>outbox.db</c>, which a bot has made.</param>
    /// <param name="now">The moment after the newest.</param>
    /// <param name="owners">Whose, with the account's user id, null for a name without an account, and how many.</param>
    /// <param name="script">The script of a number.</param>
    /// <returns>The id of the newest one of the first owner.</returns>
    public static string Write(
        string outbox,
        DateTimeOffset now,
        IReadOnlyList<(string User, uint? Uid, int Count)> owners,
        Func<int, string> script
    )
    {
        ArgumentNullException.ThrowIfNull(owners);
        ArgumentNullException.ThrowIfNull(script);
        using var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = outbox, Pooling = false }.ToString()
        );
        connection.Open();
        using var together = connection.BeginTransaction();
        using var command = connection.CreateCommand();
        command.CommandText = """
            INSERT INTO notification (id, user, uid, script, title, message, parse_mode, silent, created_at, state, reason)
            VALUES ($id, $user, $uid, $script, $title, $message, 0, 0, $at, $state, $reason)
            """;
        var values = new[] { "$id", "$user", "$uid", "$script", "$title", "$message", "$at", "$state", "$reason" }
            .Select(name => command.Parameters.AddWithValue(name, DBNull.Value))
            .ToArray();
        // The same texts in each run.
        var random = new SampleNumbers(25);
        var all = owners
            .SelectMany(owner => Enumerable.Repeat((owner.User, owner.Uid), owner.Count))
            .OrderBy(_ => random.Next(int.MaxValue))
            .ToArray();
        // A day less than the bot keeps, so that it removes nothing meanwhile.
        var step = TimeSpan.FromDays(29) / all.Length;
        var newest = "";
        foreach (var (i, (user, uid)) in all.Index())
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"large{i:x16}");
            newest = user == owners[0].User ? name : newest;
            var state = (i % 50) switch
            {
                7 => DeliveryState.Failed,
                11 => DeliveryState.Muted,
                13 when i % 500 == 13 => DeliveryState.Unknown,
                _ => DeliveryState.Delivered,
            };
            object[] row =
            [
                name,
                user,
                uid is { } id ? (long)id : -1,
                script(random.Next(200)),
                Text(random, 3),
                Text(random, 8 + random.Next(MaxWords - 8)) + (i % 1000 == 0 ? " " + RareWord : ""),
                (now - (step * (all.Length - i))).ToUnixTimeMilliseconds(),
                (int)state,
                state == DeliveryState.Failed ? "Bad Request: chat not found" : DBNull.Value,
            ];
            foreach (var (value, content) in values.Zip(row))
            {
                value.Value = content;
            }

            command.ExecuteNonQuery();
        }

        together.Commit();
        return newest;
    }

    private static string Text(SampleNumbers random, int words) =>
        string.Join(' ', Enumerable.Range(0, words).Select(_ => Words[random.Next(Words.Length)]));
}
