using Notify.Contracts;
using Notify.Web.Page;

namespace Notify.Tests.Page;

/// <summary>The days of the plot are the reader's, whatever the clocks there do.</summary>
public sealed class DayPlotTests
{
    private static readonly DateTimeOffset Since = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A notification a quarter of an hour around the end of a local day, and into which days they fall.</summary>
    [Theory]
    [InlineData("UTC", "2026-02-10T23:45:00Z", "2026-02-10", "2026-02-11")]
    [InlineData("Europe/Prague", "2026-02-10T22:45:00Z", "2026-02-10", "2026-02-11")]
    [InlineData("Asia/Kolkata", "2026-02-10T18:15:00Z", "2026-02-10", "2026-02-11")]
    [InlineData("Asia/Kathmandu", "2026-02-10T18:00:00Z", "2026-02-10", "2026-02-11")]
    [InlineData("Australia/Lord_Howe", "2026-02-10T12:45:00Z", "2026-02-10", "2026-02-11")]
    [InlineData("America/St_Johns", "2026-02-11T03:15:00Z", "2026-02-10", "2026-02-11")]
    [InlineData("Pacific/Kiritimati", "2026-02-10T09:45:00Z", "2026-02-10", "2026-02-11")]
    // The clocks of Prague: 29 March has 23 hours.
    [InlineData("Europe/Prague", "2026-03-28T22:45:00Z", "2026-03-28", "2026-03-29")]
    [InlineData("Europe/Prague", "2026-03-29T21:45:00Z", "2026-03-29", "2026-03-30")]
    // Lord Howe's change by half an hour, on 5 April.
    [InlineData("Australia/Lord_Howe", "2026-04-04T12:45:00Z", "2026-04-04", "2026-04-05")]
    [InlineData("Australia/Lord_Howe", "2026-04-05T13:15:00Z", "2026-04-05", "2026-04-06")]
    // Cairo's day begins at one: there is no midnight on 24 April.
    [InlineData("Africa/Cairo", "2026-04-23T21:45:00Z", "2026-04-23", "2026-04-24")]
    public void A_quarter_of_an_hour_belongs_to_the_day_that_it_is_in_the_zone(
        string zone,
        string last,
        string day,
        string next
    )
    {
        var at = DateTimeOffset.Parse(last, System.Globalization.CultureInfo.InvariantCulture);
        var counted = new QuartersAnswer(Since, [Delivered(at, 3), Delivered(at.AddMinutes(15), 5)]);

        var plot = DayPlot.Of(counted, at.AddDays(2), ReaderZone.Of(zone, null, TimeZoneInfo.Utc));

        Assert.Equal(
            [(day, 3), (next, 5)],
            plot.Days.Where(d => d.Total > 0)
                .Select(d =>
                    (d.Day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), d.Delivered)
                )
        );
        Assert.Equal(zone, plot.Zone.Name);
        Assert.Equal(30, plot.Days.Count);
        Assert.Equal(plot.Days.Select(d => d.Day).Distinct(), plot.Days.Select(d => d.Day));
    }

    [Fact]
    public void A_day_of_25_hours_is_one_bar_with_all_of_them()
    {
        var zone = ReaderZone.Of("Europe/Prague", null, TimeZoneInfo.Utc);
        var midnight = new DateTimeOffset(2026, 10, 24, 22, 0, 0, TimeSpan.Zero);
        var counted = new QuartersAnswer(
            Since,
            [.. Enumerable.Range(0, 102).Select(i => Delivered(midnight.AddMinutes(15 * (i - 1)), 1))]
        );

        var plot = DayPlot.Of(counted, midnight.AddDays(3), zone);

        Assert.Equal([1, 100, 1], plot.Days.Where(d => d.Total > 0).Select(d => d.Total));
    }

    [Fact]
    public void A_day_of_which_the_bot_did_not_count_all_is_left_out()
    {
        var since = new DateTimeOffset(2026, 2, 10, 12, 15, 0, TimeSpan.Zero);
        DateOnly First(string zone) =>
            DayPlot
                .Of(new QuartersAnswer(since, []), since.AddDays(5), ReaderZone.Of(zone, null, TimeZoneInfo.Utc))
                .Days[0]
                .Day;

        Assert.Equal(new DateOnly(2026, 2, 11), First("UTC"));
        Assert.Equal(new DateOnly(2026, 2, 12), First("Pacific/Auckland"));
        Assert.Equal(new DateOnly(2026, 2, 11), First("Pacific/Honolulu"));

        // Midnight on the dot: that day is whole.
        since = new DateTimeOffset(2026, 2, 10, 11, 0, 0, TimeSpan.Zero);
        Assert.Equal(new DateOnly(2026, 2, 11), First("Pacific/Auckland"));
    }

    [Theory]
    [InlineData(null, null, "Europe/Prague")]
    [InlineData("", "60", "Europe/Prague")]
    [InlineData("../../etc/passwd", "60", "Europe/Prague")]
    [InlineData("/etc/passwd", "60", "Europe/Prague")]
    [InlineData("Asia/Kolkata\n", "60", "Europe/Prague")]
    [InlineData("A234567890123456789012345678901234567890123456789012345678901234x", "60", "Europe/Prague")]
    [InlineData("Asia/Kolkata", "0", "Asia/Kolkata")]
    // A name that this machine does not know.
    [InlineData("Asia/Nowhere", "330", "UTC+05:30")]
    [InlineData("Asia/Nowhere", "-210", "UTC-03:30")]
    [InlineData("Asia/Nowhere", "100000", "Europe/Prague")]
    [InlineData("Asia/Nowhere", "x", "Europe/Prague")]
    public void What_names_no_zone_is_the_server_s_and_the_page_says_which(string? zone, string? offset, string name) =>
        Assert.Equal(name, ReaderZone.Of(zone, offset, TimeZoneInfo.FindSystemTimeZoneById("Europe/Prague")).Name);

    private static QuarterAnswer Delivered(DateTimeOffset at, int count) =>
        new(at, Queued: 0, Delivered: count, Failed: 0, Unknown: 0, Muted: 0);
}
