using Microsoft.Extensions.Time.Testing;
using Notify.Bot.Commands;

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
    public void A_moment_is_said_by_the_clock_of_the_server_with_its_zone(string zone, string moment, string said) =>
        Assert.Equal(said, Clock(TimeZoneInfo.FindSystemTimeZoneById(zone)).Moment(DateTimeOffset.Parse(moment, System.Globalization.CultureInfo.InvariantCulture)));

    [Fact]
    public void A_zone_without_a_name_is_said_as_the_distance_to_utc()
    {
        var zone = TimeZoneInfo.CreateCustomTimeZone("Local", TimeSpan.FromMinutes(-210), "Local", "Local");

        Assert.Equal("2026-11-30 15:15 UTC-03:30", Clock(zone).Moment(new DateTimeOffset(2026, 11, 30, 18, 45, 0, TimeSpan.Zero)));
    }

    private static ChatClock Clock(TimeZoneInfo zone)
    {
        var time = new FakeTimeProvider();
        time.SetLocalTimeZone(zone);
        return new ChatClock(time);
    }
}
