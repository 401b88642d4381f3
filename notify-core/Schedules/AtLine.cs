using System.Globalization;
using System.Text.RegularExpressions;
using Cronos;
using Notify.Text;

namespace Notify.Schedules;

/// <summary>Reads the value of an <c>at</c> line: <c>weekdays 09:00</c>, <c>mon-thu, sat 08:00, 16:00</c>, <c>monthly last 06:00</c>, <c>cron 0 9 * * 1-5</c>.</summary>
internal static partial class AtLine
{
    private const string Cron = "cron";
    private const string Monthly = "monthly";
    private const string Last = "last";
    private const string Weekly = "weekly";
    private const string EndOfDay = "24:00";

    /// <summary>Days of the week as cron counts them. A name also stands for itself with three letters.</summary>
    private static readonly string[] Names =
    [
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
    ];

    /// <summary>Words for several days of the week.</summary>
    private static readonly Dictionary<string, int[]> Groups = new(StringComparer.Ordinal)
    {
        ["daily"] = [0, 1, 2, 3, 4, 5, 6],
        ["weekdays"] = [1, 2, 3, 4, 5],
        ["weekends"] = [0, 6],
    };

    private static readonly Dictionary<string, string> Macros = new(StringComparer.Ordinal)
    {
        ["@hourly"] = "0 * * * *",
        ["@daily"] = "0 0 * * *",
        ["@midnight"] = "0 0 * * *",
        ["@weekly"] = "0 0 * * 0",
        ["@monthly"] = "0 0 1 * *",
        ["@yearly"] = "0 0 1 1 *",
        ["@annually"] = "0 0 1 1 *",
    };

    /// <summary>What people write for a word of ours; empty for a word that says nothing.</summary>
    private static readonly Dictionary<string, string> OtherWords = new(StringComparer.Ordinal)
    {
        ["day"] = "daily",
        ["days"] = "daily",
        ["everyday"] = "daily",
        ["workday"] = "weekdays",
        ["workdays"] = "weekdays",
        ["month"] = Monthly,
        ["mo"] = "mon",
        ["di"] = "tue",
        ["mi"] = "wed",
        ["do"] = "thu",
        ["fr"] = "fri",
        ["sa"] = "sat",
        ["so"] = "sun",
        ["montag"] = "mon",
        ["dienstag"] = "tue",
        ["mittwoch"] = "wed",
        ["donnerstag"] = "thu",
        ["freitag"] = "fri",
        ["samstag"] = "sat",
        ["sonntag"] = "sun",
        ["tag"] = "daily",
        ["täglich"] = "daily",
        ["taeglich"] = "daily",
        ["werktags"] = "weekdays",
        ["wochentags"] = "weekdays",
        ["wochenende"] = "weekends",
        ["monatlich"] = Monthly,
        ["jeden"] = "",
        ["um"] = "",
        ["am"] = "",
        ["und"] = "",
        ["first"] = "1",
        ["noon"] = "12:00",
        ["midnight"] = "00:00",
        ["every"] = "",
        ["each"] = "",
        ["on"] = "",
        ["at"] = "",
        ["the"] = "",
        ["of"] = "",
        ["and"] = "",
        [Weekly] = "",
        ["o'clock"] = "",
        ["uhr"] = "",
    };

    /// <summary>The part of cron's day of the week for the first, second, ... of a month.</summary>
    private static readonly Dictionary<string, string> Ordinals = new(StringComparer.Ordinal)
    {
        ["first"] = "#1",
        ["1st"] = "#1",
        ["second"] = "#2",
        ["2nd"] = "#2",
        ["third"] = "#3",
        ["3rd"] = "#3",
        ["fourth"] = "#4",
        ["4th"] = "#4",
        [Last] = "L",
    };

    /// <summary>Reads a value.</summary>
    internal static ParsedValue<DueTimes> Read(string value)
    {
        var words = Words(value);
        if (words is [Cron, ..])
        {
            return ReadCron(value[Cron.Length..].Trim());
        }

        var times = words.SkipWhile(word => !StartsTime(word)).ToArray();
        var days = words[..^times.Length];
        if (times.Length == 0)
        {
            return ParsedValue<DueTimes>.Not("The time is missing, as HH:MM.");
        }

        foreach (var time in times)
        {
            if (!TryReadTime(time, out _))
            {
                return ParsedValue<DueTimes>.Not(
                    time == EndOfDay ? "24:00 is 00:00 of the next day."
                    : days.Length > 0 && DaysOf(time) is not null
                        ? $"{SafeText.Quoted(time)} comes after a time. Other days have a line of their own."
                    : $"{SafeText.Quoted(time)} is not a time from 00:00 to 23:59."
                );
            }
        }

        if (days.Length == 0)
        {
            return ParsedValue<DueTimes>.Not(
                "The days are missing: daily, weekdays, weekends, mon to sun, or monthly."
            );
        }

        return days[0] == Monthly ? ReadMonthly(days[1..], times) : ReadWeekly(days, times);
    }

