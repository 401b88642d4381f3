using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using Notify.Bot.Outbox;
using Notify.Contracts;

namespace Notify.Tests.Outbox;

/// <summary>What is stored, in which order, and for how long a key holds.</summary>
public sealed class StoringTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static readonly DeliveryProgress Queued = new(DeliveryState.Queued);

    [Fact]
    public async Task What_is_accepted_is_all_there_after_the_file_was_opened_again()
    {
        using var scene = new OutboxScene();
        var whole = scene.New(
            "10 % down 📉",
            key: "k1",
            image: new StoredImage(AttachmentStore.NewId(), new Images.ImageInfo(Images.ImageKind.Png, 640, 360, 12345))
        ) with
        {
            Script = "revenue_drop.py",
            Title = "Revenue *dropped*",
            Silent = true,
            Data = """{"rows":[1,2.5,null]}""",
            ParseMode = Formatting.ParseMode.Html,
        };
        var accepted = Assert
            .IsType<Acceptance.Stored>(await scene.Outbox.AcceptAsync(whole, Queued, Cancellation))
            .Notification;
        var progress = new DeliveryProgress(DeliveryState.Queued)
        {
            Reason = DeliveryReason.RateLimited,
            ReasonText = "Telegram makes this chat wait",
            PartsDone = 1,
            Attempts = 3,
            NextTryAt = scene.Time.GetUtcNow() + TimeSpan.FromSeconds(5),
            OutcomeUnknown = true,
        };
        await scene.Outbox.RecordAsync(accepted.Sequence, progress);
        scene.Close();

        Assert.Equal(new StoredNotification(accepted.Sequence, whole, progress), scene.Outbox.Read(accepted.Sequence));
        Assert.Equal(scene.Outbox.Read(accepted.Sequence), scene.Outbox.Find(whole.Id));
        Assert.Equal(progress, Assert.Single(scene.Outbox.Waiting()).Progress);

        var failed = new DeliveryProgress(DeliveryState.Failed)
        {
            Reason = DeliveryReason.Blocked,
            ReasonText = "blocked",
        };
        await scene.Outbox.RecordAsync(accepted.Sequence, failed);
        scene.Close();
        Assert.Equal(failed, scene.Outbox.Find(whole.Id)!.Progress);
        Assert.Empty(scene.Outbox.Waiting());
    }

    [Fact]
    public async Task Sixty_four_parallel_acceptances_are_all_stored_and_told_in_the_order_in_which_they_are_read()
    {
        using var scene = new OutboxScene();

        var accepted = await Task.WhenAll(
            Enumerable
                .Range(0, 64)
                .Select(i => Task.Run(() => scene.Outbox.AcceptAsync(scene.New($"{i}"), Queued, Cancellation)))
        );

        Assert.All(accepted, a => Assert.IsType<Acceptance.Stored>(a));
        var told = new List<long>();
        while (scene.Outbox.Committed.TryRead(out var stored))
        {
            told.Add(stored.Sequence);
        }

        Assert.Equal(64, told.Count);
        scene.Close();
        Assert.Equal(told, scene.Outbox.Waiting().Select(w => w.Sequence));
        Assert.Equal(
            Enumerable.Range(0, 64),
            scene.Waiting().Select(m => int.Parse(m, CultureInfo.InvariantCulture)).Order()
        );
    }

    [Fact]
    public async Task Acceptances_of_one_caller_keep_their_order()
    {
        using var scene = new OutboxScene();

        await Task.WhenAll(
            Enumerable
                .Range(0, 1000)
                .Select(i =>
                    scene.Outbox.AcceptAsync(scene.New(i.ToString(CultureInfo.InvariantCulture)), Queued, Cancellation)
                )
        );

        Assert.Equal(Enumerable.Range(0, 1000).Select(i => i.ToString(CultureInfo.InvariantCulture)), scene.Waiting());
    }

    [Fact]
    public async Task Only_the_bot_may_read_the_files()
    {
        using var scene = new OutboxScene();
        await scene.AcceptAsync("secret");

        foreach (var ending in (string[])["", "-wal", "-shm"])
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(scene.File + ending));
        }
    }

    [Fact]
    public async Task A_file_without_content_becomes_one_of_todays_version()
    {
        using var scene = new OutboxScene();
        await File.WriteAllBytesAsync(scene.File, [], TestContext.Current.CancellationToken);

        await scene.AcceptAsync("hello");
        scene.Close();

        Assert.Equal((long)OutboxSchema.Newest, scene.Sql("PRAGMA user_version"));
        Assert.Equal(["hello"], scene.Waiting());
        Assert.Empty(scene.SetAside);
    }

    [Fact]
    public async Task A_file_of_a_newer_version_is_used_and_stays_of_that_version()
    {
        using var scene = new OutboxScene();
        await scene.AcceptAsync("before");
        scene.Close();
        scene.Sql("ALTER TABLE notification ADD COLUMN colour TEXT; PRAGMA user_version = 99;");

        await scene.AcceptAsync("after");
        scene.Outbox.RequestProbe();
        scene.Close();

        Assert.Equal(99L, scene.Sql("PRAGMA user_version"));
        Assert.Equal(["before", "after"], scene.Waiting());
    }

    [Fact]
    public async Task A_key_means_the_same_notification_for_a_day_for_its_user_only()
    {
        using var scene = new OutboxScene();
        var first = Assert
            .IsType<Acceptance.Stored>(await scene.Outbox.AcceptAsync(scene.New("one", key: "k"), Queued, Cancellation))
            .Notification;

        scene.Time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMilliseconds(1));
        scene.Close();
        Assert.Equal(
            first.Accepted.Id,
            Assert
                .IsType<Acceptance.Repeated>(
                    await scene.Outbox.AcceptAsync(scene.New("one", key: "k"), Queued, Cancellation)
                )
                .First.Accepted.Id
        );
        Assert.Equal(first.Accepted.Id, scene.Outbox.FindRepeated(OutboxScene.Dana, "k")!.Accepted.Id);
        Assert.IsType<Acceptance.Stored>(
            await scene.Outbox.AcceptAsync(scene.New("one", OutboxScene.Omar, "k"), Queued, Cancellation)
        );
        Assert.IsType<Acceptance.Stored>(
            await scene.Outbox.AcceptAsync(scene.New("one", key: "K"), Queued, Cancellation)
        );

        scene.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(scene.Outbox.FindRepeated(OutboxScene.Dana, "k"));
        Assert.IsType<Acceptance.Stored>(
            await scene.Outbox.AcceptAsync(scene.New("one", key: "k"), Queued, Cancellation)
        );
    }

    [Fact]
    public async Task A_key_means_the_same_for_as_long_as_its_sender_says()
    {
        using var scene = new OutboxScene();
        var week = TimeSpan.FromDays(7);
        var first = Assert
            .IsType<Acceptance.Stored>(
                await scene.Outbox.AcceptAsync(
                    scene.New("one", key: "k") with
                    {
                        KeyLifetime = week,
                    },
                    Queued,
                    Cancellation
                )
            )
            .Notification;

        scene.Time.Advance(week - TimeSpan.FromMilliseconds(1));
        Assert.Null(scene.Outbox.FindRepeated(OutboxScene.Dana, "k"));
        Assert.Equal(first.Accepted.Id, scene.Outbox.FindRepeated(OutboxScene.Dana, "k", week)!.Accepted.Id);
        Assert.Equal(
            first.Accepted.Id,
            Assert
                .IsType<Acceptance.Repeated>(
                    await scene.Outbox.AcceptAsync(
                        scene.New("two", key: "k") with
                        {
                            KeyLifetime = week,
                        },
                        Queued,
                        Cancellation
                    )
                )
                .First.Accepted.Id
        );

        scene.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.IsType<Acceptance.Stored>(
            await scene.Outbox.AcceptAsync(
                scene.New("three", key: "k") with
                {
                    KeyLifetime = week,
                },
                Queued,
                Cancellation
            )
        );
    }

    [Fact]
    public async Task Of_fifty_parallel_repeats_one_is_stored()
    {
        using var scene = new OutboxScene();

        var accepted = await Task.WhenAll(
            Enumerable
                .Range(0, 50)
                .Select(_ => Task.Run(() => scene.Outbox.AcceptAsync(scene.New("one", key: "k"), Queued, Cancellation)))
        );

        var stored = Assert.Single(accepted.OfType<Acceptance.Stored>()).Notification;
        Assert.Equal(
            Enumerable.Repeat(stored.Accepted.Id, 49),
            accepted.OfType<Acceptance.Repeated>().Select(r => r.First.Accepted.Id)
        );
        Assert.Single(scene.Outbox.Waiting());
    }

    [Fact]
    public async Task A_sender_that_leaves_at_the_commit_has_sent()
    {
        using var scene = new OutboxScene();
        using var leaving = new CancellationTokenSource();
        var token = leaving.Token;
        await leaving.CancelAsync();
        var commits = 0;
        var accepted = 0;
        AppDomain.CurrentDomain.FirstChanceException += CommitFirst;
        try
        {
            // Again if the commit came before the outbox looked at its sender.
            for (; Volatile.Read(ref commits) == 0; accepted++)
            {
                Assert.IsType<Acceptance.Stored>(await scene.Outbox.AcceptAsync(scene.New("hello"), Queued, token));
            }
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= CommitFirst;
        }

        Assert.Equal(accepted, scene.Waiting().Count);

        // The outbox has seen that the sender is gone, and has not yet decided what that means.
        void CommitFirst(object? sender, FirstChanceExceptionEventArgs thrown)
        {
            if (
                thrown.Exception is OperationCanceledException left
                && left.CancellationToken == token
                && Interlocked.Exchange(ref commits, 1) == 0
            )
            {
                WaitForWrites(scene.Outbox);
            }
        }
    }

    [Fact]
    public async Task A_sender_that_leaves_at_any_moment_has_sent_what_is_stored_and_nothing_else()
    {
        using var scene = new OutboxScene();
        var told = new HashSet<string>(StringComparer.Ordinal);
        for (var round = 0; round < 50; round++)
        {
            using var leaving = new CancellationTokenSource();
            var sent = Enumerable.Range(0, 16).Select(i => scene.New($"{round} {i}")).ToArray();
            var spins = RandomNumberGenerator.GetInt32(20_000);
            var leaves = Task.Run(
                () =>
                {
                    Thread.SpinWait(spins);
                    leaving.Cancel();
                },
                Cancellation
            );
            var isSent = await Task.WhenAll(sent.Select(one => HasSentAsync(scene.Outbox, one, leaving.Token)));
            await leaves;
            while (scene.Outbox.Committed.TryRead(out var stored))
            {
                told.Add(stored.Accepted.Id);
            }

            Assert.Equal(isSent, sent.Select(one => scene.Outbox.Find(one.Id) is not null));
            Assert.Equal(isSent, sent.Select(one => told.Contains(one.Id)));
        }
    }

    [Fact]
    public async Task Mutes_are_kept_for_their_time_and_each_on_its_own()
    {
        using var scene = new OutboxScene();
        var now = scene.Time.GetUtcNow();
        await scene.Outbox.MuteAsync(OutboxScene.Dana, "revenue.py", now + TimeSpan.FromHours(1));
        await scene.Outbox.MuteAsync(OutboxScene.Dana, "stock", Mutes.Forever);
        await scene.Outbox.MuteAsync(OutboxScene.Omar, null, now + TimeSpan.FromHours(2));
        scene.Close();

        Assert.Equal(now + TimeSpan.FromHours(1), scene.Outbox.MutesOf(OutboxScene.Dana).Until("revenue"));
        Assert.Equal(Mutes.Forever, scene.Outbox.MutesOf(OutboxScene.Dana).Until("stock.py"));
        Assert.Null(scene.Outbox.MutesOf(OutboxScene.Dana).Until("other"));
        Assert.Null(scene.Outbox.MutesOf(OutboxScene.Dana).Until(null));
        Assert.Equal(now + TimeSpan.FromHours(2), scene.Outbox.MutesOf(OutboxScene.Omar).Until("revenue"));

        scene.Time.Advance(TimeSpan.FromHours(1));
        Assert.Null(scene.Outbox.MutesOf(OutboxScene.Dana).Until("revenue"));
        await scene.Outbox.MuteAsync(OutboxScene.Dana, "stock.py", null);
        await scene.Outbox.UnmuteAllAsync(OutboxScene.Omar);
        scene.Close();
        Assert.Null(scene.Outbox.MutesOf(OutboxScene.Dana).Until("stock"));
        Assert.Null(scene.Outbox.MutesOf(OutboxScene.Omar).Until("revenue"));
    }

    private static async Task<bool> HasSentAsync(
        SqliteOutbox outbox,
        AcceptedNotification notification,
        CancellationToken leaving
    )
    {
        try
        {
            await outbox.AcceptAsync(notification, Queued, leaving);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Waits for the end of all writes so far; one thread makes them in their order.</summary>
    private static void WaitForWrites(SqliteOutbox outbox) => outbox.RecordAsync(0, Queued).Wait(Cancellation);
}
