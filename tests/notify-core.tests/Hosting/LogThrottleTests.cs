using Microsoft.Extensions.Time.Testing;
using Notify.Hosting;
using Xunit;

namespace Notify.Tests.Hosting;

/// <summary>Lines that strangers cause.</summary>
public sealed class LogThrottleTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_first_few_are_written_at_once_and_then_one_a_minute_with_how_many_were_left_out()
    {
        var throttle = new LogThrottle(_time, atOnce: 3);

        Assert.Equal(["", "", ""], Written(throttle, 100));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([" (97 others since the last such line)"], Written(throttle, 100));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([" (99 others since the last such line)"], Written(throttle, 1));
    }

    [Fact]
    public void After_a_minute_without_a_flood_the_first_few_are_written_at_once_again()
    {
        var throttle = new LogThrottle(_time, atOnce: 3);
        Assert.Equal(["", ""], Written(throttle, 2));

        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(["", "", ""], Written(throttle, 4));
    }

    private static string[] Written(LogThrottle throttle, int lines) =>
        [.. Enumerable.Range(0, lines).Select(_ => throttle.Next()).OfType<string>()];
}
