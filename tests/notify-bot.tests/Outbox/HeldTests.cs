using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Linking;
using Notify.Quiet;
using static Notify.Tests.Outbox.OutboxHarm;

namespace Notify.Tests.Outbox;

/// <summary>How the outbox holds notifications in quiet hours, and lets them go.</summary>
public sealed class HeldTests : IDisposable
{
    private readonly OutboxScene _scene = new();

    private static readonly IReadOnlySet<string> NoneOver = new HashSet<string>();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private SqliteOutbox Outbox => _scene.Outbox;

    public void Dispose() => _scene.Dispose();

    [Fact]
    public async Task Quiet_hours_belong_to_an_account_and_outlive_a_restart_and_damage()
    {
        await Outbox.SetQuietAsync(OutboxScene.Dana, Hours("22:00-07:00, weekends"));
        await Outbox.SetQuietAsync(OutboxScene.Omar, Hours("weekends"));
        await Outbox.SetQuietAsync(OutboxScene.Omar, null);
        await Task.WhenAll(Enumerable.Range(0, Rows).Select(_ => _scene.AcceptAsync("filler")));
        _scene.Close();
        Assert.Equal("22:00-07:00, weekends", Outbox.QuietOf(OutboxScene.Dana)?.ToString());
        Assert.Null(Outbox.QuietOf(OutboxScene.Dana, new AccountId(4711)));
        Assert.Null(Outbox.QuietOf(OutboxScene.Omar));

        _scene.Close();
        await DamageMiddleAsync();
        Assert.Equal("22:00-07:00, weekends", Outbox.QuietOf(OutboxScene.Dana)?.ToString());
        Assert.Single(_scene.SetAside);
    }

    [Fact]
    public async Task A_digest_and_what_it_tells_of_are_one_write_and_end_together()
    {
        var held = await HoldAsync("one", "two", "three");
        await HoldAsync(OutboxScene.Omar, "another's");
        Assert.Equal(3, Outbox.HeldOf(OutboxScene.Dana).Count);

        var digest = _scene.New("a digest");
        Assert.True(await Outbox.ReleaseAsync(digest, held[^1].Sequence, 3, NoneOver));

        Assert.Equal(3, Outbox.HeldOf(OutboxScene.Dana).Count);
        Assert.Equal(held.Select(n => n.Accepted.Id), Outbox.OfDigest(digest.Id));
        Assert.True(Outbox.Find(digest.Id)!.Accepted.IsDigest);
        Assert.True(Assert.Single(Outbox.Waiting()).IsDigest);
        Assert.Equal([DeliveryState.Held, DeliveryState.Held, DeliveryState.Held], States(held));
        _scene.Close();

        var failed = new DeliveryProgress(DeliveryState.Failed)
        {
            Reason = DeliveryReason.NoLink,
            ReasonText = "the user has no linked chat any more",
        };
        await Outbox.RecordAsync(Outbox.Find(digest.Id)!.Sequence, failed);
        Assert.Equal([DeliveryState.Failed, DeliveryState.Failed, DeliveryState.Failed], States(held));
        Assert.Equal((0, 0L), Outbox.HeldOf(OutboxScene.Dana));
        Assert.Equal(DeliveryReason.NoLink, Outbox.Find(held[0].Accepted.Id)!.Progress.Reason);
        Assert.Equal(1, Outbox.HeldOf(OutboxScene.Omar).Count);
    }

    [Fact]
    public async Task A_digest_that_does_not_tell_of_all_is_not_stored()
    {
        var held = await HoldAsync("one", "two");
        var digest = _scene.New("a digest of three");

        Assert.False(await Outbox.ReleaseAsync(digest, held[^1].Sequence, 3, NoneOver));
        Assert.Null(Outbox.Find(digest.Id));
        Assert.Equal(2, Outbox.HeldOf(OutboxScene.Dana).Count);

        // One of the two that both tell of the same comes too late.
        Assert.True(await Outbox.ReleaseAsync(_scene.New("first"), held[^1].Sequence, 2, NoneOver));
        Assert.False(await Outbox.ReleaseAsync(_scene.New("second"), held[^1].Sequence, 2, NoneOver));
        Assert.Equal("first", Assert.Single(_scene.Waiting()));
    }

