using System.Globalization;
using Notify.Bot.Outbox;
using Notify.Contracts;
using static Notify.Tests.Outbox.OutboxHarm;

namespace Notify.Tests.Outbox;

/// <summary>The bot keeps a damaged file for a look at the cause, and continues with the readable rows.</summary>
public sealed class DamageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public enum Harm
    {
        FirstPageOverwritten,
        MiddlePagesOverwritten,
        LastPagesOverwritten,
        Truncated,
        NoDatabaseAtAll,
    }

    [Theory]
    [InlineData(Harm.FirstPageOverwritten, 0)]
    [InlineData(Harm.MiddlePagesOverwritten, Rows * 3 / 4)]
    [InlineData(Harm.LastPagesOverwritten, Rows * 3 / 4)]
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
    [InlineData(Harm.MiddlePagesOverwritten)]
    [InlineData(Harm.LastPagesOverwritten)]
    public async Task A_damaged_file_of_an_older_version_is_recovered_too(Harm harm)
    {
        using var scene = await FullAsync();
        scene.Sql(OutboxScene.ToVersion1);
        await DoAsync(harm, scene.File);

        var waiting = scene.Waiting();

        Assert.InRange(waiting.Count, Rows * 3 / 4, Rows);
        await AssertWorksAsync(scene, waiting);
    }

    [Fact]
    public async Task A_mute_outlives_the_damage()
    {
        using var scene = await FullAsync();
        await scene.Outbox.MuteAsync(OutboxScene.Dana, "revenue", Mutes.Forever);
        scene.Close();
        await DoAsync(Harm.MiddlePagesOverwritten, scene.File);

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
    public void A_folder_in_its_place_is_refused_with_a_sentence_that_says_what_to_do()
    {
        using var scene = new OutboxScene();
        Directory.CreateDirectory(scene.File);

        var refusal = Assert.Throws<IOException>(() => scene.Outbox);

        Assert.Equal(
            $"{scene.File} is a folder, but should be the outbox's file. Move the folder away and start again.",
            refusal.Message
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_recovery_that_was_killed_is_finished_or_begun_again(bool beforeTheRenames)
    {
        using var scene = await FullAsync();
        if (beforeTheRenames)
        {
            await DoAsync(Harm.MiddlePagesOverwritten, scene.File);
            await File.WriteAllTextAsync(scene.File + ".rescue", "half", Cancellation);
        }
        else
        {
            File.Move(scene.File, scene.File + ".rescue");
        }

        Assert.InRange(scene.Waiting().Count, beforeTheRenames ? Rows * 3 / 4 : Rows, Rows);
        Assert.DoesNotContain(scene.Files, f => f.Contains("rescue", StringComparison.Ordinal));
    }

    private static async Task DoAsync(Harm harm, string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var pages = file.Length / Page;
        Assert.InRange(pages, 60, 5000);
        switch (harm)
        {
            case Harm.FirstPageOverwritten:
                file.Write(Rubbish(Page));
                break;
            case Harm.MiddlePagesOverwritten:
                file.Position = pages / 2 * Page;
                file.Write(Rubbish(5 * Page));
                break;
            case Harm.LastPagesOverwritten:
                file.Position = (pages - 5) * Page;
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

    private static void AssertInOrder(IReadOnlyList<string> numbers)
    {
        var read = numbers.Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(read.Order(), read);
        Assert.Equal(read.Distinct(), read);
    }
}
