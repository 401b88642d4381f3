using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Images;
using Notify.Testing;

namespace Notify.Tests.Outbox;

/// <summary>A flood of one user costs that user's own history, and nobody else's; what waits stays.</summary>
public sealed class QuotaTests : IDisposable
{
    /// <summary>Small ones, so that a test reaches them; all the rest is as in production.</summary>
    private static readonly HistoryLimits Small = new(
        RowsOfUser: 1000,
        BytesOfUser: 2_000_000,
        Rows: 3000,
        Bytes: 5_000_000
    );

    private const int Slack = HistoryQuota.LookAfterRows;

    private readonly OutboxScene _scene = new() { Limits = Small };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _scene.Dispose();

    [Fact]
    public async Task A_flood_of_muted_sends_loses_its_own_oldest_while_it_comes_and_nothing_that_waits_nor_is_others()
    {
        await _scene.AcceptAsync("another's", OutboxScene.Omar, DeliveryState.Muted);
        await _scene.AcceptAsync("waits");

        await FloodAsync(OutboxScene.Dana, 5000, i => _scene.New($"flood {i}"));

        Assert.InRange(Rows("dana", "state <> 0"), Small.RowsOfUser - Slack, Small.RowsOfUser + Slack);
        Assert.Equal("flood 4999", Newest(OutboxScene.Dana));
        Assert.Equal("waits", Assert.Single(_scene.Waiting()));
        Assert.Equal("another's", Newest(OutboxScene.Omar));
    }

    [Theory]
    [InlineData(50_000, 0, 0, 0, 0, 0)]
    [InlineData(10, 40_000, 0, 0, 0, 0)]
    [InlineData(10, 0, 50_000, 0, 0, 0)]
    [InlineData(10, 0, 0, 200, 0, 0)]
    [InlineData(10, 200, 1000, 200, 0, 0)]
    [InlineData(10, 0, 0, 0, 50_000, 0)]
    [InlineData(10, 0, 0, 0, 0, 50_000)]
    public async Task Bytes_count_wherever_they_are(int message, int title, int data, int key, int table, int files)
    {
        await FloodAsync(
            OutboxScene.Dana,
            3000,
            i =>
                _scene.New(new string('m', message)) with
                {
                    Title = title == 0 ? null : new string('t', title),
                    Data = data == 0 ? null : $"\"{new string('d', data)}\"",
                    Key = key == 0 ? null : i.ToString(CultureInfo.InvariantCulture).PadLeft(key, 'k'),
                    Table = table == 0 ? null : new string('|', table),
                    // A chart and a file, each half. Both count a sixteenth.
                    Attachments =
                        files == 0
                            ? []
                            :
                            [
                                new StoredImage("i", new ImageInfo(ImageKind.Png, 4, 4, files * 8L)),
                                new StoredFile("f", "a.bin", files * 8L),
                            ],
                }
        );

        var size = message + title + data + key + table + files + HistoryQuota.RowOverhead;
        Assert.InRange(Rows("dana"), 1, Math.Min(Small.RowsOfUser, Small.BytesOfUser / size) + Slack);
        AssertSizesAreRight();
    }

    [Fact]
    public async Task What_is_delivered_counts_from_then_on_and_what_waits_does_not()
    {
        var stored = await _scene.AcceptAsync("delivered");
        Assert.Equal(0L, Rows("dana", "state <> 0"));
        Assert.Null(_scene.Sql("SELECT rows FROM history_size WHERE user = 'dana'"));

        await _scene.Outbox.RecordAsync(stored.Sequence, new DeliveryProgress(DeliveryState.Delivered));
        await _scene.Outbox.RecordAsync(
            stored.Sequence,
            new DeliveryProgress(DeliveryState.Delivered) { ReasonText = "once more" }
        );

        Assert.Equal(1L, _scene.Sql("SELECT rows FROM history_size WHERE user = 'dana'"));
        AssertSizesAreRight();
    }

    [Fact]
    public async Task Where_all_together_are_too_many_the_largest_holder_loses_its_oldest()
    {
        // Each within their own limit, and too much together.
        var small = UserName.Parse("small");
        await FloodAsync(small, 50, i => _scene.New($"small {i}", small));
        foreach (var name in (string[])["a", "b", "c", "d"])
        {
            var user = UserName.Parse(name);
            await FloodAsync(user, 950, i => _scene.New($"{name} {i}", user));
        }

        Assert.Equal(50L, Rows("small"));
        Assert.InRange((long)_scene.Sql("SELECT count(*) FROM notification")!, Small.Rows - Slack, Small.Rows + Slack);
        Assert.Equal("d 949", Newest(UserName.Parse("d")));
        AssertSizesAreRight();
    }

