using System.Globalization;
using System.Text.Json;
using Notify.Contracts;
using Notify.Posix;
using Notify.Runs;
using Notify.Scripts;
using Notify.Testing;
using Notify.Tests.Files;
using Xunit;

namespace Notify.Tests.Runs;

public sealed class RunHistoryTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 6, 1, 9, 0, 0, TimeSpan.Zero);
    private static readonly ScriptName Script = ScriptName.TryParse("sales.py", out var name) ? name : null!;

    private readonly ScratchFolder _folder = new();
    private readonly ScriptHome _home;

    public RunHistoryTests() => _home = HomeIn(_folder.Path);

    public void Dispose() => _folder.Dispose();

    private static ScriptHome HomeIn(string folder) => new(Account.Current() with { Home = folder });

    private string Path => _home.HistoryFile(Script);

    private static RunRecord Run(int minute, RecordedOutcome outcome = RecordedOutcome.NoAlert) =>
        new()
        {
            Started = Start.AddMinutes(minute),
            TookMs = minute,
            Trigger = RunTrigger.Round,
            Outcome = outcome,
            Exit = 0,
        };

    private IReadOnlyList<RunRecord> Read(RunQuery? query = null) =>
        RunHistory.Read(_home, Script, query ?? new RunQuery());

    private void Append(params RunRecord[] runs) =>
        Assert.All(runs, run => Assert.Null(RunHistory.Append(_home, Script, run)));

    [Fact]
    public void A_run_is_a_line_of_json_for_its_owner_alone()
    {
        Append(
            new RunRecord
            {
                Started = Start,
                TookMs = 1234,
                Trigger = RunTrigger.Schedule,
                Due = Start.AddHours(-2),
                LateS = 7200,
                Outcome = RecordedOutcome.TimedOut,
                Exit = 1,
                Error = "It ran longer than 60 s and was stopped.",
                Stderr = "Größe\nlast",
                PeakMb = 87,
                Notification = "n1",
            }
        );

        Assert.Equal(
            """{"started":"2026-06-01T09:00:00Z","took_ms":1234,"trigger":"schedule","due":"2026-06-01T07:00:00Z","late_s":7200,"outcome":"timeout","exit":1,"error":"It ran longer than 60 s and was stopped.","stderr":"Größe\nlast","peak_mb":87,"notification":"n1"}"""
                + "\n",
            File.ReadAllText(Path)
        );
        Assert.Equal(FileModes.OwnerFile, FileStatus.OfPath(Path)!.Value.Mode);
        Assert.Equal(FileModes.OwnerFolder, FileStatus.OfPath(_home.HistoryFolder)!.Value.Mode);
    }

    [Fact]
    public void Every_outcome_of_a_script_has_a_word()
    {
        foreach (var outcome in Enum.GetValues<ScriptOutcome>())
        {
            Assert.Equal(outcome.Word(), RecordedOutcomes.Of(outcome).Word());
        }

        Assert.Equal("timeout", RecordedOutcomes.Of(ScriptOutcome.Error, ScriptFailure.TimedOut).Word());
        Assert.Equal("memory", RecordedOutcomes.Of(ScriptOutcome.Error, ScriptFailure.OutOfMemory).Word());
        Assert.Equal("error", RecordedOutcomes.Of(ScriptOutcome.Error, ScriptFailure.Failed).Word());
    }

    [Fact]
    public void The_newest_runs_come_first_and_can_be_chosen()
    {
        Assert.Empty(Read());
        Append([
            .. Enumerable.Range(0, 10).Select(i => Run(i, i % 3 == 0 ? RecordedOutcome.Error : RecordedOutcome.Muted)),
        ]);
        int[] Minutes(RunQuery query) => [.. Read(query).Select(run => (int)run.TookMs)];

        Assert.Equal([9, 8, 7, 6, 5, 4, 3, 2, 1, 0], Minutes(new RunQuery()));
        Assert.Equal([9, 8], Minutes(new RunQuery(2)));
        Assert.Equal([7, 6], Minutes(new RunQuery(2, Before: Start.AddMinutes(8))));
        Assert.Equal([9, 8], Minutes(new RunQuery(Since: Start.AddMinutes(8))));
        Assert.Equal([9, 6, 3, 0], Minutes(new RunQuery(FailedOnly: true)));
        Assert.Equal([3], Minutes(new RunQuery(1, Start.AddMinutes(6), Start.AddMinutes(1), true)));
        Assert.Empty(Minutes(new RunQuery(0)));
        Assert.Equal(10, Minutes(new RunQuery(Since: DateTimeOffset.MinValue, Before: DateTimeOffset.MaxValue)).Length);
    }

    [Fact]
    public void Lines_that_are_cut_or_of_a_later_version_cost_no_others()
    {
        Append(Run(1));
        File.AppendAllText(
            Path,
            """
            {"started":"2026-06-01T09:02:00Z","took_ms":2,"trigger":"moon","outcome":"postponed","rank":[1],"error":"?"}
            {"started":"2026-06-01T09:03:00Z","took_ms":"3"}
            {"took_ms":3}
            [1]

            {"started":"2026-06-01T09:03:0
            """
        );
        Append(Run(4));
        File.AppendAllBytes(
            Path,
            [.. "{\"started\":\"2026-06-01T09:05:00Z\",\"took_ms\":5,\"error\":\""u8, 0xFF, .. "\"}\n"u8]
        );
        File.AppendAllText(Path, """{"started":"2026-06-01T09:05:00Z","took_ms":5,"outcome":"\ud800"}""" + "\nnull\n");

        var runs = Read();

        Assert.Equal([4, 2, 1], runs.Select(run => run.TookMs));
        Assert.Equal((null, null, true), (runs[1].Trigger, runs[1].Outcome, runs[1].IsFailed));
        Assert.Contains(
            "09:03:0\n{\"started\":\"2026-06-01T09:04:00Z\"",
            File.ReadAllText(Path),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_end_of_stderr_is_kept_and_cut_at_a_character()
    {
        var lines = Enumerable
            .Range(0, 40)
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"line {i} \u001b[1m"));
        Append(Run(1) with { Stderr = string.Join('\n', lines) + "\n" });
        Append(
            Run(2) with
            {
                Stderr = new string('a', 5) + string.Concat(Enumerable.Repeat("🙂", 600)),
                Error = string.Concat(Enumerable.Repeat("ä", 1500)),
            }
        );

        var (second, first) = (Read()[0], Read()[1]);

        Assert.Equal(15, first.Stderr!.Split('\n').Length);
        Assert.StartsWith("line 25 ?[1m\n", first.Stderr, StringComparison.Ordinal);
        Assert.EndsWith("\nline 39 ?[1m", first.Stderr, StringComparison.Ordinal);
        Assert.Equal(string.Concat(Enumerable.Repeat("🙂", 500)), second.Stderr);
        Assert.Equal(new string('ä', 1000), second.Error);
    }

    [Fact]
    public void A_thousand_runs_are_kept_and_the_file_is_not_replaced_each_time()
    {
        var replaced = 0;
        ulong? inode = null;
        for (var i = 0; i < 2500; i++)
        {
            Append(Run(i));
            var now = FileStatus.OfPath(Path)!.Value.Inode;
            replaced += inode is { } before && before != now ? 1 : 0;
            inode = now;
            if (i % 100 == 99)
            {
                Assert.InRange(File.ReadLines(Path).Count(), Math.Min(i + 1, 900), RunHistory.MaxRuns);
            }
        }

        Assert.InRange(replaced, 10, 20);
        Assert.Equal(Enumerable.Range(0, 900).Select(i => 2499L - i), Read().Select(run => run.TookMs).Take(900));
        Assert.Equal(FileModes.OwnerFile, FileStatus.OfPath(Path)!.Value.Mode);
    }

    [Fact]
    public void A_megabyte_is_kept_of_runs_that_say_much()
    {
        for (var i = 0; i < 500; i++)
        {
            Append(Run(i) with { Stderr = new string('"', 2000) });
            Assert.InRange(new FileInfo(Path).Length, 1, RunHistory.MaxBytes);
        }

        Assert.Equal(499, Read()[0].TookMs);
        Assert.InRange(Read().Count, 200, 260);
    }

    [Fact]
    public void A_large_file_of_somebody_else_becomes_small_again()
    {
        Append(Run(1));
        File.AppendAllText(Path, string.Concat(Enumerable.Repeat("x\n", 3_000_000)) + new string('y', 3_000_000));
        Append(Run(2));
        Append(Run(3));

        Assert.InRange(new FileInfo(Path).Length, 1, RunHistory.MaxBytes);
        Assert.Equal([3, 2], Read().Select(run => run.TookMs));
    }

    [Fact]
    public async Task Runs_of_two_processes_at_once_are_all_there()
    {
        const int Each = 1300;
        string[] names = ["a", "b"];
        var writers = names.Select(name => new OtherProcess("append-runs", _folder.Path, name, "1300")).ToList();
        writers.ForEach(writer => writer.LetGo());
        foreach (var writer in writers)
        {
            Assert.Equal("", await writer.OutputAsync());
            writer.Dispose();
        }

        var lines = File.ReadAllLines(Path);
        var runs = Read();
        Assert.InRange(lines.Length, 900, RunHistory.MaxRuns);
        Assert.Equal(lines.Length, runs.Count);
        // Only the oldest went: of each writer the last ones are there without a hole.
        foreach (var name in names)
        {
            var own = runs.Where(run => run.Notification == name).Select(run => run.TookMs).ToList();
            Assert.Equal(Enumerable.Range(0, own.Count).Select(i => (long)(Each - 1 - i)), own);
        }
    }

    [Fact]
    public void A_process_that_is_killed_while_it_appends_leaves_a_file_that_goes_on()
    {
        long last = -1;
        for (var round = 0; round < 10; round++)
        {
            using (var writer = new OtherProcess("append-runs-for-ever", _folder.Path))
            {
                writer.LetGo();
                for (var i = 0; i < 30 * (round + 1); i++)
                {
                    last = long.Parse(writer.ReadLine()!, CultureInfo.InvariantCulture);
                }

                writer.Kill();
            }

            Append(Run(0) with { Notification = "after" });
            var runs = Read();
            // A kill may cut the line that is being written, where it crosses a page of the file. It costs that line only.
            Assert.InRange(File.ReadAllLines(Path).Length - runs.Count, 0, round + 1);
            Assert.Equal("after", runs[0].Notification);
            Assert.InRange(runs[1].TookMs, last, long.MaxValue);
        }
    }

    [Fact]
    public void A_line_that_a_power_failure_cut_costs_no_other()
    {
        Append(Run(1), Run(2));
        using (var file = File.OpenWrite(Path))
        {
            file.SetLength(file.Length - 20);
        }

        Append(Run(3));

        Assert.Equal([3, 1], Read().Select(run => run.TookMs));
    }

    [Fact]
    public void A_full_disk_costs_the_line_and_nothing_else()
    {
        using var disk = TestDisk.Small();
        var home = HomeIn(disk.Path);
        string? Append(int minute) =>
            RunHistory.Append(home, Script, Run(minute) with { Stderr = new string('x', 1000) });
        Assert.Null(Append(1));
        disk.Fill();

        var minute = 2;
        string? lost;
        while ((lost = Append(minute)) is null)
        {
            minute++;
        }

        Assert.Equal(
            $"The run is missing in the history. Can't write {home.HistoryFile(Script)}: No space left on device.",
            lost
        );
        Assert.Equal(minute - 1, RunHistory.Read(home, Script, new RunQuery())[0].TookMs);
        disk.MakeRoom();
        Assert.Null(Append(100));
        var runs = RunHistory.Read(home, Script, new RunQuery());
        Assert.Equal([100, minute - 1], runs.Take(2).Select(run => run.TookMs));
        Assert.Equal(File.ReadAllLines(home.HistoryFile(Script)).Length, runs.Count);
    }

    [Fact]
    public void A_full_history_on_a_full_disk_stays_as_it_is()
    {
        using var disk = TestDisk.Small();
        var home = HomeIn(disk.Path);
        for (var i = 0; i < RunHistory.MaxRuns; i++)
        {
            Assert.Null(RunHistory.Append(home, Script, Run(i)));
        }

        disk.Fill();

        Assert.EndsWith(
            "No space left on device.",
            RunHistory.Append(home, Script, Run(5000)),
            StringComparison.Ordinal
        );
        Assert.Equal(RunHistory.MaxRuns, RunHistory.Read(home, Script, new RunQuery()).Count);
    }

    [Fact]
    public void A_link_a_pipe_and_a_folder_in_its_place_are_left_alone()
    {
        Append(Run(1));
        File.Delete(Path);
        File.WriteAllText(_folder["victim"], "");
        File.CreateSymbolicLink(Path, _folder["victim"]);
        Assert.Equal(
            $"The run is missing in the history. {Path} is a link. Move it away: mv {Path} {Path}.old",
            RunHistory.Append(_home, Script, Run(2))
        );
        Assert.Throws<IOException>(() => Read());
        Assert.Equal("", File.ReadAllText(_folder["victim"]));

        File.Delete(Path);
        Command.Run("mkfifo", Path);
        Assert.Equal(
            $"The run is missing in the history. {Path} is not a regular file. Move it away: mv {Path} {Path}.old",
            RunHistory.Append(_home, Script, Run(2))
        );
        Assert.Throws<IOException>(() => Read());

        File.Delete(Path);
        Directory.CreateDirectory(Path);
        Assert.StartsWith("The run is missing", RunHistory.Append(_home, Script, Run(2)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_home_without_a_place_for_it_loses_only_the_line()
    {
        File.WriteAllText(_folder[".notifications"], "");

        Assert.StartsWith("The run is missing", RunHistory.Append(_home, Script, Run(1)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_that_holds_the_file_costs_the_line_and_is_told()
    {
        Append(Run(1));
        using var held = FileLock.TryAcquire(Path);

        Assert.Equal(
            $"The run is missing in the history. Another program has held {Path} for 2 s (fuser -v {Path} shows which).",
            RunHistory.Append(_home, Script, Run(2))
        );
    }

    [Fact]
    public void Records_go_between_programs_as_they_are_in_the_file()
    {
        Append(Run(1), Run(2));

        var json = JsonSerializer.Serialize(Read(), RunsContract.Json.IReadOnlyListRunRecord);

        Assert.Equal($"[{string.Join(',', File.ReadAllLines(Path).Reverse())}]", json);
        Assert.Equal(Read(), JsonSerializer.Deserialize(json, RunsContract.Json.IReadOnlyListRunRecord));
    }
}
