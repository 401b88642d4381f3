using Notify.Bot.Limits;

namespace Notify.Tests.Limits;

public sealed class FairGateTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_more_than_its_places_are_inside_and_no_more_than_one_users_share()
    {
        var gate = new FairGate(places: 3, placesOfOne: 2);

        using var first = await gate.EnterAsync("dana", Cancellation);
        var second = await gate.EnterAsync("dana", Cancellation);
        var third = gate.EnterAsync("dana", Cancellation);
        using var other = await gate.EnterAsync("omar", Cancellation);
        var late = gate.EnterAsync("kim", Cancellation);

        Assert.False(third.IsCompleted);
        Assert.False(late.IsCompleted);
        second.Dispose();
        second.Dispose();
        (await third).Dispose();
        (await late).Dispose();
    }

    [Fact]
    public async Task Who_has_many_waiting_does_not_keep_the_others_waiting()
    {
        var gate = new FairGate(places: 1, placesOfOne: 1);
        var inside = await gate.EnterAsync("dana", Cancellation);
        var danas = Enumerable.Range(0, 100).Select(_ => gate.EnterAsync("dana", Cancellation)).ToList();
        var omars = gate.EnterAsync("omar", Cancellation);

        inside.Dispose();
        (await danas[0]).Dispose();

        (await omars).Dispose();
        foreach (var one in danas.Skip(1))
        {
            (await one).Dispose();
        }
    }

    [Fact]
    public async Task Who_gives_up_leaves_the_row_and_takes_no_place()
    {
        var gate = new FairGate(places: 1, placesOfOne: 1);
        using var gone = new CancellationTokenSource();
        var inside = await gate.EnterAsync("dana", Cancellation);
        var givenUp = gate.EnterAsync("omar", gone.Token);
        var next = gate.EnterAsync("kim", Cancellation);

        await gone.CancelAsync();

        await Assert.ThrowsAsync<TaskCanceledException>(() => givenUp);
        inside.Dispose();
        (await next).Dispose();
        (await gate.EnterAsync("omar", Cancellation)).Dispose();
        await Assert.ThrowsAsync<OperationCanceledException>(() => gate.EnterAsync("omar", gone.Token));
    }
}
