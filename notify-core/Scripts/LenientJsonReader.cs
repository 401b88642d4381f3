using System.Buffers;

namespace Notify.Scripts;

/// <summary>The state of a <see cref="LenientJsonReader"/>.</summary>
internal enum JsonProgress
{
    /// <summary>The value continues after the given bytes.</summary>
    Unfinished,

    /// <summary>The value is complete.</summary>
    Done,

    /// <summary>This is not JSON.</summary>
    Wrong,
}

/// <summary>Reads one value in pieces, and finds its end. Keeps none of its bytes.</summary>
/// <param name="member">The member to look for; null for none.</param>
internal sealed class LenientJsonReader(string? member)
{
    /// <summary>Deepest nesting to read, which bounds the stack at 4 MiB.</summary>
    private const int MaxOpen = 1 << 20;

    private static readonly SearchValues<byte> StringEnds = SearchValues.Create([
        (byte)'"',
        (byte)'\\',
        .. Enumerable.Range(0, 0x20).Select(b => (byte)b),
    ]);

    private readonly byte[]? _member = member is null ? null : System.Text.Encoding.UTF8.GetBytes(member);

    /// <summary>Open objects and arrays, outermost first: twice the distance from the value's start, plus 1 for an object.</summary>
    private readonly List<int> _open = [];

    private Step _step;
    private string _word = "";

    /// <summary>Matched bytes of a word or the member's name, or hexadecimal digits read; -1 for another name.</summary>
    private int _matched;
    private bool _inName;
    private long _read;

    /// <summary>Whether the value is an object with the member.</summary>
    internal bool HasMember { get; private set; }

    /// <summary>The number of open objects and arrays.</summary>
    internal int OpenCount => _open.Count;

    /// <summary>Whether the value may end here, as a bare number does.</summary>
    internal bool MayEndHere =>
        _open.Count == 0 && _step is Step.Zero or Step.Digits or Step.FractionDigits or Step.ExponentDigits;

    /// <summary>Where an open object or array begins, counted from the value's start; the outermost is the first.</summary>
    internal int OpenAt(int index) => _open[index] >> 1;

    /// <summary>Begins a value.</summary>
    internal void Begin()
    {
        _open.Clear();
        _step = Step.Value;
        _read = 0;
        HasMember = false;
    }

    /// <summary>Reads on.</summary>
    /// <param name="bytes">The next bytes.</param>
    /// <param name="taken">How many of them belong to the value.</param>
    internal JsonProgress Read(ReadOnlySpan<byte> bytes, out int taken)
    {
        var progress = JsonProgress.Unfinished;
        var at = 0;
        while (progress == JsonProgress.Unfinished && at < bytes.Length)
        {
            progress = _step == Step.Text ? TakeText(bytes, ref at) : Take(bytes[at], ref at);
        }

        _read += at;
        taken = at;
        return progress;
    }

    private bool IsInObject => (_open[^1] & 1) == 1;

    private JsonProgress TakeText(ReadOnlySpan<byte> bytes, ref int at)
    {
        var rest = bytes[at..];
        var end = rest.IndexOfAny(StringEnds);
        var plain = end < 0 ? rest : rest[..end];
        if (_inName && _matched >= 0)
        {
            var isMember =
                _member is not null
                && _open.Count == 1
                && _matched + plain.Length <= _member.Length
                && plain.SequenceEqual(_member.AsSpan(_matched, plain.Length));
            _matched = isMember ? _matched + plain.Length : -1;
        }

        at += plain.Length;
        if (end < 0)
        {
            return JsonProgress.Unfinished;
        }

        switch (rest[end])
        {
            case (byte)'"':
                at++;
                if (!_inName)
                {
                    return EndValue();
                }

                HasMember |= _matched == _member?.Length;
                _step = Step.Colon;
                return JsonProgress.Unfinished;
            case (byte)'\\':
                at++;
                _step = Step.Escape;
                return JsonProgress.Unfinished;
            default:
                return JsonProgress.Wrong;
        }
    }

