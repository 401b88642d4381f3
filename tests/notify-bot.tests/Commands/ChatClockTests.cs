using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using Notify.Bot.Commands;
using Notify.Linking;

namespace Notify.Tests.Commands;

/// <summary>How chats say moments.</summary>
public sealed class ChatClockTests
{
    [Theory]
    [InlineData("Europe/Prague", "2026-03-29T00:59:00Z", "2026-03-29 01:59 Europe/Prague")]
    [InlineData("Europe/Prague", "2026-03-29T01:00:00Z", "2026-03-29 03:00 Europe/Prague")]
    [InlineData("Asia/Kolkata", "2026-11-30T18:45:00Z", "2026-12-01 00:15 Asia/Kolkata")]
    [InlineData("Etc/UTC", "2026-11-30T18:45:00Z", "2026-11-30 18:45 UTC")]
    [InlineData("UTC", "2026-11-30T18:45:00Z", "2026-11-30 18:45 UTC")]
    public void A_moment_is_said_in_the_zone_of_the_dashboard_or_the_server_with_its_name(
        string zone,
        string moment,
        string said
    )
    {
        var at = DateTimeOffset.Parse(moment, CultureInfo.InvariantCulture);

        Assert.Equal(said, Clock(TimeZoneInfo.FindSystemTimeZoneById(zone)).Moment(at, LinkIn(null)));
        Assert.Equal(said, Clock(TimeZoneInfo.FindSystemTimeZoneById("America/Lima")).Moment(at, LinkIn(zone)));
    }

    [Fact]
    public void A_zone_that_this_machine_does_not_know_is_the_server_s() =>
        Assert.Equal(
            "2026-11-30 13:45 America/Lima",
            Clock(TimeZoneInfo.FindSystemTimeZoneById("America/Lima"))
                .Moment(new DateTimeOffset(2026, 11, 30, 18, 45, 0, TimeSpan.Zero), LinkIn("Mars/Olympus"))
        );

    [Fact]
    public void A_zone_without_a_name_is_said_as_the_distance_to_utc()
    {
        var zone = TimeZoneInfo.CreateCustomTimeZone("Local", TimeSpan.FromMinutes(-210), "Local", "Local");

        Assert.Equal(
            "2026-11-30 15:15 UTC-03:30",
            Clock(zone).Moment(new DateTimeOffset(2026, 11, 30, 18, 45, 0, TimeSpan.Zero), LinkIn(null))
        );
    }

    [Theory]
    // Still today, and no longer.
    [InlineData("Europe/Prague", "2026-11-30T07:59:59Z", "09:00", "2026-11-30T08:00:00Z")]
    [InlineData("Europe/Prague", "2026-11-30T08:00:00Z", "09:00", "2026-12-01T08:00:00Z")]
    // The reader's day, not the server's.
    [InlineData("Asia/Kolkata", "2026-11-30T20:00:00Z", "00:15", "2026-12-01T18:45:00Z")]
    [InlineData("America/Los_Angeles", "2026-12-01T05:00:00Z", "22:00", "2026-12-01T06:00:00Z")]
    // Over the change to summer time, the night has an hour less.
    [InlineData("Europe/Prague", "2026-03-28T20:00:00Z", "09:00", "2026-03-29T07:00:00Z")]
    // 02:30 does not exist on that day: the clock jumps from 02:00 to 03:00.
    [InlineData("Europe/Prague", "2026-03-28T20:00:00Z", "02:30", "2026-03-29T01:00:00Z")]
    [InlineData("Europe/Prague", "2026-03-29T01:00:00Z", "02:30", "2026-03-30T00:30:00Z")]
    // Over the change to winter time, the night has an hour more.
    [InlineData("Europe/Prague", "2026-10-24T20:00:00Z", "09:00", "2026-10-25T08:00:00Z")]
    // 02:30 comes twice on that day.
    [InlineData("Europe/Prague", "2026-10-24T20:00:00Z", "02:30", "2026-10-25T00:30:00Z")]
    [InlineData("Europe/Prague", "2026-10-25T00:45:00Z", "02:30", "2026-10-25T01:30:00Z")]
    [InlineData("Europe/Prague", "2026-10-25T01:30:00Z", "02:30", "2026-10-26T01:30:00Z")]
    // Here the clock jumps by half an hour, from 02:00 to 02:30.
    [InlineData("Australia/Lord_Howe", "2026-10-03T12:00:00Z", "02:15", "2026-10-03T15:30:00Z")]
    public void A_time_of_day_is_the_next_moment_at_which_the_reader_s_clock_shows_it(
        string zone,
        string now,
        string at,
        string next
    )
    {
        var time = new FakeTimeProvider(DateTimeOffset.Parse(now, CultureInfo.InvariantCulture));

        Assert.Equal(
            DateTimeOffset.Parse(next, CultureInfo.InvariantCulture),
            new ChatClock(time).Next(TimeOnly.Parse(at, CultureInfo.InvariantCulture), LinkIn(zone))
        );
    }

    private static Link LinkIn(string? zone) =>
        new(
            UserName.Parse("alice"),
            new ChatId(42),
            DateTimeOffset.UnixEpoch,
            TimeZone: TimeZoneName.TryParse(zone, out var name) ? name : null
        );

    private static ChatClock Clock(TimeZoneInfo zone)
    {
        var time = new FakeTimeProvider();
        time.SetLocalTimeZone(zone);
        return new ChatClock(time);
    }
}
