namespace Notify.Formatting;

/// <summary>
/// Brings entities that were read from nested markup into the shape the Bot API asks for (https://core.telegram.org/bots/api#formatting-options): code and blocks hold nothing and
/// lie in nothing but quotes; links lie in no link; quotes lie in no quote; nothing lies in its own kind.
/// </summary>
internal static class EntityNesting
{
    /// <summary>Sorts the entities, drops those that have no place, and interrupts bold and the like around code, as Telegram does. They must nest or lie apart.</summary>
    public static TextEntity[] Settle(List<TextEntity> entities)
    {
        var sorted = Sort(entities);
        var kept = new List<TextEntity>(sorted.Length);
        var code = new List<TextEntity>();
        var around = new List<TextEntity>();
        foreach (var entity in sorted)
        {
            around.RemoveAll(outer => outer.End <= entity.Offset);
            if (!HasPlace(entity.Kind, around))
            {
                continue;
            }

            around.Add(entity);
            kept.Add(entity);
            if (IsCode(entity.Kind))
            {
                code.Add(entity);
            }
        }

        if (code.Count == 0)
        {
            return [.. kept];
        }

        var result = new List<TextEntity>(kept.Count + code.Count);
        foreach (var entity in kept)
        {
            if (IsStyle(entity.Kind))
            {
                AddAround(entity, code, result);
            }
            else
            {
                result.Add(entity);
            }
        }

        return Sort(result);
    }

    // By offset, the outer before the inner; of those with one range first the one that may hold the others.
    private static TextEntity[] Sort(List<TextEntity> entities) => [.. entities.OrderBy(e => e.Offset).ThenByDescending(e => e.Length).ThenBy(e => IsQuote(e.Kind) ? 0 : IsStyle(e.Kind) ? 2 : 1)];

    private static bool HasPlace(EntityKind kind, List<TextEntity> around)
    {
        var styleSeen = false;
        foreach (var outer in around)
        {
            if (outer.Kind == kind || IsCode(outer.Kind) || (IsQuote(outer.Kind) && IsQuote(kind)))
            {
                return false;
            }

            if (outer.Kind == EntityKind.TextLink && !IsStyle(kind))
            {
                return false;
            }

            // The style could not be interrupted here without crossing the quote.
            if (IsQuote(outer.Kind) && styleSeen && IsCode(kind))
            {
                return false;
            }

            styleSeen |= IsStyle(outer.Kind);
        }

        return true;
    }

    private static void AddAround(TextEntity style, List<TextEntity> code, List<TextEntity> result)
    {
        var from = style.Offset;
        for (var i = FirstEndingAfter(code, from); i < code.Count && code[i].Offset < style.End; i++)
        {
            if (code[i].Offset > from)
            {
                result.Add(style with { Offset = from, Length = code[i].Offset - from });
            }

            from = code[i].End;
        }

        if (from < style.End)
        {
            result.Add(style with { Offset = from, Length = style.End - from });
        }
    }

    private static int FirstEndingAfter(List<TextEntity> code, int position)
    {
        var low = 0;
        var high = code.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (code[middle].End > position)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    private static bool IsCode(EntityKind kind) => kind is EntityKind.Code or EntityKind.Pre;

    private static bool IsQuote(EntityKind kind) => kind is EntityKind.Blockquote or EntityKind.ExpandableBlockquote;

    private static bool IsStyle(EntityKind kind) =>
        kind is EntityKind.Bold or EntityKind.Italic or EntityKind.Underline or EntityKind.Strikethrough or EntityKind.Spoiler;
}
