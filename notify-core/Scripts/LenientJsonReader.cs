using System.Buffers;
using System.Collections;

namespace Notify.Scripts;

/// <summary>Reads one value from a position on, and says where it ends.</summary>
internal sealed class LenientJsonReader(string text, string member)
{
    private static readonly SearchValues<char> StringEnds = SearchValues.Create(
        "\"\\" + string.Concat(Enumerable.Range(0, 0x20).Select(c => (char)c))
    );

    private const int LongestEscape = 6; // \uXXXX

    private readonly BitArray _hopeless = new(text.Length);

    /// <summary>Where the objects and arrays begin that are open at the position, the outermost first.</summary>
    private readonly List<int> _open = [];

    private bool _cutOffString;

    /// <summary>Behind what was read.</summary>
    internal int Position { get; private set; }

    /// <summary>Whether what was read is an object that has the member.</summary>
    internal bool HasMember { get; private set; }

    /// <summary>Whether the last try failed because the text ends in the middle of the value, and not because it is no JSON.</summary>
    internal bool IsCutOff
    {
        get
        {
            var rest = text.AsSpan(Position);
            return _cutOffString
                || rest.IsEmpty
                || "true".StartsWith(rest, StringComparison.Ordinal)
                || "false".StartsWith(rest, StringComparison.Ordinal)
                || "null".StartsWith(rest, StringComparison.Ordinal);
        }
    }

    /// <summary>Whether a value begins here and ends somewhere: then it has been read.</summary>
    internal bool TryRead(int start)
    {
        Position = start;
        _cutOffString = false;
        if (_hopeless[start])
        {
            return false;
        }

        HasMember = false;
        _open.Clear();
        var step = Step.Value;
        do
        {
            SkipWhiteSpace();
            if (!TryTake(ref step))
            {
                _open.ForEach(opened => _hopeless[opened] = true);
                return false;
            }
        } while (_open.Count > 0);
        return true;
    }

    private bool TryTake(ref Step step)
    {
        switch (step)
        {
            case Step.Name:
                if (!TryTakeName())
                {
                    return false;
                }

                step = Step.Value;
                return true;
            case Step.CommaOrEnd:
                if (TryTake(','))
                {
                    step = IsInObject ? Step.Name : Step.Value;
                    return true;
                }

                return TryClose();
            default:
                if (Peek() is '{' or '[')
                {
                    _open.Add(Position++);
                    SkipWhiteSpace();
                    step = IsInObject ? Step.Name : Step.Value;
                    if (Peek() is not ('}' or ']'))
                    {
                        return true;
                    }

                    // Empty.
                    step = Step.CommaOrEnd;
                    return TryClose();
                }

                step = Step.CommaOrEnd;
                return TryTakeScalar();
        }
    }

    private bool IsInObject => text[_open[^1]] == '{';

    private bool TryClose()
    {
        if (!TryTake(IsInObject ? '}' : ']'))
        {
            return false;
        }

        _open.RemoveAt(_open.Count - 1);
        return true;
    }

    private bool TryTakeName()
    {
        var start = Position;
        if (!TryTakeString())
        {
            return false;
        }

        HasMember |= _open.Count == 1 && text.AsSpan(start + 1, Position - start - 2).SequenceEqual(member);
        SkipWhiteSpace();
        return TryTake(':');
    }

    private bool TryTakeScalar()
    {
        switch (Peek())
        {
            case '"':
                return TryTakeString();
            case 't':
                return TryTake("true");
            case 'f':
                return TryTake("false");
            case 'n':
                return TryTake("null");
            default:
                break;
        }

        if (StrictJson.NonFinite(text.AsSpan(Position)) is > 0 and var length)
        {
            Position += length;
            return true;
        }

        return TryTakeNumber();
    }

    private bool TryTakeString()
    {
        if (!TryTake('"'))
        {
            return false;
        }

        while (text.AsSpan(Position).IndexOfAny(StringEnds) is >= 0 and var plain)
        {
            Position += plain;
            if (TryTake('"'))
            {
                return true;
            }

            if (!TryTakeEscape())
            {
                _cutOffString = text.Length - Position < LongestEscape && text[Position] == '\\';
                return false;
            }
        }

        _cutOffString = true;
        return false;
    }

    private bool TryTakeEscape()
    {
        var rest = text.AsSpan(Position);
        var length = rest switch
        {
            ['\\', '"' or '\\' or '/' or 'b' or 'f' or 'n' or 'r' or 't', ..] => 2,
            ['\\', 'u', var a, var b, var c, var d, ..]
                when char.IsAsciiHexDigit(a)
                    && char.IsAsciiHexDigit(b)
                    && char.IsAsciiHexDigit(c)
                    && char.IsAsciiHexDigit(d) => 6,
            _ => 0,
        };
        Position += length;
        return length > 0;
    }

    private bool TryTakeNumber()
    {
        TryTake('-');
        if (!TryTake('0') && !TryTakeDigits())
        {
            return false;
        }

        if (TryTake('.') && !TryTakeDigits())
        {
            return false;
        }

        if (!TryTake('e') && !TryTake('E'))
        {
            return true;
        }

        if (!TryTake('+'))
        {
            TryTake('-');
        }

        return TryTakeDigits();
    }

    private bool TryTakeDigits()
    {
        var start = Position;
        while (char.IsAsciiDigit(Peek()))
        {
            Position++;
        }

        return Position > start;
    }

    private char Peek() => Position < text.Length ? text[Position] : '\0';

    private bool TryTake(char c)
    {
        if (Position >= text.Length || text[Position] != c)
        {
            return false;
        }

        Position++;
        return true;
    }

    private bool TryTake(string word)
    {
        if (!text.AsSpan(Position).StartsWith(word))
        {
            return false;
        }

        Position += word.Length;
        return true;
    }

    private void SkipWhiteSpace()
    {
        while (Peek() is ' ' or '\t' or '\n' or '\r')
        {
            Position++;
        }
    }

    /// <summary>What must come next.</summary>
    private enum Step
    {
        Value,
        Name,
        CommaOrEnd,
    }
}
