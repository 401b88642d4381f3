using System.Buffers;
using System.Text;

namespace Notify.Formatting;

/// <summary>Telegram's legacy Markdown: <c>*bold*</c>, <c>_italic_</c>, <c>`code`</c>, <c>```pre```</c>, <c>[text](url)</c>, <c>\</c> before one of <c>_*`[</c>.</summary>
/// <remarks>
/// <para>Reads as Telegram does (https://core.telegram.org/bots/api#markdown-style; tdlib/td: <c>parse_markdown</c>), where Telegram accepts the text: the
/// partner of a marker is the next one of its kind, nothing nests, a backslash means nothing inside.</para>
/// <para>It differs in two points, to refuse no text and lose no character of a name. A <c>_</c> or <c>*</c> inside a word
/// (<c>daily_active_users</c>, <c>2**3</c>) is a plain character. So is a marker without a partner; a pair around nothing visible (<c>__init__</c>, <c>***</c>)
/// and a bracket that is not followed by an address that can be opened (<c>[WARN]</c>) count as such.</para>
/// <para>Takes any text, in time proportional to its length.</para>
/// </remarks>
public static class LegacyMarkdown
{
    private const string Fence = "```";
    private const string Markers = "_*`[\\";

    /// <summary>Reads <paramref name="markdown"/>, which should have gone through <see cref="TelegramText.Clean"/>.</summary>
    public static FormattedText Parse(string markdown)
    {
        var firstMarker = markdown.AsSpan().IndexOfAny(Markers);
        if (firstMarker < 0)
        {
            return FormattedText.Plain(markdown);
        }

        var buffer = ArrayPool<char>.Shared.Rent(markdown.Length);
        try
        {
            return new Reader(markdown, buffer).Read(firstMarker);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }
    }

