using System.Text;
using Notify.Schedules;
using Notify.Tests.Files;
using Xunit;

namespace Notify.Tests.Schedules;

public sealed class ScriptHeaderTests
{
    private static ScriptHeader Read(string text) => ScriptHeader.Read(Encoding.UTF8.GetBytes(text), new ZoneNames());

    private static ScriptHeader Line(string line) => Read($"# notify: {line}\n");

    [Fact]
    public void All_settings_of_a_script()
    {
        var header = Read(
            """
            #!/usr/bin/env python3
            # -*- coding: utf-8 -*-

            # Watches the revenue.
            # notify: at weekdays 09:00, 16:00
            # notify: at sat 10:00
            #notify:timezone	America/New_York
              #   notify:   retry 2
            # notify: timeout 5m
            # notify: memory 2G
            # notify: incident
            import sys
            """
        );

        Assert.Empty(header.Problems);
        Assert.Empty(header.Warnings);
        Assert.Equal("weekdays 09:00, 16:00; sat 10:00", Assert.IsType<Schedule.At>(header.Schedule).Text);
        Assert.Equal("America/New_York", header.TimeZone!.Value);
        Assert.Equal(2, header.Retries);
        Assert.Equal(TimeSpan.FromMinutes(5), header.TimeLimit);
        Assert.Equal(2L << 30, header.MemoryLimit);
        Assert.True(header.Incident);
    }

    [Fact]
    public void A_script_without_settings_is_as_it_was()
    {
        foreach (
            var text in (string[])["", "import sys\n", "# notify me\n# Notify: me later\n# notify the team: at 9\n"]
        )
        {
            var header = Read(text);
            Assert.IsType<Schedule.EachRound>(header.Schedule);
            Assert.Equal(
                (null, 0, null, null, false),
                (header.TimeZone, header.Retries, header.TimeLimit, header.MemoryLimit, header.Incident)
            );
            Assert.Empty(header.Problems);
            Assert.Empty(header.Warnings);
        }
    }

    [Theory]
    [InlineData("\uFEFF# notify: manual\n")]
    [InlineData("#!/usr/bin/python3\r\n\r\n# notify: manual\r\nimport sys\r\n")]
    [InlineData("#!/usr/bin/python3\r# notify: manual\rimport sys\r")]
    [InlineData("# notify: manual")]
    [InlineData("\f\n \t\n#\tnotify:\tmanual \n")]
    public void Marks_and_line_ends_of_other_systems_are_taken(string text)
    {
        var header = Read(text);

        Assert.Empty(header.Problems);
        Assert.IsType<Schedule.Manual>(header.Schedule);
    }

    [Fact]
    public void A_setting_below_the_comments_at_the_top_does_not_count_and_says_so()
    {
        var header = Read("\"\"\"Says things.\"\"\"\n# notify: manual\n# notify: sales\n");

        Assert.IsType<Schedule.EachRound>(header.Schedule);
        Assert.Empty(header.Problems);
        Assert.Equal(2, Assert.Single(header.Warnings).Line);
    }

    [Fact]
    public void Only_the_first_8_KiB_are_read_and_a_cut_line_does_not_count()
    {
        const string Setting = "# notify: every 15m\n";
        string Comment(int bytes) => "#" + new string('x', bytes - 2) + "\n";

        Assert.IsType<Schedule.Every>(Read(Comment(ScriptHeader.MaxBytes - Setting.Length) + Setting + "#\n").Schedule);
        Assert.IsType<Schedule.EachRound>(
            Read(Comment(ScriptHeader.MaxBytes - Setting.Length + 1) + Setting + "#\n").Schedule
        );
        Assert.IsType<Schedule.EachRound>(Read(Comment(ScriptHeader.MaxBytes) + Setting).Schedule);
        Assert.Empty(Read(new string('#', 1_000_000)).Problems);
    }

