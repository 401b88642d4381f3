using Notify.Text;

namespace Notify.Schedules;

/// <summary>The names of time zones that this system knows, with old ones and their successors. Reads the time zone database when a name needs it.</summary>
public sealed class ZoneNames
{
    private readonly string _folder;
    private readonly Func<TimeZoneName, bool> _isKnown;
    private readonly Lazy<IReadOnlyList<string>> _current;
    private readonly Lazy<IReadOnlyDictionary<string, string>> _links;

    /// <summary>This system's.</summary>
    public ZoneNames()
        : this("/usr/share/zoneinfo", name => name.Find() is not null) { }

    internal ZoneNames(string folder, Func<TimeZoneName, bool> isKnown)
    {
        _folder = folder;
        _isKnown = isKnown;
        _current = new(() => [.. Lines("zone.tab", '\t', "").Where(line => line.Length > 2).Select(line => line[2])]);
        _links = new(() =>
            Lines("tzdata.zi", ' ', "L ")
                .Where(line => line.Length == 3)
                .ToDictionary(line => line[2], line => line[1], StringComparer.Ordinal)
        );
    }

    /// <summary>A zone that a person typed. An old name means its successor.</summary>
    /// <param name="text">The name.</param>
    /// <param name="sentence">Why there is none, or that the name is old; null if there is nothing to say.</param>
    /// <returns>The zone; null if this system does not know it.</returns>
    public TimeZoneName? Choose(string text, out string? sentence)
    {
        ArgumentNullException.ThrowIfNull(text);
        var read = Read(text);
        if (read.Value is null)
        {
            sentence = $"{read.Wrong}{(Guess(text) is { } guess ? $" Did you mean {guess}?" : "")}";
            return null;
        }

        if (Successor(text) is { } newer && Read(newer).Value is { } current)
        {
            sentence = $"{text} is an old name of {newer}.";
            return current;
        }

        sentence = null;
        return read.Value;
    }

    /// <summary>A zone by its name.</summary>
    internal ParsedValue<TimeZoneName> Read(string text) =>
        TimeZoneName.TryParse(text, out var name) && _isKnown(name)
            ? ParsedValue<TimeZoneName>.Of(name, text)
            : ParsedValue<TimeZoneName>.Not(
                $"This system knows no time zone {SafeText.Quoted(text)}.{(Guess(text) is null ? " Write an IANA name: area and city." : "")}"
            );

    /// <summary>The name that replaces an old one; null if it is current.</summary>
    internal string? Successor(string name) =>
        name is not ("UTC" or "GMT")
        && !name.StartsWith("Etc/", StringComparison.Ordinal)
        && !_current.Value.Contains(name, StringComparer.Ordinal)
            ? _links.Value.GetValueOrDefault(name)
            : null;

    /// <summary>The current name that an unknown one probably means; null if none is similar. The city alone is enough.</summary>
    internal string? Guess(string text)
    {
        var plain = NearestName.Plain(text);
        var near =
            _links.Value.Keys.Concat(_current.Value).FirstOrDefault(name => NearestName.Plain(name) == plain)
            ?? _current.Value.FirstOrDefault(name => NearestName.Plain(name[(name.LastIndexOf('/') + 1)..]) == plain)
            ?? (IsOffset(text) ? null : NearestName.Find(text, _current.Value.Concat(_links.Value.Keys)));
        return near is null ? null : Successor(near) ?? near;
    }

    /// <summary>Whether a text is like <c>MEZ</c> or <c>UTC+2</c>: many places have this offset.</summary>
    internal static bool IsOffset(string text) =>
        text.AsSpan().IndexOfAny('+', ':') >= 0 || (text.Length is 3 or 4 && text.All(char.IsAsciiLetterUpper));

    /// <summary>The fields of a file's lines; none if it can't be read. Then old names are taken without a word.</summary>
    private IEnumerable<string[]> Lines(string file, char separator, string start)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(Path.Combine(_folder, file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }

        return lines
            .Where(line => !line.StartsWith('#') && line.StartsWith(start, StringComparison.Ordinal))
            .Select(line => line.Split(separator));
    }
}
