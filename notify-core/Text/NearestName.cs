namespace Notify.Text;

/// <summary>Finds the name that a misspelt one probably means.</summary>
public static class NearestName
{
    /// <summary>Shortest part of a name that identifies it.</summary>
    private const int ShortestPart = 4;

    /// <summary>The nearest of the known names; null if none is similar. Letter case, spaces, dots, hyphens and underscores do not count.</summary>
    public static string? Find(string name, IEnumerable<string> known)
    {
        var plain = Plain(name);
        return known
            .Select(candidate => (Name: candidate, Plain: Plain(candidate)))
            .Select(near => (near.Name, near.Plain, Distance: Distance(plain, near.Plain)))
            .Where(near => near.Distance <= Slips(plain) || IsPart(plain, near.Plain))
            .OrderBy(near => near.Distance)
            .Select(near => near.Name)
            .FirstOrDefault();
    }

    /// <summary>A name as it is compared.</summary>
    public static string Plain(string name) =>
        string.Concat(
            name.Where(c => c is not ('_' or '-' or ' ' or '.'))
                .Select(c => char.IsAsciiLetterUpper(c) ? char.ToLowerInvariant(c) : c)
        );

    /// <summary>How many letters may differ. In a short word one is enough to make another word.</summary>
    private static int Slips(string name) => name.Length < 6 ? 1 : 2;

    private static bool IsPart(string name, string known) =>
        (name.Length >= ShortestPart && known.StartsWith(name, StringComparison.Ordinal))
        || (known.Length >= ShortestPart && name.StartsWith(known, StringComparison.Ordinal));

    /// <summary>Letters to add, remove, change or swap (optimal string alignment).</summary>
    internal static int Distance(string a, string b)
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
