using Notify.Posix;
using Notify.Quiet;
using Xunit;

namespace Notify.Tests.Quiet;

/// <summary>What quiet hours mean, and what people may type.</summary>
public sealed class QuietHoursTests
{
    private static readonly TimeZoneInfo Prague = TimeZoneInfo.FindSystemTimeZoneById("Europe/Prague");

    [Theory]
    [InlineData("22:00-07:00", "22:00-07:00")]
    [InlineData("weekends", "weekends")]
    [InlineData("Weekends", "weekends")]
    [InlineData("22:00-07:00, weekends", "22:00-07:00, weekends")]
    [InlineData("22:00-07:00,weekends", "22:00-07:00, weekends")]
    [InlineData("weekends 22:00-07:00", "22:00-07:00, weekends")]
    [InlineData("  00:00-23:59  ", "00:00-23:59")]
    [InlineData("off", null)]
    [InlineData("OFF", null)]
    public void The_forms_of_the_documentation_are_read_and_printed_in_one_form(string text, string? printed)
    {
        Assert.True(QuietHours.TryRead(text, out var hours, out var problem), problem);
        Assert.Equal(printed, hours?.ToString());
        if (printed is not null)
        {
            Assert.True(QuietHours.TryRead(printed, out var again, out _));
            Assert.Equal(hours, again);
        }
    }