    /// <summary>Takes one byte, or leaves it for the next step.</summary>
    private JsonProgress Take(byte b, ref int at)
    {
        if (_step <= Step.LastBetweenTokens && b is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')
        {
            at++;
            return JsonProgress.Unfinished;
        }

        switch (_step)
        {
            case Step.ValueOrEnd when b == ']':
            case Step.NameOrEnd when b == '}':
                at++;
                return Close();
            case Step.Value or Step.ValueOrEnd:
                return BeginValue(b, ref at);
            case Step.Name or Step.NameOrEnd when b == '"':
                at++;
                (_step, _inName, _matched) = (Step.Text, true, 0);
                return JsonProgress.Unfinished;
            case Step.Colon when b == ':':
                return Next(Step.Value, ref at);
            case Step.CommaOrEnd when b == ',':
                return Next(IsInObject ? Step.Name : Step.Value, ref at);
            case Step.CommaOrEnd when b == (IsInObject ? '}' : ']'):
                at++;
                return Close();
            case Step.Escape when b is (byte)'u':
                _matched = -1;
                return Next(Step.Hex1, ref at);
            case Step.Escape
                when b
                    is (byte)'"'
                        or (byte)'\\'
                        or (byte)'/'
                        or (byte)'b'
                        or (byte)'f'
                        or (byte)'n'
                        or (byte)'r'
                        or (byte)'t':
                _matched = -1;
                return Next(Step.Text, ref at);
            case Step.Hex1 or Step.Hex2 or Step.Hex3 or Step.Hex4 when char.IsAsciiHexDigit((char)b):
                return Next(_step == Step.Hex4 ? Step.Text : _step + 1, ref at);
            case Step.Word when b == _word[_matched]:
                at++;
                return ++_matched == _word.Length ? EndValue() : JsonProgress.Unfinished;
            case Step.Minus when b == 'I':
                return BeginWord("Infinity", ref at);
            case Step.Minus when b == '0':
                return Next(Step.Zero, ref at);
            case Step.Minus or Step.Digits when char.IsAsciiDigit((char)b):
                return Next(Step.Digits, ref at);
            case Step.Zero or Step.Digits when b == '.':
                return Next(Step.Point, ref at);
            case Step.Point or Step.FractionDigits when char.IsAsciiDigit((char)b):
                return Next(Step.FractionDigits, ref at);
            case Step.Zero or Step.Digits or Step.FractionDigits when b is (byte)'e' or (byte)'E':
                return Next(Step.Exponent, ref at);
            case Step.Exponent when b is (byte)'+' or (byte)'-':
                return Next(Step.ExponentSign, ref at);
            case Step.Exponent or Step.ExponentSign or Step.ExponentDigits when char.IsAsciiDigit((char)b):
                return Next(Step.ExponentDigits, ref at);
            case Step.Zero or Step.Digits or Step.FractionDigits or Step.ExponentDigits:
                return EndValue();
            default:
                return JsonProgress.Wrong;
        }
    }

    private JsonProgress Next(Step step, ref int at)
    {
        at++;
        _step = step;
        return JsonProgress.Unfinished;
    }

    private JsonProgress BeginValue(byte b, ref int at)
    {
        switch (b)
        {
            case (byte)'{' or (byte)'[' when _open.Count < MaxOpen:
                var isObject = b == '{';
                _open.Add((int)((_read + at) << 1) | (isObject ? 1 : 0));
                return Next(isObject ? Step.NameOrEnd : Step.ValueOrEnd, ref at);
            case (byte)'"':
                _inName = false;
                return Next(Step.Text, ref at);
            case (byte)'t':
                return BeginWord("true", ref at);
            case (byte)'f':
                return BeginWord("false", ref at);
            case (byte)'n':
                return BeginWord("null", ref at);
            case (byte)'N':
                return BeginWord("NaN", ref at);
            case (byte)'I':
                return BeginWord("Infinity", ref at);
            case (byte)'-':
                return Next(Step.Minus, ref at);
            case (byte)'0':
                return Next(Step.Zero, ref at);
            default:
                return char.IsAsciiDigit((char)b) ? Next(Step.Digits, ref at) : JsonProgress.Wrong;
        }
    }

    private JsonProgress BeginWord(string word, ref int at)
    {
        (_word, _matched) = (word, 1);
        return Next(Step.Word, ref at);
    }

    private JsonProgress Close()
    {
        _open.RemoveAt(_open.Count - 1);
        return EndValue();
    }

    private JsonProgress EndValue()
    {
        _step = Step.CommaOrEnd;
        return _open.Count == 0 ? JsonProgress.Done : JsonProgress.Unfinished;
    }

    /// <summary>What must come next.</summary>
    private enum Step
    {
        Value,
        ValueOrEnd,
        Name,
        NameOrEnd,
        Colon,
        CommaOrEnd,
        LastBetweenTokens = CommaOrEnd,
        Text,
        Escape,
        Hex1,
        Hex2,
        Hex3,
        Hex4,
        Word,
        Minus,
        Zero,
        Digits,
        Point,
        FractionDigits,
        Exponent,
        ExponentSign,
        ExponentDigits,
    }
}
