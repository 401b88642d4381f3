using System.Globalization;

namespace Notify.Formatting;

/// <summary>Finds where a text may be cut, as <see cref="MessageSplitter"/> says; goes through it once, from its beginning to its end.</summary>
internal sealed class CutFinder(FormattedText source, int maxLength)
{
    private readonly string _text = source.Text;
    private readonly IReadOnlyList<TextEntity> _entities = source.Entities;

    /// <summary>The first entity that can reach into what is still to be cut. Entities before it have ended, as none is longer than the one around it.</summary>
    internal int FirstEntity { get; private set; }

    /// <summary>Whether leaving it out would cost more than emphasis.</summary>
    internal static bool IsStructural(EntityKind kind) => kind is EntityKind.TextLink or EntityKind.Pre;

    /// <summary>Passes over the entities that end before a position.</summary>
    internal void Forget(int before)
    {
        while (FirstEntity < _entities.Count && _entities[FirstEntity].End <= before)
        {
            FirstEntity++;
        }
    }

    /// <summary>How far a part may go: its length, and the last structural entity it has room for, where that counts.</summary>
    internal int Reach(int start, int end, int room, bool heedEntities)
    {
        var reach = (int)Math.Min(end, (long)start + room);
        var structural = 0;
        for (var i = FirstEntity; heedEntities && i < _entities.Count && _entities[i].Offset < reach; i++)
        {
            if (IsStructural(_entities[i].Kind) && _entities[i].End > start && ++structural > TelegramLimits.Entities && _entities[i].Offset > start)
            {
                return _entities[i].Offset;
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

        if (found.Line > start && (!tight || found.Line >= wanted || IsKeptWhole(found.Line)) && LineFits(found.Line, end))
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

    private (int Any, int Address, int Word, int Line, int Paragraph) Walk(int start, int reach, int end, bool heedLinks)
    {
        int any = -1, address = -1, word = -1, line = -1, paragraph = -1;
        var entity = FirstEntity;
        var linkEnd = -1;
        var blockEnd = -1;
        for (var i = start; i < reach;)
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
            else if (_text[i] == 'h' && (_text.AsSpan(i).StartsWith("https://") || _text.AsSpan(i).StartsWith("http://")))
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
        for (var i = FirstEntity; i < _entities.Count && _entities[i].Offset < lineEnd; i++)
        {
            if (_entities[i].Kind == EntityKind.Pre && _entities[i].End > from)
            {
                lineEnd = Math.Min(lineEnd, _entities[i].Offset > from ? _entities[i].Offset : _entities[i].End);
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
        var line = _text.AsSpan(lineStart);
        var lineEnd = line.IndexOf('\n');
        return (lineEnd < 0 ? line : line[..lineEnd]).Contains('|') || BlockAt(lineStart) is not null;
    }

    /// <summary>The code block at a position, or null.</summary>
    internal TextEntity? BlockAt(int position)
    {
        for (var i = FirstEntity; i < _entities.Count && _entities[i].Offset <= position; i++)
        {
            if (_entities[i].Kind == EntityKind.Pre && _entities[i].End > position)
            {
                return _entities[i];
            }
        }

        return null;
    }
}
