using Microsoft.Extensions.Logging.Abstractions;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Images;

namespace Notify.Tests.Outbox;

/// <summary>How long the history is kept, how much of it, and what it costs to look into it.</summary>
public sealed class KeepingTests : IDisposable
{
    private static readonly DeliveryProgress Delivered = new(DeliveryState.Delivered);

    private readonly OutboxScene _scene = new();
    private readonly string _charts = Directory.CreateTempSubdirectory("notify-charts-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _scene.Dispose();
        Directory.Delete(_charts, recursive: true);
    }

    [Fact]
    public async Task After_thirty_days_a_notification_is_forgotten_with_its_chart_and_one_that_waits_never()
    {
        var images = new AttachmentStore(_charts, _scene.Time);
        var old = await PutAsync(images);
        var waiting = await PutAsync(images);
        var young = await PutAsync(images);
        var accepted = await _scene.AcceptAsync("old", image: old);
        await _scene.Outbox.RecordAsync(accepted.Sequence, Delivered);
        await _scene.AcceptAsync("held back", state: DeliveryState.Muted);
        await _scene.AcceptAsync("waits", image: waiting);
        _scene.Time.Advance(TimeSpan.FromMilliseconds(1));
        var kept = await _scene.AcceptAsync("young", image: young);
        await _scene.Outbox.RecordAsync(kept.Sequence, Delivered);

        _scene.Time.Advance(TimeSpan.FromDays(30) - TimeSpan.FromMilliseconds(1));
        await PruneAsync(images);
        Assert.Equal(["young", "waits", "held back", "old"], History());

        _scene.Time.Advance(TimeSpan.FromMilliseconds(1));
        await PruneAsync(images);
        Assert.Equal(["young", "waits"], History());
        Assert.Null(_scene.Outbox.ImageOf(OutboxScene.Dana, old.Id));
        Assert.Null(images.Open(old));
        foreach (var image in (StoredImage[])[waiting, young])
        {
            await using var chart = images.Open(image);
            Assert.NotNull(chart);
        }
    }

    [Fact]
    public async Task The_history_shows_as_much_of_a_text_as_a_phone_gets_and_says_that_it_is_cut()
    {
        foreach (
            var text in (string[])
                [
                    new('x', SqliteOutbox.MaxShown),
                    new('y', SqliteOutbox.MaxShown + 1),
                    string.Concat(Enumerable.Repeat("😀", SqliteOutbox.MaxShown)),
                    "a\0b",
                    new('ä', 500_000),
                ]
        )
        {
            await _scene.AcceptAsync(text, state: DeliveryState.Muted);
        }

        var shown = History().Reverse().ToArray();

        Assert.Equal(new string('x', SqliteOutbox.MaxShown), shown[0]);
        Assert.Equal(new string('y', SqliteOutbox.MaxShown - 1) + "…", shown[1]);
        Assert.Equal(string.Concat(Enumerable.Repeat("😀", (SqliteOutbox.MaxShown / 2) - 1)) + "…", shown[2]);
        Assert.Equal("a\0b", shown[3]);
        Assert.Equal(new string('ä', SqliteOutbox.MaxShown - 1) + "…", shown[4]);
        Assert.All(Past(text: 0), n => Assert.Equal("", n.Message));
        Assert.Equal("xxxxxxxxx…", Past(text: 10)[^1].Message);
    }

    [Fact]
    public async Task A_page_of_long_texts_is_shorter_and_the_next_ones_go_on_to_the_end()
    {
        var stored = new List<long>();
        for (var i = 0; i < 60; i++)
        {
            stored.Add((await _scene.AcceptAsync(new string('x', 990_000), state: DeliveryState.Muted)).Sequence);
        }

        var read = new List<long>();
        var before = long.MaxValue;
        while (_scene.Outbox.History(OutboxScene.Dana, 200, before, cancellation: Cancellation) is { Count: > 0 } page)
        {
            Assert.InRange(page.Sum(n => n.Message.Length), 1, SqliteOutbox.MaxPageSize + SqliteOutbox.MaxShown);
            read.AddRange(page.Select(n => n.Sequence));
            before = read[^1];
        }

        stored.Reverse();
        Assert.Equal(stored, read);
        Assert.Equal(60, Past(text: 0).Count);
    }

