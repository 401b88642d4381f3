using System.Globalization;
using System.Text.RegularExpressions;
using Notify.Text;

namespace Notify.Schedules;

/// <summary>The values of <c>every</c>, <c>retry</c>, <c>timeout</c> and <c>memory</c>: read strictly, and guessed for a hint.</summary>
internal static partial class HeaderValues
{
    private const int MaxRetries = 10;
    private const long Mebibyte = 1 << 20;
    private const long MaxMemory = 1024 * 1024 * Mebibyte;
    private const long MinMemory = 16 * Mebibyte;

    /// <summary>Words beside the numbers and units of a span that change nothing.</summary>
    private static readonly string[] FillWords = ["", "a", "an", "and", "each", "every", "max", "once", "the"];

    private static readonly TimeSpan MinInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MaxInterval = TimeSpan.FromDays(30);
    private static readonly TimeSpan MinLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxLimit = TimeSpan.FromHours(24);

    internal static ParsedValue<Interval> Interval(string value) =>
        Schedules.Interval.TryParse(value) is { } interval
        && interval.Length >= MinInterval
        && interval.Length <= MaxInterval
            ? ParsedValue<Interval>.Of(interval, value)
            : ParsedValue<Interval>.Not("every takes a number and m, h or d, from 1m to 30d.");

    internal static ParsedValue<int?> Retries(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= MaxRetries
            ? ParsedValue<int?>.Of(count, value)
            : ParsedValue<int?>.Not("retry takes a number from 0 to 10.");

    internal static ParsedValue<TimeSpan?> TimeLimit(string value) =>
        Quantity.TryParseSpan(value) is { } limit && limit >= MinLimit && limit <= MaxLimit
            ? ParsedValue<TimeSpan?>.Of(limit, value)
            : ParsedValue<TimeSpan?>.Not("timeout takes a whole number and s, m or h, from 1s to 24h.");

    internal static ParsedValue<long?> Memory(string value) =>
        Quantity.TryParseBytes(value) is { } bytes and >= MinMemory and <= MaxMemory
            ? ParsedValue<long?>.Of(bytes, value)
            : ParsedValue<long?>.Not("memory takes a whole number and K, M or G, from 16M to 1024G.");

    /// <summary>The interval that <c>15 min</c>, <c>15</c>, <c>2 hours</c>, <c>day</c> or <c>1h30m</c> probably means, within the range.</summary>
    internal static string? GuessInterval(string value) => Guess(value, 'm', MinInterval, MaxInterval, "dhm");

    /// <summary>The same for a time limit; a bare number is seconds.</summary>
    internal static string? GuessTimeLimit(string value) => Guess(value, 's', MinLimit, MaxLimit, "hms");

    internal static string? GuessRetries(string value) =>
        CountLike().Match(value) is { Success: true } match
            ? Math.Min(Number(match), MaxRetries).ToString(CultureInfo.InvariantCulture)
            : null;

    internal static string? GuessMemory(string value)
    {
        var match = SizeLike().Match(value);
        if (!match.Success)
        {
            return null;
        }

        var unit = match.Groups["unit"] is { Length: > 0 } found ? char.ToUpperInvariant(found.ValueSpan[0]) : 'M';
        var bytes = Math.Clamp(Bytes(Number(match), unit) ?? MaxMemory, MinMemory, MaxMemory);
        var mebibytes = bytes / Mebibyte;
        return mebibytes % 1024 == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{mebibytes / 1024}G")
            : string.Create(CultureInfo.InvariantCulture, $"{mebibytes}M");
    }

    private static string? Guess(string value, char unit, TimeSpan min, TimeSpan max, string units)
    {
        var (sum, lower) = (TimeSpan.Zero, AsciiText.Lower(value));
        if (Spans().Replace(lower, " ").Split([' ', ',', '.']).Except(FillWords, StringComparer.Ordinal).Any())
        {
            return null;
        }

        var matches = Spans().Matches(lower);
        if (matches is [.., { } before, var end] && !end.Groups["unit"].Success && !before.Groups["number"].Success)
        {
            // "hour 30" is no span.
            return null;
        }

        foreach (var match in matches.Cast<Match>())
        {
            var number = match.Groups["number"].Success ? Number(match) : 1;
            var word = match.Groups["unit"] is { Length: > 0 } found ? found.Value : unit.ToString();
            sum = sum + Span(number, word) is { } next && next <= max ? next : max;
        }

        if (sum == TimeSpan.Zero)
        {
            return null;
        }

        sum = sum < min ? min : sum;
        foreach (var letter in units)
        {
            if (Span(1, letter.ToString()) is { } one && sum.Ticks % one.Ticks == 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{sum.Ticks / one.Ticks}{letter}");
            }
        }

        return null;
    }

    private static double Number(Match match) => Number(match.Groups["number"].Value);

    private static double Number(string text) =>
        double.Parse(text.Replace(',', '.'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);

    private static TimeSpan? Span(double number, string unit)
    {
        var seconds =
            number
            * unit[0] switch
            {
                's' => 1,
                'm' => 60,
                'h' => 3600,
                'd' => 86400,
                _ => 7 * 86400,
            };
        return seconds <= 366 * 86400.0 ? TimeSpan.FromSeconds(seconds) : null;
    }

    private static long? Bytes(double number, char unit)
    {
        var bytes =
            number
            * unit switch
            {
                'K' => 1024.0,
                'M' => Mebibyte,
                'G' => 1024.0 * Mebibyte,
                _ => 1024.0 * 1024 * Mebibyte,
            };
        return bytes <= MaxMemory ? (long)bytes : null;
    }

    [GeneratedRegex(@"^(?<number>\d{1,12}([.,]\d{1,6})?)\s*(?<unit>[KMGTkmgt])?(i?[Bb])?\z", Options, 1000)]
    private static partial Regex SizeLike();

    [GeneratedRegex(
        @"(?<number>\d{1,6}([.,]\d{1,6})?)?\s*(?<![a-z])(?<unit>s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)(?![a-z])|(?<number>\d{1,6}([.,]\d{1,6})?)\s*\z",
        Options,
        1000
    )]
    private static partial Regex Spans();

    [GeneratedRegex(@"^[A-Za-z :=]*(?<number>\d{1,9})[A-Za-z ]*\z", Options, 1000)]
    private static partial Regex CountLike();

    private const RegexOptions Options = RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;
}
