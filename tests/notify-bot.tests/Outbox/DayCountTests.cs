using Notify.Bot.Outbox;
using Notify.Contracts;

namespace Notify.Tests.Outbox;

/// <summary>How many notifications there were on each day.</summary>
public sealed class DayCountTests : IDisposable
{
    private readonly OutboxScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public async Task Days_are_those_of_UTC_and_each_outcome_is_counted_for_itself()
    {
        foreach (
            var (state, hours) in new[]
            {
                (DeliveryState.Delivered, 11),
                (DeliveryState.Delivered, 0.99),
                (DeliveryState.Failed, 0.02),
                (DeliveryState.Muted, 1),
            }
        )
        {
            await _scene.AcceptAsync("said", state: state);
            _scene.Time.Advance(TimeSpan.FromHours(hours));
        }

        await _scene.AcceptAsync("his", OutboxScene.Omar);

        var counts = _scene.Outbox.CountDays(OutboxScene.Dana);

        // 12:00, 23:00 and 23:59:24 of 1 March; 0:00:36 of 2 March.
        Assert.Equal(
            [
                new DayCount(Day(3, 1), DeliveryState.Delivered, 2),
                new DayCount(Day(3, 1), DeliveryState.Failed, 1),
                new DayCount(Day(3, 2), DeliveryState.Muted, 1),
            ],
            counts.Days
        );
        Assert.Equal(Day(2, 1), counts.Since);
    }

    [Fact]
    public async Task Quarters_of_an_hour_hold_what_was_accepted_in_them()
    {
        foreach (
            var (state, minutes) in new[]
            {
                (DeliveryState.Delivered, 14.99),
                (DeliveryState.Delivered, 0.02),
                (DeliveryState.Muted, 60),
            }
        )
        {
            await _scene.AcceptAsync("said", state: state);
            _scene.Time.Advance(TimeSpan.FromMinutes(minutes));
        }

        var counts = _scene.Outbox.CountQuarters(OutboxScene.Dana);

        // 12:00, 12:14:59 and 12:15:00 of 1 March.
        var noon = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        Assert.Equal(
            [
                new QuarterCount(noon, DeliveryState.Delivered, 2),
                new QuarterCount(noon.AddMinutes(15), DeliveryState.Muted, 1),
            ],
            counts.Quarters
        );
        Assert.InRange(
            _scene.Time.GetUtcNow() - counts.Since,
            TimeSpan.FromDays(30) - TimeSpan.FromMinutes(15),
            TimeSpan.FromDays(30)
        );
    }

    [Fact]
    public void What_is_older_than_the_history_s_first_whole_day_is_not_counted()
    {
        Assert.Empty(_scene.Outbox.CountDays(OutboxScene.Dana).Days);
        Write(3, hoursApart: 24 * 29);

        var counts = _scene.Outbox.CountDays(OutboxScene.Dana);

        // Now, 29 and 58 days ago.
        Assert.Equal(Day(1, 31), counts.Since);
        Assert.Equal([Day(1, 31), Day(3, 1)], counts.Days.Select(d => d.Day));
    }

    [Fact]
    public void Of_more_than_are_counted_only_days_are_said_of_which_all_are()
    {
        // 1,440 a day: 20,000 reach back for 13.9 days.
        Assert.Empty(_scene.Outbox.CountDays(OutboxScene.Dana).Days);
        Write(30_000, hoursApart: 1.0 / 60);

        var counts = _scene.Outbox.CountDays(OutboxScene.Dana);

        Assert.Equal(Day(2, 16), counts.Since);
        Assert.Equal(14, counts.Days.Count);
        Assert.All(counts.Days.SkipLast(1), day => Assert.Equal(1_440, day.Count));
    }

    [Fact]
    public async Task A_history_that_has_not_changed_is_not_counted_again()
    {
        await _scene.AcceptAsync("said", state: DeliveryState.Muted);
        var counted = _scene.Outbox.CountDays(OutboxScene.Dana).Days;
        var quarters = _scene.Outbox.CountQuarters(OutboxScene.Dana).Quarters;

        // Nothing of the bot's does so: it shows that the rows are not looked at.
        _scene.Sql("UPDATE notification SET created_at = created_at - 3600000");
        Assert.Equal(counted, _scene.Outbox.CountDays(OutboxScene.Dana).Days);
        Assert.Equal(quarters, _scene.Outbox.CountQuarters(OutboxScene.Dana).Quarters);

        await _scene.AcceptAsync("waits");
        Assert.Equal(2, _scene.Outbox.CountDays(OutboxScene.Dana).Days.Sum(day => day.Count));
        var waiting = Assert.Single(_scene.Outbox.Waiting());
        await _scene.Outbox.RecordAsync(waiting.Sequence, new DeliveryProgress(DeliveryState.Delivered));
        Assert.Equal(
            [DeliveryState.Delivered, DeliveryState.Muted],
            _scene.Outbox.CountDays(OutboxScene.Dana).Days.Select(day => day.State)
        );
    }

    private static DateOnly Day(int month, int day) => new(2026, month, day);

    /// <summary>Delivered ones, the last of them now.</summary>
    private void Write(int count, double hoursApart)
    {
        var now = _scene.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var apart = (long)(hoursApart * 3_600_000);
        _scene.Sql(
            $"""
            WITH RECURSIVE n(i) AS (SELECT {count - 1} UNION ALL SELECT i - 1 FROM n WHERE i > 0)
            INSERT INTO notification (id, user, uid, message, parse_mode, silent, created_at, state)
            SELECT 'id-' || i, 'dana', -1, 'said', 0, 0, {now} - i * {apart}, {(int)DeliveryState.Delivered} FROM n
            """
        );
    }
}
