using Notify.Scripts;
using Xunit;

namespace Notify.Tests.Scripts;

/// <summary>Puts the runner's line into a crontab and takes it out. Everything else stays byte for byte.</summary>
public sealed class CrontabLineTests
{
    private const string Added = "NOTIFY_DEFAULT_EVERY=5m\n* * * * * /usr/local/bin/notify-runner\n";

    [Theory]
    [InlineData("", Added)]
    [InlineData("MAILTO=\"\"\n", "MAILTO=\"\"\n" + Added)]
    [InlineData("# no end of line", "# no end of line\n" + Added)]
    // An older line is replaced where it stands; two are one.
    [InlineData("A=1\n*/5 * * * * notify-runner\n0 1 * * * backup\n", "A=1\n" + Added + "0 1 * * * backup\n")]
    [InlineData(
        "*/5 * * * * flock -n /tmp/x /usr/local/bin/notify-runner >> ~/log 2>&1\n# between \t \n*/7 * * * * /usr/local/bin/notify-runner\n",
        Added + "# between \t \n"
    )]
    // Lines that only mention it stay.
    [InlineData(
        "# notify-runner\n0 8 * * * pgrep notify-runner\n0 9 * * * notify-runner status\n",
        "# notify-runner\n0 8 * * * pgrep notify-runner\n0 9 * * * notify-runner status\n" + Added
    )]
    // A value of the owner's own stays too.
    [InlineData(
        "NOTIFY_DEFAULT_EVERY = 15m\n*/5 * * * * notify-runner\n",
        "NOTIFY_DEFAULT_EVERY = 15m\n* * * * * /usr/local/bin/notify-runner\n"
    )]
    // Set below the line it counts for other lines only.
    [InlineData("*/5 * * * * notify-runner\nNOTIFY_DEFAULT_EVERY=15m\n", Added + "NOTIFY_DEFAULT_EVERY=15m\n")]
    [InlineData("\u00ff\u0080 raw bytes\r\n\n\n", "\u00ff\u0080 raw bytes\r\n\n\n" + Added)]
    public void Enable_puts_the_line_there_once(string before, string after)
    {
        Assert.Equal(after, CrontabLine.Enable(before, out _));
        Assert.Equal(after, CrontabLine.Enable(after, out var replaced));
        Assert.Empty(replaced);
    }

    [Theory]
    [InlineData("*/5 * * * * /usr/local/bin/notify-runner; /home/me/backup.sh", true)]
    [InlineData("*/5 * * * * notify-runner && touch ~/ran", true)]
    [InlineData("*/5 * * * * NOTIFY_RUNNER_PARALLEL=1 notify-runner", true)]
    [InlineData("*/5 * * * * /bin/sh -c 'cd /; notify-runner'", true)]
    [InlineData("*/5 * * * * notify-runner >> ~/log 2>&1", false)]
    [InlineData("*/5 * * * * notify-runner > /dev/null 2>&1", false)]
    [InlineData("*/5 * * * * notify-runner &> /dev/null", false)]
    [InlineData("@hourly flock -n /tmp/x timeout 300 /usr/local/bin/notify-runner", false)]
    [InlineData("0 1 * * * backup; other", false)]
    public void A_line_that_does_more_is_left_to_its_owner(string line, bool isCompound) =>
        Assert.Equal(isCompound ? line : null, CrontabLine.Compound($"A=1\n{line}\n"));

    [Theory]
    [InlineData("", "")]
    [InlineData("A=1\n0 1 * * * backup\n", "A=1\n0 1 * * * backup\n")]
    [InlineData("A=1\n" + Added + "0 1 * * * backup", "A=1\n0 1 * * * backup")]
    [InlineData("*/5 * * * * notify-runner\nA=1\n* * * * * notify-runner", "A=1\n")]
    // A value of the owner's own may be of use again.
    [InlineData("NOTIFY_DEFAULT_EVERY=15m\n* * * * * notify-runner\n", "NOTIFY_DEFAULT_EVERY=15m\n")]
    public void Disable_takes_it_away(string before, string after)
    {
        Assert.Equal(after, CrontabLine.Disable(before, out _));
        Assert.Equal(after, CrontabLine.Disable(after, out var removed));
        Assert.Empty(removed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("SHELL=/bin/bash\n# mine\n0 1 * * * backup\n")]
    public void Disable_after_enable_leaves_what_was_there(string crontab) =>
        Assert.Equal(crontab, CrontabLine.Disable(CrontabLine.Enable(crontab, out _), out _));
}