    /// <summary>The right form that a value probably means; null if there is no telling.</summary>
    internal static string? Guess(string value)
    {
        foreach (var guess in (ReadOnlySpan<string?>)[value, $"{Cron} {value}", GuessCron(value), GuessWords(value)])
        {
            if (guess is not null && Read(guess) is { Wrong: null, Text: var text })
            {
                return text;
            }
        }

        return null;
    }

    private static string[] Words(string value) =>
        AsciiText.Lower(value).Split([' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries);

    private static ParsedValue<DueTimes> ReadWeekly(string[] days, string[] times)
    {
        var found = new SortedSet<int>();
        foreach (var word in days)
        {
            if (DaysOf(word) is not { } some)
            {
                return ParsedValue<DueTimes>.Not(
                    $"There is no day {SafeText.Quoted(word)}: write daily, weekdays, weekends, mon to sun, or monthly."
                );
            }

            found.UnionWith(some);
        }

        var field = found.Count == Names.Length ? "*" : string.Join(',', found);
        return Times(times, $"* * {field}", Text(days, times));
    }

    private static ParsedValue<DueTimes> ReadMonthly(string[] days, string[] times)
    {
        if (days.Length == 0)
        {
            return ParsedValue<DueTimes>.Not("The day of the month is missing: 1 to 31, or last.");
        }

        foreach (var word in days)
        {
            if (word != Last && !(TryReadNumber(word, out var day) && day is >= 1 and <= 31))
            {
                return ParsedValue<DueTimes>.Not($"{SafeText.Quoted(word)} is not a day of a month: 1 to 31, or last.");
            }
        }

        var all = days.Select(word => Times(times, $"{(word == Last ? "L" : word)} * *", "").Value!);
        return ParsedValue<DueTimes>.Of(DueTimes.Any(all), Text([Monthly, string.Join(", ", days)], times));
    }

    /// <summary>Each time is an expression of its own: a list in one would go by interval.</summary>
    private static ParsedValue<DueTimes> Times(string[] times, string dayFields, string text) =>
        ParsedValue<DueTimes>.Of(
            DueTimes.Of(
                times.Select(time =>
                    TryReadTime(time, out var read)
                        ? string.Create(CultureInfo.InvariantCulture, $"{read.Minute} {read.Hour} {dayFields}")
                        : throw new ArgumentException(time, nameof(times))
                )
            ),
            text
        );

    private static string Text(string[] days, string[] times) =>
        string.Join(days[0] == Monthly ? " " : ", ", days.Distinct(StringComparer.Ordinal))
        + " "
        + string.Join(", ", times.Select(time => time.PadLeft("00:00".Length, '0')).Distinct(StringComparer.Ordinal));

    private static int[]? DaysOf(string word)
    {
        if (Groups.TryGetValue(word, out var group))
        {
            return group;
        }

        var ends = word.Split('-');
        return ends.Length switch
        {
            1 when DayOf(word) is { } day => [day],
            // Monday ends the week's turn in a range such as fri-mon.
            2 when DayOf(ends[0]) is { } from && DayOf(ends[1]) is { } to =>
            [
                .. Enumerable
                    .Range(from, ((to - from + Names.Length) % Names.Length) + 1)
                    .Select(d => d % Names.Length),
            ],
            _ => null,
        };
    }

    private static int? DayOf(string word) =>
        Array.FindIndex(Names, name => word == name || word == name[..3]) is var day and >= 0 ? day : null;

    private static bool StartsTime(string word) =>
        word.Length > 0 && char.IsAsciiDigit(word[0]) && word.Contains(':', StringComparison.Ordinal);

    private static bool TryReadTime(string word, out TimeOnly time) =>
        TimeOnly.TryParseExact(word, ["HH:mm", "H:mm"], CultureInfo.InvariantCulture, DateTimeStyles.None, out time);

    private static bool TryReadNumber(string word, out int number) =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static ParsedValue<DueTimes> ReadCron(string expression)
    {
        var text = string.Join(' ', expression.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries));
        if (text.StartsWith('@') && !Macros.ContainsKey(AsciiText.Lower(text)))
        {
            return ParsedValue<DueTimes>.Not(
                $"There is no {SafeText.Quoted(text)}, but {string.Join(", ", Macros.Keys)}."
            );
        }

        var fields = Macros.GetValueOrDefault(AsciiText.Lower(text), text).Split(' ');
        if (fields.Length != 5)
        {
            return ParsedValue<DueTimes>.Not(
                $"A cron expression has five fields (minute, hour, day of month, month, day of week), this one {(text.Length == 0 ? 0 : fields.Length)}{(fields.Length > 5 ? ": seconds or a year are too many" : "")}."
            );
        }

        try
        {
            var times = DueTimes.Of(Alternatives(fields));
            return times.Next(Past, TimeZoneInfo.Utc) is not null
                ? ParsedValue<DueTimes>.Of(times, $"{Cron} {text}")
                : ParsedValue<DueTimes>.Not("No month has this day, so the time never comes.");
        }
        catch (CronFormatException e)
        {
            return ParsedValue<DueTimes>.Not(
                $"The cron expression can't be read. {e.Message[(e.Message.IndexOf("format. ", StringComparison.Ordinal) + 8)..]}"
            );
        }
        catch (MissingSeedException)
        {
            return ParsedValue<DueTimes>.Not("The cron expression can't be read. H is not known here: write a number.");
        }
    }

    /// <summary>A crontab runs a line on the days of the month <em>or</em> of the week where both are restricted. Cronos wants both.</summary>
    private static string[] Alternatives(string[] fields) =>
        fields[2][0] is '*' or '?' || fields[4][0] is '*' or '?'
            ? [string.Join(' ', fields)]
            :
            [
                $"{fields[0]} {fields[1]} {fields[2]} {fields[3]} *",
                $"{fields[0]} {fields[1]} * {fields[3]} {fields[4]}",
            ];

    /// <summary>A moment from which Cronos searches the whole calendar for a first time.</summary>
    private static readonly DateTimeOffset Past = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>An expression without the day of the week, or with seconds or a year, where only one reading is possible.</summary>
    private static string? GuessCron(string value)
    {
        var fields = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (fields)
        {
            case [Cron, _, _, "*", "*"]:
                return $"{value} *";
            case [Cron, "0", .. { Length: 5 } five, "*"]:
                return $"{Cron} {string.Join(' ', five)}";
            case [Cron, _, _, _, _, _, _]:
                var (withoutSeconds, withoutYear) = (fields[2..], fields[1..^1]);
                var mayBeYear = fields[^1] is "*" or ['1' or '2', >= '0' and <= '9', >= '0' and <= '9', ..];
                return (IsCron(withoutSeconds), mayBeYear && IsCron(withoutYear)) switch
                {
                    (true, false) when fields[1] == "0" => $"{Cron} {string.Join(' ', withoutSeconds)}",
                    (false, true) when fields[^1] == "*" => $"{Cron} {string.Join(' ', withoutYear)}",
                    _ => null,
                };
            default:
                return null;
        }
    }

    /// <summary>Whether five fields can be read. A question mark stands for a day.</summary>
    private static bool IsCron(string[] fields) =>
        fields is [not "?", not "?", _, not "?", _] && ReadCron(string.Join(' ', fields)).Wrong is null;

    private static string? GuessWords(string value)
    {
        var words = Words(Range().Replace(SpaceBeforeHalf().Replace(value, ""), "-"));
        if (words is ["hourly"])
        {
            return $"{Cron} {Macros["@hourly"]}";
        }

        // "every second monday" may be every other one.
        var isEach = words.Any(word => word is "every" or "each") && !words.Any(word => word is "month" or Monthly);
        if (!isEach && GuessOrdinal(words) is { } ordinal)
        {
            return ordinal;
        }

        // Days after days with times begin a new group.
        List<(List<string> Days, List<string> Times)> groups = [([], [])];
        var hasClearTime = words.Any(word => word.Length > 2 && TimeLike().IsMatch(word));
        for (var i = 0; i < words.Length; i++)
        {
            var (days, times) = groups[^1];
            var isLast = words[(i + 1)..]
                .All(word => OtherWords.GetValueOrDefault(word) is "" || (IsBare(word) && days is not [Monthly, ..]));
            switch (GuessWord(words[i], isHour: isLast && !hasClearTime))
            {
                case null:
                    return null;
                case { Length: > 0 } guess when StartsTime(guess):
                    times.Add(guess);
                    break;
                case { Length: > 0 } guess when days.Count > 0 && times.Count > 0:
                    groups.Add(([guess], []));
                    break;
                case { Length: > 0 } guess:
                    days.Add(guess);
                    break;
                default:
                    break;
            }
        }

        if (words.Contains(Weekly, StringComparer.Ordinal) && groups[0].Days.Count == 0)
        {
            return null;
        }

        var all = groups[0].Days.Count > 0 ? groups[0].Days : ["daily"];
        if (groups.Count == 1 && all.Remove(Monthly))
        {
            // "1st of the month"
            all.Insert(0, Monthly);
        }

        return groups.All(group =>
            group.Times.Count > 0 && (groups.Count == 1 || group.Days.SequenceEqual(all, StringComparer.Ordinal))
        )
            ? Joined(all, [.. groups.SelectMany(group => group.Times)])
            : null;
    }

    /// <summary>Days and times. 24:00 is on the next day.</summary>
    private static string? Joined(List<string> days, List<string> times)
    {
        if (!times.Contains(EndOfDay))
        {
            return $"{string.Join(' ', days)} {string.Join(", ", times)}";
        }

        if (days is ["daily"])
        {
            return $"daily {string.Join(", ", times.Select(time => time == EndOfDay ? "00:00" : time))}";
        }

        var next = days is [Monthly, .. var numbers]
            ? [Monthly, .. numbers.Select(DayOfMonthAfter)]
            : days.Select(DaysAfter).ToArray();
        return times.All(time => time == EndOfDay) && next.All(day => day is not null)
            ? $"{string.Join(' ', next)} 00:00"
            : null;
    }

    /// <summary>The day of each month that follows a day; null where months differ.</summary>
    private static string? DayOfMonthAfter(string day) =>
        day == Last ? "1"
        : TryReadNumber(day, out var number) && number < 28 ? (number + 1).ToString(CultureInfo.InvariantCulture)
        : null;

    private static string? DaysAfter(string word) =>
        DaysOf(word) is not { } days ? null
        : word.Contains('-', StringComparison.Ordinal) || word == "weekdays" ? $"{After(days[0])}-{After(days[^1])}"
        : string.Join(' ', days.Select(After));

    private static string After(int day) => Names[(day + 1) % Names.Length][..3];

    /// <summary>A day of the week in a month, such as <c>first monday 09:00</c>, as cron.</summary>
    private static string? GuessOrdinal(string[] words)
    {
        var rest = words.Where(word =>
            word is not (Monthly or "month" or "in") && OtherWords.GetValueOrDefault(word) is not ""
        );
        return
            rest.ToArray() is [var ordinal, var name, var time]
            && Ordinals.TryGetValue(ordinal, out var part)
            && GuessDay(name) is { } day
            && DayOf(day) is { } number
            && TimeLike().Match(time) is { Success: true } match
            && GuessTime(match) is { } guess
            && TryReadTime(guess, out var read)
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{Cron} {read.Minute} {read.Hour} * * {(ordinal == Last ? $"{number}" : Names[number][..3])}{part}"
            )
            : null;
    }