    private ref struct Reader(string source, Span<char> text)
    {
        private const int None = int.MaxValue;
        private readonly string _source = source;
        private readonly Span<char> _text = text;
        private int _length;
        private List<TextEntity>? _entities;

        // The next partner of each kind of marker, searched once and kept until it is passed. So a text of only
        // openings costs one search, not one for each. None if there is no further one.
        private int _underscore = -1;
        private int _asterisk = -1;
        private int _backtick = -1;
        private int _fence = -1;
        private int _bracket = -1;
        private int _parenthesis = -1;

        // The last run of equal markers, for the same reason.
        private int _runStart;
        private int _runEnd;
        private bool _runInsideWord;

        // The last address: many openings can share one.
        private int _urlStart = -1;
        private string? _url;

        public FormattedText Read(int firstMarker)
        {
            var i = 0;
            var next = firstMarker;
            while (next >= 0)
            {
                Take(i, next - i);
                i = ReadMarker(next);
                var found = _source.AsSpan(i).IndexOfAny(Markers);
                next = found < 0 ? -1 : i + found;
            }

            Take(i, _source.Length - i);
            return _entities is null && _length == _source.Length
                ? FormattedText.Plain(_source)
                : new FormattedText(new string(_text[.._length]), _entities is null ? [] : [.. _entities]);
        }

        /// <summary>Takes the marker at <paramref name="i"/>, with its span if it has a partner.</summary>
        /// <returns>Where to continue.</returns>
        private int ReadMarker(int i) =>
            _source[i] switch
            {
                '\\' => ReadBackslash(i),
                '_' => ReadStyle(i, EntityKind.Italic, ref _underscore),
                '*' => ReadStyle(i, EntityKind.Bold, ref _asterisk),
                '[' => ReadLink(i),
                _ => _source.AsSpan(i).StartsWith(Fence) ? ReadFence(i) : ReadCode(i),
            };

        private void Take(int i, int length)
        {
            _source.AsSpan(i, length).CopyTo(_text[_length..]);
            _length += length;
        }

        private int Plain(int i, int length)
        {
            Take(i, length);
            return i + length;
        }

        private int ReadBackslash(int i) =>
            i + 1 < _source.Length && _source[i + 1] is '_' or '*' or '`' or '[' ? Plain(i + 1, 1) : Plain(i, 1);

        private int ReadStyle(int i, EntityKind kind, ref int partner)
        {
            if (IsInsideWord(i))
            {
                return Plain(i, _runEnd - i);
            }

            if (partner <= i)
            {
                partner = NextOutsideWord(i + 1, _source[i]);
            }

            return partner == None ? Plain(i, 1) : ReadPair(i, i + 1, partner, partner + 1, kind);
        }

        private int ReadCode(int i)
        {
            var end = Next("`", i + 1, ref _backtick);
            return end == None ? Plain(i, 1) : ReadPair(i, i + 1, end, end + 1, EntityKind.Code);
        }

        private int ReadFence(int i)
        {
            var start = i + Fence.Length;
            var end = Next(Fence, start, ref _fence);
            if (end == None)
            {
                return Plain(i, Fence.Length);
            }

            // A word right after the fence names the language, if other text precedes the closing fence.
            string? language = null;
            var block = _source.AsSpan(start, end - start);
            var wordEnd = block.IndexOfAny(" \n`");
            if (wordEnd > 0 && block[wordEnd] != '`' && TelegramText.HasVisible(block[wordEnd..]))
            {
                language = block[..wordEnd].ToString();
                start += wordEnd;
            }

            if (start < end && _source[start] == '\n')
            {
                start++;
            }

            return ReadPair(i, start, end, end + Fence.Length, EntityKind.Pre, language: language);
        }

        private int ReadLink(int i)
        {
            var textEnd = Next("]", i + 1, ref _bracket);
            if (textEnd == None || textEnd + 1 >= _source.Length || _source[textEnd + 1] != '(')
            {
                return Plain(i, 1);
            }

            var urlStart = textEnd + 2;
            var urlEnd = Next(")", urlStart, ref _parenthesis);
            if (urlEnd == None)
            {
                return Plain(i, 1);
            }

            if (_urlStart != urlStart)
            {
                _urlStart = urlStart;
                _url = LinkAddress.Check(_source.AsSpan(urlStart, urlEnd - urlStart));
            }

            return _url is null ? Plain(i, 1) : ReadPair(i, i + 1, textEnd, urlEnd + 1, EntityKind.TextLink, url: _url);
        }

        private int ReadPair(
            int opening,
            int start,
            int end,
            int next,
            EntityKind kind,
            string? url = null,
            string? language = null
        )
        {
            if (!TelegramText.HasVisible(_source.AsSpan(start, end - start)))
            {
                return Plain(opening, next - opening);
            }

            (_entities ??= []).Add(new TextEntity(kind, _length, end - start, url, language));
            Take(start, end - start);
            return next;
        }

        private readonly int Next(string marker, int from, ref int known)
        {
            if (known < from)
            {
                var found = _source.AsSpan(from).IndexOf(marker, StringComparison.Ordinal);
                known = found < 0 ? None : from + found;
            }

            return known;
        }

        private int NextOutsideWord(int from, char marker)
        {
            while (from < _source.Length)
            {
                var found = _source.AsSpan(from).IndexOf(marker);
                if (found < 0)
                {
                    break;
                }

                if (!IsInsideWord(from + found))
                {
                    return from + found;
                }

                from = _runEnd;
            }

            return None;
        }

        /// <summary>Whether the run of equal markers around <paramref name="i"/> has a letter or digit on both sides. Stores the run in the fields.</summary>
        private bool IsInsideWord(int i)
        {
            if (i >= _runStart && i < _runEnd)
            {
                return _runInsideWord;
            }

            var marker = _source[i];
            var start = i;
            while (start > 0 && _source[start - 1] == marker)
            {
                start--;
            }

            var end = i + 1;
            while (end < _source.Length && _source[end] == marker)
            {
                end++;
            }

            (_runStart, _runEnd) = (start, end);
            return _runInsideWord = IsWordBefore(start) && IsWordAt(end);
        }

        private readonly bool IsWordAt(int i)
        {
            if (i == _source.Length)
            {
                return false;
            }

            var c = _source[i];
            return char.IsAscii(c)
                ? char.IsAsciiLetterOrDigit(c)
                : Rune.DecodeFromUtf16(_source.AsSpan(i), out var rune, out _) == OperationStatus.Done
                    && TelegramText.IsWordCharacter(rune);
        }

        private readonly bool IsWordBefore(int i)
        {
            if (i == 0)
            {
                return false;
            }

            var c = _source[i - 1];
            return char.IsAscii(c)
                ? char.IsAsciiLetterOrDigit(c)
                : Rune.DecodeLastFromUtf16(_source.AsSpan(0, i), out var rune, out _) == OperationStatus.Done
                    && TelegramText.IsWordCharacter(rune);
        }
    }
}
