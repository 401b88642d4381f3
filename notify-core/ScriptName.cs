using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Notify;

/// <summary>The file name of a script in <c>~/user/notifications</c>, with its <c>.py</c>.</summary>
/// <remarks>
/// One path segment of at most 255 bytes in UTF-8: no <c>/</c>, no control or formatting character, no lone surrogate, not
/// starting with <c>.</c> (hidden) or <c>-</c> (an option), ending in <c>.py</c> with something before it (specification, sections 9 and 11).
/// </remarks>
public sealed record ScriptName
{
    /// <summary>What is said of a text that is none, to whoever gave it.</summary>
    public const string Refusal =
        "That is not the name of a script: it ends in .py, has no '/' and no '.' or '-' at its start, and at most 255 bytes.";

    private const string Extension = ".py";

    private ScriptName(string value) => Value = value;

    /// <summary>The file name, such as <c>revenue_drop.py</c>.</summary>
    public string Value { get; }

    /// <summary>The file name without <c>.py</c>: what state files are named after and what people see.</summary>
    public string Stem => Value[..^Extension.Length];

    /// <summary>Whether it is the name of a helper, which scripts import and nothing runs: it begins with <c>_</c>, as <c>_shop.py</c> and <c>__init__.py</c> do.</summary>
    public bool IsHelper => Value[0] == '_';

    /// <summary>Takes <paramref name="text"/> as a script's file name if it obeys the rules.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ScriptName? name)
    {
        name = IsValid(text) ? new ScriptName(text) : null;
        return name is not null;
    }

    /// <inheritdoc />
    public override string ToString() => Value;

    private static bool IsValid([NotNullWhen(true)] string? text)
    {
        if (
            text is null
            || text.Length <= Extension.Length
            || text[0] is '.' or '-'
            || !text.EndsWith(Extension, StringComparison.Ordinal)
        )
        {
            return false;
        }

        var bytes = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar || rune.Value == '/' || UnseenCharacters.Include(rune))
            {
                return false;
            }

            bytes += rune.Utf8SequenceLength;
        }

        return bytes <= 255;
    }
}