    /// <summary>The right word; empty for one that says nothing, null for one that is not known.</summary>
    /// <param name="word">A word, in lower case.</param>
    /// <param name="isHour">Whether a bare number is an hour, not a day.</param>
    private static string? GuessWord(string word, bool isHour)
    {
        if ((isHour || !IsBare(word)) && TimeLike().Match(word) is { Success: true } time)
        {
            return GuessTime(time);
        }

        if (DayNumber().Match(word) is { Success: true } number)
        {
            return number.Groups["day"].Value;
        }

        return
            word.Split('-') is [var from, var to]
            && DaysOf(word) is null
            && GuessDay(from) is { } first
            && GuessDay(to) is { } last
            ? $"{first}-{last}"
            : GuessDay(word);
    }

    private static bool IsBare(string word) => word.Length <= 2 && word.All(char.IsAsciiDigit);

    private static string? GuessDay(string word) =>
        OtherWords.TryGetValue(word.TrimEnd('.'), out var known) || OtherWords.TryGetValue(word.TrimEnd('s'), out known)
            ? known
        : DaysOf(word) is not null || word is Monthly or Last ? word
        : NearestName.Find(word, [.. Groups.Keys, .. Names, Monthly, Last]);

    private static string? GuessTime(Match match)
    {
        var hour = int.Parse(match.Groups["hour"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
        var minute = match.Groups["minute"] is { Success: true } found
            ? int.Parse(found.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)
            : 0;
        hour = match.Groups["half"].Value switch
        {
            "am" when hour == 12 => 0,
            "pm" when hour < 12 => hour + 12,
            _ => hour,
        };
        if (hour == 24 && match.Groups["minute"].ValueSpan is "00" && !match.Groups["half"].Success)
        {
            return EndOfDay;
        }

        return hour < 24 && minute < 60 ? string.Create(CultureInfo.InvariantCulture, $"{hour:00}:{minute:00}") : null;
    }

    /// <summary>What stands between the ends of a range, but for a plain hyphen.</summary>
    [GeneratedRegex(@"\s*[\u2013\u2014]\s*|\s+(-|to|bis|until|through)\s+", Options, 1000)]
    private static partial Regex Range();

    [GeneratedRegex(@"(?<=\d)\s+(?=[ap]m\b)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex SpaceBeforeHalf();

    [GeneratedRegex(
        @"^(?<hour>\d{1,2})([:.h]?(?<minute>\d\d)(:00)?)?h?(?<half>[ap]m)?\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex TimeLike();

    [GeneratedRegex(
        @"^(?<day>\d{1,2})(st|nd|rd|th|\.)?\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex DayNumber();

    private const RegexOptions Options =
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;
}
