using System.Text;
using System.Text.RegularExpressions;
using Notify.Text;

namespace Notify.Schedules;

/// <summary>Reads the comments at the top of one script.</summary>
internal sealed partial class HeaderReader(ZoneNames zones)
{
    private const string At = "at";
    private const string Every = "every";
    private const string Manual = "manual";
    private const string TimeZone = "timezone";
    private const string Retry = "retry";
    private const string Timeout = "timeout";
    private const string Memory = "memory";
    private const string Incident = "incident";

    private const string Start = "notify:";

    /// <summary>A longer word is none of ours, and the comparison costs the square of the length.</summary>
    private static readonly int MaxStartLength = Start.Length + 1;

    private const int MaxShownLength = 200;

    private static readonly string[] Keys = [At, Every, Manual, TimeZone, Retry, Timeout, Memory, Incident];

    /// <summary>Names of these settings in other systems.</summary>
    private static readonly Dictionary<string, string> OtherKeys = new(StringComparer.Ordinal)
    {
        ["schedule"] = At,
        ["time"] = At,
        ["times"] = At,
        ["on"] = At,
        ["interval"] = Every,
        ["each"] = Every,
        ["tz"] = TimeZone,
        ["zone"] = TimeZone,
        ["retries"] = Retry,
        ["timelimit"] = Timeout,
        ["limit"] = Timeout,
        ["mem"] = Memory,
        ["ram"] = Memory,
        ["ondemand"] = Manual,
        ["onrequest"] = Manual,
    };

    private readonly List<HeaderNote> _problems = [];
    private readonly List<HeaderNote> _warnings = [];
    private readonly Dictionary<string, int> _lineOf = new(StringComparer.Ordinal);
    private readonly List<DueTimes> _times = [];
    private readonly List<string> _timeTexts = [];
    private ScriptHeader _header = new();

    /// <summary>Reads the settings.</summary>
    /// <param name="text">The part of the script that counts, in whole lines.</param>
    /// <param name="late">What follows. Settings there get a warning.</param>
    internal ScriptHeader Read(string text, ReadOnlySpan<byte> late)
    {
        var isTop = true;
        var lines = Lines(text);
        for (var i = 0; i < lines.Length; i++)
        {
            isTop &= IsComment(lines[i]);
            Read(i + 1, lines[i], isTop);
        }

        if (isTop && !late.IsEmpty)
        {
            WarnOfLate(lines.Length - 1, Lines(Encoding.UTF8.GetString(late)));
        }

        WarnOfEffect();
        return _header with
        {
            Schedule =
                _times.Count > 0
                    ? new Schedule.At(DueTimes.Any(_times), string.Join("; ", _timeTexts))
                    : _header.Schedule,
            Problems = _problems,
            Warnings = _warnings,
        };
    }

    private void Read(int number, string line, bool isTop)
    {
        if (Find(line) is not var (key, value, isExact, hasColon))
        {
            return;
        }

        if (isTop && isExact)
        {
            if (Take(number, line, key, value) is { } wrong)
            {
                _problems.Add(Note(number, line, wrong + Hint(key, value)));
            }
        }
        else if (isTop && IsMeant(key, value, hasColon))
        {
            var right = Guess(key, value) is { } guess ? $" Write: # notify: {guess}" : "";
            _problems.Add(Note(number, line, "The line must begin with \"# notify:\"." + right));
        }
        else if (!isTop && isExact && Keys.Contains(key, StringComparer.Ordinal))
        {
            _warnings.Add(
                Note(
                    number,
                    line,
                    "It does not count here. Move it to the comments at the top, before the first line of code."
                )
            );
        }
    }

    /// <summary>Warns of the first setting after the limit.</summary>
    private void WarnOfLate(int linesBefore, string[] lines)
    {
        for (var i = 0; i < lines.Length && IsComment(lines[i]); i++)
        {
            if (
                Find(lines[i]) is var (key, value, isExact, hasColon)
                && (isExact ? Keys.Contains(key, StringComparer.Ordinal) : IsMeant(key, value, hasColon))
            )
            {
                _warnings.Add(
                    Note(
                        linesBefore + i + 1,
                        lines[i],
                        "It is not read: only the first 8 KiB of the script count. Move it up."
                    )
                );
                return;
            }
        }
    }

