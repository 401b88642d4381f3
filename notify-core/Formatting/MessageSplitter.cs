using System.Globalization;

namespace Notify.Formatting;

/// <summary>Makes messages that Telegram takes out of a text of any length.</summary>
/// <remarks>
/// <para>A cut is made at the end of a paragraph, else of a line, else of a word; within a word only where that alone is longer than a message. It never falls inside
/// a surrogate pair, a character with its marks, an emoji sequence or a link (unless one alone is too long). A line of a code block or of
/// a table stays whole unless it alone is too long. White space at a cut goes, except what indents a line of a code block.</para>
/// <para>What formats both sides of a cut is repeated in the next part. A part holds at most <see cref="TelegramLimits.Entities"/> entities: it ends before
/// a further link or code block, while other formatting beyond that number is left out, so that a much emphasised text isn't torn into pieces.</para>
/// <para>Where ten parts would not do, paragraphs and lines of prose are filled up more tightly first; what is over then is left out, and the last part says how much.</para>
/// </remarks>
public static class MessageSplitter
{
    /// <summary>Most messages that one notification may become (specification, section 8).</summary>
    public const int MaxParts = 10;

    // Longest sentence that Note makes, with room for the number of any string's characters.
    private const int NoteLength = 64;

    /// <summary>
    /// Splits a text that has gone through <see cref="TelegramText.Clean"/>. Parts have visible characters, begin and end without white space (but
    /// for the indentation of code), and are at most <paramref name="maxLength"/> UTF-16 units long. No parts where nothing is visible.
    /// </summary>
    /// <param name="text">What to split.</param>
    /// <param name="maxLength">In UTF-16 units; at least 128.</param>
    public static IReadOnlyList<FormattedText> Split(FormattedText text, int maxLength = TelegramLimits.TextLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, 2 * NoteLength);
        if (text.Text.Length <= maxLength && text.Entities.Count <= TelegramLimits.Entities)
        {
            var whole = new Cutter(text, maxLength).Slice(0, text.Text.Length);
            return whole is null ? [] : [whole];
        }

