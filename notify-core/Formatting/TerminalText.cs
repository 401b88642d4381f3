using System.Text;
using Notify.Text;

namespace Notify.Formatting;

/// <summary>Shows a message on a terminal, as similar to the phone as possible.</summary>
/// <remarks>
/// Control characters never reach the terminal: an escape sequence in a script's output could move the cursor,
/// change the title or type text.
/// </remarks>
public static class TerminalText
{
    private const string QuoteBar = "\u2502 ";

    /// <summary>Writes the text with ANSI codes, or with signs only where <paramref name="colour"/> is off. Links are followed by their address unless it is what they show, quotes have a bar on the left. Lines end in <c>\n</c>; the last has none. No code crosses a line end, so callers can indent or frame lines.</summary>
    public static string Render(FormattedText text, bool colour)
    {
        var result = new StringBuilder(text.Text.Length + 64);
        var active = new List<TextEntity>();
        var next = 0;
        var lineStart = true;
        for (var i = 0; i < text.Text.Length; i++)
        {
            var changed = Close(text.Text, active, i, result, colour);
            for (; next < text.Entities.Count && text.Entities[next].Offset <= i; next++)
            {
                active.Add(text.Entities[next]);
                changed = true;
            }

            if (lineStart && active.Exists(e => e.Kind is EntityKind.Blockquote or EntityKind.ExpandableBlockquote))
            {
                result.Append(QuoteBar);
            }

            var wasLineStart = lineStart;
            lineStart = text.Text[i] == '\n';
            if (colour && (changed || (active.Count > 0 && (wasLineStart || lineStart))))
            {
                AppendStyle(lineStart ? [] : active, result);
            }

            i += AppendSafe(text.Text, i, result) - 1;
        }

        if (Close(text.Text, active, int.MaxValue, result, colour) && colour)
        {
            AppendStyle(active, result);
        }

        return result.ToString();
    }

    private static bool Close(string text, List<TextEntity> active, int position, StringBuilder result, bool colour)
    {
        var changed = false;
        for (var i = active.Count - 1; i >= 0; i--)
        {
            var entity = active[i];
            if (entity.End > position)
            {
                continue;
            }

            active.RemoveAt(i);
            changed = true;
            if (
                entity is { Kind: EntityKind.TextLink, Url: not null }
                && !text.AsSpan(entity.Offset, entity.Length)
                    .TrimEnd('/')
                    .SequenceEqual(entity.Url.AsSpan().TrimEnd('/'))
            )
            {
                if (colour)
                {
                    AppendStyle(active, result);
                }

                result.Append(" (").Append(SafeText.Line(entity.Url)).Append(')');
            }
        }

        return changed;
    }

    private static void AppendStyle(List<TextEntity> active, StringBuilder result)
    {
        result.Append("\u001B[0");
        foreach (var entity in active)
        {
            result.Append(
                entity.Kind switch
                {
                    EntityKind.Bold => ";1",
                    EntityKind.Italic => ";3",
                    EntityKind.Underline or EntityKind.TextLink => ";4",
                    EntityKind.Strikethrough => ";9",
                    EntityKind.Spoiler => ";7",
                    EntityKind.Code or EntityKind.Pre => ";2",
                    _ => "",
                }
            );
        }

        result.Append('m');
    }

    /// <summary>Writes the character at <paramref name="i"/> as <see cref="SafeText.Message"/> does.</summary>
    /// <returns>Its length in the source.</returns>
    private static int AppendSafe(string text, int i, StringBuilder result)
    {
        Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out var length);
        result.Append(SafeText.InMessage(rune) ?? rune.ToString());
        return length;
    }
}
