namespace Notify.Sandbox.Telegram.Text;

/// <summary>Telegram's corrections of given entities: which may overlap or nest, which are dropped, how the rest is cut and merged.</summary>
internal static class EntityRules
{
    /// <summary>Telegram keeps this many entities of the sender's making and drops the formatting of the rest.</summary>
    public const int MaxKept = 100;

    /// <summary>By offset, the longer first, then by kind.</summary>
    public static IReadOnlyList<MessageEntity> Sort(IEnumerable<MessageEntity> entities) =>
        [.. entities.OrderBy(e => e.Offset).ThenByDescending(e => e.Length).ThenBy(e => e.Type)];

    /// <summary>Makes a set of entities that nest properly: links, code and quotes do not overlap each other, letter styles are merged and cut at their borders.</summary>
    public static IReadOnlyList<MessageEntity> Fix(IEnumerable<MessageEntity> entities)
    {
        var sorted = Sort(entities);
        if (IsProper(sorted))
        {
            return sorted;
        }

        var quotes = WithoutOverlaps(sorted.Where(e => e.IsBlockquote));
        var continuous = WithoutOverlaps(sorted.Where(e => e.IsContinuous))
            .Where(e => !quotes.Exists(q => CutsInto(e, q)))
            .ToList();
        var blocks = Sort(continuous.Concat(quotes));
        return Sort(blocks.Concat(Styles(sorted.Where(e => e.IsSplittable), blocks)));
    }

    /// <summary>Adds entities that Telegram finds in the text itself (links, commands) where the sender's leave room for them.</summary>
    public static IReadOnlyList<MessageEntity> Merge(
        IReadOnlyList<MessageEntity> made,
        IReadOnlyList<MessageEntity> found
    )
    {
        if (found.Count == 0)
        {
            return made;
        }

        var inTheWay = made.Where(e => e.IsContinuous).ToList();
        var quotes = made.Where(e => e.IsBlockquote).ToList();
        var fitting = found.Where(f => !inTheWay.Exists(e => Overlap(e, f)) && !quotes.Exists(q => CutsInto(f, q)));
        return Fix(made.Concat(fitting));
    }

    /// <summary>The entities that survive Telegram's limit on their number: links, code and quotes first, then letter styles, in their order.</summary>
    public static IReadOnlyList<MessageEntity> KeepFirst(IReadOnlyList<MessageEntity> entities)
    {
        if (entities.Count <= MaxKept)
        {
            return entities;
        }

        var made = entities
            .Where(e => e.IsMadeBySender && e.Type != EntityType.CustomEmoji)
            .OrderBy(e => e.IsSplittable ? 1 : 0);
        var kept = made.Take(MaxKept).ToHashSet();
        return [.. entities.Where(e => !e.IsMadeBySender || e.Type == EntityType.CustomEmoji || kept.Contains(e))];
    }

    /// <summary>Whether entities, sorted, already nest as they must.</summary>
    private static bool IsProper(IReadOnlyList<MessageEntity> sorted)
    {
        var around = new Stack<MessageEntity>();
        var styleEnds = new Dictionary<EntityType, int>();
        foreach (var entity in sorted)
        {
            while (around.TryPeek(out var over) && entity.Offset >= over.End)
            {
                around.Pop();
            }

            if (
                around.TryPeek(out var parent)
                && (
                    entity.End > parent.End
                    || parent.IsCode
                    || around.Any(e => e.Type == entity.Type || (e.IsBlockquote && entity.IsBlockquote))
                    || (entity.IsCode && around.Any(e => !e.IsBlockquote))
                    || (!entity.IsSplittable && around.Any(e => e.IsContinuous))
                )
            )
            {
                return false;
            }

            if (entity.IsSplittable)
            {
                // Two of one style that touch are one.
                if (styleEnds.TryGetValue(entity.Type, out var end) && end == entity.Offset)
                {
                    return false;
                }

                styleEnds[entity.Type] = entity.End;
            }

            around.Push(entity);
        }

        return true;
    }

    private static List<MessageEntity> WithoutOverlaps(IEnumerable<MessageEntity> sorted)
    {
        var kept = new List<MessageEntity>();
        var end = 0;
        foreach (var entity in sorted)
        {
            if (entity.Offset < end)
            {
                continue;
            }

            kept.Add(entity);
            end = entity.End;
        }

        return kept;
    }

    /// <summary>Letter styles: stretches of one style that touch are joined, then cut wherever a block or another style's stretch begins or ends inside; none within code.</summary>
    private static IEnumerable<MessageEntity> Styles(
        IEnumerable<MessageEntity> styles,
        IReadOnlyList<MessageEntity> blocks
    )
    {
        var joined = styles.GroupBy(e => e.Type).SelectMany(Joined).ToList();
        foreach (var style in joined)
        {
            var cuts = new SortedSet<int> { style.Offset, style.End };
            foreach (var block in blocks)
            {
                if (block.Offset > style.Offset && block.Offset < style.End)
                {
                    cuts.Add(block.Offset);
                }

                if (block.End > style.Offset && block.End < style.End)
                {
                    cuts.Add(block.End);
                }
            }

            // A style that begins within another one cuts it, so both nest.
            foreach (var other in joined)
            {
                if (other.Offset > style.Offset && other.Offset < style.End)
                {
                    cuts.Add(other.Offset);
                }
            }

            var begin = style.Offset;
            foreach (var cut in cuts.Skip(1))
            {
                var piece = style with { Offset = begin, Length = cut - begin };
                begin = cut;
                if (!blocks.Any(b => b.IsCode && b.Offset <= piece.Offset && b.End >= piece.End))
                {
                    yield return piece;
                }
            }
        }
    }

    private static IEnumerable<MessageEntity> Joined(IEnumerable<MessageEntity> ofOneStyle)
    {
        MessageEntity? current = null;
        foreach (var entity in ofOneStyle.OrderBy(e => e.Offset))
        {
            if (current is not null && entity.Offset <= current.End)
            {
                current = current with { Length = Math.Max(current.End, entity.End) - current.Offset };
                continue;
            }

            if (current is not null)
            {
                yield return current;
            }

            current = entity;
        }

        if (current is not null)
        {
            yield return current;
        }
    }

    private static bool Overlap(MessageEntity a, MessageEntity b) => a.Offset < b.End && b.Offset < a.End;

    /// <summary>Overlaps a quote without lying within it.</summary>
    private static bool CutsInto(MessageEntity entity, MessageEntity quote) =>
        Overlap(entity, quote) && !(entity.Offset >= quote.Offset && entity.End <= quote.End);
}
