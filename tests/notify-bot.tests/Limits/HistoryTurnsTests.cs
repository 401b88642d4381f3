using Notify.Bot.Limits;

namespace Notify.Tests.Limits;

/// <summary>Many requests for one user's history keep each other waiting, and nobody else.</summary>
public sealed class HistoryTurnsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_reads_at_a_time_and_another_user_is_next()
    {
        var turns = new HistoryTurns();
        var (alice, bob) = (UserName.Parse("alice"), UserName.Parse("bob"));
        var order = new List<string>();
        using var begun = new ManualResetEventSlim();
        using var free = new ManualResetEventSlim();
        var first = Task.Run(
            () =>
                turns.ReadAsync(
                    alice,
                    () =>
                    {
                        begun.Set();
                        free.Wait(Cancellation);
                        return Note(order, "alice 0");
                    },
                    Cancellation
                ),
            Cancellation
        );
        begun.Wait(Cancellation);

        // These wait without a thread: else the first call would not return.
        Task<bool>[] waiting =
        [
            .. Enumerable
                .Range(1, 100)
                .Select(i => turns.ReadAsync(alice, () => Note(order, $"alice {i}"), Cancellation)),
            turns.ReadAsync(bob, () => Note(order, "bob"), Cancellation),
        ];
        Assert.All(waiting, task => Assert.False(task.IsCompleted));
        free.Set();
        await Task.WhenAll([first, .. waiting]);

        Assert.Equal(["alice 0", "alice 1", "bob", "alice 2"], order.Take(4));
    }

    private static bool Note(List<string> order, string who)
    {
        order.Add(who);
        return true;
    }
}
