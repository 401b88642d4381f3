using System.Globalization;
using System.Security.Cryptography;
using Notify.Bot.Outbox;
using Notify.Tests.SendApi;

namespace Notify.Tests.Outbox;

/// <summary>A damaged file is kept for whoever wants to look into it, what can be read of it goes on, and so does the bot.</summary>
public sealed class DamageTests
{
    private const int Page = 4096;
    private const int Rows = 2000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public enum Harm
    {
        HeaderOverwritten,
        FirstPageOverwritten,
        MiddlePagesOverwritten,
        Truncated,
        NoDatabaseAtAll,
    }

    [Theory]
    [InlineData(Harm.HeaderOverwritten, Rows)]
    [InlineData(Harm.FirstPageOverwritten, Rows)]
    [InlineData(Harm.MiddlePagesOverwritten, Rows * 3 / 4)]
    [InlineData(Harm.Truncated, Rows / 10)]
    [InlineData(Harm.NoDatabaseAtAll, 0)]
    public async Task A_damaged_file_is_set_aside_and_what_can_be_read_of_it_is_kept(Harm harm, int kept)
    {
        using var scene = await FullAsync();
        await DoAsync(harm, scene.File);
        var damaged = await File.ReadAllBytesAsync(scene.File, Cancellation);

        var waiting = scene.Waiting();

        Assert.InRange(waiting.Count, kept, Rows);
        AssertInOrder(waiting);
        var aside = Assert.Single(scene.SetAside);
        Assert.Equal(damaged.Length, new FileInfo(aside).Length);
        var line = Assert.Single(scene.Log.Lines, l => l.StartsWith("1601 ", StringComparison.Ordinal));
        Assert.Contains(aside, line, StringComparison.Ordinal);
        Assert.Contains($" {waiting.Count} notifications", line, StringComparison.Ordinal);
        await AssertWorksAsync(scene, waiting);
    }

    [Theory]
    [InlineData(Harm.HeaderOverwritten, Rows)]
    [InlineData(Harm.MiddlePagesOverwritten, Rows * 3 / 4)]
    public async Task A_damaged_file_of_an_older_version_is_mended_too(Harm harm, int kept)
    {
        using var scene = await FullAsync();
        scene.Sql("ALTER TABLE notification DROP COLUMN waits_since; PRAGMA user_version = 1;");
        await DoAsync(harm, scene.File);

        var waiting = scene.Waiting();

        Assert.InRange(waiting.Count, kept, Rows);
        await AssertWorksAsync(scene, waiting);
    }

    [Fact]
    public async Task A_mute_outlives_the_damage()
    {
        using var scene = await FullAsync();
        await scene.Outbox.MuteAsync(OutboxScene.Dana, "revenue", Mutes.Forever);
        scene.Close();
        await DoAsync(Harm.HeaderOverwritten, scene.File);

        Assert.Equal(Mutes.Forever, scene.Outbox.MutesOf(OutboxScene.Dana).Until("revenue"));
    }