    [Fact]
    public async Task A_single_one_is_queued_by_itself_and_its_time_limit_begins_anew()
    {
        var held = (await HoldAsync("alone"))[0];
        _scene.Time.Advance(TimeSpan.FromDays(2));

        Assert.True(await Outbox.ReleaseAsync(held));
        Assert.False(await Outbox.ReleaseAsync(held));

        _scene.Close();
        var waiting = Assert.Single(Outbox.Waiting());
        Assert.Equal(_scene.Time.GetUtcNow(), waiting.CreatedAt);
        Assert.False(waiting.IsDigest);
        Assert.Null(waiting.Progress.Reason);
    }

    [Fact]
    public async Task Holders_are_known_after_a_restart_until_nothing_is_held()
    {
        var held = await HoldAsync("one");
        _scene.Close();
        var (user, account) = Assert.Single(Outbox.Holders());
        Assert.Equal((OutboxScene.Dana, AccountId.None), (user, account));
        Assert.Equal("one", Assert.Single(Outbox.Held(user, account, 10, 100)).Message);
        Assert.Single(Outbox.Holders());

        await Outbox.ReleaseAsync(held[0]);
        Assert.Empty(Outbox.Held(user, account, 10, 100));
        Assert.Empty(Outbox.Holders());
        await HoldAsync("two");
        Assert.Single(Outbox.Holders());
    }

    [Fact]
    public async Task What_is_held_is_pruned_neither_by_age_nor_by_quota_and_counts_as_history_once_it_ended()
    {
        _scene.Limits = new HistoryLimits(100, 1_000_000, 10_000, 10_000_000);
        var held = await HoldAsync("one", "two");
        for (var i = 0; i < 500; i++)
        {
            await _scene.AcceptAsync($"flood {i}", state: DeliveryState.Muted);
        }

        _scene.Time.Advance(TimeSpan.FromDays(40));
        while ((await Outbox.PruneAsync()).Rows > 0)
        {
            // All that is too old.
        }

        Assert.Equal([DeliveryState.Held, DeliveryState.Held], States(held));
        Assert.Equal(0L, _scene.Sql("SELECT coalesce(max(rows), 0) FROM history_size WHERE user = 'dana'"));
        var digest = _scene.New("a digest");
        await Outbox.ReleaseAsync(digest, held[^1].Sequence, 2, NoneOver);
        await Outbox.RecordAsync(Outbox.Find(digest.Id)!.Sequence, new DeliveryProgress(DeliveryState.Delivered));
        Assert.Equal(3L, _scene.Sql("SELECT rows FROM history_size WHERE user = 'dana'"));
    }

    [Fact]
    public async Task The_counts_of_the_days_follow_when_what_was_held_ends()
    {
        var held = await HoldAsync("one", "two");
        Assert.Equal(2, Outbox.CountDays(OutboxScene.Dana).Days.Single(d => d.State == DeliveryState.Held).Count);
        var digest = _scene.New("a digest");
        await Outbox.ReleaseAsync(digest, held[^1].Sequence, 2, NoneOver);
        await Outbox.RecordAsync(Outbox.Find(digest.Id)!.Sequence, new DeliveryProgress(DeliveryState.Delivered));
        Assert.Equal(
            (DeliveryState.Delivered, 3),
            Outbox.CountDays(OutboxScene.Dana).Days.Select(d => (d.State, d.Count)).Single()
        );
    }

    [Fact]
    public async Task What_is_held_outlives_damage()
    {
        await HoldAsync("one", "two");
        await Task.WhenAll(Enumerable.Range(0, Rows).Select(_ => _scene.AcceptAsync("filler")));
        _scene.Close();
        await DamageMiddleAsync();

        Assert.Equal(2, Outbox.HeldOf(OutboxScene.Dana).Count);
        Assert.Single(Outbox.Holders());
        Assert.Single(_scene.SetAside);
    }

    [Fact]
    public async Task The_triggers_of_an_earlier_version_are_replaced()
    {
        await _scene.AcceptAsync("before", state: DeliveryState.Muted);
        _scene.Close();
        _scene.Sql(OutboxScene.ToVersion4);
        await HoldAsync("one");
        Assert.Equal(1L, _scene.Sql("SELECT rows FROM history_size WHERE user = 'dana'"));
    }

