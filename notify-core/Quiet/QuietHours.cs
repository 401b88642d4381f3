using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;
using Notify.Posix;

namespace Notify.Quiet;

/// <summary>A user's quiet hours: a window of each day, the weekends, or both. Times are on the user's local clock.</summary>
public sealed partial record QuietHours
{
    /// <summary>The form that people type, for sentences.</summary>
    public const string Form = "22:00-07:00, or weekends, or both: 22:00-07:00, weekends";

    private const string Off = "off";
    private const string WeekendsWord = "weekends";

    /// <summary>Most pieces that join: a window, a weekend and a window, with room for gaps that a change of clocks closes.</summary>
    private const int MaxJoined = 16;

    /// <summary>Longest text whose meaning is guessed. The time of it grows with the square of the length.</summary>
    private const int MaxGuessed = 100;

    private QuietHours(TimeSpan? start, TimeSpan? end, bool weekends) =>
        (Start, End, HasWeekends) = (start, end, weekends);

    /// <summary>The time of day when the window begins; null without a window.</summary>
    public TimeSpan? Start { get; }

    /// <summary>The time of day when the window ends; on the next day if it is not after <see cref="Start"/>.</summary>
    public TimeSpan? End { get; }

    /// <summary>Whether it is quiet from Saturday 00:00 to Monday 00:00.</summary>
    public bool HasWeekends { get; }

    /// <summary>Reads <c>22:00-07:00</c>, <c>weekends</c>, both in any order with a comma or a blank between them, or <c>off</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="hours">The quiet hours; null for <c>off</c>.</param>
    /// <param name="problem">Why it can't be read, with the right form.</param>
    public static bool TryRead(string text, out QuietHours? hours, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        hours = null;
        var words = text.ToLowerInvariant().Split([',', ' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries);
        if (words is [Off])
        {
            problem = null;
            return true;
        }

        (TimeSpan Start, TimeSpan End)? window = null;
        var weekends = false;
        foreach (var word in words)
        {
            if (word == WeekendsWord && !weekends)
            {
                weekends = true;
            }
            else if (window is null && Window().Match(word) is { Success: true } match)
            {
                window = (Time(match.Groups["start"]), Time(match.Groups["end"]));
            }
            else
            {
                problem = Problem(text.Trim());
                return false;
            }
        }

        if (window is var (start, end) && start == end)
        {
            problem = $"Quiet hours need two different times, such as 22:00-07:00. /mute stops everything.";
            return false;
        }

        if (window is null && !weekends)
        {
            problem = Problem("");
            return false;
        }

        hours = new QuietHours(window?.Start, window?.End, weekends);
        problem = null;
        return true;
    }

    /// <summary>The end of the quiet time that contains a moment; null if it is not quiet then. Adjoining pieces join.</summary>
    /// <remarks>
    /// A piece begins and ends when the clock first shows or passes its time, as in <see cref="LocalClock.FirstMoment"/>. So an hour that the clock
    /// repeats is quiet once, and a time that it skips comes at the jump.
    /// </remarks>
    public DateTimeOffset? EndAfter(DateTimeOffset moment, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        var end = moment;
        for (var joined = 0; joined < MaxJoined && PieceEnd(end, zone) is { } later; joined++)
        {
            end = later;
        }

        return end > moment ? end.ToUniversalTime() : null;
    }

    /// <summary>As people type it: <c>22:00-07:00, weekends</c>.</summary>
    public override string ToString() =>
        (Start, End) is ({ } start, { } end)
            ? $"{Clock(start)}-{Clock(end)}{(HasWeekends ? ", " + WeekendsWord : "")}"
            : WeekendsWord;

    /// <summary>The end of the one piece that contains a moment and ends last; null if there is none.</summary>
    private DateTimeOffset? PieceEnd(DateTimeOffset moment, TimeZoneInfo zone)
    {
        var today = LocalClock.Shown(moment, zone.GetUtcOffset);
        today -= today.TimeOfDay;
        DateTimeOffset? last = null;
        if ((Start, End) is ({ } start, { } end))
        {
            // Two days back, because a clock that is set back can show yesterday once more.
            for (var day = -2; day <= 1; day++)
            {
                var from = today.AddDays(day);
                last = Later(last, from + start, (end > start ? from : from.AddDays(1)) + end, moment, zone);
            }
        }

        if (HasWeekends)
        {
            var saturday = today.AddDays(-(((int)today.DayOfWeek + 1) % 7));
            for (var week = -1; week <= 1; week++)
            {
                var from = saturday.AddDays(7 * week);
                last = Later(last, from, from.AddDays(2), moment, zone);
            }
        }

        return last;
    }

    private static DateTimeOffset? Later(
        DateTimeOffset? last,
        DateTimeOffset from,
        DateTimeOffset to,
        DateTimeOffset moment,
        TimeZoneInfo zone
    )
    {
        var end = LocalClock.FirstMoment(to, zone.GetUtcOffset);
        return end > moment && LocalClock.FirstMoment(from, zone.GetUtcOffset) <= moment && !(last >= end) ? end : last;
    }

    private static string Problem(string text) =>
        Guess(text) is { } guess ? $"Write quiet hours as {guess}." : $"Write quiet hours as {Form}. {Off} ends them.";

    /// <summary>What a window in another notation means, such as <c>10pm - 7</c>; null for other text.</summary>
    private static string? Guess(string text)
    {
        if (
            text.Length > MaxGuessed
            || Loose().Match(text) is not { Success: true } match
            || Loosely(match, "from") is not { } start
            || Loosely(match, "to") is not { } end
            || start == end
        )
        {
            return null;
        }

        return $"{Clock(start)}-{Clock(end)}{(match.Groups["rest"].Length > 0 ? ", " + WeekendsWord : "")}";
    }

    private static TimeSpan? Loosely(Match match, string name)
    {
        var hour = int.Parse(match.Groups[name].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
        var minute = match.Groups[name + "m"] is { Success: true } found
            ? int.Parse(found.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)
            : 0;
        hour = match.Groups[name + "h"].Value.ToLowerInvariant() switch
        {
            "am" when hour == 12 => 0,
            "pm" when hour < 12 => hour + 12,
            _ when hour == 24 && minute == 0 => 0,
            _ => hour,
        };
        return hour < 24 && minute < 60 ? new TimeSpan(hour, minute, 0) : null;
    }

    private static TimeSpan Time(System.Text.RegularExpressions.Group group) =>
        TimeSpan.ParseExact(group.ValueSpan, @"hh\:mm", CultureInfo.InvariantCulture);

    private static string Clock(TimeSpan time) => time.ToString(@"hh\:mm", CultureInfo.InvariantCulture);

    private const RegexOptions Options =
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    [GeneratedRegex(
        @"^(?<start>([01][0-9]|2[0-3]):[0-5][0-9])-(?<end>([01][0-9]|2[0-3]):[0-5][0-9])\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex Window();

    [GeneratedRegex(
        @"^(?<from>[0-9]{1,2})([:.h]?(?<fromm>[0-9]{2}))?h?\s*(?<fromh>[ap]m)?\s*(-|\u2013|\u2014|to|until|till|bis)\s*(?<to>[0-9]{1,2})([:.h]?(?<tom>[0-9]{2}))?h?\s*(?<toh>[ap]m)?(?<rest>[\s,;+&]*(and\s*)?weekends?)?\z",
        Options,
        1000
    )]
    private static partial Regex Loose();
}
