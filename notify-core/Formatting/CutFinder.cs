using System.Globalization;

namespace Notify.Formatting;

/// <summary>Finds where a text may be cut, as <see cref="MessageSplitter"/> says; goes through it once, from its beginning to its end.</summary>
internal sealed class CutFinder(FormattedText source, int maxLength)
{
    private readonly string _text = source.Text;
    private readonly IReadOnlyList<TextEntity> _entities = source.Entities;

    // Where in the entities the first is that begins at or after the place up to which all is cut, and those before it that have not ended there: some few, as
    // nothing lies in its own kind.
    private readonly List<TextEntity> _around = [];
    private int _next;

    /// <summary>Whether leaving it out would cost more than emphasis.</summary>
    internal static bool IsStructural(EntityKind kind) => kind is EntityKind.TextLink or EntityKind.Pre;

    /// <summary>Passes over the entities that end before a position.</summary>
    internal void Forget(int before)
    {
        for (; _next < _entities.Count && _entities[_next].Offset < before; _next++)
        {
            _around.Add(_entities[_next]);
        }

        _around.RemoveAll(entity => entity.End <= before);
    }

    /// <summary>The entities that can reach into what is still to be cut and begin before a position, in their order.</summary>
    internal IEnumerable<TextEntity> Before(int position)
    {
        foreach (var entity in _around)
        {
            if (entity.Offset >= position)
            {
                yield break;
            }

            yield return entity;
        }

        for (var i = _next; i < _entities.Count && _entities[i].Offset < position; i++)
        {
            yield return _entities[i];
        }
    }

    /// <summary>How far a part may go: its length, and the last structural entity it has room for, where that counts.</summary>
    internal int Reach(int start, int end, int room, bool heedEntities)
    {
        var reach = (int)Math.Min(end, (long)start + room);
        if (!heedEntities)
        {
            return reach;
        }

        var structural = 0;
        foreach (var entity in Before(reach))
        {
            if (
                IsStructural(entity.Kind)
                && entity.End > start
                && ++structural > TelegramLimits.Entities
                && entity.Offset > start
            )
            {
                return entity.Offset;
            }
        }

        return reach;
    }

    /// <summary>Where to end the part that begins at <paramref name="start"/> and can't go beyond <paramref name="reach"/>. Always after the start.</summary>
    internal int Find(int start, int reach, int end, int room, bool tight)
    {
        var found = Walk(start, reach, end, heedLinks: true);
        if (found.Any < 0)
        {
            found = Walk(start, reach, end, heedLinks: false);
        }

        if (found.Any < 0)
        {
            // One character with more marks on it than a message has room for.
            return char.IsLowSurrogate(_text[reach]) && reach - 1 > start ? reach - 1 : reach;
        }

        var wanted = tight ? reach - (room / 10) : start + (room / 2);
        if (found.Paragraph >= wanted && found.Paragraph > start)
        {
            return found.Paragraph;
        }

        if (
            found.Line > start
            && (!tight || found.Line >= wanted || IsKeptWhole(found.Line))
            && LineFits(found.Line, end)
        )
        {
            return found.Line;
        }

        var word = Math.Max(found.Word, found.Line);
        if (word > start && WordFits(word, end))
        {
            return word;
        }

        return found.Address > Math.Max(start, word) && WordFits(found.Address, end) ? found.Address : found.Any;
    }

