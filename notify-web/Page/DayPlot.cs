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

    /// <summary>Counts the days up to today.</summary>
    /// <param name="notifications">The newest ones, in any order.</param>
    /// <param name="today">The last day of the plot, in UTC.</param>
    /// <param name="first">Where there are older ones that are not in the list: the first day of which all are. Earlier days are left out, or their bars would be wrong.</param>
    public static DayPlot Of(IEnumerable<NotificationView> notifications, DateOnly today, DateOnly? first)
    {
        var start = today.AddDays(1 - DaysKept);
        if (first > start)
        {
            start = first.Value < today ? first.Value : today;
        }

        var byDay = notifications.ToLookup(notification => DateOnly.FromDateTime(notification.CreatedAt.UtcDateTime));
        return new DayPlot(
        [
            .. Enumerable.Range(0, today.DayNumber - start.DayNumber + 1).Select(offset =>
            {
                var states = byDay[start.AddDays(offset)].Select(notification => notification.State).ToList();
                int Count(params ReadOnlySpan<NotificationState> wanted)
                {
                    var count = 0;
                    foreach (var state in states)
                    {
                        count += wanted.Contains(state) ? 1 : 0;
                    }

                    return count;
                }

                return new DayCount(
                    start.AddDays(offset),
                    Count(NotificationState.Delivered),
                    Count(NotificationState.Queued),
                    Count(NotificationState.Muted),
                    Count(NotificationState.Failed, NotificationState.Unknown));
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
