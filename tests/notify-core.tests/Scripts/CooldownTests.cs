using FsCheck.Xunit;
using Notify.Scripts;
using Xunit;

namespace Notify.Tests.Scripts;

public sealed class CooldownTests
{
    private static readonly DateTimeOffset Sent = new(2026, 1, 30, 19, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("30m", 1800)]
    [InlineData("1h", 3600)]
    [InlineData("1.5h", 5400)]
    [InlineData(" 2 d ", 172800)]
    [InlineData("0m", 0)]
    [InlineData("366d", 366 * 86400)]
    public void A_number_and_a_unit(string text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Cooldown.TryParse(text)!.Length);

    [Theory]
    [InlineData("")]
    [InlineData("h")]
    [InlineData("60")]
    [InlineData("1s")]
    [InlineData("1H")]
    [InlineData("-1h")]
    [InlineData("+1h")]
    [InlineData("1,5h")]
    [InlineData("1e3m")]
    [InlineData("NaNh")]
    [InlineData("367d")]
    [InlineData("1h30m")]
    [InlineData("999999999999999999999999999999d")]
    public void Anything_else_is_none(string text) => Assert.Null(Cooldown.TryParse(text));

    [Theory]
    [InlineData("1h", 3540)]
    [InlineData("5m", 270)]
    [InlineData("1m", 54)]
    [InlineData("7d", (7 * 86400) - 60)]
    [InlineData("0m", 0)]
    public void It_is_over_up_to_a_tenth_or_a_minute_early_whichever_is_less(string cooldown, int seconds) =>
        Assert.Equal(Sent.AddSeconds(seconds), Cooldown.TryParse(cooldown)!.OverAt(Sent));

    /// <summary>Moments are UTC; each row says on which local clock they are counted.</summary>
    [Theory]
    [InlineData("Europe/Berlin", "1d", "2026-03-28T07:00", "2026-03-29T06:00")] // 08:00 to 08:00, 23 hours
    [InlineData("Europe/Berlin", "1d", "2026-10-24T06:00", "2026-10-25T07:00")] // 25 hours
    [InlineData("Europe/Berlin", "2d", "2026-03-27T07:00", "2026-03-29T06:00")]
    [InlineData("Europe/Berlin", "7d", "2026-10-23T06:00", "2026-10-30T07:00")]
    [InlineData("Europe/Berlin", "1d", "2026-06-01T06:00", "2026-06-02T06:00")]
    [InlineData("Europe/Berlin", "24h", "2026-03-28T07:00", "2026-03-29T07:00")]
    [InlineData("Europe/Berlin", "24h", "2026-10-24T06:00", "2026-10-25T06:00")]
    [InlineData("Europe/Berlin", "1d", "2026-03-28T01:30", "2026-03-29T01:00")] // 02:30 is left out: over where the clock jumps
    [InlineData("Europe/Berlin", "1d", "2026-10-24T00:30", "2026-10-25T00:30")] // 02:30 comes twice: the first
    [InlineData("Europe/Berlin", "1d", "2026-10-25T00:30", "2026-10-26T01:30")] // and not again an hour later
    [InlineData("Europe/Berlin", "1.5d", "2026-03-28T07:00", "2026-03-29T18:00")]
    [InlineData("America/New_York", "1d", "2026-03-07T13:00", "2026-03-08T12:00")]
    [InlineData("America/New_York", "1d", "2026-10-31T12:00", "2026-11-01T13:00")]
    [InlineData("Australia/Lord_Howe", "1d", "2026-10-03T10:00", "2026-10-04T09:30")] // half an hour
    [InlineData("Pacific/Apia", "1d", "2011-12-29T18:00", "2011-12-30T10:00")] // a whole day is left out
    [InlineData("Asia/Kolkata", "1d", "2026-03-28T02:30", "2026-03-29T02:30")]
    [InlineData("Etc/UTC", "1d", "2026-03-28T08:00", "2026-03-29T08:00")]
    public void Days_are_counted_on_the_local_clock(string zone, string cooldown, string lastSent, string over)
    {
        static DateTimeOffset Utc(string text) =>
            DateTimeOffset.Parse(
                text,
                System.Globalization.CultureInfo.InvariantCulture,
                System.Globalization.DateTimeStyles.AssumeUniversal
            );
        var clock = TimeZoneInfo.FindSystemTimeZoneById(zone);

        Assert.Equal(Utc(over).AddSeconds(-60), Cooldown.TryParse(cooldown)!.OverAt(Utc(lastSent), clock.GetUtcOffset));
    }

    [Property]
    public bool A_day_later_the_clock_shows_the_same_time_or_has_just_jumped(ushort hours, byte minutes)
    {
        var clock = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var sent = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddHours(hours).AddMinutes(minutes);
        var over = Cooldown.TryParse("1d")!.OverAt(sent, clock.GetUtcOffset).AddSeconds(60);
        var wanted = sent.UtcDateTime + clock.GetUtcOffset(sent) + TimeSpan.FromDays(1);
        return over.UtcDateTime + clock.GetUtcOffset(over) == wanted
            || (
                clock.IsInvalidTime(DateTime.SpecifyKind(wanted, DateTimeKind.Unspecified))
                && clock.GetUtcOffset(over) != clock.GetUtcOffset(over.AddSeconds(-1))
            );
    }

    [Fact]
    public void A_last_sending_at_the_end_of_time_holds_for_good() =>
        Assert.Equal(
            DateTimeOffset.MaxValue,
            Cooldown.TryParse("1d")!.OverAt(DateTimeOffset.MaxValue, _ => TimeSpan.FromHours(14))
        );

    [Fact]
    public void It_holds_to_the_moment()
    {
        var state = new ScriptState { LastSent = Sent };
        var hour = Cooldown.TryParse("1h")!;

        Assert.Equal(Sent.AddSeconds(3540), state.HeldUntil(hour, Sent.AddSeconds(3540).AddTicks(-1)));
        Assert.Null(state.HeldUntil(hour, Sent.AddSeconds(3540)));
        Assert.NotNull(state.HeldUntil(hour, Sent));
        Assert.Null(state.HeldUntil(hour, Sent.AddTicks(-1)));
        Assert.Null(new ScriptState().HeldUntil(hour, Sent));
    }

    [Property]
    public bool An_hourly_cron_sends_every_hour_however_its_rounds_wobble(byte early, byte late)
    {
        // Rounds start up to 59 s late; so two of them are at least 59 s less than an hour apart.
        var first = Sent.AddSeconds(late % 60);
        var second = Sent.AddHours(1).AddSeconds(early % 60);
        return new ScriptState { LastSent = first }.HeldUntil(Cooldown.Default, second) is null;
    }
}
