using System.Globalization;

namespace Notify.Web.Page;

/// <summary>Some of the scripts, by how they are.</summary>
internal enum ScriptsOnly
{
    /// <summary>All of them.</summary>
    All,

    /// <summary>Those that fail.</summary>
    Failing,

    /// <summary>Those that are muted.</summary>
    Muted,
}

/// <summary>Which scripts the page shows, as its address says. Nobody can break a page with a wrong one.</summary>
/// <param name="Words">A part of the name; null for any.</param>
/// <param name="Only">Which of them.</param>
/// <param name="Number">The page of the list, from 1.</param>
internal sealed record ScriptsFilter(string? Words = null, ScriptsOnly Only = ScriptsOnly.All, int Number = 1)
{
    /// <summary>Most characters of a search.</summary>
    public const int MaxWords = 200;

    /// <summary>Scripts on a page of the list.</summary>
    public const int PageSize = 50;

    /// <summary>Whether not all are wanted.</summary>
    public bool IsFiltered => Words is not null || Only != ScriptsOnly.All;

    /// <summary>The word of <see cref="Only"/> in an address; null for all.</summary>
    public string? OnlyWord =>
        Only switch
        {
            ScriptsOnly.Failing => "failing",
            ScriptsOnly.Muted => "muted",
            _ => null,
        };

    /// <summary>Reads it from an address.</summary>
    public static ScriptsFilter Of(IQueryCollection query)
    {
        ArgumentNullException.ThrowIfNull(query);
        var words = string.Concat(query["q"].ToString().Where(c => !char.IsControl(c) && !char.IsSurrogate(c))).Trim();
        return new ScriptsFilter(
            words.Length == 0 ? null : words[..Math.Min(MaxWords, words.Length)],
            query["only"].ToString() switch
            {
                "failing" => ScriptsOnly.Failing,
                "muted" => ScriptsOnly.Muted,
                _ => ScriptsOnly.All,
            },
            int.TryParse(query["page"], NumberStyles.None, CultureInfo.InvariantCulture, out var page) && page > 1
                ? page
                : 1
        );
    }

    /// <summary>Whether a script is one of them, by its name and how it is.</summary>
    public bool Takes(ScriptView script) => HasWords(script) && IsOfKind(script);

    /// <summary>Whether its name has the words.</summary>
    public bool HasWords(ScriptView script) =>
        Words is null || script.Name.Contains(Words, StringComparison.OrdinalIgnoreCase);

    private bool IsOfKind(ScriptView script) =>
        Only switch
        {
            ScriptsOnly.Failing => script.IsFailing,
            ScriptsOnly.Muted => script.MutedUntil is not null,
            _ => true,
        };

    /// <summary>The address of the page with this filter.</summary>
    public string Address() => "~/scripts" + Query();

    /// <summary>The query of that address, with its question mark; empty for none.</summary>
    public string Query()
    {
        var fields = new QueryString();
        fields = Words is null ? fields : fields.Add("q", Words);
        fields = OnlyWord is null ? fields : fields.Add("only", OnlyWord);
        fields = Number == 1 ? fields : fields.Add("page", Number.ToString(CultureInfo.InvariantCulture));
        return fields.ToUriComponent();
    }
}
