using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace Notify.Tests.Tables;

/// <summary>A table of pieces whose width in a monospace font is known beforehand.</summary>
public sealed record Grid(IReadOnlyList<string> Columns, IReadOnlyList<object?[]> Rows)
{
    /// <summary>What the cells are made of, and how many columns each takes.</summary>
    internal static readonly IReadOnlyDictionary<string, int> Pieces = new Dictionary<string, int>(
        StringComparer.Ordinal
    )
    {
        ["a"] = 1,
        ["Ž"] = 1,
        ["|"] = 1,
        ["\""] = 1,
        [","] = 1,
        [";"] = 1,
        ["="] = 1,
        ["*"] = 1,
        ["_"] = 1,
        [" "] = 1,
        ["7"] = 1,
        ["e\u0301"] = 1,
        ["ﾊ"] = 1,
        ["ш"] = 1,
        ["漢"] = 2,
        ["テ"] = 2,
        ["각"] = 2,
        ["ｗ"] = 2,
        ["👩‍👩‍👧"] = 2,
        ["🟥"] = 2,
        ["👍🏽"] = 2,
        ["❤️"] = 2,
        ["🇨🇿"] = 2,
        ["✅"] = 2,
    };

    /// <summary>The JSON that a sender would write.</summary>
    internal JsonElement Json() =>
        JsonSerializer.SerializeToElement(new Dictionary<string, object> { ["columns"] = Columns, ["rows"] = Rows });

    /// <summary>A cell as text.</summary>
    internal static string Text(object? cell) =>
        cell switch
        {
            null => "",
            bool flag => flag ? "true" : "false",
            string text => text,
            _ => JsonSerializer.Serialize(cell),
        };

    public override string ToString() => Json().GetRawText();
}

public static class Grids
{
    private static readonly string[] Words =
    [
        "NaN",
        "-inf",
        "2026-01-30",
        "2026-01-30T07:15:00Z",
        "-1,234.50",
        "12 %",
        "1e-7",
        "line\nbreak",
        "tab\tstop",
        "cr\r\nlf",
        "=SUM(A1:A9)",
        "https://example.com/a/very/long/address/that/does/not/fit?into=a&line=of",
        "",
    ];

    public static Arbitrary<Grid> Grid()
    {
        var piece = Gen.Elements(Tables.Grid.Pieces.Keys.ToArray());
        var text = Gen.Choose(0, 12).SelectMany(count => piece.ListOf(count)).Select(string.Concat);
        var cell = Gen.Frequency(
            (4, text.Select(value => (object?)value)),
            (2, Gen.Elements(Words).Select(value => (object?)value)),
            (3, Gen.Choose(-1_000_000, 1_000_000).Select(value => (object?)(value / 100m))),
            (1, Gen.Elements<object?>(null, true, false, 1e300, long.MinValue, 0.1 + 0.2))
        );
        var tables =
            from width in Gen.Frequency((6, Gen.Choose(1, 4)), (2, Gen.Choose(5, 12)), (1, Gen.Choose(13, 60)))
            from height in Gen.Frequency((1, Gen.Constant(0)), (6, Gen.Choose(1, 30)), (2, Gen.Choose(31, 160)))
            from columns in text.ArrayOf(width)
            from rows in cell.ArrayOf(width).ArrayOf(height)
            select new Grid(columns, rows);
        return tables.ToArbitrary();
    }
}