    [Fact]
    public void Of_a_long_text_no_meaning_is_guessed()
    {
        // A guess would take a second of processor time, and then throw.
        Assert.False(QuietHours.TryRead("1" + new string(' ', 60_000) + "x", out _, out var why));
        Assert.Contains("22:00-07:00", why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("22-7", "Write quiet hours as 22:00-07:00.")]
    [InlineData("22:00 - 07:00", "Write quiet hours as 22:00-07:00.")]
    [InlineData("22:00–07:00", "Write quiet hours as 22:00-07:00.")]
    [InlineData("10pm-7am", "Write quiet hours as 22:00-07:00.")]
    [InlineData("10 pm to 6.30 am and weekends", "Write quiet hours as 22:00-06:30, weekends.")]
    [InlineData("22:00-24:00", "Write quiet hours as 22:00-00:00.")]
    [InlineData("7:00-22:00", "Write quiet hours as 07:00-22:00.")]
    [InlineData("22:00-22:00", "Quiet hours need two different times, such as 22:00-07:00.")]
    [InlineData("25:00-07:00", "off ends them.")]
    [InlineData("22:60-07:00", "off ends them.")]
    [InlineData("weekend", "off ends them.")]
    [InlineData("weekends weekends", "off ends them.")]
    [InlineData("22:00-07:00 12:00-13:00", "off ends them.")]
    [InlineData("off weekends", "off ends them.")]
    [InlineData("22:00-07:00 weekends off", "off ends them.")]
    [InlineData("", "off ends them.")]
    [InlineData("٢٢:٠٠-٠٧:٠٠", "off ends them.")]
    public void Other_text_is_refused_with_the_right_form(string text, string sentence)
    {
        Assert.False(QuietHours.TryRead(text, out var hours, out var problem));
        Assert.Null(hours);
        Assert.Contains(sentence, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("22:00-07:00", "2026-03-02 21:59:59", null)]
    [InlineData("22:00-07:00", "2026-03-02 22:00", "2026-03-03 07:00")]
    [InlineData("22:00-07:00", "2026-03-03 00:00", "2026-03-03 07:00")]
    [InlineData("22:00-07:00", "2026-03-03 06:59:59", "2026-03-03 07:00")]
    [InlineData("22:00-07:00", "2026-03-03 07:00", null)]
    [InlineData("12:00-13:00", "2026-03-03 12:30", "2026-03-03 13:00")]
    [InlineData("weekends", "2026-03-06 23:59:59", null)]
    [InlineData("weekends", "2026-03-07 00:00", "2026-03-09 00:00")]
    [InlineData("weekends", "2026-03-08 23:00", "2026-03-09 00:00")]
    [InlineData("22:00-07:00, weekends", "2026-03-06 22:00", "2026-03-09 07:00")]
    [InlineData("22:00-07:00, weekends", "2026-03-08 12:00", "2026-03-09 07:00")]
    [InlineData("00:00-06:00, weekends", "2026-03-08 12:00", "2026-03-09 06:00")]
    [InlineData("22:00-23:00, weekends", "2026-03-06 22:30", "2026-03-06 23:00")]
    // The night of 29 March has no hour from 02:00 to 03:00, that of 25 October has it twice.
    [InlineData("22:00-07:00", "2026-03-28 23:00", "2026-03-29 07:00")]
    [InlineData("22:00-07:00", "2026-10-24 23:00", "2026-10-25 07:00")]
    [InlineData("22:00-02:30", "2026-03-29 01:30", "2026-03-29 03:00")]
    [InlineData("02:30-07:00", "2026-03-29 01:59", null)]
    [InlineData("02:30-07:00", "2026-03-29 03:00", "2026-03-29 07:00")]
    [InlineData("02:10-02:50", "2026-03-29 03:00", null)]
    public void Quiet_time_ends_by_the_local_clock(string hours, string local, string? until)
    {
        Assert.True(QuietHours.TryRead(hours, out var read, out _));
        Assert.Equal(until is null ? null : At(until), read!.EndAfter(At(local), Prague));
    }

    [Fact]
    public void An_hour_that_comes_twice_is_quiet_once()
    {
        Assert.True(QuietHours.TryRead("22:00-02:30", out var late, out _));
        Assert.True(QuietHours.TryRead("02:30-07:00", out var early, out _));
        // 00:30 UTC is the first 02:30, 01:30 UTC the second.
        var first = new DateTimeOffset(2026, 10, 25, 0, 30, 0, TimeSpan.Zero);
        Assert.Equal(first, late!.EndAfter(first.AddMinutes(-1), Prague));
        Assert.Null(late.EndAfter(first.AddMinutes(45), Prague));
        Assert.NotNull(early!.EndAfter(first.AddMinutes(45), Prague));
    }

    [Theory]
    [InlineData("Europe/Prague", 2026)]
    [InlineData("America/New_York", 2027)]
    [InlineData("Europe/Dublin", 2028)]
    [InlineData("Australia/Lord_Howe", 2026)]
    [InlineData("Africa/Casablanca", 2026)]
    [InlineData("America/Santiago", 2027)]
    [InlineData("Asia/Kathmandu", 2026)]
    [InlineData("Pacific/Chatham", 2029)]
    public void Each_minute_of_a_year_agrees_with_a_clock_that_is_watched(string zoneName, int year)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(zoneName);
        foreach (
            var text in (string[])
                [
                    "22:00-07:00",
                    "weekends",
                    "22:00-07:00, weekends",
                    "00:00-00:45",
                    "02:15-02:45",
                    "23:30-01:30",
                    "02:30-02:00, weekends",
                ]
        )
        {
            Assert.True(QuietHours.TryRead(text, out var hours, out _));
            var watched = Watch(text, zone, new DateTime(year, 1, 1, 0, 0, 0, DateTimeKind.Utc), 366 * 1440);

            // From the end: the model's quiet time ends where its next minute is not quiet.
            DateTimeOffset? end = null;
            for (var i = watched.Count - 1; i > 3 * 1440; i--)
            {
                var (moment, isQuiet) = watched[i];
                end =
                    !isQuiet ? null
                    : i + 1 < watched.Count && !watched[i + 1].IsQuiet ? watched[i + 1].Moment
                    : end;
                // All around changes of clocks and edges, else one in 211.
                var isEdge =
                    i + 1 < watched.Count && watched[i + 1].IsQuiet != isQuiet || watched[i - 1].IsQuiet != isQuiet;
                if (i < watched.Count - (4 * 1440) && (isEdge || i % 211 == 0))
                {
                    Assert.True(
                        end == hours!.EndAfter(moment, zone),
                        $"{text} in {zoneName} at {moment:u}: {hours.EndAfter(moment, zone):u}, expected {end:u}"
                    );
                }
            }
        }
    }

    [Fact]
    public void The_end_is_said_with_its_day_only_if_the_time_is_ambiguous()
    {
        static TimeSpan Offset(DateTimeOffset moment) => Prague.GetUtcOffset(moment);
        Assert.Equal(
            "held until 07:00 by your quiet hours",
            HeldWords.Held(At("2026-03-03 07:00"), At("2026-03-02 22:00"), Offset)
        );
        Assert.Equal("Mon 07:00", HeldWords.Until(At("2026-03-09 07:00"), At("2026-03-06 22:00"), Offset));
    }

    /// <summary>A person who watches the clock each minute. What it has shown, or passed, has begun or ended.</summary>
    private static List<(DateTimeOffset Moment, bool IsQuiet)> Watch(
        string text,
        TimeZoneInfo zone,
        DateTime from,
        int minutes
    )
    {
        var window = text.Split(',')[0] is { Length: 11 } times ? times : null;
        var (start, end) = window is null ? (-1, -1) : (Minute(window[..5]), Minute(window[6..]));
        var highest = DateTime.MinValue;
        var watched = new List<(DateTimeOffset, bool)>();
        for (var i = 0; i < minutes; i++)
        {
            var moment = new DateTimeOffset(from.AddMinutes(i), TimeSpan.Zero);
            var shown = moment.UtcDateTime + zone.GetUtcOffset(moment);
            highest = shown > highest ? shown : highest;
            var minute = (highest.Hour * 60) + highest.Minute;
            var isInWindow =
                start >= 0 && (start < end ? minute >= start && minute < end : minute >= start || minute < end);
            var isWeekend =
                text.EndsWith("weekends", StringComparison.Ordinal)
                && highest.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday
                && text.Contains("weekends", StringComparison.Ordinal);
            watched.Add((moment, isInWindow || isWeekend));
        }

        return watched;
    }

    private static int Minute(string time) =>
        (int.Parse(time[..2], System.Globalization.CultureInfo.InvariantCulture) * 60)
        + int.Parse(time[3..], System.Globalization.CultureInfo.InvariantCulture);

    private static DateTimeOffset At(string local) =>
        LocalClock.FirstMoment(
            new DateTimeOffset(DateTime.Parse(local, System.Globalization.CultureInfo.InvariantCulture), TimeSpan.Zero),
            Prague.GetUtcOffset
        );
}