    [Theory]
    [InlineData("daily 07:30, 16:00", "daily 07:30, 16:00")]
    [InlineData("Daily  7:30,16:00", "daily 07:30, 16:00")]
    [InlineData("weekdays 09:00", "weekdays 09:00")]
    [InlineData("weekends 09:00", "weekends 09:00")]
    [InlineData("mon, thu 08:00", "mon, thu 08:00")]
    [InlineData("Monday,THU 08:00", "monday, thu 08:00")]
    [InlineData("mon-fri 08:00", "mon-fri 08:00")]
    [InlineData("fri-mon, wed 08:00", "fri-mon, wed 08:00")]
    [InlineData("monthly 1 06:00", "monthly 1 06:00")]
    [InlineData("monthly 1, 15, last 06:00", "monthly 1, 15, last 06:00")]
    [InlineData("cron 0 9 * * 1-5", "cron 0 9 * * 1-5")]
    [InlineData("cron  */5\t9-17 * jan-mar mon#1", "cron */5 9-17 * jan-mar mon#1")]
    [InlineData("cron @daily", "cron @daily")]
    [InlineData("cron 0 9 29 2 *", "cron 0 9 29 2 *")]
    [InlineData("cron 0 9 31 2 mon", "cron 0 9 31 2 mon")]
    public void Times(string value, string text)
    {
        var header = Line("at " + value);

        Assert.Empty(header.Problems);
        Assert.Equal(text, Assert.IsType<Schedule.At>(header.Schedule).Text);
    }

