using Notify.Retry;
using Xunit;

namespace Notify.Tests.Retry;

/// <summary>Pauses between tries.</summary>
public sealed class BackoffTests
{
    [Fact]
    public void Each_pause_is_between_half_of_its_step_and_all_of_it_and_steps_double_up_to_the_limit()
    {
        for (var run = 0; run < 1_000; run++)
        {
            var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
            foreach (var step in (int[])[1, 2, 4, 8, 16, 30, 30, 30])
            {
                Assert.InRange(backoff.Next().TotalSeconds, step / 2.0, step);
            }
        }
    }

    [Fact]
    public void After_a_success_it_starts_again_at_the_first_step()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        for (var i = 0; i < 9; i++)
        {
            backoff.Next();
        }

        backoff.Reset();

        Assert.InRange(backoff.Next().TotalSeconds, 0.5, 1);
        Assert.InRange(backoff.Next().TotalSeconds, 1, 2);
    }

    [Fact]
    public void Clients_that_fail_at_the_same_moment_come_back_at_different_ones()
    {
        var pauses = Enumerable
            .Range(0, 1_000)
            .Select(_ => new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30)).Next())
            .ToList();

        // In each tenth of the half second that they share.
        Assert.Equal(10, pauses.Select(p => Math.Min(9, (int)((p.TotalSeconds - 0.5) * 20))).Distinct().Count());
    }
}
