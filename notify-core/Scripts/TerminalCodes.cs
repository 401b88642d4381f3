using System.Text;

namespace Notify.Scripts;

/// <summary>Removes terminal codes (ECMA-48), such as colours, which are noise on a phone.</summary>
internal static class TerminalCodes
{
    private const char Escape = '\u001B';
    private const char Bell = '\u0007';
    private const char ShortIntroducer = '\u009B';

    /// <summary>The text without codes; the same string if it has none.</summary>
    internal static string Remove(string text)
    {
        if (!text.AsSpan().ContainsAny(Escape, ShortIntroducer))
        {
            return text;
        }

        var kept = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; )
        {
            var length = LengthAt(text.AsSpan(i));
            if (length == 0)
            {
                kept.Append(text[i++]);
            }

            i += length;
        }

        return kept.ToString();
    }

    private static int LengthAt(ReadOnlySpan<char> text) =>
        text switch
        {
            [ShortIntroducer, ..] => 1 + Control(text[1..]),
            [Escape, '[', ..] => 2 + Control(text[2..]),
            [Escape, ']' or 'P' or 'X' or '^' or '_', ..] => 2 + Command(text[2..]),
            [Escape, '(' or ')' or '*' or '+' or '#' or '%', _, ..] => 3,
            [Escape, ..] => 1,
            _ => 0,
        };

    /// <summary>Length of the parameters and the final letter; 0 without an end.</summary>
    private static int Control(ReadOnlySpan<char> text)
    {
        var end = 0;
        while (end < text.Length && text[end] is >= ' ' and <= '?')
        {
            end++;
        }

        return end < text.Length && text[end] is >= '@' and <= '~' ? end + 1 : 0;
    }

    /// <summary>Length of a command such as a window title, up to BEL or ESC \ on the same line; 0 without an end.</summary>
    private static int Command(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAny(Bell, Escape, '\n');
        return end < 0
            ? 0
            : text[end..] switch
            {
                [Bell, ..] => end + 1,
                [Escape, '\\', ..] => end + 2,
                _ => 0,
            };
    }
}
