using System.Text;

namespace Notify.Testing;

/// <summary>A text of any size that is meant to cost its reader as much as can be: pieces of markup, repeated.</summary>
/// <param name="Runs">Each: what is repeated, and how often in proportion to the others; 0 for once. Runs of one weight can be openings and their closings.</param>
public sealed record HostileText(params IReadOnlyList<(string Unit, double Weight)> Runs)
{
    /// <summary>What the readers of markup and of JSON look for, what is dear to look at, and what breaks.</summary>
    public static IReadOnlyList<string> Pieces { get; } =
    [
        "*",
        "_",
        "__",
        "`",
        "```",
        "```a ",
        "[",
        "]",
        "(",
        ")",
        "](",
        "](t.me)",
        "](http://a.b/ccc)",
        "\\",
        "\\*",
        "~",
        "||",
        "|",
        ">",
        "**>",
        "\n>",
        "!",
        "![",
        "<a>",
        "</a>",
        "<a href=\"t.me\">",
        "<b>",
        "</b>",
        "<i>",
        "</i>",
        "<u>",
        "</u>",
        "<s>",
        "</s>",
        "<code>",
        "</code>",
        "<code class=\"language-x\">",
        "<pre>",
        "</pre>",
        "<blockquote>",
        "</blockquote>",
        "<blockquote expandable>",
        "<span class=\"tg-spoiler\">",
        "</span>",
        "</>",
        "<",
        "<a ",
        "<a href=",
        "<a href=\"",
        "\"",
        "'",
        "=",
        "&amp;",
        "&",
        "&#",
        "&#x41;",
        "&lt",
        "a",
        "x",
        " ",
        "\n",
        "\n\n",
        ".",
        "/",
        "@",
        ":",
        "%41",
        "t.me",
        "http://",
        "https://a.b/",
        "word ",
        "| 1 | 2 |\n",
        "é",
        "🟥",
        "👨‍👩‍👧‍👦",
        "\u0301",
        "\u200B",
        "\u00A0",
        "\uD83D",
        "\t",
        "\r",
        "\u202E",
        "{",
        "}",
        "[1,",
        "{\"a\":",
        "\"a\"",
        ",",
        "\\\"",
        "\\u",
        "\\ud83d",
        "NaN",
        "0",
        "\"notify\":true",
    ];

    /// <summary>Texts that are known to be hard for readers like ours.</summary>
    public static IReadOnlyList<HostileText> Known { get; } =
    [
        // A link whose address is its own text, around the same text as all the others.
        new(("<a>", 1), ("t.me/x", 1), ("</a>", 1)),
        new(("<a>", 0.1), ("a", 10), ("</a>", 0.1)),
        new(("<a>x", 1), ("</a>", 1)),
        new(("[", 1), ("t.me/x", 1), ("]", 1)),
        new(("[x", 1), ("]", 1)),
        new(
            (
                string.Concat(Enumerable.Repeat("<a>", 120))
                    + "t.me/"
                    + new string('x', 3900)
                    + string.Concat(Enumerable.Repeat("</a>", 120)),
                1
            )
        ),
        new(
            (
                string.Concat(Enumerable.Repeat("[", 120))
                    + "t.me/"
                    + new string('x', 3900)
                    + string.Concat(Enumerable.Repeat("]", 120)),
                1
            )
        ),
        // Many brackets before one address, which has to be looked for and looked at.
        new(("[", 1), ("](t.me)", 0)),
        new(("[a](", 1), (" ", 10), (")", 0)),
        new(("[a](   ", 1), (")", 0)),
        new(("[](", 1)),
        new(("[a](t.me) ", 1)),
        new(("[a](http://a.b/" + new string('c', 4000) + ")", 1)),
        new(("[a](http://a.b/" + string.Concat(Enumerable.Repeat("../", 1300)) + ")", 1)),
        new(("[a](http://é.b/" + string.Concat(Enumerable.Repeat("%C3", 1300)) + ")", 1)),
        // All deep in each other, and all after each other.
        new(("<b>", 1), ("x", 0), ("</b>", 1)),
        new(("<b><i><u><s>", 1), ("x", 0), ("</s></u></i></b>", 1)),
        new(("<blockquote>", 1), ("x", 0), ("</blockquote>", 1)),
        new(("<b>x", 1), ("<code>y</code>", 1), ("</b>", 1)),
        new(("<b>", 0), ("<i>\u200B</i>", 1), ("</b>", 0)),
        new(("<b>", 0), ("<code>\u200B</code>\n", 1), ("</b>", 0)),
        new(("*_~", 1), ("x", 0), ("~_*", 1)),
        new(("*a*_b_", 1)),
        new((">a\n", 1)),
        new(("**>a||\n\n", 1)),
        new(("||", 1)),
        new(("*a*`b`", 1)),
        new(("*`b`", 1), ("*", 0)),
        // Openings without an end, ends without an opening, markers in turns.
        new(("*", 1)),
        new(("_", 1)),
        new(("`", 1)),
        new(("``` ", 1)),
        new(("[", 1)),
        new(("<", 1)),
        new(("&", 1)),
        new(("\\", 1)),
        new(("</a>", 1)),
        new(("<a href=\"", 1)),
        new(("<a x=", 1)),
        new(("*_", 1)),
        new(("*_`[", 1)),
        new((" *a _b `c", 1)),
        new(("a_b*c", 1)),
        new(("_", 1), ("*", 1)),
        new(("_ ", 1), ("a", 0)),
        new(("&amp;", 1)),
        new(("&#x41;", 1)),
        new(("&#", 1)),
        // Nothing but one thing.
        new(("\n", 1)),
        new((" ", 1)),
        new(("a", 1)),
        new(("\u200B", 1)),
        new(("\u200B", 1), ("x", 0)),
        new(("\u200B\n", 1)),
        new(("\u0301", 1)),
        new(("👨‍👩‍👧‍👦", 1)),
        new(("👨‍", 1)),
        new(("\uD83D", 1)),
        new(("a\u030A", 1)),
        new(("\r", 1)),
        new(("| 1 | 2 |\n", 1)),
        new(("| 1 ", 1)),
        new(("https://a.b/", 1)),
        new(("https://a.b/ ", 1)),
        new(("http", 1)),
        // For readers of JSON.
        new(("[", 1), ("]", 1)),
        new(("{\"a\":", 1)),
        new(("[1,", 1)),
        new(("\",[", 1)),
        new(("[\"", 1)),
        new(("[\"{", 1)),
        new(("\\\"[", 1)),
        new(("{\"\\", 1)),
    ];

    /// <summary>The text in about so many bytes of UTF-8.</summary>
    public string Make(int bytes)
    {
        var times = bytes / Math.Max(1, Runs.Sum(run => run.Weight * Encoding.UTF8.GetByteCount(run.Unit)));
        var text = new StringBuilder(bytes);
        foreach (var (unit, weight) in Runs)
        {
            text.Insert(text.Length, unit, weight == 0 ? 1 : (int)(times * weight));
        }

        return text.ToString();
    }

    /// <inheritdoc />
    public override string ToString() =>
        string.Join(
            ", ",
            Runs.Select(run =>
                $"{run.Weight} x \"{string.Concat((run.Unit.Length > 40 ? run.Unit[..40] + "..." : run.Unit).Select(c => c is >= ' ' and < '\u007F' ? c.ToString() : $"\\u{(int)c:X4}"))}\""
            )
        );
}
