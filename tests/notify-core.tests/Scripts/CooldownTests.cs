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
    public void A_number_and_a_unit(string text, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), Cooldown.TryParse(text)!.Length);

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