        return new Cutter(text, maxLength).Cut(tight: false) ?? new Cutter(text, maxLength).Cut(tight: true)!;
    }

    private sealed class Cutter(FormattedText source, int maxLength)
    {
        private readonly string _text = source.Text;
        private readonly IReadOnlyList<TextEntity> _entities = source.Entities;

        // The first entity that can reach into what is still to be cut. Entities before it have ended, as none is longer than the one around it.
        private int _firstEntity;

        /// <summary>All parts; null where loose cutting needs more than there may be.</summary>
        public List<FormattedText>? Cut(bool tight)
        {
            var parts = new List<FormattedText>();
            var end = TrimmedEnd(0, _text.Length);
            for (var start = PartStart(0, end); start < end; start = PartStart(start, end))
            {
                Forget(start);
                var isLast = parts.Count == MaxParts - 1;
                var room = maxLength;
                var cut = Reach(start, end, room);
                if (cut < end)
                {
                    if (isLast)
                    {
                        if (!tight)
                        {
                            return null;
                        }

                        room -= NoteLength;
                    }

                    cut = FindCut(start, Reach(start, end, room), end, room, tight);
                }

                if (Slice(start, cut) is { } part)
                {
                    if (isLast && TelegramText.HasVisible(_text.AsSpan(cut, end - cut)))
                    {
                        parts.Add(new FormattedText(part.Text + Note(_text.AsSpan(PartStart(cut, end)..end)), part.Entities));
                        break;
                    }

                    parts.Add(part);
                }

                start = cut;
            }

            return parts;
        }

        /// <summary>A piece of the text as a message of its own: trimmed, with what formats it; null where nothing of it is visible.</summary>
        public FormattedText? Slice(int start, int end)
        {
            end = TrimmedEnd(start, end);
            start = PartStart(start, end);
            if (!TelegramText.HasVisible(_text.AsSpan(start, end - start)))
            {
                return null;
            }

            if (_entities.Count == 0)
            {
                return start == 0 && end == _text.Length ? source : FormattedText.Plain(_text[start..end]);
            }

            var entities = new List<TextEntity>(Math.Min(_entities.Count, TelegramLimits.Entities));
            var structural = 0;
            for (var i = _firstEntity; i < _entities.Count && _entities[i].Offset < end; i++)
            {
                var entity = _entities[i];
                var from = Math.Max(entity.Offset, start);
                var to = Math.Min(entity.End, end);
                if (to > from && TelegramText.HasVisible(_text.AsSpan(from, to - from)))
                {
                    entities.Add(entity with { Offset = from - start, Length = to - from });
                    structural += IsStructural(entity.Kind) ? 1 : 0;
                }
            }

            if (entities.Count > TelegramLimits.Entities)
            {
                var styles = Math.Max(0, TelegramLimits.Entities - structural);
                entities.RemoveAll(e => !IsStructural(e.Kind) && styles-- <= 0);
                entities.RemoveRange(Math.Min(entities.Count, TelegramLimits.Entities), Math.Max(0, entities.Count - TelegramLimits.Entities));
            }

            return start == 0 && end == _text.Length && entities.Count == _entities.Count ? source : new FormattedText(_text[start..end], [.. entities]);
        }

        /// <summary>How far a part may go: its length, and the last structural entity it has room for.</summary>
        private int Reach(int start, int end, int room)
        {
            var reach = (int)Math.Min(end, (long)start + room);
            var structural = 0;
            for (var i = _firstEntity; i < _entities.Count && _entities[i].Offset < reach; i++)
            {
                if (IsStructural(_entities[i].Kind) && _entities[i].End > start && ++structural > TelegramLimits.Entities && _entities[i].Offset > start)
                {
                    return _entities[i].Offset;
                }
            }

            return reach;
        }

        /// <summary>Where to end the part that begins at <paramref name="start"/> and can't go beyond <paramref name="reach"/>. Always after the start.</summary>
        private int FindCut(int start, int reach, int end, int room, bool tight)
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
            var entity = _firstEntity;
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
            for (var i = _firstEntity; i < _entities.Count && _entities[i].Offset < lineEnd; i++)
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

        private TextEntity? BlockAt(int position)
        {
            for (var i = _firstEntity; i < _entities.Count && _entities[i].Offset <= position; i++)
            {
                if (_entities[i].Kind == EntityKind.Pre && _entities[i].End > position)
                {
                    return _entities[i];
                }
            }

            return null;
        }

        private void Forget(int before)
        {
            while (_firstEntity < _entities.Count && _entities[_firstEntity].End <= before)
            {
                _firstEntity++;
            }
        }

        private int TrimmedEnd(int start, int end)
        {
            while (end > start && char.IsWhiteSpace(_text[end - 1]))
            {
                end--;
            }

            return end;
        }

        /// <summary>The first visible character from here; in a code block, the beginning of its line.</summary>
        private int PartStart(int from, int end)
        {
            var lineStart = from == 0 || _text[from - 1] == '\n' ? from : -1;
            var i = from;
            for (; i < end && char.IsWhiteSpace(_text[i]); i++)
            {
                if (_text[i] == '\n')
                {
                    lineStart = i + 1;
                }
            }

            if (i == from || i == end || BlockAt(i) is not { } block)
            {
                return i;
            }

            return block.Offset >= from ? Math.Max(lineStart, block.Offset) : lineStart >= 0 ? lineStart : i;
        }

        private static string Note(ReadOnlySpan<char> leftOut)
        {
            var characters = 0;
            foreach (var _ in leftOut.EnumerateRunes())
            {
                characters++;
            }

            return string.Create(CultureInfo.InvariantCulture, $"\n\n\u2026 {characters:N0} more {(characters == 1 ? "character was" : "characters were")} left out.");
        }

        private static bool IsStructural(EntityKind kind) => kind is EntityKind.TextLink or EntityKind.Pre;
    }
}
