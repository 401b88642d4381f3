using Notify.Bot.Outbox;

namespace Notify.Tests.Outbox;

/// <summary>How many notifications there were on each day.</summary>
public sealed class DayCountTests : IDisposable
{
    private readonly OutboxScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public async Task Days_are_those_of_UTC_and_each_outcome_is_counted_for_itself()
    {
        foreach (var (state, hours) in new[] { (DeliveryState.Delivered, 11), (DeliveryState.Delivered, 0.99), (DeliveryState.Failed, 0.02), (DeliveryState.Muted, 1) })
        {
            await _scene.AcceptAsync("said", state: state);
            _scene.Time.Advance(TimeSpan.FromHours(hours));
        }

        await _scene.AcceptAsync("his", OutboxScene.Omar);

        var counts = _scene.Outbox.CountDays(OutboxScene.Dana);

        // 12:00, 23:00 and 23:59:24 of 1 March; 0:00:36 of 2 March.
        Assert.Equal(
            [new DayCount(Day(3, 1), DeliveryState.Delivered, 2), new DayCount(Day(3, 1), DeliveryState.Failed, 1), new DayCount(Day(3, 2), DeliveryState.Muted, 1)],
            counts.Days);
        Assert.Equal(Day(2, 1), counts.Since);
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

    private static DateOnly Day(int month, int day) => new(2026, month, day);

    /// <summary>Delivered ones, the last of them now.</summary>
    private void Write(int count, double hoursApart)
    {
        var now = _scene.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var apart = (long)(hoursApart * 3_600_000);
        _scene.Sql($"""
            WITH RECURSIVE n(i) AS (SELECT {count - 1} UNION ALL SELECT i - 1 FROM n WHERE i > 0)
            INSERT INTO notification (id, user, uid, message, parse_mode, silent, created_at, state)
            SELECT 'id-' || i, 'dana', -1, 'said', 0, 0, {now} - i * {apart}, {(int)DeliveryState.Delivered} FROM n
            """);
    }
}
