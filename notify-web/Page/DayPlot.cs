using Notify.Contracts;

namespace Notify.Web.Page;

/// <summary>How the notifications of a day ended.</summary>
/// <param name="Day">The day, in the plot's zone.</param>
/// <param name="Delivered">On the phone.</param>
/// <param name="Waiting">Accepted, not yet on the phone.</param>
/// <param name="Muted">Held back, as their owner wished.</param>
/// <param name="Failed">Not delivered, or outcome unknown.</param>
internal sealed record DayCount(DateOnly Day, int Delivered, int Waiting, int Muted, int Failed)
{
    public int Total => Delivered + Waiting + Muted + Failed;
}

/// <summary>One coloured piece of a bar, in the units of the drawing; y counts downwards.</summary>
internal sealed record PlotPiece(string Kind, double Top, double Height);

/// <summary>The small plot above the notifications: a bar a day, a colour an outcome.</summary>
/// <param name="Days">The oldest first, without gaps.</param>
/// <param name="Zone">Whose days they are.</param>
internal sealed record DayPlot(IReadOnlyList<DayCount> Days, ReaderZone Zone)
{
    /// <summary>What the history keeps.</summary>
    public const int DaysKept = 30;

    /// <summary>Height of the highest bar in the units of the drawing.</summary>
    public const double Height = 56;

    /// <summary>From the middle of a bar to the next one's.</summary>
    public const double Step = 10;

    /// <summary>Width of a bar.</summary>
    public const double BarWidth = 7;

    /// <summary>Notifications of the busiest day.</summary>
    public int Most { get; } = Days.Max(day => day.Total);

    /// <summary>The number at the top of the scale: 1, 2 or 5 with zeros, not below <see cref="Most"/>.</summary>
    public int Top { get; } = Ceiling(Days.Max(day => day.Total));

    public double Width => (Days.Count * Step) - (Step - BarWidth);

    public int Delivered => Days.Sum(day => day.Delivered);

    public int Waiting => Days.Sum(day => day.Waiting);

    public int Muted => Days.Sum(day => day.Muted);

    public int Failed => Days.Sum(day => day.Failed);

    /// <summary>The days up to today.</summary>
    /// <param name="counted">The bot's counts. Days that it did not count whole are left out: their bars would be wrong.</param>
    /// <param name="now">Now; its day is the last of the plot.</param>
    /// <param name="zone">The zone of the days. A day on which its clock changes has more or fewer quarters.</param>
    public static DayPlot Of(QuartersAnswer counted, DateTimeOffset now, ReaderZone zone)
    {
        var today = zone.DayOf(now);
        var start = today.AddDays(1 - DaysKept);
        // The first day that begins there, or after it: the moment before belongs to another one.
        var first = zone.DayOf(counted.Since - TimeSpan.FromTicks(1)).AddDays(1);
        if (first > start)
        {
            start = first < today ? first : today;
        }

        var days = counted.Quarters.ToLookup(quarter => zone.DayOf(quarter.At));
        return new DayPlot(
            [
                .. Enumerable
                    .Range(0, today.DayNumber - start.DayNumber + 1)
                    .Select(offset =>
                    {
                        var day = start.AddDays(offset);
                        var quarters = days[day].ToList();
                        return new DayCount(
                            day,
                            quarters.Sum(q => q.Delivered),
                            quarters.Sum(q => q.Queued),
                            quarters.Sum(q => q.Muted),
                            quarters.Sum(q => q.Failed + q.Unknown)
                        );
                    }),
            ],
            zone
        );
    }

    private static int Ceiling(int most)
    {
        for (long zeros = 1; ; zeros *= 10)
        {
            foreach (var digit in (ReadOnlySpan<int>)[1, 2, 5])
            {
                if (digit * zeros >= most)
                {
                    return (int)Math.Min(digit * zeros, int.MaxValue);
                }
            }
        }
    }

    /// <summary>The pieces of a day's bar, from the ground up. A single notification among hundreds is still seen.</summary>
    public IEnumerable<PlotPiece> Pieces(DayCount day)
    {
        const double Min = 2;
        var top = Height;
        foreach (
            var (kind, count) in new[]
            {
                ("delivered", day.Delivered),
                ("waiting", day.Waiting),
                ("muted", day.Muted),
                ("failed", day.Failed),
            }
        )
        {
            if (count > 0)
            {
                var height = Math.Max(Min, Height * count / Top);
                top -= height;
                yield return new PlotPiece(kind, top, height);
            }
        }
    }
}
