namespace Notify.Scripts;

/// <summary>A field of a script's result that the contract does not know.</summary>
/// <param name="Name">As the script wrote it, on one line and cut.</param>
/// <param name="Meant">The field that was probably meant; null where none is near, or that is there too.</param>
public sealed record UnknownField(string Name, string? Meant)
{
    /// <summary>A sentence for the script's author.</summary>
    public string Sentence =>
        Meant is null
            ? $"There is no field \"{Name}\"; it is passed over."
            : $"There is no field \"{Name}\"; did you mean \"{Meant}\"?";
}

/// <summary>The names of the fields of a script's result (docs/notifications.md).</summary>
internal static class ScriptFields
{
    internal const string Notify = "notify";
    internal const string Title = "title";
    internal const string Message = "message";
    internal const string ImagePath = "image_path";
    internal const string Cooldown = "cooldown";
    internal const string Data = "data";

    /// <summary>All of them.</summary>
    internal static IReadOnlyList<string> All { get; } = [Notify, Title, Message, ImagePath, Cooldown, Data];

    /// <summary>A longer name is no slip of a finger.</summary>
    internal const int LongestName = 40;

    /// <summary>A shorter part of a name says too little of the whole.</summary>
    private const int ShortestPart = 4;

    /// <summary>What other systems, or this one's send API, call a field.</summary>
    private static readonly Dictionary<string, string> OtherNames = new(StringComparer.Ordinal)
    {
        ["alert"] = Notify,
        ["send"] = Notify,
        ["subject"] = Title,
        ["header"] = Title,
        ["heading"] = Title,
        ["headline"] = Title,
        ["text"] = Message,
        ["body"] = Message,
        ["msg"] = Message,
        ["content"] = Message,
        ["caption"] = Message,
        ["description"] = Message,
        ["image"] = ImagePath,
        ["img"] = ImagePath,
        ["photo"] = ImagePath,
        ["photopath"] = ImagePath,
        ["picture"] = ImagePath,
        ["chart"] = ImagePath,
        ["chartpath"] = ImagePath,
        ["plot"] = ImagePath,
        ["interval"] = Cooldown,
        ["throttle"] = Cooldown,
        ["payload"] = Data,
        ["metadata"] = Data,
        ["extra"] = Data,
    };

    /// <summary>The field that somebody may have meant by a name that is none; null where none is near.</summary>
    internal static string? Nearest(string name)
    {
        if (name.Length > LongestName)
        {
            return null;
        }

        var plain = Plain(name);
        if (OtherNames.TryGetValue(plain, out var known) || OtherNames.TryGetValue(plain.TrimEnd('s'), out known))
        {
            return known;
        }

        return All.Select(field => (Field: field, Distance: Distance(plain, Plain(field))))
            .Where(near => near.Distance <= Slips(plain) || IsPart(plain, Plain(near.Field)))
            .OrderBy(near => near.Distance)
            .Select(near => near.Field)
            .FirstOrDefault();
    }

    /// <summary>How many letters may be wrong: in a short word one changes it into another.</summary>
    private static int Slips(string name) => name.Length < 6 ? 1 : 2;

    private static bool IsPart(string name, string field) =>
        (name.Length >= ShortestPart && field.StartsWith(name, StringComparison.Ordinal))
        || (field.Length >= ShortestPart && name.StartsWith(field, StringComparison.Ordinal));

    private static string Plain(string name) =>
        string.Concat(AsciiText.Lower(name).Where(c => c is not ('_' or '-' or ' ' or '.')));

    /// <summary>Letters to add, leave out, change, or swap with their neighbour (optimal string alignment).</summary>
    private static int Distance(string a, string b)
    {
        var (before, last, row) = (
            new int[b.Length + 1],
            Enumerable.Range(0, b.Length + 1).ToArray(),
            new int[b.Length + 1]
        );
        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                row[j] = Math.Min(Math.Min(last[j], row[j - 1]) + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }

            (before, last, row) = (last, row, before);
        }

        return last[b.Length];
    }
}
