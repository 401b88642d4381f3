using System.Globalization;
using Microsoft.Data.Sqlite;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Formatting;
using Notify.Images;
using Notify.Testing;
using Notify.Tests.SendApi;

namespace Notify.Tests.Outbox;

/// <summary>
/// An outbox with files, tables and buttons under a bot of the version before them, after a rollback: it reads and writes its own columns. After the next
/// upgrade nothing is lost.
/// </summary>
public sealed class OlderBotTests : IDisposable
{
    /// <summary>The columns that version 4 reads.</summary>
    private const string Version4 =
        "sequence, id, user, script, title, message, parse_mode, silent, data, key, image_id, image_kind, image_width, image_height, image_bytes, created_at, uid, "
        + "state, reason, parts_done, attempts, next_try_at, doubted, is_gone, waits_since";

    /// <summary>How version 4 stores a notification.</summary>
    private const string InsertOfVersion4 = """
        INSERT INTO notification (id, user, script, title, message, parse_mode, silent, data, key, image_id, image_kind, image_width, image_height, image_bytes, created_at, state, reason, next_try_at, uid)
        VALUES ('AAAAAAAAAAAAAAAAAAAAAA', 'dana', NULL, NULL, 'of the older bot', 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, unixepoch() * 1000, 0, NULL, NULL, -1)
        """;

    private readonly OutboxScene _scene = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _scene.Dispose();

    [Fact]
    public async Task It_reads_every_row_and_what_it_writes_costs_no_file_no_table_and_no_button()
    {
        var full = _scene.New("full", image: new StoredImage("first", new ImageInfo(ImageKind.Png, 4, 5, 600))) with
        {
            Title = "Stock",
            Script = "stock.py",
            Silent = true,
            Urgent = true,
            Attachments =
            [
                new StoredImage("second", new ImageInfo(ImageKind.Jpeg, 6, 7, 800)),
                new StoredFile("third", "Größe.csv", 900),
            ],
            Table = "item  left",
            IsTableAligned = true,
            Buttons =
            [
                new NotificationButton("Open", "https://example.com", null),
                new NotificationButton("Again", null, "stock.py"),
            ],
        };
        var stored = Assert
            .IsType<Acceptance.Stored>(
                await _scene.Outbox.AcceptAsync(full, new DeliveryProgress(DeliveryState.Queued), Cancellation)
            )
            .Notification;
        await _scene.AcceptAsync("plain");
        _scene.Close();

        Assert.Equal(["full|Stock|stock.py|0|True|first|0|600", "plain|||0|False|||"], ReadAsVersion4());
        _scene.Sql(
            string.Create(
                CultureInfo.InvariantCulture,
                $"UPDATE notification SET state = 0, reason = 'Bad Gateway', parts_done = 0, attempts = 3, next_try_at = NULL, waits_since = NULL, doubted = 1, is_gone = 0 WHERE sequence = {stored.Sequence}"
            )
        );
        _scene.Sql(InsertOfVersion4);

        var again = _scene.Outbox.Read(stored.Sequence)!;
        Assert.Equivalent(full, again.Accepted, strict: true);
        Assert.Equal(
            (3, true, DeliveryReason.TelegramUnreachable),
            (again.Progress.Attempts, again.Progress.OutcomeUnknown, again.Progress.Reason)
        );
        Assert.Equal(["full", "plain", "of the older bot"], _scene.Waiting());
        var older = _scene.Outbox.Find("AAAAAAAAAAAAAAAAAAAAAA")!.Accepted;
        Assert.Equal((0, null, 0, false), (older.Attachments.Count, older.Table, older.Buttons.Count, older.Urgent));
        Assert.Equal((long)OutboxSchema.Newest, _scene.Sql("PRAGMA user_version"));
        Assert.Empty(_scene.SetAside);
    }

    [Fact]
    public async Task What_it_ends_and_removes_is_counted_with_its_files()
    {
        var full = _scene.New("full") with { Attachments = [new StoredFile("file", "a.bin", 16_000)], Table = "12345" };
        var stored = Assert
            .IsType<Acceptance.Stored>(
                await _scene.Outbox.AcceptAsync(full, new DeliveryProgress(DeliveryState.Queued), Cancellation)
            )
            .Notification;
        _scene.Close();

        _scene.Sql($"UPDATE notification SET state = 1, parts_done = 0 WHERE id = '{stored.Accepted.Id}'");
        Assert.Equal(HistoryQuota.RowOverhead + 4L + 5 + 1000, _scene.Sql("SELECT bytes FROM history_size"));

        _scene.Sql($"DELETE FROM notification WHERE id = '{stored.Accepted.Id}'");
        Assert.Equal(0L, _scene.Sql("SELECT bytes FROM history_size"));
    }

    [Fact]
    public async Task What_waited_meanwhile_is_delivered_whole_by_the_next_bot()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.Phone.BeginOutageAsync(Cancellation);
        (
            await scene.SendFormAsync(
                [("orders.csv", "a,b\r\n1,2\r\n"u8.ToArray())],
                [TestPictures.Png(40, 30), TestPictures.Png(41, 30)],
                ("user", "dana"),
                ("text", "Look"),
                ("table", """{"columns":["item","left"],"rows":[["shoes",3]]}"""),
                ("buttons", """[{"text":"Open","url":"https://example.com/board"}]"""),
                ("wait", "0")
            )
        ).AssertQueued();
        await scene.Bot.Bot.KillAsync();

        // The older bot tried, and Telegram was away for it too.
        await using (
            var older = new SqliteConnection(
                $"Data Source={Path.Combine(scene.Bot.Data, "private", "outbox.db")};Pooling=False"
            )
        )
        {
            await older.OpenAsync(Cancellation);
            await using var command = older.CreateCommand();
            command.CommandText = $"""
                UPDATE notification SET state = 0, reason = 'Connection refused', parts_done = 0, attempts = attempts + 1, next_try_at = NULL, waits_since = NULL, doubted = 0, is_gone = 0;
                {InsertOfVersion4};
                """;
            Assert.Equal(2, await command.ExecuteNonQueryAsync(Cancellation));
        }

        await scene.Phone.EndOutageAsync(Cancellation);
        await scene.Bot.StartBotAsync();

        var messages = await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 5, Cancellation);
        Assert.Equal([true, true, false, false, false], messages.Select(m => m.Photo is not null));
        Assert.Equal("Look\nitem   left\n-----------\nshoes     3", messages[2].Text);
        Assert.Equal("Open", Assert.Single(Assert.Single(messages[2].Buttons)).Text);
        Assert.Equal("orders.csv", messages[3].Document?.Name);
        Assert.Equal("of the older bot", messages[4].Text);
    }

    private List<string> ReadAsVersion4()
    {
        using var connection = new SqliteConnection($"Data Source={_scene.File};Pooling=False");
        connection.Open();
        return OutboxRows.Select(
            connection,
            $"SELECT {Version4} FROM notification ORDER BY sequence",
            row =>
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{row["message"]}|{row["title"]}|{row["script"]}|{row["state"]}|{((long)row["silent"] & 1) != 0}|{row["image_id"]}|{row["image_kind"]}|{row["image_bytes"]}"
                )
        );
    }
}
