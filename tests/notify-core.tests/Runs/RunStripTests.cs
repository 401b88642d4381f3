using Notify.Posix;
using Notify.Runs;
using Notify.Scripts;
using Notify.Tests.Files;
using Xunit;

namespace Notify.Tests.Runs;

public sealed class RunStripTests : IDisposable
{
    private static readonly ScriptName Script = ScriptName.TryParse("sales.py", out var name) ? name : null!;

    private readonly ScratchFolder _folder = new();
    private readonly ScriptHome _home;

    public RunStripTests() => _home = new ScriptHome(Account.Current() with { Home = _folder.Path });

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_outcome_has_a_letter_of_its_own_that_is_read_again()
    {
        var outcomes = Enum.GetValues<RecordedOutcome>();
        var strip = string.Concat(outcomes.Select(outcome => RunStrip.Letter(outcome)));

        Assert.Equal(outcomes.Length, strip.Distinct().Count());
        Assert.DoesNotContain('?', strip);
        Assert.Equal(outcomes.Cast<RecordedOutcome?>(), RunStrip.Outcomes(strip));
        Assert.Equal('?', RunStrip.Letter(null));
    }

    [Fact]
    public void It_has_the_last_40_runs_with_the_newest_at_its_end()
    {
        Append(Enumerable.Repeat(RecordedOutcome.Error, 30));
        Append(Enumerable.Repeat(RecordedOutcome.NoAlert, 39));
        Append([RecordedOutcome.Delivered]);

        Assert.Equal(new string('n', 39) + "d", RunStrip.Read(_home, Script));
    }

    [Fact]
    public void Runs_with_long_errors_are_all_found()
    {
        Append(Enumerable.Repeat(RecordedOutcome.TimedOut, 50), new string('e', 2000));

        Assert.Equal(new string('t', 40), RunStrip.Read(_home, Script));
    }

    [Fact]
    public void Without_runs_or_with_an_unreadable_history_there_is_none()
    {
        Assert.Null(RunStrip.Read(_home, Script));

        Directory.CreateDirectory(_home.HistoryFile(Script));
        Assert.Null(RunStrip.Read(_home, Script));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("de", "de")]
    [InlineData("d<e", "d?e")]
    public void What_somebody_else_wrote_has_known_letters_alone(string? written, string? clean) =>
        Assert.Equal(clean, RunStrip.Clean(written));

    [Fact]
    public void What_somebody_else_wrote_is_no_longer_than_a_strip() =>
        Assert.Equal(new string('n', 39) + "d", RunStrip.Clean(new string('n', 5000) + "d"));

    private void Append(IEnumerable<RecordedOutcome> outcomes, string? stderr = null)
    {
        foreach (var outcome in outcomes)
        {
            var run = new RunRecord
            {
                Started = DateTimeOffset.UnixEpoch,
                TookMs = 1,
                Outcome = outcome,
                Stderr = stderr,
            };
            Assert.Null(RunHistory.Append(_home, Script, run));
        }
    }
}