    /// <summary>Warns of settings that are right and do nothing.</summary>
    private void WarnOfEffect()
    {
        if (_header.Incident && _header.Schedule is Schedule.Manual)
        {
            _warnings.Add(
                new HeaderNote(
                    _lineOf[Incident],
                    "# notify: incident",
                    "incident does nothing with manual: a run on request sends a message of its own."
                )
            );
        }

        // Days of an interval follow the clock too.
        var isClockUsed = _lineOf.ContainsKey(At) || _header.Schedule is Schedule.Every { Interval.IsInDays: true };
        if (_header.TimeZone is { } zone && !isClockUsed)
        {
            _warnings.Add(
                new HeaderNote(
                    _lineOf[TimeZone],
                    $"# notify: timezone {zone.Value}",
                    "timezone does nothing without an at line."
                )
            );
        }
    }

    private static HeaderNote Note(int number, string line, string sentence) =>
        new(number, SafeText.Line(line.Trim(), MaxShownLength), SafeText.Line(sentence));

    private static bool IsComment(string line) => line.AsSpan().Trim() is [] or ['#', ..];

    /// <summary>Lines as Python counts them.</summary>
    private static string[] Lines(string text) =>
        text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split('\n');

    /// <summary>A setting, or a comment whose start is nearly <c># notify:</c>; null for other lines.</summary>
    private static (string Key, string Value, bool IsExact, bool HasColon)? Find(string line)
    {
        var match = Setting().Match(line);
        if (!match.Success)
        {
            return null;
        }

        var (word, sign) = (AsciiText.Lower(match.Groups["word"].Value), match.Groups["sign"].Value);
        if (!IsNearStart(word, sign))
        {
            return null;
        }

        var isExact = match.Groups["start"].ValueSpan is Start && match.Groups["marks"].ValueSpan.TrimEnd() is "#";
        var rest = Space().Replace(Comment().Replace(match.Groups["rest"].Value, ""), " ").Trim();
        var (key, value) = rest.IndexOf(' ', StringComparison.Ordinal) is var end and >= 0
            ? (rest[..end], rest[end..].Trim())
            : (rest, "");
        return (key, value, isExact, sign is not ("" or "." or "," or "-"));
    }

    /// <summary>
    /// Whether a comment starts with <c>notify:</c>, or that with one slip. Two slips count if they swap, drop or repeat its letters: with
    /// others it is another word, such as modify, noisy or Spotify. Without an f it may be notion.
    /// </summary>
    private static bool IsNearStart(string word, string sign) =>
        word.Length <= MaxStartLength
        && NearestName.Distance(word + sign, Start) switch
        {
            0 or 1 => true,
            2 => sign == ":"
                && word.Contains('f', StringComparison.Ordinal)
                && word.All(letter => Start.Contains(letter, StringComparison.Ordinal)),
            _ => false,
        };