    [Fact]
    public async Task A_key_of_another_user_is_remembered_through_a_flood_of_keys()
    {
        var first = Assert.IsType<Acceptance.Stored>(
            await _scene.Outbox.AcceptAsync(
                _scene.New("omar's", OutboxScene.Omar, "revenue-1"),
                new DeliveryProgress(DeliveryState.Muted),
                Cancellation
            )
        );

        await FloodAsync(OutboxScene.Dana, 3000, i => _scene.New("x", key: $"key {i}"));

        var repeated = await _scene.Outbox.AcceptAsync(
            _scene.New("omar's", OutboxScene.Omar, "revenue-1"),
            new DeliveryProgress(DeliveryState.Muted),
            Cancellation
        );
        Assert.Equal(first.Notification.Accepted.Id, Assert.IsType<Acceptance.Repeated>(repeated).First.Accepted.Id);

        // Her own last ones are, too.
        Assert.NotNull(_scene.Outbox.FindRepeated(OutboxScene.Dana, "key 2999"));
        Assert.Null(_scene.Outbox.FindRepeated(OutboxScene.Dana, "key 0"));
    }

    [Fact]
    public async Task Charts_go_with_their_notifications()
    {
        var folder = Directory.CreateTempSubdirectory("notify-charts-").FullName;
        var images = new AttachmentStore(folder, _scene.Time);
        using var keeping = new RetentionWorker(
            _scene.Outbox,
            images,
            _scene.Time,
            NullLogger<RetentionWorker>.Instance
        );
        await keeping.StartAsync(Cancellation);
        using var png = new MemoryStream(TestPictures.Png(4, 4));
        var chart = await images.PutAsync(png, new ImageInfo(ImageKind.Png, 4, 4, png.Length), Cancellation);
        await _scene.AcceptAsync("oldest", state: DeliveryState.Muted, image: chart);

        // A chart counts a sixteenth of its bytes: of these a few are all that there is room for.
        var large = new StoredImage("large", new ImageInfo(ImageKind.Png, 4, 4, 8_000_000));
        await FloodAsync(OutboxScene.Dana, 10, i => _scene.New($"large {i}", image: large));

        Assert.InRange(Rows("dana"), 2, 6);
        await Eventually.TrueAsync(() => images.Open(chart) is null, () => "the chart is kept", Cancellation);
        await keeping.StopAsync(Cancellation);
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Further_charts_and_files_go_with_their_notifications_too(bool byAge)
    {
        var folder = Directory.CreateTempSubdirectory("notify-charts-").FullName;
        var images = new AttachmentStore(folder, _scene.Time);
        using var keeping = new RetentionWorker(
            _scene.Outbox,
            images,
            byAge ? TimeProvider.System : _scene.Time,
            NullLogger<RetentionWorker>.Instance
        );
        var oldest = await PutAllAsync(images);
        var waiting = await PutAllAsync(images);
        await AcceptAsync(oldest, DeliveryState.Muted);
        await AcceptAsync(waiting, DeliveryState.Queued);

        if (byAge)
        {
            _scene.Time.Advance(TimeSpan.FromDays(31));
            await keeping.PruneAsync(Cancellation);
        }
        else
        {
            await keeping.StartAsync(Cancellation);
            var large = new StoredFile("large", "large.bin", 8_000_000);
            await FloodAsync(OutboxScene.Dana, 10, i => _scene.New($"large {i}") with { Attachments = [large] });
            Assert.InRange(Rows("dana"), 2, 6);
        }

        await Eventually.TrueAsync(
            () => Directory.EnumerateFiles(folder).Count() == waiting.Count,
            () => string.Join(", ", Directory.EnumerateFiles(folder)),
            Cancellation
        );
        Assert.All(
            waiting,
            attachment =>
            {
                using var kept = images.Open(attachment);
                Assert.NotNull(kept);
            }
        );
        await keeping.StopAsync(Cancellation);
        Directory.Delete(folder, recursive: true);

        Task AcceptAsync(IReadOnlyList<StoredAttachment> attachments, DeliveryState state) =>
            _scene.Outbox.AcceptAsync(
                _scene.New("x", image: (StoredImage)attachments[0]) with
                {
                    Attachments = [.. attachments.Skip(1)],
                },
                new DeliveryProgress(state),
                Cancellation
            );
    }

    [Fact]
    public async Task The_room_of_what_waits_counts_charts_files_and_tables_before_and_after_a_restart()
    {
        var full = _scene.New("full", image: new StoredImage("a", new ImageInfo(ImageKind.Png, 4, 4, 1600))) with
        {
            Attachments =
            [
                new StoredImage("b", new ImageInfo(ImageKind.Png, 4, 4, 16_000)),
                new StoredFile("c", "a.bin", 160_000),
            ],
            Table = "12345",
        };
        await _scene.Outbox.AcceptAsync(full, new DeliveryProgress(DeliveryState.Queued), Cancellation);

        const long Size = HistoryQuota.RowOverhead + 4 + 5 + 100 + 1000 + 10_000;
        Assert.Equal(Size, HistoryQuota.Size(full));
        _scene.Close();
        Assert.Equal(Size, Assert.Single(_scene.Outbox.Waiting()).Size);
    }

    [Fact]
    public void Files_fill_the_room_of_what_waits()
    {
        var pendings = new PendingNotifications(_scene.Time);
        var taken = 0;
        while (pendings.TryAdd(Pending(new StoredFile("f", "a.bin", 50_000_000))) is null)
        {
            taken++;
        }

        // A sixteenth of each: twenty of fifty megabytes are about 64, and one more begins below the limit.
        Assert.Equal(21, taken);
        Assert.Null(pendings.TryAdd(Pending(new StoredFile("f", "a.bin", 1), OutboxScene.Omar)));

        PendingNotification Pending(StoredFile file, UserName? user = null)
        {
            var accepted = _scene.New("x", user) with { Attachments = [file] };
            return new PendingNotification
            {
                Id = accepted.Id,
                User = accepted.User,
                CreatedAt = accepted.CreatedAt,
                Size = HistoryQuota.Size(accepted),
            };
        }
    }

    [Fact]
    public async Task A_file_of_an_older_version_is_measured_once_and_what_is_too_much_goes_with_the_hourly_look()
    {
        _scene.Limits = HistoryLimits.Default;
        await FloodAsync(OutboxScene.Dana, 2500, i => _scene.New($"dana {i}"));
        await FloodAsync(OutboxScene.Omar, 100, i => _scene.New($"omar {i}", OutboxScene.Omar));
        _scene.Close();
        foreach (
            var made in (string[])
                [
                    "TRIGGER history_grows",
                    "TRIGGER history_takes_over",
                    "TRIGGER history_gives_back",
                    "TRIGGER history_shrinks",
                    "TABLE history_size",
                ]
        )
        {
            _scene.Sql($"DROP {made}");
        }

        _scene.Limits = Small;
        _scene.Outbox.Find("none");
        AssertSizesAreRight();
        while (await _scene.Outbox.PruneAsync() is { Rows: > 0 }) { }

        Assert.Equal(Small.RowsOfUser, Rows("dana"));
        Assert.Equal(100L, Rows("omar"));
        Assert.Equal("dana 2499", Newest(OutboxScene.Dana));
        AssertSizesAreRight();
    }

    [Fact]
    public async Task After_a_restart_the_sizes_are_known_still()
    {
        await FloodAsync(OutboxScene.Dana, 900, i => _scene.New($"before {i}"));
        _scene.Close();

        await FloodAsync(OutboxScene.Dana, 900, i => _scene.New($"after {i}"));

        Assert.InRange(Rows("dana"), Small.RowsOfUser - Slack, Small.RowsOfUser + Slack);
        AssertSizesAreRight();
    }

    [Fact]
    public async Task A_rescued_outbox_has_its_sizes_again()
    {
        await FloodAsync(OutboxScene.Dana, 100, i => _scene.New($"kept {i}"));
        _scene.Close();
        using (var file = new FileStream(_scene.File, FileMode.Open))
        {
            // The last page: of a hundred rows one page is lost, of the table or of an index.
            file.Position = file.Length - 4096;
            file.Write(new byte[100]);
        }

        await FloodAsync(OutboxScene.Dana, 10, i => _scene.New($"new {i}"));

        Assert.Single(_scene.SetAside);
        Assert.InRange(Rows("dana"), 11L, 110L);
        AssertSizesAreRight();
    }

    /// <summary>A chart, a further chart and a file, on the disk.</summary>
    private static async Task<IReadOnlyList<StoredAttachment>> PutAllAsync(AttachmentStore images)
    {
        using var png = new MemoryStream(TestPictures.Png(4, 4));
        var info = new ImageInfo(ImageKind.Png, 4, 4, png.Length);
        using var csv = new MemoryStream("a,b\r\n"u8.ToArray());
        return
        [
            await images.PutAsync(png, info, Cancellation),
            await images.PutAsync(png, info, Cancellation),
            await images.PutAsync(csv, "a.csv", Cancellation),
        ];
    }

    /// <summary>Stores many at once, as senders do who come together, all held back.</summary>
    private async Task FloodAsync(UserName user, int count, Func<int, AcceptedNotification> make)
    {
        Assert.Equal(user, make(0).User);
        for (var begun = 0; begun < count; begun += 500)
        {
            await Task.WhenAll(
                Enumerable
                    .Range(begun, Math.Min(500, count - begun))
                    .Select(i =>
                        _scene.Outbox.AcceptAsync(make(i), new DeliveryProgress(DeliveryState.Muted), Cancellation)
                    )
            );
        }
    }

    private long Rows(string user, string where = "1") =>
        (long)_scene.Sql($"SELECT count(*) FROM notification WHERE user = '{user}' AND {where}")!;

    private string Newest(UserName user) => _scene.Outbox.History(user, 1)[0].Message;

    /// <summary>What the file keeps about sizes is what is there.</summary>
    private void AssertSizesAreRight() =>
        Assert.Equal(
            0L,
            _scene.Sql(
                $"""
                SELECT count(*) FROM
                    (SELECT user, count(*) AS rows, sum({HistoryQuota.Size()}) AS bytes FROM notification WHERE state <> 0 GROUP BY user) AS there
                    FULL JOIN history_size AS kept ON kept.user = there.user
                WHERE coalesce(there.rows, 0) <> coalesce(kept.rows, 0) OR coalesce(there.bytes, 0) <> coalesce(kept.bytes, 0)
                """
            )
        );
}
