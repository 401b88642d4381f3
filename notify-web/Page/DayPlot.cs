using Notify.Web.Bot;

namespace Notify.Web.Page;

/// <summary>How the notifications of a day ended.</summary>
/// <param name="Day">The day, in UTC.</param>
/// <param name="Delivered">On the phone.</param>
/// <param name="Waiting">Accepted, not yet on the phone.</param>
/// <param name="Muted">Held back, as their owner wished.</param>
/// <param name="Failed">Not delivered, or nobody knows.</param>
internal sealed record DayCount(DateOnly Day, int Delivered, int Waiting, int Muted, int Failed)
{
    public int Total => Delivered + Waiting + Muted + Failed;
}

/// <summary>One coloured piece of a bar, in the units of the drawing; y counts downwards.</summary>
internal sealed record PlotPiece(string Kind, double Top, double Height);

/// <summary>The small plot above the notifications: a bar a day, a colour an outcome.</summary>
/// <param name="Days">The oldest first, without gaps.</param>
internal sealed record DayPlot(IReadOnlyList<DayCount> Days)
{
    /// <summary>What the history keeps (specification, section 8).</summary>
    public const int DaysKept = 30;

    /// <summary>Height of the highest bar in the units of the drawing.</summary>
    public const double Height = 56;

    /// <summary>From the middle of a bar to the next one's.</summary>
    public const double Step = 10;

    /// <summary>Width of a bar.</summary>
    public const double BarWidth = 7;

    /// <summary>Notifications of the busiest day.</summary>
    public int Most { get; } = Days.Max(day => day.Total);

    public double Width => (Days.Count * Step) - (Step - BarWidth);

    public int Delivered => Days.Sum(day => day.Delivered);

    public int Waiting => Days.Sum(day => day.Waiting);

    public int Muted => Days.Sum(day => day.Muted);

    public int Failed => Days.Sum(day => day.Failed);

    /// <summary>The days up to today.</summary>
    /// <param name="counted">What the bot counted. Days of which it did not count all are left out, or their bars would be wrong.</param>
    /// <param name="today">The last day of the plot, in UTC.</param>
    public static DayPlot Of(BotDays counted, DateOnly today)
    {
        var start = today.AddDays(1 - DaysKept);
        if (counted.Since > start)
        {
            start = counted.Since < today ? counted.Since : today;
        }

        var days = counted.Days.ToDictionary(day => day.Day);
        return new DayPlot(
        [
            .. Enumerable.Range(0, today.DayNumber - start.DayNumber + 1).Select(offset =>
            {
                var day = start.AddDays(offset);
                return days.TryGetValue(day, out var count) ? new DayCount(day, count.Delivered, count.Queued, count.Muted, count.Failed + count.Unknown) : new DayCount(day, 0, 0, 0, 0);
            }),
        ]);
    }

    /// <summary>The pieces of a day's bar, from the ground up. A single notification among hundreds is still seen.</summary>
    public IEnumerable<PlotPiece> Pieces(DayCount day)
    {
        const double Least = 2;
        var top = Height;
        foreach (var (kind, count) in new[] { ("delivered", day.Delivered), ("waiting", day.Waiting), ("muted", day.Muted), ("failed", day.Failed) })
        {
            if (count > 0)
            {
                var height = Math.Max(Least, Height * count / Most);
                top -= height;
                yield return new PlotPiece(kind, top, height);
            }
        }
    }
}
