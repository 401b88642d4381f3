namespace Notify.Bench;

/// <summary>Measures two things in turn, so that what else the machine does meets both alike.</summary>
internal static class SideBySide
{
    /// <summary>The medians of both. The first of each warms the disk's cache up and does not count.</summary>
    internal static (TimeSpan First, TimeSpan Second) Medians(int runs, Func<TimeSpan> first, Func<TimeSpan> second)
    {
        first();
        second();
        List<TimeSpan> firsts = [],
            seconds = [];
        for (var i = 0; i < runs; i++)
        {
            firsts.Add(first());
            seconds.Add(second());
        }

        return (Median(firsts), Median(seconds));
    }

    /// <summary>The one in the middle.</summary>
    internal static TimeSpan Median(List<TimeSpan> times) => times.Order().ElementAt(times.Count / 2);
}
