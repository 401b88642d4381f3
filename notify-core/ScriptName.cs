using System.Diagnostics.CodeAnalysis;
using System.Text;
using Notify.Text;

namespace Notify;

/// <summary>The file name of a script in <c>~/user/notifications</c>, with its <c>.py</c>.</summary>
/// <remarks>
/// One path segment of at most 255 bytes in UTF-8: no <c>/</c>, no control or formatting character, no lone surrogate, not
/// starting with <c>.</c> (hidden) or <c>-</c> (an option), ending in <c>.py</c> with something before it.
/// </remarks>
public sealed record ScriptName
{
    /// <summary>The rules of a script's file name, for messages.</summary>
    public const string Refusal =
        "That is not the name of a script: it ends in .py, has no '/' and no '.' or '-' at its start, and at most 255 bytes.";

    private const string Extension = ".py";

    private ScriptName(string value) => Value = value;

    /// <summary>The file name, such as <c>revenue_drop.py</c>.</summary>
    public string Value { get; }

    /// <summary>The file name without <c>.py</c>, for state files and people.</summary>
    public string Stem => Value[..^Extension.Length];

    /// <summary>Whether it names a helper, which scripts import and nothing runs: it begins with <c>_</c>, such as <c>_shop.py</c> and <c>__init__.py</c>.</summary>
    public bool IsHelper => Value[0] == '_';

    /// <summary>Parses <paramref name="text"/> as a script's file name.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ScriptName? name)
    {
        name = IsValid(text) ? new ScriptName(text) : null;
        return name is not null;
    }

    /// <summary>Parses what a person types: the file name, with or without <c>.py</c>, also behind a path that a shell completed.</summary>
    public static bool TryParseTyped(string text, [NotNullWhen(true)] out ScriptName? name)
    {
        var file = Path.GetFileName(text);
        return TryParse(file, out name) || TryParse(file + Extension, out name);
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
            if (rune == Rune.ReplacementChar || rune.Value == '/' || SafeText.IsHidden(rune))
            {
                return false;
            }

            bytes += rune.Utf8SequenceLength;
        }

        return bytes <= 255;
    }
}
