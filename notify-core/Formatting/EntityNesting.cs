using System.Runtime.InteropServices;

namespace Notify.Formatting;

/// <summary>
/// Brings entities from nested markup into the shape that the Bot API needs (https://core.telegram.org/bots/api#formatting-options): code and blocks hold nothing and
/// lie in nothing but quotes; links lie in no link; quotes lie in no quote; nothing lies in its own kind.
/// </summary>
internal static class EntityNesting
{
    /// <summary>
    /// Deepest nesting that counts; deeper markup formats nothing. It equals Telegram's number of entities in a message, so no message can
    /// show more.
    /// </summary>
    internal const int MaxDepth = TelegramLimits.Entities;

    /// <summary>
    /// Sorts the entities, drops misplaced ones, and interrupts bold and the like around code, as Telegram does. They must not cross, and
    /// nest at most <see cref="MaxDepth"/> deep.
    /// </summary>
    /// <param name="entities">
    /// The entities, changed here. A link's <see cref="TextEntity.Url"/> is the written address, or null if its text is the address. Addresses are checked
    /// from outer to inner, so a piece of text becomes at most one address, however many links surround it.
    /// </param>
    /// <param name="text">What they format.</param>
    /// <returns>The same list, or another.</returns>
    public static List<TextEntity> Settle(List<TextEntity> entities, string text)
    {
        Sort(entities);
        var code = new List<(int Offset, int End)>();
        var isInterrupted = false;
        var around = new List<TextEntity>();
        var kept = 0;
        for (var i = 0; i < entities.Count; i++)
        {
            var entity = entities[i];
            // The inner end before the outer.
            while (around.Count > 0 && around[^1].End <= entity.Offset)
            {
                around.RemoveAt(around.Count - 1);
            }

            if (!HasPlace(entity.Kind, around))
            {
                continue;
            }

            if (entity.Kind == EntityKind.TextLink)
            {
                if (LinkAddress.Check(entity.Url ?? text.AsSpan(entity.Offset, entity.Length)) is not { } url)
                {
                    continue;
                }

                entity = entity with { Url = url };
            }

            around.Add(entity);
            entities[kept++] = entity;
            if (IsCode(entity.Kind))
            {
                code.Add((entity.Offset, entity.End));
                isInterrupted |= around.Exists(static outer => IsStyle(outer.Kind));
            }
        }

        entities.RemoveRange(kept, entities.Count - kept);
        if (!isInterrupted)
        {
            return entities;
        }

        var result = new List<TextEntity>(entities.Count + code.Count);
        foreach (var entity in entities)
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

        Sort(result);
        return result;
    }

    /// <summary>By offset, the outer before the inner; of those with one range first the one that may hold the others, else as they were.</summary>
    private static void Sort(List<TextEntity> entities)
    {
        var isSorted = true;
        for (var i = 1; i < entities.Count && isSorted; i++)
        {
            isSorted = Key(entities[i - 1]) <= Key(entities[i]);
        }

        if (isSorted)
        {
            return;
        }

        var order = new (ulong Key, int Index)[entities.Count];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = (Key(entities[i]), i);
        }

        Array.Sort(order);
        var sorted = new TextEntity[order.Length];
        for (var i = 0; i < order.Length; i++)
        {
            sorted[i] = entities[order[i].Index];
        }

        sorted.CopyTo(CollectionsMarshal.AsSpan(entities));

        static ulong Key(TextEntity entity) =>
            ((ulong)(uint)entity.Offset << 33)
            | ((ulong)(uint)(int.MaxValue - entity.Length) << 2)
            | (
                IsQuote(entity.Kind) ? 0UL
                : IsStyle(entity.Kind) ? 2UL
                : 1UL
            );
    }

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

    private static void AddAround(TextEntity style, List<(int Offset, int End)> code, List<TextEntity> result)
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

    private static int FirstEndingAfter(List<(int Offset, int End)> code, int position)
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
        kind
            is EntityKind.Bold
                or EntityKind.Italic
                or EntityKind.Underline
                or EntityKind.Strikethrough
                or EntityKind.Spoiler;
}
