using System.Globalization;
using System.Text.Json;
using Notify.Formatting;
using Notify.Text;

namespace Notify.Scripts;

/// <summary>An object's members. Of repeated names the last counts, as in Python and JavaScript.</summary>
internal sealed class ScriptFieldReader(JsonElement root)
{
    /// <summary>Most named unknown fields.</summary>
    internal const int MaxNamed = 5;

    internal List<string> Warnings { get; } = [];

    internal JsonElement? Last(string name) => root.TryGetProperty(name, out var value) ? value : null;

    /// <summary>Unknown fields. A name that begins with <c>_</c> is the author's own remark.</summary>
    internal List<UnknownField> Unknown()
    {
        var unknown = root.EnumerateObject()
            .Select(member => member.Name)
            .Where(name => !ScriptFields.All.Contains(name, StringComparer.Ordinal) && !name.StartsWith('_'))
            .Select(name => new UnknownField(
                SafeText.Line(name, ScriptFields.MaxNameLength),
                ScriptFields.Nearest(name) is { } near && Last(near) is null ? near : null
            ))
            .Distinct()
            .ToList();
        Warnings.AddRange(unknown.Take(MaxNamed).Select(field => field.Sentence));
        if (unknown.Count > MaxNamed)
        {
            Warnings.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"There are {unknown.Count - MaxNamed} more unknown fields."
                )
            );
        }

        return unknown;
    }

    /// <summary>A text for people, without terminal codes; null if nothing of it is visible.</summary>
    internal string? Words(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        var words = TerminalCodes.Remove(text);
        if (!TelegramText.IsBlank(words))
        {
            return words;
        }

        Warnings.Add($"{name} holds no visible character; it is left out.");
        return null;
    }

    internal string? Text(string name)
    {
        if (Last(name) is not { ValueKind: not JsonValueKind.Null } field)
        {
            return null;
        }

        if (field.ValueKind == JsonValueKind.String)
        {
            return field.GetString() is { } text && !string.IsNullOrWhiteSpace(text) ? text : null;
        }

        Warnings.Add($"{name} must be text, but is {Describe(field)}; it is left out.");
        return null;
    }

    internal bool Flag(string name)
    {
        switch (Last(name)?.ValueKind)
        {
            case JsonValueKind.True:
                return true;
            case null or JsonValueKind.False or JsonValueKind.Null:
                return false;
            default:
                Warnings.Add($"{name} must be true or false, but is {Describe(Last(name))}; it is left out.");
                return false;
        }
    }

    /// <summary>A list of paths. What is no text, or too many, is left out.</summary>
    internal List<string> Paths(string name, int most)
    {
        var paths = new List<string>();
        if (Last(name) is not { ValueKind: not JsonValueKind.Null } field)
        {
            return paths;
        }

        // One path alone is a slip that says what it means.
        JsonElement[] items = field.ValueKind switch
        {
            JsonValueKind.Array => [.. field.EnumerateArray()],
            JsonValueKind.String => [field],
            _ => [],
        };
        if (field.ValueKind is not (JsonValueKind.Array or JsonValueKind.String))
        {
            Warnings.Add($"{name} must be a list of paths, but is {Describe(field)}; it is left out.");
        }

        foreach (var item in items)
        {
            if (item.ValueKind != JsonValueKind.String || string.IsNullOrWhiteSpace(item.GetString()))
            {
                Warnings.Add($"{name} holds {Describe(item)}, which is no path; it is left out.");
            }
            else
            {
                paths.Add(item.GetString()!);
            }
        }

        if (paths.Count > most)
        {
            Warnings.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name} holds {paths.Count} paths, and {most} are the limit; the others are left out."
                )
            );
            paths.RemoveRange(most, paths.Count - most);
        }

        return paths;
    }

    internal static string Describe(JsonElement? field) =>
        field is not { } value ? "missing" : SafeText.Line(value.GetRawText(), 60);
}
