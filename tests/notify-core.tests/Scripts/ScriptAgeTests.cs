using Notify.Scripts;
using Xunit;

namespace Notify.Tests.Scripts;

public sealed class ScriptAgeTests
{
    [Theory]
    [InlineData("-0:00:05", "just now", "0s")]
    [InlineData("0:00:59.9", "just now", "59s")]
    [InlineData("0:05:59", "5m ago", "5m")]
    [InlineData("3:00:59", "3h ago", "3h")]
    [InlineData("11:54:10", "11h ago", "11h 54m")]
    [InlineData("23:59:59", "23h ago", "23h 59m")]
    [InlineData("1.00:59:00", "1d ago", "1d")]
    [InlineData("2.03:59:00", "2d ago", "2d 3h")]
    public void An_age_is_told_in_one_unit_and_what_somebody_waits_for_in_two(string span, string ago, string wait)
    {
        var age = TimeSpan.Parse(span, System.Globalization.CultureInfo.InvariantCulture);

        Assert.Equal((ago, wait), (ScriptAge.Ago(age), ScriptAge.Span(age)));
    }
}
