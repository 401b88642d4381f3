using System.Diagnostics;
using System.Globalization;
using Notify.Schedules;
using Xunit;

namespace Notify.Tests.Schedules;

/// <summary>A year of each form of <c>at</c>, over each change of clocks, against a reckoning that walks the minutes of UTC with Python's zoneinfo.</summary>
public sealed class YearTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset End = Start.AddYears(1);

    private static readonly string[] Forms =
    [
        "daily 07:30, 16:00",
        "daily 02:15, 02:30",
        "daily 00:00, 01:30",
        "weekdays 09:00",
        "weekends 01:45",
        "mon, thu 08:00",
        "sun 02:00, 03:00",
        "monthly 1 06:00",
        "monthly last 02:30",
        "monthly 31 06:00",
        "cron 0 9 * * 1-5",
        "cron 0,30 2 * * *",
        "cron */20 * * * *",
        "cron 15 1-3 * * 0",
        "cron 0 9 1,15 * 1",
        "cron * 2 29 3 *",
    ];

    /// <summary>
    /// Walks the minutes of UTC. A minute is due if the clock shows or passes a time for the first time; an interval form also if the clock shows
    /// a time again.
    /// </summary>
    private const string Walk = """
        import calendar, datetime, sys, zoneinfo
        NAMES = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        def numbers(field, first, last):
            found = set()
            for part in field.split(","):
                part, _, step = part.partition("/")
                low, _, high = (part, "", "") if part != "*" else (first, "", last)
                high = high or (last if step else low)
                found |= set(range(int(low), int(high) + 1, int(step or 1))) if "-" not in str(part) else set(range(int(part.split("-")[0]), int(part.split("-")[1]) + 1, int(step or 1)))
            return found
        def rules(form):
            words = form.replace(",", " ").split()
            if words[0] == "cron":
                minute, hour, dom, month, dow = form.split()[1:]
                doms, months, dows = numbers(dom, 1, 31), numbers(month, 1, 12), numbers(dow, 0, 7)
                def day(d):
                    a, b = d.day in doms, d.isoweekday() % 7 in dows
                    return d.month in months and (a and b if "*" in (dom, dow) else a or b)
                times = {h * 60 + m for h in numbers(hour, 0, 23) for m in numbers(minute, 0, 59)}
                return times, day, any(c in minute + hour for c in "*-/")
            times = {int(w[:2]) * 60 + int(w[3:]) for w in words if ":" in w}
            days = [w for w in words if ":" not in w]
            if days[0] == "monthly":
                def day(d):
                    last = calendar.monthrange(d.year, d.month)[1]
                    return any(d.day == (last if w == "last" else int(w)) for w in days[1:])
            else:
                groups = {"daily": NAMES, "weekdays": NAMES[:5], "weekends": NAMES[5:]}
                wanted = {n for w in days for n in groups.get(w, [w])}
                day = lambda d: NAMES[d.weekday()] in wanted
            return times, day, False
        zone = zoneinfo.ZoneInfo(sys.argv[1])
        year = int(sys.argv[2])
        forms = [rules(line.strip()) for line in sys.stdin if line.strip()]
        due = [[] for _ in forms]
        days = {}
        def of(ordinal):
            if ordinal not in days:
                date = datetime.date.fromordinal(ordinal)
                days[ordinal] = [i for i, (_, day, _) in enumerate(forms) if day(date)]
            return days[ordinal]
        start = int(datetime.datetime(year, 1, 1, tzinfo=datetime.timezone.utc).timestamp()) // 60
        end = int(datetime.datetime(year + 1, 1, 1, tzinfo=datetime.timezone.utc).timestamp()) // 60
        passed = None
        for t in range(start - 2880, end + 1):
            local = datetime.datetime.fromtimestamp(t * 60, zone)
            shown = local.toordinal() * 1440 + local.hour * 60 + local.minute
            again = passed is not None and shown <= passed
            for wall in [shown] if again or passed is None else range(passed + 1, shown + 1):
                for i in of(wall // 1440):
                    times, _, interval = forms[i]
                    if wall % 1440 in times and (interval or not again) and t > start and (not due[i] or due[i][-1] != t):
                        due[i].append(t)
            passed = shown if passed is None else max(passed, shown)
        for times in due:
            print(*times)
        """;

    [Theory]
    [InlineData("Europe/Prague")]
    [InlineData("America/New_York")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("Asia/Kolkata")]
    [InlineData("UTC")]
    // Where winter has the special offset, Cronos alone loses an hour in spring.
    [InlineData("Europe/Dublin")]
    [InlineData("Africa/Casablanca")]
    public async Task Each_time_of_a_year_is_due_once_and_none_twice(string zoneName)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(zoneName);
        var expected = await ExpectedAsync(zoneName);
        var changeDays = ChangeDays(zone);
        for (var i = 0; i < Forms.Length; i++)
        {
            var times = AtLine.Read(Forms[i]).Value!;
            var found = new List<DateTimeOffset>();
            for (var next = times.Next(Start, zone); next <= End; next = times.Next(next.Value, zone))
            {
                found.Add(next.Value);
            }

            Assert.Equal(expected[i], found);
            Rounds(Forms[i], expected[i], zone, changeDays);
        }
    }

    /// <summary>Rounds of each minute around changes of clocks run each time once; rounds of the other days of the year come when something is due.</summary>
    private static void Rounds(string form, List<DateTimeOffset> expected, TimeZoneInfo zone, HashSet<int> changeDays)
    {
        var schedule = new Schedule.At(AtLine.Read(form).Value!, form);
        DealtWith? dealtWith = null;
        DateTimeOffset? wake = null;
        var runs = new List<DateTimeOffset>();
        for (var now = Start.AddSeconds(0.7); now < End.AddMinutes(1); now = now.AddMinutes(1))
        {
            if (now < wake && !changeDays.Contains(now.DayOfYear))
            {
                continue;
            }

            var decision = schedule.Decide(null, dealtWith, now, zone);
            dealtWith = decision.DealtWith ?? dealtWith;
            wake = (decision as Decision.NotDue)?.Next;
            if (decision is Decision.Run { Due: { } due } run)
            {
                Assert.False(run.IsCaughtUp);
                runs.Add(due);
            }
            else
            {
                Assert.IsType<Decision.NotDue>(decision);
            }
        }

        Assert.Equal(expected, runs);
    }

    /// <summary>Days of the year whose offset is not that of the day before and after.</summary>
    private static HashSet<int> ChangeDays(TimeZoneInfo zone) =>
        [
            .. Enumerable
                .Range(0, 365)
                .Where(day => zone.GetUtcOffset(Start.AddDays(day - 1)) != zone.GetUtcOffset(Start.AddDays(day + 2)))
                .Select(day => day + 1),
        ];

    private static async Task<List<List<DateTimeOffset>>> ExpectedAsync(string zone)
    {
        using var python = Process.Start(
            new ProcessStartInfo("/usr/bin/python3", ["-c", Walk, zone, "2026"])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        await python.StandardInput.WriteAsync(string.Join('\n', Forms));
        python.StandardInput.Close();
        var output = await python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await python.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, python.ExitCode);
        return
        [
            .. output
                .TrimEnd('\n')
                .Split('\n')
                .Select(line =>
                    line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                        .Select(minute =>
                            DateTimeOffset.FromUnixTimeSeconds(60 * long.Parse(minute, CultureInfo.InvariantCulture))
                        )
                        .ToList()
                ),
        ];
    }
}
