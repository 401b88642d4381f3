using System.Globalization;
using Notify.Bot.Outbox;
using Notify.Contracts;
using static Notify.Tests.Outbox.OutboxHarm;

namespace Notify.Tests.Outbox;

/// <summary>The write-ahead log holds the newest notifications. SQLite ignores a damaged one silently; the bot says it and keeps the log.</summary>
public sealed class LogDamageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public enum LogHarm
    {
        HeaderOverwritten,
        BeginningOverwritten,
        FirstFrameOverwritten,
        MiddleOverwritten,
    }

    [Theory]
    [InlineData(LogHarm.HeaderOverwritten, 0)]
    [InlineData(LogHarm.BeginningOverwritten, 0)]
    [InlineData(LogHarm.FirstFrameOverwritten, 0)]
    [InlineData(LogHarm.MiddleOverwritten, 5)]
    public async Task A_damaged_log_is_said_and_kept_and_the_bot_continues_with_what_is_before_the_damage(
        LogHarm harm,
        int kept
    )
    {
        using var scene = await FullAsync();
        await AcceptAsync(scene, Rows, 20);
        await KillAsync(scene);
        await DoAsync(harm, scene.File + "-wal");
        var damaged = await ReadAsync(scene.File + "-wal");

        var waiting = scene.Waiting();

        Assert.InRange(waiting.Count, Rows + kept, Rows + 19);
        Assert.Equal(Numbers(0, waiting.Count), waiting);
        var aside = Assert.Single(LogsAside(scene));
        Assert.Equal(damaged, await ReadAsync(aside));
        Assert.Contains(aside, SaidOfLog(scene), StringComparison.Ordinal);
        Assert.Empty(scene.SetAside);
        await AssertWorksAsync(scene, waiting);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_log_without_its_file_is_said_and_kept_and_the_bot_starts_with_a_new_file(bool isEmptied)
    {
        using var scene = new OutboxScene();
        await AcceptAsync(scene, 0, 20);
        await KillAsync(scene);
        var log = await ReadAsync(scene.File + "-wal");
        if (isEmptied)
        {
            await File.WriteAllBytesAsync(scene.File, [], Cancellation);
        }
        else
        {
            File.Delete(scene.File);
        }

        Assert.Empty(scene.Waiting());
        Assert.Equal(log, await ReadAsync(Assert.Single(LogsAside(scene))));
        Assert.Contains("has lost its outbox.db", SaidOfLog(scene), StringComparison.Ordinal);
        await AssertWorksAsync(scene, []);
    }

    [Fact]
    public async Task A_log_that_was_begun_anew_before_older_frames_is_no_damage()
    {
        using var scene = await FullAsync();
        for (var i = 1; i <= 300; i++)
        {
            await scene.Outbox.RecordAsync(i, new DeliveryProgress(DeliveryState.Queued) { Attempts = 1 });
        }

        // All of the log is in the file now, and the next commit begins it anew, before the older frames.
        scene.Sql("PRAGMA wal_checkpoint(RESTART)");
        for (var i = 1; i <= 5; i++)
        {
            await scene.Outbox.RecordAsync(i, new DeliveryProgress(DeliveryState.Delivered));
        }

        await KillAsync(scene);

        Assert.Equal(Numbers(5, Rows - 5), scene.Waiting());
        AssertNothingSaid(scene);
    }

    /// <summary>A power failure leaves it like this. Nobody was told that the torn commit is on disk.</summary>
    [Theory]
    [InlineData(Page + 10, 20)]
    [InlineData(-10, 19)]
    public async Task A_log_that_ends_in_the_middle_of_a_commit_is_no_damage(int more, int kept)
    {
        using var scene = new OutboxScene();
        await AcceptAsync(scene, 0, 20);
        await KillAsync(scene);
        await using (var log = new FileStream(scene.File + "-wal", FileMode.Open))
        {
            log.Position = Math.Min(log.Length, log.Length + more);
            log.Write(Rubbish(Math.Abs(more)));
        }

        Assert.Equal(kept, scene.Waiting().Count);
        AssertNothingSaid(scene);
    }

    [Fact]
    public async Task The_log_of_a_file_that_was_set_aside_is_not_taken_for_the_new_ones_after_a_kill_between_the_renames()
    {
        using var scene = await FullAsync();
        var recovered = await ReadAsync(scene.File);
        await AcceptAsync(scene, Rows, 20);
        await KillAsync(scene);
        await File.WriteAllBytesAsync(scene.File + ".rescue", recovered, Cancellation);
        var aside = scene.File + ".damaged-20260301-120000-000";
        File.Move(scene.File, aside);

        Assert.Equal(Rows, scene.Waiting().Count);
        Assert.True(File.Exists(aside + "-wal"));
        Assert.Equal("ok", scene.Sql("PRAGMA integrity_check"));
    }

    private static IEnumerable<string> Numbers(int first, int count) =>
        Enumerable.Range(first, count).Select(i => i.ToString(CultureInfo.InvariantCulture));

    private static async Task AcceptAsync(OutboxScene scene, int first, int count)
    {
        foreach (var number in Numbers(first, count))
        {
            await scene.AcceptAsync(number);
        }
    }

    private static string[] LogsAside(OutboxScene scene) =>
        Directory.GetFiles(Path.GetDirectoryName(scene.File)!, "outbox.db-wal.damaged-*");

    private static string SaidOfLog(OutboxScene scene) =>
        Assert.Single(scene.Log.Lines, l => l.StartsWith("1605 ", StringComparison.Ordinal));

    private static void AssertNothingSaid(OutboxScene scene)
    {
        Assert.Empty(LogsAside(scene));
        Assert.Empty(scene.SetAside);
        Assert.DoesNotContain(scene.Log.Lines, l => l.StartsWith("1605 ", StringComparison.Ordinal));
    }

    /// <summary>Leaves the file and its log as a killed bot does. An orderly close would move the log into the file.</summary>
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
        await using var log = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        Assert.True(log.Length > 20 * Page);
        var (at, length) = harm switch
        {
            LogHarm.HeaderOverwritten => (0L, 200),
            LogHarm.BeginningOverwritten => (0L, Page + 1000),
            LogHarm.FirstFrameOverwritten => (32L, 200),
            _ => (log.Length / 2, 2 * Page),
        };
        log.Position = at;
        log.Write(Rubbish(length));
    }
}