    /// <summary>Takes a setting, or says why not.</summary>
    private string? Take(int number, string line, string key, string value)
    {
        if (!Keys.Contains(key, StringComparer.Ordinal))
        {
            return key.Length == 0 ? "The setting is missing." : $"There is no setting {SafeText.Quoted(key, 40)}.";
        }

        if (key != At && _lineOf.TryGetValue(key, out var before))
        {
            return $"{key} stands in line {before} already. Remove one of the two.";
        }

        string[] kinds = [At, Every, Manual];
        if (kinds.Contains(key, StringComparer.Ordinal))
        {
            foreach (var other in kinds)
            {
                if (other != key && _lineOf.TryGetValue(other, out before))
                {
                    return $"{key} and {other} (line {before}) exclude each other. Remove one of the two.";
                }
            }
        }

        _lineOf.TryAdd(key, number);
        return key switch
        {
            At => Take(
                ReadTimes(value),
                times =>
                {
                    _times.Add(times.Value!);
                    _timeTexts.Add(times.Text);
                }
            ),
            Every => Take(
                HeaderValues.Interval(value),
                every => _header = _header with { Schedule = new Schedule.Every(every.Value!) }
            ),
            Manual => TakeWord(key, value, () => _header = _header with { Schedule = new Schedule.Manual() }),
            Incident => TakeWord(key, value, () => _header = _header with { Incident = true }),
            Retry => Take(
                HeaderValues.Retries(value),
                retries => _header = _header with { Retries = retries.Value!.Value }
            ),
            Timeout => Take(HeaderValues.TimeLimit(value), limit => _header = _header with { TimeLimit = limit.Value }),
            Memory => Take(HeaderValues.Memory(value), limit => _header = _header with { MemoryLimit = limit.Value }),
            _ => Take(
                zones.Read(value),
                zone =>
                {
                    _header = _header with { TimeZone = zone.Value };
                    if (zones.Successor(value) is { } successor)
                    {
                        _warnings.Add(
                            Note(
                                number,
                                line,
                                $"{value} is an old name, which other systems may not know. Write: # notify: {key} {successor}"
                            )
                        );
                    }
                }
            ),
        };
    }

    private ParsedValue<DueTimes> ReadTimes(string value) =>
        AtLine.Read(value) is { Wrong: not null } && ZoneOf(value) is not null
            ? ParsedValue<DueTimes>.Not("A time zone has a line of its own.")
            : AtLine.Read(value);

    /// <summary>The time zone at the end of an <c>at</c> line: its name, or text such as <c>MEZ</c>; null without one.</summary>
    private string? ZoneOf(string value)
    {
        var last = value[(value.LastIndexOf(' ') + 1)..];
        return last.Length is 0 or > 40 || AtLine.Guess(value) is not null ? null
            : zones.Read(last).Wrong is null ? last
            : last.Contains('/', StringComparison.Ordinal) ? zones.Guess(last)
            : ZoneNames.IsOffset(last) && !char.IsAsciiDigit(last[0]) ? last
            : null;
    }

    /// <summary>The two lines for times with a time zone; null without one.</summary>
    private string? TwoLines(string value)
    {
        if (ZoneOf(value) is not { } zone)
        {
            return null;
        }

        var times = AtLine.Guess(value[..Math.Max(value.LastIndexOf(' '), 0)]);
        return times is not null && zones.Read(zone).Wrong is null
            ? $" Write: # notify: {At} {times} and, in another line, # notify: {TimeZone} {zone}"
            : $" For example: # notify: {Example(TimeZone)}";
    }

    private static string? Take<T>(ParsedValue<T> parsed, Action<ParsedValue<T>> set)
    {
        if (parsed.Wrong is null)
        {
            set(parsed);
        }

        return parsed.Wrong;
    }

    private static string? TakeWord(string key, string value, Action set)
    {
        if (value.Length > 0)
        {
            return $"{key} takes no value.";
        }

        set();
        return null;
    }

    /// <summary>The nearest right form as a part of a sentence.</summary>
    private string Hint(string key, string value) =>
        Keys.Contains(key, StringComparer.Ordinal) && IsRight(key, value) ? ""
        : Guess(key, value) is { } guess ? $" Write: # notify: {guess}"
        : key == At && TwoLines(value) is { } lines ? lines
        : NearestKey(key) is { } near ? $" For example: # notify: {Example(near)}"
        : $" The settings are {string.Join(", ", Keys[..^1])} and {Keys[^1]}.";