    [Theory]
    [InlineData("fri-mon 08:00", "2026-06-05 2026-06-06 2026-06-07 2026-06-08 2026-06-12")]
    [InlineData("monthly last 06:00", "2026-06-30 2026-07-31 2026-08-31 2026-09-30")]
    [InlineData("monthly 31 06:00", "2026-07-31 2026-08-31 2026-10-31")]
    [InlineData("cron 0 9 13 * 5", "2026-06-05 2026-06-12 2026-06-13 2026-06-19")] // or, as in a crontab
    [InlineData("cron 0 9 */2 * 5", "2026-06-05 2026-06-19 2026-07-03 2026-07-17")] // a star is no restriction, so both
    [InlineData("cron 0 9 ? * MON#1", "2026-07-06 2026-08-03")]
    [InlineData("cron 0 9 LW * *", "2026-06-30 2026-07-31 2026-08-31")]
    public void Days(string value, string days)
    {
        var times = AtLine.Read(value).Value!;
        var next = new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
        foreach (var day in days.Split(' '))
        {
            next = times.Next(next, TimeZoneInfo.Utc)!.Value;
            Assert.StartsWith(day, next.ToString("u"), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("1m", 60)]
    [InlineData("15m", 900)]
    [InlineData("1.5h", 5400)]
    [InlineData("30d", 30 * 86400)]
    public void Intervals(string value, int seconds) =>
        Assert.Equal(
            TimeSpan.FromSeconds(seconds),
            Assert.IsType<Schedule.Every>(Line("every " + value).Schedule).Interval.Length
        );

    [Theory]
    [InlineData("1s", 1)]
    [InlineData("90s", 90)]
    [InlineData("5m", 300)]
    [InlineData("24h", 86400)]
    public void Time_limits(string value, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Line("timeout " + value).TimeLimit);

    [Theory]
    [InlineData("16M", 16L << 20)]
    [InlineData("500000K", 500000L << 10)]
    [InlineData("512m", 512L << 20)]
    [InlineData("1024G", 1L << 40)]
    public void Memory_limits(string value, long bytes) => Assert.Equal(bytes, Line("memory " + value).MemoryLimit);

    /// <summary>What is wrong with a line, and what its sentence says to write.</summary>
    [Theory]
    [InlineData("at 9:00", "at daily 09:00")]
    [InlineData("at weekday 9:00", "at weekdays 09:00")]
    [InlineData("at Monday 09.00", "at monday 09:00")]
    [InlineData("at daily 9am", "at daily 09:00")]
    [InlineData("at daily 9 pm", "at daily 21:00")]
    [InlineData("at daily 12am", "at daily 00:00")]
    [InlineData("at daily 0900", "at daily 09:00")]
    [InlineData("at 24:00", "at daily 00:00")]
    [InlineData("at every day at 9:00", "at daily 09:00")]
    [InlineData("at noon", "at daily 12:00")]
    [InlineData("at Mondy 08:00", "at monday 08:00")]
    [InlineData("at monthly 1st 06:00", "at monthly 1 06:00")]
    [InlineData("at dayly 09:00", "at daily 09:00")]
    [InlineData("at 0 9 * * *", "at cron 0 9 * * *")]
    [InlineData("at @daily", "at cron @daily")]
    [InlineData("at cron 0 9 * *", "at cron 0 9 * * *")]
    [InlineData("at cron 0 0 9 * * 1-5", "at cron 0 9 * * 1-5")] // seconds
    [InlineData("at cron 0 9 * * ? *", "at cron 0 9 * * ?")] // a year
    [InlineData("at cron 0 0 9 ? * MON *", "at cron 0 9 ? * MON")] // both
    [InlineData("at fri 24:00", "at sat 00:00")]
    [InlineData("at monday, thu 24:00", "at tue, fri 00:00")]
    [InlineData("at mon-fri 24:00", "at tue-sat 00:00")]
    [InlineData("at weekdays 24:00", "at tue-sat 00:00")]
    [InlineData("at weekends 24:00", "at mon, sun 00:00")]
    [InlineData("at monthly last 24:00", "at monthly 1 00:00")]
    [InlineData("at monthly 1, 15 24:00", "at monthly 2, 16 00:00")]
    [InlineData("at daily 16:00, 24:00", "at daily 16:00, 00:00")]
    [InlineData("at mo-fr 09:00", "at mon-fri 09:00")]
    [InlineData("at Mo.-Fr. 9:00", "at mon-fri 09:00")]
    [InlineData("at mo 09:00", "at mon 09:00")]
    [InlineData("at di, mi, do 09:00", "at tue, wed, thu 09:00")]
    [InlineData("at fr, sa, so 09:00", "at fri, sat, sun 09:00")]
    [InlineData("at Montag 9 Uhr", "at mon 09:00")]
    [InlineData("at täglich 09:00", "at daily 09:00")]
    [InlineData("at werktags 09:00", "at weekdays 09:00")]
    [InlineData("at wochentags 09:00", "at weekdays 09:00")]
    [InlineData("at wochenende 09:00", "at weekends 09:00")]
    [InlineData("at monatlich 1. 09:00", "at monthly 1 09:00")]
    [InlineData("täglich 09:00", "at daily 09:00")]
    [InlineData("at mon to fri 09:00", "at mon-fri 09:00")]
    [InlineData("at mon \u2013 fri 09:00", "at mon-fri 09:00")]
    [InlineData("at hourly", "at cron 0 * * * *")]
    [InlineData("hourly", "at cron 0 * * * *")]
    [InlineData("at first monday 09:00", "at cron 0 9 * * mon#1")]
    [InlineData("at the 2nd tue of the month 9am", "at cron 0 9 * * tue#2")]
    [InlineData("at 1st of the month 9:00", "at monthly 1 09:00")]
    [InlineData("at monthly first 9:00", "at monthly 1 09:00")]
    [InlineData("at montags 9 Uhr", "at mon 09:00")]
    [InlineData("every day 9", "at daily 09:00")]
    [InlineData("every day at 9am", "at daily 09:00")]
    [InlineData("at last friday 17:30", "at cron 30 17 * * 5L")]
    [InlineData("at daily 09:00, daily 16:00", "at daily 09:00, 16:00")]
    [InlineData("at monthly 1st 15 6am", "at monthly 1, 15 06:00")]
    [InlineData("at mon 9, 16", "at mon 09:00, 16:00")]
    [InlineData("timezone PRAGUE", "timezone Europe/Prague")]
    [InlineData("every 15 min", "every 15m")]
    [InlineData("every 15", "every 15m")]
    [InlineData("every 2 hours", "every 2h")]
    [InlineData("every hour", "every 1h")]
    [InlineData("every 1h30m", "every 90m")]
    [InlineData("every 30s", "every 1m")]
    [InlineData("every 1 week", "every 7d")]
    [InlineData("every 60d", "every 30d")]
    [InlineData("every weekday 9:00", "at weekdays 09:00")]
    [InlineData("every day at 9:00", "at daily 09:00")]
    [InlineData("retry 11", "retry 10")]
    [InlineData("retry 2x", "retry 2")]
    [InlineData("timeout 5 min", "timeout 5m")]
    [InlineData("timeout 300", "timeout 5m")]
    [InlineData("timeout 2d", "timeout 24h")]
    [InlineData("memory 2GB", "memory 2G")]
    [InlineData("memory 1.5G", "memory 1536M")]
    [InlineData("memory 512", "memory 512M")]
    [InlineData("memory 1M", "memory 16M")]
    [InlineData("memory 99T", "memory 1024G")]
    [InlineData("timezone Prague", "timezone Europe/Prague")]
    [InlineData("timezone Europe/Pargue", "timezone Europe/Prague")]
    [InlineData("timezone America/New York", "timezone America/New_York")]
    [InlineData("timezone US/Estern", "timezone America/New_York")]
    [InlineData("timezon Europe/Prague", "timezone Europe/Prague")]
    [InlineData("schedule weekdays 09:00", "at weekdays 09:00")]
    [InlineData("At daily 09:00", "at daily 09:00")]
    [InlineData("Every: 15m", "every 15m")]
    [InlineData("daily 9:00", "at daily 09:00")]
    [InlineData("cron 0 9 * * *", "at cron 0 9 * * *")]
    [InlineData("weekdays at 9", "at weekdays 09:00")]
    [InlineData("manual please", "manual")]
    [InlineData("manuel", "manual")]
    [InlineData("incident on", "incident")]
    public void A_slip_is_told_with_the_right_form(string line, string right)
    {
        var header = Line(line);

        var problem = Assert.Single(header.Problems);
        Assert.Equal((1, "# notify: " + line), (problem.Line, problem.Text));
        Assert.EndsWith($". Write: # notify: {right}", problem.Sentence, StringComparison.Ordinal);
        Assert.Empty(Line(right).Problems);
        Assert.IsType<Schedule.EachRound>(header.Schedule);
    }

    [Theory]
    [InlineData("at 25:00", "\"25:00\" is not a time from 00:00 to 23:59. For example: # notify: at weekdays 09:00")]
    [InlineData("at", "The time is missing, as HH:MM. For example: # notify: at weekdays 09:00")]
    [InlineData(
        "at monthly 06:00",
        "The day of the month is missing: 1 to 31, or last. For example: # notify: at weekdays 09:00"
    )]
    [InlineData(
        "at monthly 32 06:00",
        "\"32\" is not a day of a month: 1 to 31, or last. For example: # notify: at weekdays 09:00"
    )]
    [InlineData(
        "at cron 0 9 31 2 *",
        "No month has this day, so the time never comes. For example: # notify: at weekdays 09:00"
    )]
    [InlineData(
        "at cron H 9 * * *",
        "The cron expression can't be read. H is not known here: write a number. For example: # notify: at weekdays 09:00"
    )]
    [InlineData(
        "at cron 0 25 * * *",
        "The cron expression can't be read. Hours: Value must be a number between 0 and 23 (all inclusive). For example: # notify: at weekdays 09:00"
    )]
    [InlineData(
        "at cron @reboot",
        "There is no \"@reboot\", but @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually. For example: # notify: at weekdays 09:00"
    )]
    [InlineData(
        "every so often",
        "every takes a number and m, h or d, from 1m to 30d. For example: # notify: every 15m"
    )]
    [InlineData(
        "at cron 0 9 * * 1-5 *",
        "A cron expression has five fields (minute, hour, day of month, month, day of week), this one 6: seconds or a year are too many. For example: # notify: at weekdays 09:00"
    )]
    [InlineData("at fri 18:00, 24:00", "24:00 is 00:00 of the next day. For example: # notify: at weekdays 09:00")]
    [InlineData("at monthly 30 24:00", "24:00 is 00:00 of the next day. For example: # notify: at weekdays 09:00")]
    [InlineData(
        "at mon 09:00, tue 16:00",
        "\"tue\" comes after a time. Other days have a line of their own. For example: # notify: at weekdays 09:00"
    )]
    [InlineData(
        "at daily 09:00 Europe/Berlin",
        "A time zone has a line of its own. Write: # notify: at daily 09:00 and, in another line, # notify: timezone Europe/Berlin"
    )]
    [InlineData(
        "at mo-fr 9:00 UTC",
        "A time zone has a line of its own. Write: # notify: at mon-fri 09:00 and, in another line, # notify: timezone UTC"
    )]
    [InlineData(
        "at daily 09:00 MEZ",
        "A time zone has a line of its own. For example: # notify: timezone Europe/Prague"
    )]
    [InlineData(
        "timezone MEZ",
        "This system knows no time zone \"MEZ\". Write an IANA name: area and city. For example: # notify: timezone Europe/Prague"
    )]
    [InlineData(
        "timezone UTC+2",
        "This system knows no time zone \"UTC+2\". Write an IANA name: area and city. For example: # notify: timezone Europe/Prague"
    )]
    [InlineData("retry twice", "retry takes a number from 0 to 10. For example: # notify: retry 2")]
    [InlineData(
        "timeout soon",
        "timeout takes a whole number and s, m or h, from 1s to 24h. For example: # notify: timeout 5m"
    )]
    [InlineData(
        "memory all",
        "memory takes a whole number and K, M or G, from 16M to 1024G. For example: # notify: memory 2G"
    )]
    [InlineData(
        "timezone Mars/Olympus",
        "This system knows no time zone \"Mars/Olympus\". Write an IANA name: area and city. For example: # notify: timezone Europe/Prague"
    )]
    [InlineData(
        "to #sales",
        "There is no setting \"to\". The settings are at, every, manual, timezone, retry, timeout, memory and incident."
    )]
    [InlineData(
        "sales when it drops",
        "There is no setting \"sales\". The settings are at, every, manual, timezone, retry, timeout, memory and incident."
    )]
    [InlineData(
        "",
        "The setting is missing. The settings are at, every, manual, timezone, retry, timeout, memory and incident."
    )]
    public void A_line_that_leaves_no_guess_is_told_with_an_example(string line, string sentence) =>
        Assert.Equal(sentence, Assert.Single(Line(line).Problems).Sentence);

    /// <summary>A guess never runs a script at other times than its line says.</summary>
    [Theory]
    [InlineData("every 1m \u001b[31m")]
    [InlineData("every 1m [31m")]
    [InlineData("every other day")]
    [InlineData("every 1:30")]
    [InlineData("every 5 sundays")]
    [InlineData("every 1h, at weekdays")]
    [InlineData("at every second monday 09:00")]
    [InlineData("at last day of month 09:00")]
    [InlineData("every half hour")]
    [InlineData("every 5-10m")]
    [InlineData("every 15 minutes on weekdays")]
    [InlineData("at daily 09:00\u200b")]
    [InlineData("at weekly 09:00")]
    [InlineData("at 1 06:00")]
    [InlineData("at cron 0 9 * 1-5")]
    [InlineData("at cron 0 0 9 * * *")] // Spring's daily, or the 9th of each month in all years
    [InlineData("at cron 30 9 * * 1-5 *")]
    [InlineData("retry -1")]
    [InlineData("retry 1-3")]
    public void A_line_with_two_readings_leaves_no_guess(string line) =>
        Assert.DoesNotContain("Write:", Assert.Single(Line(line).Problems).Sentence, StringComparison.Ordinal);

    [Theory]
    [InlineData("# notify: manual # only by hand", "manual")]
    [InlineData("# notify: manual\t# only by hand", "manual")]
    [InlineData("# notify: every 15m  # often", "every 15m")]
    [InlineData("# notify: at daily 09:00  # every morning", "at daily 09:00")]
    [InlineData("# notify: at cron 0 9 * * mon#1 # the first Monday", "at cron 0 9 * * mon#1")]
    [InlineData("#\u00a0notify:\u00a0at\u00a0daily\u202f09:00", "at daily 09:00")]
    [InlineData("# notify: at daily 09:00, 9:00", "at daily 09:00")]
    [InlineData("# notify: at daily, daily 09:00", "at daily 09:00")]
    public void Comments_after_a_value_and_all_kinds_of_spaces_are_taken(string line, string plain)
    {
        var header = Read(line);

        Assert.Empty(header.Problems);
        Assert.Equal(Line(plain).Schedule.GetType(), header.Schedule.GetType());
        Assert.Equal((Line(plain).Schedule as Schedule.At)?.Text, (header.Schedule as Schedule.At)?.Text);
        Assert.Equal((Line(plain).Schedule as Schedule.Every)?.Interval, (header.Schedule as Schedule.Every)?.Interval);
    }

    [Fact]
    public void Comments_after_other_values_are_taken()
    {
        var header = Read(
            "# notify: at daily 09:00\n# notify: timezone UTC # no summer time\n# notify: retry 2 # twice\n"
                + "# notify: timeout 5m # slow\n# notify: memory 2G # large\n"
        );

        Assert.Empty(header.Problems);
        Assert.Equal(
            ("UTC", 2, TimeSpan.FromMinutes(5), 2L << 30),
            (header.TimeZone?.Value, header.Retries, header.TimeLimit, header.MemoryLimit)
        );
    }

    [Fact]
    public void A_setting_without_effect_gets_a_warning()
    {
        Assert.Equal(
            "Line 2, \"# notify: incident\": incident does nothing with manual: a run on request sends a message of its own.",
            Assert.Single(Read("# notify: manual\n# notify: incident\n").Warnings).Message
        );
        Assert.Empty(Line("incident").Warnings);
        Assert.Equal(
            "Line 1, \"# notify: timezone Europe/Prague\": timezone does nothing without an at line.",
            Assert.Single(Line("timezone Europe/Prague").Warnings).Message
        );
        Assert.Single(Read("# notify: every 2h\n# notify: timezone UTC\n").Warnings);
        // Days of an interval follow the clock.
        Assert.Empty(Read("# notify: every 1d\n# notify: timezone UTC\n").Warnings);
    }

    [Theory]
    [InlineData("# notify: every 15m")]
    [InlineData("# notfy: every 15m")]
    public void A_setting_after_8_KiB_gets_a_warning(string line)
    {
        var text = "#" + new string('x', 8190) + "\n# more\n";

        var warning = Assert.Single(Read(text + line + "\n" + line + "\n").Warnings);
        Assert.Equal(
            $"Line 3, \"{line}\": It is not read: only the first 8 KiB of the script count. Move it up.",
            warning.Message
        );
        Assert.Empty(Read(text + "import sys\n" + line).Warnings);
        using var folder = new ScratchFolder();
        File.WriteAllText(folder["x.py"], text + line);
        Assert.Equal(warning, Assert.Single(ScriptHeader.ReadFile(folder["x.py"], new ZoneNames()).Warnings));
    }

    [Theory]
    [InlineData(
        "# notify: every 15m\n\n# notify: every 15m",
        3,
        "every stands in line 1 already. Remove one of the two."
    )]
    [InlineData("# notify: retry 1\n# notify: retry 2", 2, "retry stands in line 1 already. Remove one of the two.")]
    [InlineData(
        "# notify: at daily 09:00\n# notify: every 15m",
        2,
        "every and at (line 1) exclude each other. Remove one of the two."
    )]
    [InlineData(
        "# notify: manual\n# notify: at daily 09:00",
        2,
        "at and manual (line 1) exclude each other. Remove one of the two."
    )]
    [InlineData(
        "#\n# notify: every 15m\n# notify: manual",
        3,
        "manual and every (line 2) exclude each other. Remove one of the two."
    )]
    public void Settings_that_exclude_each_other(string text, int line, string sentence)
    {
        var problem = Assert.Single(Read(text).Problems);

        Assert.Equal((line, sentence), (problem.Line, problem.Sentence));
    }

    [Theory]
    [InlineData("# Notify: every 15m", "every 15m")]
    [InlineData("# NOTIFY: AT 9:00", "at daily 09:00")]
    [InlineData("## notify: manual", "manual")]
    [InlineData("# notify : every 15m", "every 15m")]
    [InlineData("# Notify: timezone Europe/Prague", "timezone Europe/Prague")]
    [InlineData("# Notify: at 25:00", null)]
    [InlineData("# notify at daily 09:00", "at daily 09:00")]
    [InlineData("# notify every 15 min", "every 15m")]
    [InlineData("# notify; at mo-fr 9:00", "at mon-fri 09:00")]
    [InlineData("# notify= at daily 09:00", "at daily 09:00")]
    [InlineData("# notify\uff1aat daily 09:00", "at daily 09:00")]
    [InlineData("# notfy: at daily 09:00", "at daily 09:00")]
    [InlineData("# noitfy: manual", "manual")]
    [InlineData("# notify - at daily 09:00", "at daily 09:00")]
    [InlineData("# notfy: every day", "every 1d")]
    [InlineData("# notify at daily 25:00", null)]
    [InlineData("# notifiy: every 15m", "every 15m")]
    [InlineData("# nofity: at 09:00", "at daily 09:00")]
    [InlineData("# Nofity: at weekdays 09:00", "at weekdays 09:00")]
    [InlineData("# notfiy: every 15m", "every 15m")]
    [InlineData("# ntoify: every 15m", "every 15m")]
    [InlineData("# ntofiy: manual", "manual")]
    [InlineData("# ntify: every 15m", "every 15m")]
    [InlineData("# nootiffy: every 15m", "every 15m")]
    [InlineData("# nofity: at 25:00", null)]
    public void A_comment_that_is_meant_as_a_setting_is_told(string line, string? right) =>
        Assert.Equal(
            "The line must begin with \"# notify:\"." + (right is null ? "" : $" Write: # notify: {right}"),
            Assert.Single(Read(line).Problems).Sentence
        );

    [Theory]
    [InlineData("# Notify: me later")]
    [InlineData("# Notify: at the end, tell Bob")]
    [InlineData("# Notify: every customer who asked")]
    [InlineData("# please notify: every 15m")]
    [InlineData("# notifying: every 15m")]
    [InlineData("# notice: every 15m")]
    [InlineData("# notify at 3 failures in a row")]
    [InlineData("# notify every customer")]
    [InlineData("# notes: at 9:00")]
    [InlineData("# note: every 15m")]
    [InlineData("# note: at 09:00 the table is empty")]
    [InlineData("# modify: x")]
    [InlineData("# modify: every 15m")]
    [InlineData("# codify: every 15m")]
    [InlineData("# noisy: every 15m")]
    [InlineData("# notion: every 15m")]
    [InlineData("# Spotify: every 15m")]
    [InlineData("# nofity: the team")]
    [InlineData("# nofity at 09:00")]
    [InlineData("# notify the team")]
    [InlineData("# notify the team at 09:00")]
    [InlineData("x = 1 # notify: every 15m")]
    public void Another_comment_is_none(string line)
    {
        var header = Read(line);

        Assert.Empty(header.Problems);
        Assert.IsType<Schedule.EachRound>(header.Schedule);
    }

    [Fact]
    public void A_problem_is_shown_whole_on_one_line()
    {
        var header = Read("#\n# notify: at 9:00 \u001b[31m\u202e\n");

        Assert.Equal(
            "Line 2, \"# notify: at 9:00 ?[31m?\": \"?[31m?\" is not a time from 00:00 to 23:59. For example: # notify: at weekdays 09:00",
            Assert.Single(header.Problems).Message
        );
    }

    [Theory]
    [InlineData("\f\n# a \u2028 b\n# notify: at 9:00", 3)]
    [InlineData("#\r\n#\r# notify: at 9:00", 3)]
    public void Lines_are_counted_as_Python_counts_them(string text, int line) =>
        Assert.Equal(line, Assert.Single(Read(text).Problems).Line);

    [Theory]
    [InlineData("at cron 0 9 * * \u001b")]
    [InlineData("Every\t\u202e15m")]
    [InlineData("\u001b")]
    public void No_sentence_has_a_character_that_a_terminal_obeys(string line) =>
        Assert.DoesNotContain(Assert.Single(Line(line).Problems).Message, c => char.IsControl(c) || c == '\u202e');

    [Fact]
    public void Lines_as_long_as_the_limit_are_read()
    {
        foreach (var filler in (char[])[' ', '#', '9', 'd', ':', '\t', ','])
        {
            foreach (
                var start in (string[])["#", "# notify:", "# notify: at ", "# notify: every 9", "# notify: memory "]
            )
            {
                // A search that went over the line again and again would run into the time limit of its expression.
                Read(start + new string(filler, 8000) + "x");
            }
        }
    }

    [Fact]
    public void Bytes_that_are_no_text_do_no_harm() =>
        Assert.Empty(
            ScriptHeader.Read([.. "# notify: manual\n# "u8, 0xFF, 0xFE, 0, 0x0A, 0x00, 0x0A], new ZoneNames()).Problems
        );

    [Fact]
    public void A_file_is_read_through_a_link_but_not_a_pipe()
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder["x.py"], "# notify: manual\n");
        File.CreateSymbolicLink(folder["link.py"], folder["x.py"]);
        Command.Run("mkfifo", folder["pipe.py"]);

        Assert.IsType<Schedule.Manual>(ScriptHeader.ReadFile(folder["link.py"], new ZoneNames()).Schedule);
        Assert.Throws<IOException>(() => ScriptHeader.ReadFile(folder["pipe.py"], new ZoneNames()));
        Assert.Throws<IOException>(() => ScriptHeader.ReadFile(folder["missing.py"], new ZoneNames()));
    }
}
