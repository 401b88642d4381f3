using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Notify;

/// <summary>The IANA name of a time zone, such as <c>Europe/Prague</c>. Its characters are safe in a path, a log line and a message; this machine may still not know the zone.</summary>
public sealed partial record TimeZoneName
{
    /// <summary>Longest name in characters. The longest of the time zone database has 32.</summary>
    public const int MaxLength = 64;

    private TimeZoneName(string value) => Value = value;

    /// <summary>The name.</summary>
    public string Value { get; }

    /// <summary>Parses a name: up to three words of ASCII letters, digits, <c>_</c>, <c>+</c> and <c>-</c>, with <c>/</c> between them.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out TimeZoneName? name)
    {
        name = text is { Length: <= MaxLength } && Shape().IsMatch(text) ? new TimeZoneName(text) : null;
        return name is not null;
    }

    /// <summary>The time zone; null if this machine's database lacks it or is unreadable.</summary>
    public TimeZoneInfo? Find()
    {
        try
        {
            return TimeZoneInfo.TryFindSystemTimeZoneById(Value, out var zone) ? zone : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <inheritdoc />
    public override string ToString() => Value;

    [GeneratedRegex(
        "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}\\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex Shape();
}
