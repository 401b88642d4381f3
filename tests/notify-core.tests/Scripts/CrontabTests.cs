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
        Assert.Equal(value, Crontab.Variables($"{text}\n{Line}\nA=below\n")["A"]);

    [Theory]
    [InlineData("#A=b")]
    [InlineData("A=\"b")]
    [InlineData("A='b' c")]
    [InlineData("A B=c")]
    [InlineData("A=")]
    [InlineData("\"A=b\"=c")]
    public void What_cron_takes_for_no_variable_is_none(string text) =>
        Assert.Empty(Crontab.Variables($"{text}\n{Line}\n"));

    [Theory]
    [InlineData("A=b\n")]
    [InlineData("A=b\n* * * * * /bin/other\n")]
    [InlineData("A=b\n@daily notify-runner --dry-run\n")]
    [InlineData("A=notify-runner\n")]
    public void Without_a_line_that_runs_rounds_nothing_counts(string text) => Assert.Empty(Crontab.Variables(text));

    [Theory]
    [InlineData("cat /x/notify-runner.txt")]
    [InlineData("NOTE=\"notify-runner is off\" true")]
    [InlineData("NOTE=notify-runner true")]
    [InlineData("NOTE='x; notify-runner' /bin/other")]
    [InlineData("echo notify-runner-old")]
    [InlineData("echo notify-runner")]
    [InlineData("echo -c notify-runner")]
    [InlineData("/bin/other # && notify-runner")]
    [InlineData("/bin/other > notify-runner")]
    [InlineData("/bin/other % notify-runner")]
    [InlineData("[ -x /usr/local/bin/notify-runner ]")]
    [InlineData("bash -c 'echo notify-runner'")]
    [InlineData("flock -n notify-runner /bin/other")]
    [InlineData("/usr/local/bin/notify-runner status >> log")]
    [InlineData("my-notify-runner")]
    public void A_line_that_only_mentions_the_name_runs_no_round(string command) =>
        Assert.Empty(Crontab.Variables($"A=b\n*/5 * * * * {command}\n"));

    [Theory]
    [InlineData("/usr/local/bin/notify-runner")]
    [InlineData("cd x && ~/bin/notify-runner >> log 2>&1")]
    [InlineData("flock -n l notify-runner")]
    [InlineData("flock -n l -c 'notify-runner'")]
    [InlineData("bash -c \"notify-runner\"")]
    [InlineData("bash -lc 'cd x; TZ=UTC notify-runner >>log'")]
    [InlineData("notify-runner>/dev/null 2>&1")]
    [InlineData("notify-runner &> log")]
    [InlineData("notify-runner # each round")]
    [InlineData("TZ=UTC timeout 50 \"$HOME/bin/notify-runner\" || true")]
    [InlineData("test -x /usr/local/bin/notify-runner && /usr/local/bin/notify-runner")]
    [InlineData("if true; then notify-runner; fi")]
    [InlineData("(sleep 5; notify-runner)")]
    [InlineData("echo \\%x; notify-runner")]
    public void A_line_that_runs_it_does(string command) =>
        Assert.Equal("b", Crontab.Variables($"A=b\n*/5 * * * * {command}\n")["A"]);

    [Fact]
    public void A_line_of_words_counts_too() =>
        Assert.Equal("b", Crontab.Variables("A=b\n@reboot sleep 5; exec ~/bin/notify-runner")["A"]);
}