    [Fact]
    public async Task Damage_that_a_reader_meets_costs_what_can_not_be_read_and_the_bot_goes_on()
    {
        using var scene = await FullAsync();
        _ = scene.Outbox;

        // What another program writes makes the readers look at the disk again.
        scene.Sql(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {OutboxSchema.Newest}"));
        await DoAsync(Harm.MiddlePagesOverwritten, scene.File);

        var waiting = scene.Waiting();

        Assert.InRange(waiting.Count, Rows * 3 / 4, Rows - 1);
        Assert.Single(scene.SetAside);
        Assert.True(scene.Outbox.IsWritable);
        await AssertWorksAsync(scene, waiting);
    }

    [Fact]
    public async Task Damage_that_a_writer_meets_costs_no_acceptance()
    {
        using var scene = await FullAsync();
        _ = scene.Outbox;
        await DoAsync(Harm.MiddlePagesOverwritten, scene.File);
        var last = 0L;

        for (var i = 1; i <= Rows; i++)
        {
            await scene.Outbox.RecordAsync(i, new DeliveryProgress(DeliveryState.Queued) { Attempts = 1 });
        }

        foreach (var i in Enumerable.Range(Rows, 10))
        {
            last = (await scene.AcceptAsync(i.ToString(CultureInfo.InvariantCulture))).Sequence;
        }

        Assert.Single(scene.SetAside);
        Assert.Equal(Rows + 10, last);
        AssertInOrder(scene.Waiting());
    }

    [Fact]
    public async Task The_number_of_a_lost_notification_is_not_given_again_while_the_bot_that_knows_it_lives()
    {
        using var scene = await FullAsync();
        var last = (await scene.AcceptAsync("last")).Sequence;
        scene.Close();
        _ = scene.Outbox;
        await DoAsync(Harm.NoDatabaseAtAll, scene.File);
        File.Delete(scene.File + "-wal");

        Assert.True((await scene.AcceptAsync("new")).Sequence > last);
    }

    [Fact]
    public async Task An_empty_file_beside_a_log_of_changes_is_damage_and_an_empty_one_alone_is_a_new_outbox()
    {
        using var scene = new OutboxScene();
        await File.WriteAllBytesAsync(scene.File, [], Cancellation);
        await File.WriteAllBytesAsync(scene.File + "-wal", new byte[9000], Cancellation);

        await scene.AcceptAsync("hello");

        Assert.Single(scene.SetAside);
        Assert.Contains(scene.Files, f => f.Contains("damaged", StringComparison.Ordinal) && f.EndsWith("-wal", StringComparison.Ordinal));
        Assert.Equal(["hello"], scene.Waiting());
    }

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

    [Theory]
    [InlineData(LogHarm.HeaderOverwritten, 20)]
    [InlineData(LogHarm.BeginningOverwritten, 20)]
    [InlineData(LogHarm.HeaderAndMiddleOverwritten, 20)]
    [InlineData(LogHarm.FirstPageOverwritten, 20)]
    [InlineData(LogHarm.MiddleOverwritten, 20)]
    [InlineData(LogHarm.FileEmptied, 20)]
    [InlineData(LogHarm.FileGone, 20)]
    public async Task A_damaged_log_of_changes_is_set_aside_with_its_file_and_what_can_be_read_of_both_is_kept(LogHarm harm, int kept)
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
        Assert.Contains($" {kept} notifications", Assert.Single(scene.Log.Lines, l => l.StartsWith("1601 ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains(aside + "-wal", Assert.Single(scene.Log.Lines, l => l.StartsWith("1605 ", StringComparison.Ordinal)), StringComparison.Ordinal);
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
        await scene.Outbox.RecordAsync(1, new DeliveryProgress(DeliveryState.Delivered));
        foreach (var i in Enumerable.Range(Rows, 50))
        {
            await scene.AcceptAsync(i.ToString(CultureInfo.InvariantCulture));
        }

        await KillAsync(scene);
        await DoAsync(harm, scene.File);

        Assert.Equal(Enumerable.Range(1, Rows + 49).Select(i => i.ToString(CultureInfo.InvariantCulture)), scene.Waiting());
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

        Assert.Equal(Enumerable.Range(5, Rows - 5).Select(i => i.ToString(CultureInfo.InvariantCulture)), scene.Waiting());
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
    public async Task A_bot_that_was_killed_delivers_what_waits_though_the_log_or_the_file_is_damaged(bool fileIsEmptied)
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.Phone.BeginOutageAsync(Cancellation);
        for (var i = 0; i < 20; i++)
        {
            (await scene.SendAsync(new { user = "dana", text = $"{i}", wait = 0 })).AssertQueued();
        }

        await scene.Bot.Bot.KillAsync();
        await DoAsync(fileIsEmptied ? LogHarm.FileEmptied : LogHarm.HeaderOverwritten, Path.Combine(scene.Bot.Data, "private", "outbox.db"));
        await scene.Phone.EndOutageAsync(Cancellation);
        await scene.Bot.StartBotAsync();

        var arrived = await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 20, Cancellation);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => i.ToString(CultureInfo.InvariantCulture)), arrived.Select(m => m.Text));
        Assert.Contains(" 1601 ", scene.Bot.Bot.Said, StringComparison.Ordinal);
        Assert.Contains(" 20 notifications", scene.Bot.Bot.Said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_in_its_place_is_refused_with_a_sentence_that_says_what_to_do()
    {
        using var scene = new OutboxScene();
        Directory.CreateDirectory(scene.File);

        var refusal = Assert.Throws<IOException>(() => scene.Outbox);

        Assert.Equal($"{scene.File} is a folder, and should be the file of the outbox. Move the folder away and start again.", refusal.Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_rescue_that_was_killed_is_finished_or_begun_again(bool beforeTheRenames)
    {
        using var scene = await FullAsync();
        if (beforeTheRenames)
        {
            await DoAsync(Harm.HeaderOverwritten, scene.File);
            await File.WriteAllTextAsync(scene.File + ".rescue", "half", Cancellation);
        }
        else
        {
            File.Move(scene.File, scene.File + ".rescue");
        }

        Assert.Equal(Rows, scene.Waiting().Count);
        Assert.DoesNotContain(scene.Files, f => f.Contains("rescue", StringComparison.Ordinal) || f.Contains("patched", StringComparison.Ordinal));
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

    /// <summary>An outbox that was closed with this many waiting, all of them numbered.</summary>
    private static async Task<OutboxScene> FullAsync()
    {
        var scene = new OutboxScene();
        await Task.WhenAll(Enumerable.Range(0, Rows).Select(i => scene.AcceptAsync(i.ToString(CultureInfo.InvariantCulture))));
        scene.Close();
        return scene;
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
        foreach (var (at, length) in harm switch
        {
            LogHarm.HeaderOverwritten => [(0L, 200)],
            LogHarm.BeginningOverwritten => [(0L, Page + 1000)],
            LogHarm.HeaderAndMiddleOverwritten => [(0L, 200), (middle, 100)],
            LogHarm.FirstPageOverwritten => [(header, 200)],
            _ => new (long, int)[] { (middle, 2 * Page) },
        })
        {
            log.Position = at;
            log.Write(Rubbish(length));
        }
    }

    private static async Task DoAsync(Harm harm, string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var pages = file.Length / Page;
        Assert.InRange(pages, 60, 5000);
        switch (harm)
        {
            case Harm.HeaderOverwritten:
                file.Write(Rubbish(100));
                break;
            case Harm.FirstPageOverwritten:
                file.Write(Rubbish(Page));
                break;
            case Harm.MiddlePagesOverwritten:
                file.Position = pages / 2 * Page;
                file.Write(Rubbish(5 * Page));
                break;
            case Harm.Truncated:
                file.SetLength((pages / 2 * Page) + 100);
                break;
            default:
                file.Write(Rubbish((int)file.Length));
                break;
        }
    }

    /// <summary>Bytes without meaning. No zeros: to SQLite a page of zeros is one that is not in use.</summary>
    private static byte[] Rubbish(int length)
    {
        var bytes = RandomNumberGenerator.GetBytes(length);
        bytes.AsSpan().Replace((byte)0, (byte)0xee);
        for (var i = 0; i < length; i += Page)
        {
            // The first byte of a page says of which kind it is; this is none.
            bytes[i] = 0xee;
        }

        return bytes;
    }

    private static void AssertInOrder(IReadOnlyList<string> numbers)
    {
        var read = numbers.Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(read.Order(), read);
        Assert.Equal(read.Distinct(), read);
    }

    private static async Task AssertWorksAsync(OutboxScene scene, IReadOnlyList<string> before)
    {
        await scene.AcceptAsync("9999");
        scene.Close();
        Assert.Equal([.. before, "9999"], scene.Waiting());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(scene.File));
        Assert.Equal("ok", scene.Sql("PRAGMA integrity_check"));
    }
}
