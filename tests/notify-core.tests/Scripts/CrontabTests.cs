using Notify.Scripts;
using Xunit;

namespace Notify.Tests.Scripts;

/// <summary>The reading of a crontab's variables; a real cron is asked in notify-system.tests.</summary>
public sealed class CrontabTests
{
    private const string Line = "*/5 * * * * /usr/local/bin/notify-runner >> ~/.notifications/logs/cron.log 2>&1";

    [Theory]
    [InlineData("A=b", "b")]
    [InlineData("A = b c  ", "b c")]
    [InlineData("  \tA\t=\tb", "b")]
    [InlineData("A=\"  b c \"", "  b c")]
    [InlineData("A='b \"c\"'  ", "b \"c\"")]
    [InlineData("\"A\"='$HOME'", "$HOME")]
    [InlineData("A=$B/~:x=y # no comment", "$B/~:x=y # no comment")]
    [InlineData("A=\"\"", "")]
    [InlineData("A=first\nA=second", "second")]
    [InlineData("A=b\r", "b")]
    [InlineData("A=b\n# 0 9 * * * notify-runner\n0 9 * * * /bin/other\n0 8 * * 1 notify-runner status", "b")]
    public void A_variable_above_the_line_counts(string text, string value) =>
        Assert.Equal(value, Crontab.Parse($"{text}\n{Line}\nA=below\n")["A"]);

    [Theory]
    [InlineData("#A=b")]
    [InlineData("A=\"b")]
    [InlineData("A='b' c")]
    [InlineData("A B=c")]
    [InlineData("A=")]
    [InlineData("\"A=b\"=c")]
    public void What_cron_takes_for_no_variable_is_none(string text) =>
        Assert.Empty(Crontab.Parse($"{text}\n{Line}\n"));

    [Theory]
    [InlineData("A=b\n")]
    [InlineData("A=b\n* * * * * /bin/other\n")]
    [InlineData("A=b\n@daily notify-runner --dry-run\n")]
    [InlineData("A=notify-runner\n")]
    public void Without_a_line_that_runs_rounds_nothing_counts(string text) => Assert.Empty(Crontab.Parse(text));

    [Fact]
    public void A_line_of_words_counts_too() =>
        Assert.Equal("b", Crontab.Parse("A=b\n@reboot sleep 5; exec ~/bin/notify-runner")["A"]);
}