    /// <summary>The right form of a line; null if there is no telling.</summary>
    private string? Guess(string key, string value)
    {
        // A character that nobody sees may be what is wrong.
        if (value.Length > MaxShownLength || $"{key}{value}".EnumerateRunes().Any(SafeText.IsHidden))
        {
            return null;
        }

        var near = NearestKey(key);
        foreach (
            var (guessedKey, guessedValue) in (ReadOnlySpan<(string?, string?)>)
                [
                    (near, value),
                    (near, near is null ? null : GuessValue(near, value)),
                    (
                        At,
                        near is null ? AtLine.Guess($"{key} {value}")
                        : near == Every && IsTimeOfDay(value) ? AtLine.Guess(value)
                        : null
                    ),
                ]
        )
        {
            if (guessedKey is not null && guessedValue is not null && IsRight(guessedKey, guessedValue))
            {
                return $"{guessedKey} {guessedValue}".TrimEnd();
            }
        }

        return null;
    }

    /// <summary>Whether a value of <c>every</c> may be a time: <c>weekday 9:00</c>, but not <c>1:30</c> or <c>1h, weekdays</c>.</summary>
    private static bool IsTimeOfDay(string value) =>
        value.Any(char.IsAsciiLetter) && !value.Split([' ', ',']).Any(word => Interval.TryParse(word) is not null);

    private static string? NearestKey(string key)
    {
        var plain = NearestName.Plain(key).TrimEnd(':', '=');
        return plain.Length is 0 or > 20 ? null
            : OtherKeys.TryGetValue(plain, out var known) ? known
            : Keys.FirstOrDefault(name => name == plain)
                ?? NearestName.Find(plain, Keys.Where(name => name.Length > At.Length));
    }

    private string? GuessValue(string key, string value) =>
        key switch
        {
            At => AtLine.Guess(value),
            Every => HeaderValues.GuessInterval(value),
            Retry => HeaderValues.GuessRetries(value),
            Timeout => HeaderValues.GuessTimeLimit(value),
            Memory => HeaderValues.GuessMemory(value),
            TimeZone => zones.Guess(value),
            _ => "",
        };

    private bool IsRight(string key, string value) =>
        key switch
        {
            At => AtLine.Read(value).Wrong is null,
            Every => HeaderValues.Interval(value).Wrong is null,
            Retry => HeaderValues.Retries(value).Wrong is null,
            Timeout => HeaderValues.TimeLimit(value).Wrong is null,
            Memory => HeaderValues.Memory(value).Wrong is null,
            TimeZone => zones.Read(value).Wrong is null,
            _ => value.Length == 0,
        };

    /// <summary>Whether a comment that resembles a setting is one. "# Notify: at the end, tell Bob" is not, nor "# notify at 3 failures".</summary>
    private bool IsMeant(string key, string value, bool hasColon)
    {
        var lower = AsciiText.Lower(key);
        if (!Keys.Contains(lower, StringComparer.Ordinal))
        {
            return false;
        }

        var hasNumber = value.Any(char.IsAsciiDigit);
        return IsRight(lower, value)
            || (hasNumber && (hasColon || value.Contains(':', StringComparison.Ordinal)))
            || ((hasNumber || hasColon) && Guess(lower, value) is not null);
    }

    private static string Example(string key) =>
        key switch
        {
            At => "at weekdays 09:00",
            Every => "every 15m",
            TimeZone => "timezone Europe/Prague",
            Retry => "retry 2",
            Timeout => "timeout 5m",
            Memory => "memory 2G",
            _ => key,
        };

    /// <summary>A comment whose first word may be <c>notify:</c>. Other signs than the colon are taken with it.</summary>
    [GeneratedRegex(
        @"^\s*(?<marks>#[#\s]*)(?<start>(?<word>[^\s#:;=.,\uFF1A\uFE55\u2236\uA789\uFF1B-]+)\s*(?<sign>[:;=.,\uFF1A\uFE55\u2236\uA789\uFF1B-]?))(?<rest>.*)\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex Setting();

    /// <summary>A comment after a value.</summary>
    [GeneratedRegex(@"(?<=\s|^)#.*\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Comment();

    /// <summary>A space of any kind, such as one that does not break.</summary>
    [GeneratedRegex(@"\s", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Space();
}
