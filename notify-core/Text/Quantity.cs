using System.Globalization;

namespace Notify.Text;

/// <summary>Amounts as people write them in settings: a whole number and a unit.</summary>
public static class Quantity
{
    /// <summary>Parses a span: <c>90s</c>, <c>15m</c>, <c>2h</c>, <c>7d</c>; null for other text.</summary>
    public static TimeSpan? TryParseSpan(string? text)
    {
        long unit = text is { Length: > 1 }
            ? text[^1] switch
            {
                's' => 1,
                'm' => 60,
                'h' => 3600,
                'd' => 86400,
                _ => 0,
            }
            : 0;
        return unit > 0 && TryParseNumber(text.AsSpan(0, text!.Length - 1), 5, out var number)
            ? TimeSpan.FromSeconds(number * unit)
            : null;
    }

    /// <summary>Parses an amount of memory in bytes: <c>512M</c>, <c>2G</c>, in units of 1,024; null for other text.</summary>
    public static long? TryParseBytes(string? text)
    {
        var shift = text is { Length: > 1 }
            ? text[^1] switch
            {
                'K' or 'k' => 10,
                'M' or 'm' => 20,
                'G' or 'g' => 30,
                'T' or 't' => 40,
                _ => 0,
            }
            : 0;
        return shift > 0 && TryParseNumber(text.AsSpan(0, text!.Length - 1), 6, out var number)
            ? number << shift
            : null;
    }

    /// <summary>Five digits of a span overflow no date, six of an amount no number.</summary>
    private static bool TryParseNumber(ReadOnlySpan<char> text, int maxDigits, out long number)
    {
        number = 0;
        return text.Length <= maxDigits
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
