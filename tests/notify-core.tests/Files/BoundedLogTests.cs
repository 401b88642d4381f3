using FsCheck.Xunit;
using Microsoft.Extensions.Time.Testing;
using Notify.Files;
using Notify.Posix;
using Notify.Testing;
using Xunit;

namespace Notify.Tests.Files;

public sealed class BoundedLogTests : IDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 30, 19, 20, 0, 125, TimeSpan.Zero));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_entry_carries_the_time_in_utc_and_the_file_has_the_mode_asked_for()
    {
        using var log = new BoundedLog(
            _folder["x.log"],
            _time,
            mode: UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite
        );

        log.Write("Round of 3 scripts.");

        Assert.Equal("2026-01-30T19:20:00.125Z Round of 3 scripts.\n", File.ReadAllText(_folder["x.log"]));
        Assert.Equal(FileModes.GroupFile, FileStatus.OfPath(_folder["x.log"])!.Value.Mode);
    }

    [Fact]
    public void Further_lines_are_indented_and_control_characters_made_visible()
    {
        using var log = new BoundedLog(_folder["x.log"], _time);

        log.Write("stderr:\r\n2026-01-30T19:20:00.125Z forged\u001b[31m\0\u0085\u2028\u202e\rx");

        Assert.Equal(
            "2026-01-30T19:20:00.125Z stderr:\n    2026-01-30T19:20:00.125Z forged?[31m????x\n",
            File.ReadAllText(_folder["x.log"])
        );
    }

    [Property(MaxTest = 300)]
    public void Whatever_is_logged_only_the_program_begins_a_line_with_something_else_than_spaces(string?[] texts)
    {
        using var folder = new ScratchFolder();
        using var log = new BoundedLog(folder["x.log"], _time);
        foreach (var text in texts)
        {
            log.Write(text ?? "");
        }

        var content = texts.Length == 0 ? "" : File.ReadAllText(folder["x.log"]);
        Assert.Equal(
            texts.Length,
            content.Split('\n').Count(line => line.StartsWith("2026-01-30T19:20:00.125Z ", StringComparison.Ordinal))
        );
        Assert.All(
            content.Split('\n')[..^1],
            line =>
                Assert.True(
                    line.StartsWith("2026-01-30T19:20:00.125Z ", StringComparison.Ordinal)
                        || line.StartsWith("    ", StringComparison.Ordinal)
                )
        );
        Assert.DoesNotContain(content, c => char.IsControl(c) && c is not ('\n' or '\t'));
    }

    [Fact]
    public void A_long_entry_is_cut_and_says_by_how_much()
    {
        using var log = new BoundedLog(_folder["x.log"], _time);

        log.Write(new string('a', BoundedLog.MaxEntryLength + 7));

        Assert.EndsWith("aaa ... (7 more characters)\n", File.ReadAllText(_folder["x.log"]), StringComparison.Ordinal);
    }

    [Fact]
    public void The_file_and_the_one_before_it_stay_within_the_bound()
    {
        using var log = new BoundedLog(_folder["x.log"], _time, maxBytes: 1000);
        for (var i = 0; i < 200; i++)
        {
            log.Write($"entry {i}");
        }

        Assert.InRange(new FileInfo(_folder["x.log"]).Length, 1, 1000);
        Assert.InRange(new FileInfo(_folder["x.log.1"]).Length, 900, 1000);
        Assert.Equal(2, Directory.GetFiles(_folder.Path).Length);
        Assert.EndsWith("entry 199\n", File.ReadAllText(_folder["x.log"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Entries_of_several_processes_are_all_there_each_on_its_own_line()
    {
        // The bound is such that the file turns over once while all four write.
        const int Each = 3000;
        string[] names = ["a", "b", "c", "d"];
        var writers = names.Select(name => new OtherProcess("log", _folder["x.log"], name, "3000", "600000")).ToList();
        writers.ForEach(w => w.LetGo());
        foreach (var writer in writers)
        {
            Assert.Equal("0", await writer.OutputAsync());
            writer.Dispose();
        }

        var lines = File.ReadAllLines(_folder["x.log.1"]).Concat(File.ReadAllLines(_folder["x.log"])).ToList();
        Assert.All(lines, line => Assert.Matches("^2[0-9T:.-]+Z [abcd] [0-9]+ x{40} end$", line));
        Assert.Equal(names.Length * Each, lines.Count);
    }

    [Fact]
    public void A_full_disk_breaks_nothing_and_what_was_dropped_is_said_later()
    {
        using var disk = TestDisk.Small();
        using var log = new BoundedLog(disk["x.log"], _time);
        log.Write("before");
        disk.Fill();
        for (var i = 0; i < 500; i++)
        {
            log.Write("into the void " + new string('v', 100));
        }

        Assert.InRange(log.Dropped, 400, 500);
        disk.MakeRoom();
        log.Write("after");

        var lines = File.ReadAllLines(disk["x.log"]);
        Assert.Equal(
            $"2026-01-30T19:20:00.125Z {log.Dropped} entries before this one could not be written: No space left on device.",
            lines[^2]
        );
        Assert.Equal("2026-01-30T19:20:00.125Z after", lines[^1]);
    }

    [Fact]
    public void A_missing_folder_a_link_and_a_pipe_are_not_written_to_and_break_nothing()
    {
        File.WriteAllText(_folder["victim"], "");
        File.CreateSymbolicLink(_folder["link"], _folder["victim"]);
        Command.Run("mkfifo", _folder["pipe"]);
        foreach (var name in (string[])["missing/x.log", "link", "pipe"])
        {
            using var log = new BoundedLog(_folder[name], _time);
            log.Write("x");
            Assert.Equal(1, log.Dropped);
        }

        Assert.Equal("", File.ReadAllText(_folder["victim"]));
    }

    [Fact]
    public void A_log_that_an_admin_moved_away_starts_again()
    {
        using var log = new BoundedLog(_folder["x.log"], _time);
        log.Write("one");
        File.Move(_folder["x.log"], _folder["x.old"]);
        log.Write("two");

        Assert.EndsWith(" two\n", File.ReadAllText(_folder["x.log"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_that_a_shell_appends_to_is_turned_over_when_full()
    {
        using var log = new BoundedLog(_folder["cron.log"], _time, maxBytes: 100);
        log.RotateIfFull();
        File.WriteAllText(_folder["cron.log"], new string('x', 99));
        log.RotateIfFull();
        Assert.False(File.Exists(_folder["cron.log.1"]));
        File.AppendAllText(_folder["cron.log"], "x");
        log.RotateIfFull();

        Assert.Equal(100, new FileInfo(_folder["cron.log.1"]).Length);
        Assert.Equal(0, new FileInfo(_folder["cron.log"]).Length);
    }
}
