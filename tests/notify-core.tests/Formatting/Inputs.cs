using FsCheck;
using FsCheck.Fluent;

namespace Notify.Tests.Formatting;

/// <summary>A text in which markers, emoji, line ends, links and broken characters are far more frequent than in any script's.</summary>
public sealed record Tangled(string Text)
{
    public override string ToString() =>
        $"\"{string.Concat(Text.Select(c => c is >= ' ' and < '\u007F' ? c.ToString() : $"\\u{(int)c:X4}"))}\"";
}

/// <summary>The same, some thousands of characters long, so that it has to be split at a small limit.</summary>
public sealed record LongTangled(string Text)
{
    public override string ToString() => new Tangled(Text).ToString();
}

/// <summary>A text that Telegram accepts and that holds none of the differences.</summary>
public sealed record WellFormed(string Text)
{
    public override string ToString() => new Tangled(Text).ToString();
}

public static class Inputs
{
    private static readonly string[] Emoji =
    [
        "🟥",
        "👨‍👩‍👧‍👦",
        "🇨🇿",
        "👍🏽",
        "❤️",
        "1️⃣",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "é",
        "a\u0301\u0323",
        "क्षि",
        "각",
        "✈",
    ];

    private static readonly string[] Broken =
    [
        "\uD83D",
        "\uDE00",
        "\0",
        "\u001B[31m",
        "\r",
        "\r\n",
        "\t",
        "\u2028",
        "\u202E",
        "\u200B",
        "\u00A0",
        "a\u030A",
        "\u0333",
        "\uFEFF",
        "\u0600",
        "\u3000",
        "\u007F",
        "\u0085",
    ];

    private static Gen<string> Piece { get; } =
        Gen.Frequency(
            (6, Gen.Elements("_", "*", "`", "[", "]", "(", ")", "```", "\\", "**", "__", "](")),
            (6, Gen.Elements("a", "word", "stg_orders", "2*3", "x1", "größe", "Ω", "42", "conv_rate", ".", "|", "-")),
            (5, Gen.Elements(" ", "\n", "\n\n", "  ", " \n ")),
            (3, Gen.Elements(Emoji)),
            (1, Gen.Elements(Broken)),
            (
                2,
                Gen.Elements(
                    "*bold*",
                    "_italic text_",
                    "`x = 1`",
                    "```\nrow 1 | a\n  row 2 | b\n```",
                    "```python\nx = 1\n```",
                    "```a b```",
                    "*two\nlines*"
                )
            ),
            (
                2,
                Gen.Elements(
                    "[link](https://example.com/)",
                    "[two words](https://example.com/a_b?x=1)",
                    "[bad](javascript:x)",
                    "[WARN]",
                    "https://example.com/a_b",
                    "[👍🏽](tg://resolve?domain=x)"
                )
            ),
            (
                1,
                Gen.Elements(
                    "<b>",
                    "</b>",
                    "<i>x</i>",
                    "&lt;",
                    "&",
                    "<",
                    "<a href=\"https://example.com/\">x</a>",
                    "<pre>",
                    "</pre>",
                    "<blockquote expandable>q\nq</blockquote>",
                    ">q\n",
                    "||s||",
                    "~s~"
                )
            )
        );

    private static Gen<string> WellFormedPiece { get; } =
        Gen.Elements(
            "word",
            "größe",
            "42 %",
            "🟥",
            "👨‍👩‍👧‍👦",
            "e\u0301",
            "*bold*",
            "*two\nlines*",
            "*👍🏽 up*",
            "_italic_",
            "_e\u0301_",
            "*a _ b*",
            "_a * b [_",
            "`x = 1`",
            "`* _ [`",
            "\\_",
            "\\*x\\*",
            "\\`",
            "\\[",
            "C:\\dir",
            "*a\\ b*",
            "```\nrow 1\n  row 2\n```",
            "```python\nx = 1\n```",
            "```row```",
            "``` * `_ ```",
            "[link](https://example.com/)",
            "[* two words](https://example.com/)",
            "[👍🏽](tg://resolve?domain=x)",
            "(x)",
            "] )"
        );

    private static Gen<string> LongPiece { get; } =
        Gen.Frequency(
            (20, Piece),
            (
                2,
                Gen.Elements("z", "🟥", "👨‍👩‍👧‍👦", "x ", "row | a\n", "\n", "é", "\u200B", " ")
                    .SelectMany(unit => Gen.Choose(1, 90).Select(n => string.Concat(Enumerable.Repeat(unit, n))))
            ),
            (
                1,
                Gen.Choose(1, 40)
                    .Select(n => "```\n" + string.Concat(Enumerable.Repeat("  12 | row of a table\n", n)) + "```")
            ),
            (
                1,
                Gen.Choose(1, 60)
                    .Select(n => "[" + string.Concat(Enumerable.Repeat("link text ", n)) + "](https://example.com/)")
            ),
            (1, Gen.Choose(1, 60).Select(n => "*" + string.Concat(Enumerable.Repeat("bold text ", n)) + "*"))
        );

    private static IEnumerable<string> Smaller(string text)
    {
        for (var chunk = text.Length / 2; chunk > 0; chunk /= 2)
        {
            for (var i = 0; i + chunk <= text.Length; i += chunk)
            {
                yield return text.Remove(i, chunk);
            }
        }
    }

    public static Arbitrary<Tangled> Tangled() =>
        Arb.From(
            Piece.ListOf().Select(pieces => new Tangled(string.Concat(pieces))),
            input => Smaller(input.Text).Select(text => new Tangled(text))
        );

    public static Arbitrary<WellFormed> WellFormed() =>
        Arb.From(
            Gen.Zip(WellFormedPiece, Gen.Elements(" ", "\n", "\n\n", ", "))
                .Select(pair => pair.Item1 + pair.Item2)
                .ListOf()
                .Select(pieces => new WellFormed(string.Concat(pieces)))
        );

    public static Arbitrary<LongTangled> LongTangled() =>
        Arb.From(
            LongPiece.ListOf().Select(pieces => new LongTangled(string.Concat(pieces))),
            input => Smaller(input.Text).Select(text => new LongTangled(text))
        );
}
