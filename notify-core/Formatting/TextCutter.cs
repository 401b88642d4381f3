namespace Notify.Formatting;

/// <summary>How tightly to pack a text's parts.</summary>
internal enum Filling
{
    /// <summary>Cuts where it reads best.</summary>
    Loose,

    /// <summary>Cuts paragraphs and lines of prose to save room.</summary>
    Tight,

    /// <summary>Also allows more links and code blocks in a part than it can show as such.</summary>
    ForTextOnly,
}

/// <summary>Cuts a text into messages, from its beginning to its end.</summary>
internal sealed class TextCutter(FormattedText source, int maxLength)
{
    private readonly string _text = source.Text;
    private readonly IReadOnlyList<TextEntity> _entities = source.Entities;
    private readonly CutFinder _finder = new(source, maxLength);

    /// <summary>All parts; null if they are too many and a tighter packing is left to try.</summary>
    internal List<FormattedText>? Cut(Filling filling)
    {
        var tight = filling != Filling.Loose;
        var heedEntities = filling != Filling.ForTextOnly;
        var parts = new List<FormattedText>();
        var end = TrimmedEnd(0, _text.Length);
        for (var start = PartStart(0, end); start < end; start = PartStart(start, end))
        {
            _finder.Forget(start);
            var isLast = parts.Count == MessageSplitter.MaxParts - 1;
            var room = maxLength;
            var cut = _finder.Reach(start, end, room, heedEntities);
            if (cut < end)
            {
                if (isLast)
                {
                    if (filling != Filling.ForTextOnly)
                    {
                        return null;
                    }

                    room -= MessageSplitter.NoteLength;
                }

                cut = _finder.Find(start, _finder.Reach(start, end, room, heedEntities), end, room, tight);
            }

            if (Slice(start, cut) is { } part)
            {
                if (isLast && TelegramText.HasVisible(_text.AsSpan(cut, end - cut)))
                {
                    parts.Add(
                        new FormattedText(
                            part.Text + MessageSplitter.Note(_text.AsSpan(PartStart(cut, end)..end)),
                            part.Entities
                        )
                    );
                    break;
                }

                parts.Add(part);
            }

            start = cut;
        }

        return parts;
    }

    /// <summary>A piece of the text as a message: trimmed, with its formatting; null if nothing of it is visible.</summary>
    internal FormattedText? Slice(int start, int end)
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
        foreach (var entity in _finder.Before(end))
        {
            var from = Math.Max(entity.Offset, start);
            var to = Math.Min(entity.End, end);
            if (to > from && TelegramText.HasVisible(_text.AsSpan(from, to - from)))
            {
                entities.Add(entity with { Offset = from - start, Length = to - from });
                structural += CutFinder.IsStructural(entity.Kind) ? 1 : 0;
            }
        }

        if (entities.Count > TelegramLimits.Entities)
        {
            var styles = Math.Max(0, TelegramLimits.Entities - structural);
            entities.RemoveAll(e => !CutFinder.IsStructural(e.Kind) && styles-- <= 0);
            entities.RemoveRange(
                Math.Min(entities.Count, TelegramLimits.Entities),
                Math.Max(0, entities.Count - TelegramLimits.Entities)
            );
        }

        return start == 0 && end == _text.Length && entities.Count == _entities.Count
            ? source
            : new FormattedText(_text[start..end], [.. entities]);
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

        if (i == from || i == end || _finder.BlockAt(i) is not { } block)
        {
            return i;
        }

        return block.Offset >= from ? Math.Max(lineStart, block.Offset)
            : lineStart >= 0 ? lineStart
            : i;
    }
}
