using System.Text;
using Notify.Formatting;

namespace Notify.Tests.Formatting;

/// <summary>
/// Telegram's own reading of legacy Markdown, as plainly as can be: one loop, no look-ahead kept. Tells where the text holds something that the project reads
/// differently on purpose.
/// </summary>
internal sealed class TelegramLegacyModel
{
    private readonly string _source;
    private readonly StringBuilder _text = new();
    private readonly List<TextEntity> _entities = [];

    private TelegramLegacyModel(string source) => _source = source;

    /// <summary>Whether a marker inside a word, a pair around nothing, or brackets without a usable address were met.</summary>
    public bool MeetsDifference { get; private set; }

    /// <summary>What Telegram makes of it; null where it answers "can't parse entities".</summary>
    public FormattedText? Result { get; private set; }

    public static TelegramLegacyModel Read(string source)
    {
        var model = new TelegramLegacyModel(source);
        model.Result = model.Parse() ? new FormattedText(model._text.ToString(), model._entities) : null;
        for (var i = 0; i < source.Length; i++)
        {
            model.MeetsDifference |= source[i] is '_' or '*' && IsWord(Skip(i, -1)) && IsWord(Skip(i, 1));
        }

        return model;

        // The neighbour beyond a run of the same marker.
        string Skip(int i, int step)
        {
            var j = i + step;
            while (j >= 0 && j < source.Length && source[j] == source[i])
            {
                j += step;
            }

            return j < 0 || j >= source.Length ? " "
                : char.IsSurrogate(source[j]) ? ""
                : source[j].ToString();
        }

        static bool IsWord(string c) =>
            c.Length > 0
            && (
                char.IsLetterOrDigit(c[0])
                || char.GetUnicodeCategory(c[0])
                    is System.Globalization.UnicodeCategory.NonSpacingMark
                        or System.Globalization.UnicodeCategory.SpacingCombiningMark
                        or System.Globalization.UnicodeCategory.EnclosingMark
                        or System.Globalization.UnicodeCategory.OtherNumber
            );
    }

    private bool Parse()
    {
        for (var i = 0; i < _source.Length; i++)
        {
            var c = _source[i];
            if (c == '\\' && i + 1 < _source.Length && "_*`[".Contains(_source[i + 1], StringComparison.Ordinal))
            {
                _text.Append(_source[++i]);
                continue;
            }

            if (c is not ('_' or '*' or '`' or '['))
            {
                _text.Append(c);
                continue;
            }

            var isPre = c == '`' && string.CompareOrdinal(_source, i, "```", 0, 3) == 0;
            var end =
                c == '[' ? "]"
                : isPre ? "```"
                : c.ToString();
            i += isPre ? 3 : 1;
            string? language = null;
            if (isPre)
            {
                var wordEnd = i;
                while (wordEnd < _source.Length && _source[wordEnd] is not (' ' or '\n' or '`'))
                {
                    wordEnd++;
                }

                if (wordEnd > i && wordEnd < _source.Length && _source[wordEnd] != '`')
                {
                    language = _source[i..wordEnd];
                    i = wordEnd;
                }

                if (i < _source.Length && _source[i] == '\n')
                {
                    i++;
                }
            }

            var start = _text.Length;
            while (i < _source.Length && string.CompareOrdinal(_source, i, end, 0, end.Length) != 0)
            {
                _text.Append(_source[i++]);
            }

            if (i == _source.Length)
            {
                return false;
            }

            var inside = _text.ToString(start, _text.Length - start);
            MeetsDifference |= TelegramRules.VisibleCharacters(inside).Length == 0;
            switch (c)
            {
                case '_' when inside.Length > 0:
                    _entities.Add(new TextEntity(EntityKind.Italic, start, inside.Length));
                    break;
                case '*' when inside.Length > 0:
                    _entities.Add(new TextEntity(EntityKind.Bold, start, inside.Length));
                    break;
                case '`' when inside.Length > 0:
                    _entities.Add(
                        new TextEntity(
                            isPre ? EntityKind.Pre : EntityKind.Code,
                            start,
                            inside.Length,
                            Language: language
                        )
                    );
                    break;
                case '[':
                    MeetsDifference |= i + 1 >= _source.Length || _source[i + 1] != '(';
                    if (inside.Length > 0 && i + 1 < _source.Length && _source[i + 1] == '(')
                    {
                        var url = "";
                        for (i += 2; i < _source.Length && _source[i] != ')'; i++)
                        {
                            url += _source[i];
                        }

                        MeetsDifference |= i == _source.Length;

                        // Of the addresses in the inputs only these can be opened, and they are written in the form Telegram gives them.
                        if (url is "https://example.com/" or "https://example.com/a_b?x=1" or "tg://resolve?domain=x")
                        {
                            _entities.Add(new TextEntity(EntityKind.TextLink, start, inside.Length, url));
                        }
                        else
                        {
                            MeetsDifference = true;
                        }
                    }

                    break;
            }

            i += isPre ? 2 : 0;
        }

        return true;
    }
}