    [Fact]
    public async Task An_earlier_version_of_the_bot_reads_and_ends_rows_of_this_one()
    {
        // The statements of the version before.
        await HoldAsync("one");
        await _scene.AcceptAsync("two");
        _scene.Sql(
            "INSERT INTO notification (id, user, message, parse_mode, silent, created_at, state, uid) VALUES ('aaaaaaaaaaaaaaaaaaaaaa', 'dana', 'three', 0, 0, 0, 0, -1);"
                + "UPDATE notification SET state = 1 WHERE message = 'three';"
                + "DELETE FROM notification WHERE message = 'three';"
        );
        Assert.Equal("two", Assert.Single(_scene.Waiting()));
        Assert.Equal(1, Outbox.HeldOf(OutboxScene.Dana).Count);
    }

    [Fact]
    public async Task What_a_lost_digest_told_of_is_told_again()
    {
        var held = await HoldAsync("one", "two");
        var digest = _scene.New("a digest");
        await Outbox.ReleaseAsync(digest, held[^1].Sequence, 2, NoneOver);
        _scene.Close();
        _scene.Sql($"DELETE FROM notification WHERE id = '{digest.Id}'");

        Assert.Equal((OutboxScene.Dana, AccountId.None), Assert.Single(Outbox.Holders()));
        Assert.Equal(["one", "two"], Outbox.Held(OutboxScene.Dana, AccountId.None, 10, 100).Select(one => one.Message));
    }

    [Fact]
    public async Task What_a_digest_told_of_is_told_again_if_it_is_lost_while_the_bot_runs()
    {
        var held = await HoldAsync("one", "two");
        var digest = _scene.New("a digest");
        await Outbox.ReleaseAsync(digest, held[^1].Sequence, 2, NoneOver);
        await Task.WhenAll(Enumerable.Range(0, Rows).Select(_ => _scene.AcceptAsync("filler")));
        _scene.Close();
        Assert.Empty(Outbox.Holders());
        _scene.Sql($"DELETE FROM notification WHERE id = '{digest.Id}'; PRAGMA wal_checkpoint(TRUNCATE)");
        await DamageMiddleAsync();

        _ = Outbox.Waiting();

        Assert.Single(_scene.SetAside);
        Assert.Equal((OutboxScene.Dana, AccountId.None), Assert.Single(Outbox.Holders()));
    }

    [Fact]
    public async Task What_a_digest_told_of_ends_if_an_earlier_version_of_the_bot_delivered_it()
    {
        var held = await HoldAsync("one", "two");
        var digest = _scene.New("a digest");
        await Outbox.ReleaseAsync(digest, held[^1].Sequence, 2, NoneOver);
        var waiting = await HoldAsync("three", "four");
        await Outbox.ReleaseAsync(_scene.New("another digest"), waiting[^1].Sequence, 2, NoneOver);
        _scene.Close();
        _scene.Sql($"UPDATE notification SET state = 1, parts_done = 1 WHERE id = '{digest.Id}'");

        Assert.Equal([DeliveryState.Delivered, DeliveryState.Delivered], States(held));
        Assert.Equal([DeliveryState.Held, DeliveryState.Held], States(waiting));
        Assert.Empty(Outbox.Holders());
    }

    private static QuietHours Hours(string text) =>
        QuietHours.TryRead(text, out var hours, out var problem)
            ? hours!
            : throw new ArgumentException(problem, nameof(text));

    private Task<List<StoredNotification>> HoldAsync(params string[] messages) => HoldAsync(OutboxScene.Dana, messages);

    private async Task<List<StoredNotification>> HoldAsync(UserName user, params string[] messages)
    {
        var held = new List<StoredNotification>();
        foreach (var message in messages)
        {
            var acceptance = await Outbox.AcceptAsync(
                _scene.New(message, user),
                DeliveryProgress.HeldUntil(_scene.Time.GetUtcNow().AddHours(8)),
                Cancellation
            );
            held.Add(Assert.IsType<Acceptance.Stored>(acceptance).Notification);
        }

        return held;
    }

    private DeliveryState[] States(List<StoredNotification> held) =>
        [.. held.Select(n => Outbox.Find(n.Accepted.Id)!.Progress.State)];

    /// <summary>Overwrites pages that hold fillers.</summary>
    private async Task DamageMiddleAsync()
    {
        var length = new FileInfo(_scene.File).Length;
        await using var file = File.OpenWrite(_scene.File);
        file.Position = length / Page / 2 * Page;
        await file.WriteAsync(Rubbish(4 * Page), Cancellation);
    }
}