    [Fact]
    public async Task A_chart_whose_notification_was_never_stored_is_taken_away_later()
    {
        var images = new AttachmentStore(_charts, _scene.Time);
        var orphan = await PutAsync(images);
        File.SetLastWriteTimeUtc(
            Path.Combine(_charts, orphan.Id + ".png"),
            _scene.Time.GetUtcNow().UtcDateTime - TimeSpan.FromDays(33)
        );

        await PruneAsync(images);

        Assert.Empty(Directory.EnumerateFiles(_charts));
    }

    [Fact]
    public async Task Charts_have_names_that_nobody_guesses_and_a_mode_that_keeps_others_out()
    {
        var folder = Path.Combine(_charts, "images");
        var images = new AttachmentStore(folder, _scene.Time);

        var image = await PutAsync(images);

        Assert.Matches("^[A-Za-z0-9_-]{22}$", image.Id);
        Assert.Equal((UnixFileMode)0b111_101_000, File.GetUnixFileMode(folder));
        Assert.Equal(
            (UnixFileMode)0b110_100_000,
            File.GetUnixFileMode(Assert.Single(Directory.EnumerateFiles(folder)))
        );
    }

    /// <summary>With a million rows a query that reads them all takes seconds in which nothing is accepted.</summary>
    [Theory]
    [InlineData(
        OutboxRows.FindHistory,
        "SEARCH notification USING INDEX notification_listing (user=? AND uid=? AND sequence<?)"
    )]
    [InlineData(OutboxRows.FindFiltered, "SEARCH notification USING INTEGER PRIMARY KEY (rowid=?)")]
    [InlineData(
        OutboxRows.FindScriptsOf,
        "SEARCH notification USING COVERING INDEX notification_listing (user=? AND uid=?)"
    )]
    [InlineData(OutboxRows.FindScripts, "CO-ROUTINE (subquery-1)")]
    [InlineData(OutboxRows.FindSize, "SEARCH history_size USING PRIMARY KEY (user=?)")]
    [InlineData(
        OutboxRows.FindByKey,
        "SEARCH notification USING INDEX notification_by_key (user=? AND key=? AND created_at>?)"
    )]
    [InlineData(OutboxRows.FindOld, "SEARCH notification USING INDEX notification_by_age (created_at<?)")]
    public async Task Every_query_of_the_history_finds_its_rows_by_an_index(string query, string plan)
    {
        await _scene.AcceptAsync("hello");
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_scene.File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The outbox's own text.
        command.CommandText = "EXPLAIN QUERY PLAN " + query;
#pragma warning restore CA2100
        foreach (
            var parameter in (string[])
                [
                    "$user",
                    "$uid",
                    "$key",
                    "$after",
                    "$before",
                    "$rows",
                    "$limit",
                    "$bytes",
                    "$last",
                    "$among",
                    "$script",
                    "$state",
                    "$since",
                    "$until",
                ]
        )
        {
            if (query.Contains(parameter, StringComparison.Ordinal))
            {
                command.Parameters.AddWithValue(parameter, 1);
            }
        }

        var steps = new List<string>();
        await using var rows = await command.ExecuteReaderAsync(Cancellation);
        while (await rows.ReadAsync(Cancellation))
        {
            steps.Add(rows.GetString(3));
        }

        Assert.Equal(plan, steps[0]);
        Assert.DoesNotContain(steps, s => s.StartsWith("SCAN notification", StringComparison.Ordinal));
    }

    [Fact]
    public void A_users_oldest_are_found_by_an_index()
    {
        _scene.Outbox.Find("none");
        Assert.Contains(
            "USING INDEX notification_of_user (user=?)",
            _scene.Plan(OutboxRows.FindOldest),
            StringComparison.Ordinal
        );
    }

    private static async Task<StoredImage> PutAsync(AttachmentStore images)
    {
        using var png = new MemoryStream(Testing.TestPictures.Png(4, 4));
        return await images.PutAsync(png, new ImageInfo(ImageKind.Png, 4, 4, png.Length), Cancellation);
    }

    private Task PruneAsync(AttachmentStore images) =>
        new RetentionWorker(
            _scene.Outbox,
            images,
            new RealPauses(_scene.Time),
            NullLogger<RetentionWorker>.Instance
        ).PruneAsync(Cancellation);

    private IEnumerable<string> History() => _scene.Outbox.History(OutboxScene.Dana, 200).Select(n => n.Message);

    private IReadOnlyList<PastNotification> Past(int text) => _scene.Outbox.History(OutboxScene.Dana, 200, text: text);

    /// <summary>The pauses between two bites are real ones here: only what is old is a matter of the test's clock.</summary>
    private sealed class RealPauses(TimeProvider now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now.GetUtcNow();
    }
}
