using System.Globalization;

namespace Notify.Formatting;

/// <summary>Finds the places to cut a text by the rules of <see cref="MessageSplitter"/>, in one pass.</summary>
internal sealed class CutFinder(FormattedText source, int maxLength)
{
    private readonly string _text = source.Text;
    private readonly IReadOnlyList<TextEntity> _entities = source.Entities;

    // The first entity at or after the end of the finished parts, and earlier ones that reach beyond it: only a few, because
    // nothing lies in its own kind.
    private readonly List<TextEntity> _around = [];
    private int _next;

    /// <summary>Whether it is more than emphasis.</summary>
    internal static bool IsStructural(EntityKind kind) => kind is EntityKind.TextLink or EntityKind.Pre;

    /// <summary>Skips entities that end before a position.</summary>
    internal void Forget(int before)
    {
        for (; _next < _entities.Count && _entities[_next].Offset < before; _next++)
        {
            _around.Add(_entities[_next]);
        }

        _around.RemoveAll(entity => entity.End <= before);
    }

    /// <summary>The entities that begin before a position and can reach into the rest, in order.</summary>
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

    /// <summary>The limits of a part: its length, and the last structural entity that fits, if that counts.</summary>
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

    /// <summary>The end of the part from <paramref name="start"/>, at most <paramref name="reach"/> and always after the start.</summary>
    internal int Find(int start, int reach, int end, int room, bool tight)
    {
        var found = Walk(start, reach, end, heedLinks: true);
        if (found.Any < 0)
        {
            found = Walk(start, reach, end, heedLinks: false);
        }

        if (found.Any < 0)
        {
            // One character with more marks than a message can hold.
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
                    // A link that begins here can still go to the next part.
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
                // A code block has its own lines, even without line ends around it.
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

    /// <summary>Length of a visible character with its marks, or of an emoji sequence. Reads only a little beyond <paramref name="reach"/>.</summary>
    private int CharacterLength(int i, int reach)
    {
        // Two ASCII characters belong together only as CR LF, which a clean text does not have.
        return i + 1 < _text.Length && char.IsAscii(_text[i]) && char.IsAscii(_text[i + 1])
            ? 1
            : StringInfo.GetNextTextElementLength(_text.AsSpan(i..Math.Min(_text.Length, reach + 2)));
    }

    /// <summary>Whether the line that begins here, or after this line end, fits into its own part.</summary>
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

    /// <summary>Whether the line here belongs to a code block or a table, which must stay whole.</summary>
    private bool IsKeptWhole(int lineStart)
    {
        // A line longer than a part is cut anyway.
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
