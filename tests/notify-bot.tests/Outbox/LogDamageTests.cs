using System.Globalization;
using Notify.Bot.Outbox;
using Notify.Tests.SendApi;
using static Notify.Tests.Outbox.OutboxHarm;

namespace Notify.Tests.Outbox;

/// <summary>SQLite's log of changes holds what was accepted last: where it is damaged, or has lost its file, what fits in it goes on.</summary>
public sealed class LogDamageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public enum LogHarm
    {
        HeaderOverwritten,
        BeginningOverwritten,
        HeaderAndMiddleOverwritten,
        FirstPageOverwritten,
        MiddleOverwritten,
        FileEmptied,
        FileGone,
    }

    [Fact]
    public async Task An_empty_file_beside_a_log_of_changes_is_damage_and_an_empty_one_alone_is_a_new_outbox()
    {
        using var scene = new OutboxScene();
        await File.WriteAllBytesAsync(scene.File, [], Cancellation);
        await File.WriteAllBytesAsync(scene.File + "-wal", new byte[9000], Cancellation);

        await scene.AcceptAsync("hello");

        Assert.Single(scene.SetAside);
        Assert.Contains(
            scene.Files,
            f => f.Contains("damaged", StringComparison.Ordinal) && f.EndsWith("-wal", StringComparison.Ordinal)
        );
        Assert.Equal(["hello"], scene.Waiting());
    }

    [Theory]
    [InlineData(LogHarm.HeaderOverwritten, 20)]
    [InlineData(LogHarm.BeginningOverwritten, 20)]
    [InlineData(LogHarm.HeaderAndMiddleOverwritten, 20)]
    [InlineData(LogHarm.FirstPageOverwritten, 20)]
    [InlineData(LogHarm.MiddleOverwritten, 20)]
    [InlineData(LogHarm.FileEmptied, 20)]
    [InlineData(LogHarm.FileGone, 20)]
    public async Task A_damaged_log_of_changes_is_set_aside_with_its_file_and_what_can_be_read_of_both_is_kept(
        LogHarm harm,
        int kept
    )
    {
        using var scene = new OutboxScene();
        await AcceptTwentyAsync(scene);
        await KillAsync(scene);
        await DoAsync(harm, scene.File);
        var damaged = await File.ReadAllBytesAsync(scene.File + "-wal", Cancellation);

        var waiting = scene.Waiting();

        Assert.Equal(Enumerable.Range(0, kept).Select(i => i.ToString(CultureInfo.InvariantCulture)), waiting);
        var aside = Assert.Single(scene.SetAside);
        Assert.Equal(damaged, await File.ReadAllBytesAsync(aside + "-wal", Cancellation));
        Assert.Contains(
            $" {kept} notifications",
            Assert.Single(scene.Log.Lines, l => l.StartsWith("1601 ", StringComparison.Ordinal)),
            StringComparison.Ordinal
        );
        Assert.Contains(
            aside + "-wal",
            Assert.Single(scene.Log.Lines, l => l.StartsWith("1605 ", StringComparison.Ordinal)),
            StringComparison.Ordinal
        );
        await AssertWorksAsync(scene, waiting);
    }

    [Theory]
    [InlineData(LogHarm.HeaderOverwritten)]
    [InlineData(LogHarm.BeginningOverwritten)]
    [InlineData(LogHarm.FirstPageOverwritten)]
    [InlineData(LogHarm.MiddleOverwritten)]
    public async Task What_was_in_the_file_before_is_kept_beside_what_is_in_the_damaged_log(LogHarm harm)
    {
        using var scene = await FullAsync();
        foreach (var i in Enumerable.Range(Rows, 50))
        {
            await scene.AcceptAsync(i.ToString(CultureInfo.InvariantCulture));
        }

        // Last: a change in the part that is damaged is lost with it.
        await scene.Outbox.RecordAsync(1, new DeliveryProgress(DeliveryState.Delivered));
        await KillAsync(scene);
        await DoAsync(harm, scene.File);

        Assert.Equal(
            Enumerable.Range(1, Rows + 49).Select(i => i.ToString(CultureInfo.InvariantCulture)),
            scene.Waiting()
        );
    }

    [Fact]
    public async Task Of_a_log_that_was_begun_anew_nothing_is_taken_that_it_held_before()
    {
        using var scene = await FullAsync();
        for (var i = 1; i <= 300; i++)
        {
            await scene.Outbox.RecordAsync(i, new DeliveryProgress(DeliveryState.Queued) { Attempts = 1 });
        }

        // All of the log is in the file now, and the next change begins it anew, before the changes of earlier.
        scene.Sql("PRAGMA wal_checkpoint(RESTART)");
        for (var i = 1; i <= 5; i++)
        {
            await scene.Outbox.RecordAsync(i, new DeliveryProgress(DeliveryState.Delivered));
        }

        await KillAsync(scene);
        await DoAsync(LogHarm.HeaderOverwritten, scene.File);

        Assert.Equal(
            Enumerable.Range(5, Rows - 5).Select(i => i.ToString(CultureInfo.InvariantCulture)),
            scene.Waiting()
        );
        Assert.Single(scene.SetAside);
    }

    /// <summary>So it is left where the power fails while a change is written, of which nobody was told that it is on disk.</summary>
    [Theory]
    [InlineData(Page + 10, 20)]
    [InlineData(-10, 19)]
    public async Task A_log_that_ends_in_the_middle_of_a_change_is_no_damage(int more, int kept)
    {
        using var scene = new OutboxScene();
        await AcceptTwentyAsync(scene);
        await KillAsync(scene);
        await using (var log = new FileStream(scene.File + "-wal", FileMode.Open))
        {
            log.Position = Math.Min(log.Length, log.Length + more);
            log.Write(Rubbish(Math.Abs(more)));
        }

        Assert.Equal(kept, scene.Waiting().Count);
        Assert.Empty(scene.SetAside);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_bot_that_was_killed_delivers_what_waits_though_the_log_or_the_file_is_damaged(
        bool fileIsEmptied
    )
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.Phone.BeginOutageAsync(Cancellation);
        for (var i = 0; i < 20; i++)
        {
            (
                await scene.SendAsync(
                    new
                    {
                        user = "dana",
                        text = $"{i}",
                        wait = 0,
                    }
                )
            ).AssertQueued();
        }

        await scene.Bot.Bot.KillAsync();
        await DoAsync(
            fileIsEmptied ? LogHarm.FileEmptied : LogHarm.HeaderOverwritten,
            Path.Combine(scene.Bot.Data, "private", "outbox.db")
        );
        await scene.Phone.EndOutageAsync(Cancellation);
        await scene.Bot.StartBotAsync();

        var arrived = await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 20, Cancellation);
        Assert.Equal(
            Enumerable.Range(0, 20).Select(i => i.ToString(CultureInfo.InvariantCulture)),
            arrived.Select(m => m.Text)
        );
        Assert.Contains(" 1601 ", scene.Bot.Bot.Said, StringComparison.Ordinal);
        Assert.Contains(" 20 notifications", scene.Bot.Bot.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_of_a_file_that_was_set_aside_is_not_taken_for_the_new_ones_after_a_kill_between_the_renames()
    {
        using var scene = await FullAsync();
        var rescued = await ReadAsync(scene.File);
        await AcceptTwentyAsync(scene);
        await KillAsync(scene);
        await File.WriteAllBytesAsync(scene.File + ".rescue", rescued, Cancellation);
        var aside = scene.File + ".damaged-20260301-120000-000";
        File.Move(scene.File, aside);

        Assert.Equal(Rows, scene.Waiting().Count);
        Assert.True(File.Exists(aside + "-wal"));
        Assert.Equal("ok", scene.Sql("PRAGMA integrity_check"));
    }

    private static async Task AcceptTwentyAsync(OutboxScene scene)
    {
        for (var i = 0; i < 20; i++)
        {
            await scene.AcceptAsync(i.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Leaves the file and its log as a bot does that is killed: closed in order, it would put the log into the file.</summary>
    private static async Task KillAsync(OutboxScene scene)
    {
        var file = await ReadAsync(scene.File);
        var log = await ReadAsync(scene.File + "-wal");
        scene.Close();
        await File.WriteAllBytesAsync(scene.File, file, Cancellation);
        await File.WriteAllBytesAsync(scene.File + "-wal", log, Cancellation);
    }

    private static async Task<byte[]> ReadAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes, Cancellation);
        return bytes;
    }

    private static async Task DoAsync(LogHarm harm, string path)
    {
        if (harm == LogHarm.FileGone)
        {
            File.Delete(path);
            return;
        }

        if (harm == LogHarm.FileEmptied)
        {
            await File.WriteAllBytesAsync(path, [], Cancellation);
            return;
        }

        await using var log = new FileStream(path + "-wal", FileMode.Open, FileAccess.ReadWrite);
        Assert.True(log.Length > 20 * Page);
        var (header, middle) = (32, log.Length / 2);
        foreach (
            var (at, length) in harm switch
            {
                LogHarm.HeaderOverwritten => [(0L, 200)],
                LogHarm.BeginningOverwritten => [(0L, Page + 1000)],
                LogHarm.HeaderAndMiddleOverwritten => [(0L, 200), (middle, 100)],
                LogHarm.FirstPageOverwritten => [(header, 200)],
                _ => new (long, int)[] { (middle, 2 * Page) },
            }
        )
        {
            log.Position = at;
            log.Write(Rubbish(length));
        }
    }
}