    private (int Any, int Address, int Word, int Line, int Paragraph) Walk(
        int start,
        int reach,
        int end,
        bool heedLinks
    )
    {
        int any = -1,
            address = -1,
            word = -1,
            line = -1,
            paragraph = -1;
        var entity = _next;
        var linkEnd = -1;
        var blockEnd = -1;
        foreach (var outer in _around)
        {
            if (outer.Kind == EntityKind.Pre)
            {
                blockEnd = Math.Max(blockEnd, outer.End);
            }
            else if (outer.Kind == EntityKind.TextLink && heedLinks)
            {
                linkEnd = Math.Max(linkEnd, outer.End);
            }
        }

        for (var i = start; i < reach; )
        {
            i += CharacterLength(i, reach);
            if (i > reach)
            {
                break;
            }

            var opensBlock = false;
            for (; entity < _entities.Count && _entities[entity].Offset <= i; entity++)
            {
                var next = _entities[entity];
                if (next.Kind == EntityKind.Pre)
                {
                    blockEnd = Math.Max(blockEnd, next.End);
                    opensBlock |= next.Offset == i;
                }
                else if (next.Kind == EntityKind.TextLink && heedLinks)
                {
                    // A link that begins just here may still be left to the next part.
                    if (next.Offset == i)
                    {
                        break;
                    }

                    linkEnd = Math.Max(linkEnd, next.End);
                }
            }

            if (i < linkEnd)
            {
                continue;
            }

            any = i;
            var before = _text[i - 1];
            if (before == '\n' || opensBlock || i == blockEnd || (i < end && _text[i] == '\n'))
            {
                // A code block has lines of its own, even where no line end stands before or after it.
                line = i;
                if (opensBlock || i == blockEnd || (i > blockEnd && i >= 2 && before == '\n' && _text[i - 2] == '\n'))
                {
                    paragraph = i;
                }
            }
            else if (char.IsWhiteSpace(before) || (i < end && char.IsWhiteSpace(_text[i])))
            {
                word = i;
            }
            else if (
                _text[i] == 'h'
                && (_text.AsSpan(i).StartsWith("https://") || _text.AsSpan(i).StartsWith("http://"))
            )
            {
                address = i;
            }
        }

        return (any, address, word, line, paragraph);
    }

    /// <summary>Length of what a reader takes for one character: with its marks, or an emoji sequence. Somewhat beyond <paramref name="reach"/> is all it looks at.</summary>
    private int CharacterLength(int i, int reach)
    {
        // Two ASCII characters never belong together but for CR LF, which a clean text doesn't have.
        return i + 1 < _text.Length && char.IsAscii(_text[i]) && char.IsAscii(_text[i + 1])
            ? 1
            : StringInfo.GetNextTextElementLength(_text.AsSpan(i..Math.Min(_text.Length, reach + 2)));
    }

    /// <summary>Whether the line that begins here, or after the line end here, has room in a part of its own.</summary>
    private bool LineFits(int from, int end)
    {
        while (from < end && _text[from] == '\n')
        {
            from++;
        }

        var limit = (int)Math.Min(end, (long)from + maxLength + 1);
        var found = _text.AsSpan(from..limit).IndexOf('\n');
        var lineEnd = found < 0 ? limit : from + found;
        foreach (var entity in Before(lineEnd))
        {
            if (entity.Kind == EntityKind.Pre && entity.End > from)
            {
                lineEnd = Math.Min(lineEnd, entity.Offset > from ? entity.Offset : entity.End);
            }
        }

        return lineEnd - from <= maxLength;
    }

    private bool WordFits(int from, int end)
    {
        while (from < end && char.IsWhiteSpace(_text[from]))
        {
            from++;
        }

        if (end - from <= maxLength)
        {
            return true;
        }

        foreach (var c in _text.AsSpan(from, maxLength + 1))
        {
            if (char.IsWhiteSpace(c))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the line that begins here is one of a code block or a table, which no reader can put together again.</summary>
    private bool IsKeptWhole(int lineStart)
    {
        // A line beyond the length of a part is not kept whole anyway.
        var line = _text.AsSpan(lineStart, Math.Min(_text.Length - lineStart, maxLength + 1));
        var lineEnd = line.IndexOf('\n');
        return (lineEnd < 0 ? line : line[..lineEnd]).Contains('|') || BlockAt(lineStart) is not null;
    }

    /// <summary>The code block at a position, or null.</summary>
    internal TextEntity? BlockAt(int position)
    {
        foreach (var entity in Before(position + 1))
        {
            if (entity.Kind == EntityKind.Pre && entity.End > position)
            {
                return entity;
            }
        }

        return null;
    }
}
