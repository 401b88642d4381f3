using System.Globalization;
using Notify.Bot.Outbox;
using Notify.Contracts;

namespace Notify.Tests.Outbox;

/// <summary>A user's mutes are bounded, those that have ended go, and a table that an older version let grow is taken back to the bound.</summary>
public sealed class MuteBoundTests : IDisposable
{
    private const int Most = MuteStore.MaxPerUser;

    private readonly OutboxScene _scene = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private DateTimeOffset InAnHour => _scene.Time.GetUtcNow() + TimeSpan.FromHours(1);

    public void Dispose() => _scene.Dispose();

    [Fact]
    public async Task At_the_bound_a_further_script_is_refused_and_all_else_goes_on()
    {
        await MuteAsync(0, Most);

        var refused = await Assert.ThrowsAsync<TooManyMutesException>(() =>
            _scene.Outbox.MuteAsync(OutboxScene.Dana, "one_more.py", InAnHour)
        );
        Assert.Contains($"dana has {Most} muted scripts", refused.Message, StringComparison.Ordinal);
        Assert.Null(_scene.Outbox.MutesOf(OutboxScene.Dana).Until("one_more"));

        // The time of one that is muted, everything, and other users'.
        await _scene.Outbox.MuteAsync(OutboxScene.Dana, "script0.py", Mutes.Forever);
        await _scene.Outbox.MuteAsync(OutboxScene.Dana, null, InAnHour);
        await _scene.Outbox.MuteAsync(OutboxScene.Omar, "one_more.py", InAnHour);
        Assert.Equal(Mutes.Forever, _scene.Outbox.MutesOf(OutboxScene.Dana).Until("script0"));

        await _scene.Outbox.MuteAsync(OutboxScene.Dana, "script1.py", null);
        await _scene.Outbox.MuteAsync(OutboxScene.Dana, "one_more.py", InAnHour);
        Assert.Contains("one_more", _scene.Outbox.MutesOf(OutboxScene.Dana).Scripts);
    }

    [Fact]
    public async Task Many_at_once_do_not_get_beyond_the_bound()
    {
        var muted = await Task.WhenAll(
            Enumerable
                .Range(0, 3 * Most)
                .Select(async i =>
                {
                    try
                    {
                        await _scene.Outbox.MuteAsync(OutboxScene.Dana, $"script{i}.py", InAnHour);
                        return true;
                    }
                    catch (TooManyMutesException)
                    {
                        return false;
                    }
                })
        );

        Assert.InRange(muted.Count(done => done), 1, Most);
        Assert.Equal(muted.Count(done => done), _scene.Outbox.MutesOf(OutboxScene.Dana).Scripts.Count);
        Assert.Equal((long)muted.Count(done => done), _scene.Sql("SELECT count(*) FROM mute"));
    }

    [Fact]
    public async Task Mutes_that_have_ended_hold_no_place_in_memory_or_on_disk()
    {
        await MuteAsync(0, Most);
        _scene.Time.Advance(TimeSpan.FromHours(1));

        Assert.Empty(_scene.Outbox.MutesOf(OutboxScene.Dana).Scripts);
        await MuteAsync(Most, 10);
        await _scene.Outbox.PruneAsync();

        Assert.Equal(10, _scene.Outbox.MutesOf(OutboxScene.Dana).Scripts.Count);
        Assert.Equal(10L, _scene.Sql("SELECT count(*) FROM mute"));
    }

    [Fact]
    public async Task A_table_of_a_hundred_thousand_is_opened_and_those_of_scripts_with_a_history_stay()
    {
        await _scene.Outbox.AcceptAsync(
            _scene.New("dana's") with
            {
                Script = "revenue.py",
            },
            new DeliveryProgress(DeliveryState.Muted),
            Cancellation
        );
        await _scene.Outbox.MuteAsync(OutboxScene.Dana, "revenue.py", InAnHour);
        await _scene.Outbox.MuteAsync(OutboxScene.Dana, null, InAnHour);
        await _scene.Outbox.MuteAsync(OutboxScene.Omar, "stock.py", Mutes.Forever);
        _scene.Close();
        _scene.Sql(
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
                INSERT INTO mute (user, script, until) SELECT 'dana', 'invented' || i, {Mutes.Forever.ToUnixTimeMilliseconds()} FROM n
                """
            )
        );

        var mutes = _scene.Outbox.MutesOf(OutboxScene.Dana);

        Assert.Equal(Most, mutes.Scripts.Count);
        Assert.NotNull(mutes.Until("revenue.py"));
        Assert.NotNull(mutes.All);
        Assert.Equal(Mutes.Forever, _scene.Outbox.MutesOf(OutboxScene.Omar).Until("stock"));
        Assert.Contains(
            _scene.Log.Lines,
            line => line.StartsWith("1611 dana had 100001 muted scripts", StringComparison.Ordinal)
        );

        // One that is muted meanwhile does not go with the others.
        await _scene.Outbox.MuteAsync(OutboxScene.Dana, "revenue.py", null);
        await _scene.Outbox.MuteAsync(OutboxScene.Dana, "new.py", Mutes.Forever);
        Assert.Equal(Most + 2L, _scene.Sql("SELECT count(*) FROM mute"));
        _scene.Close();
        Assert.Equal(Mutes.Forever, _scene.Outbox.MutesOf(OutboxScene.Dana).Until("new"));
        Assert.Equal(Most, _scene.Outbox.MutesOf(OutboxScene.Dana).Scripts.Count);
    }

    private Task MuteAsync(int first, int count) =>
        Task.WhenAll(
            Enumerable
                .Range(first, count)
                .Select(i => _scene.Outbox.MuteAsync(OutboxScene.Dana, $"script{i}.py", InAnHour))
        );
}
