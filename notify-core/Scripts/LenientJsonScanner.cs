using System.Buffers;

namespace Notify.Scripts;

/// <summary>
/// Finds the top-level JSON objects in a stream with other content. Keeps only a possible unfinished object, so the largest
/// object bounds its memory.
/// </summary>
/// <param name="member">The member that an object must have; null for any object.</param>
/// <param name="limit">Largest object in bytes. A larger one is counted, not kept.</param>
/// <remarks>
/// Time is linear even for hostile input. Every start of an object or array is tried. If a try fails, the starts still
/// open at that point would fail there too and are not tried; closed ones are read at most once more. A break between pieces costs nothing: the
/// reader continues where it was.
/// </remarks>
internal sealed class LenientJsonScanner(string? member, int limit)
{
    /// <summary>Longest piece at once. The kept bytes exceed the limit by at most this much.</summary>
    private const int MaxPiece = 1 << 16;

    private static readonly SearchValues<byte> ContainerStarts = SearchValues.Create("{["u8);
    private static readonly SearchValues<byte> WhiteSpace = SearchValues.Create(" \t\r\n\v\f"u8);

    private readonly LenientJsonReader _reader = new(member);

    /// <summary>The possible object and the bytes after it.</summary>
    private byte[] _kept = [];

    /// <summary>Starts to skip. All starts from <see cref="_marked"/> on are tried.</summary>
    private bool[] _hopeless = [];
    private int _marked;
    private int _length;
    private int _start;
    private int _next;
    private bool _isReading;

    /// <summary>Bytes read of a value over the limit, which is not kept; 0 without one.</summary>
    private long _tooLarge;

    /// <summary>Called for each object with the member.</summary>
    internal required OnObject Found { get; init; }

    /// <summary>Called with the size of each object with the member over the limit, and whether it ends.</summary>
    internal Action<long, bool>? TooLarge { get; init; }

    /// <summary>Called with the first bytes of a value with the member that does not end.</summary>
    internal Action<ReadOnlySpan<byte>>? Unfinished { get; init; }

    /// <summary>Whether there was anything but white space beside these objects.</summary>
    internal bool HasNoise { get; private set; }

    /// <summary>Takes the next piece.</summary>
    internal void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(bytes.Length, MaxPiece)];
            bytes = bytes[piece.Length..];
            piece = SkipTooLarge(piece);
            if (!_isReading)
            {
                piece = piece[SkipNoise(piece)..];
            }

            if (!piece.IsEmpty)
            {
                Keep(piece);
                Scan(atEnd: false);
            }
        }
    }

    /// <summary>Ends the stream. An unfinished value is not an object, but objects may be within it.</summary>
    internal void End()
    {
        if (_tooLarge > 0)
        {
            HasNoise = true;
            if (_reader.HasMember)
            {
                TooLarge?.Invoke(_tooLarge, false);
            }

            _tooLarge = 0;
        }
        else if (_isReading)
        {
            Scan(atEnd: true);
        }
    }

    private void Scan(bool atEnd)
    {
        var isInside = false;
        while (true)
        {
            if (!_isReading)
            {
                _start = _next + SkipNoise(_kept.AsSpan(_next.._length));
                if (_start == _length)
                {
                    Clear();
                    return;
                }

                _next = _start;
                if (_start < _marked && _hopeless[_start])
                {
                    _next++;
                    continue;
                }

                _reader.Begin();
                _isReading = true;
            }

            var progress = _reader.Read(_kept.AsSpan(_next.._length), out var taken);
            _next += taken;
            if (progress == JsonProgress.Done)
            {
                _isReading = false;
                Take(_kept.AsSpan(_start.._next), isInside);
            }
            else if (progress == JsonProgress.Wrong)
            {
                GiveUp();
            }
            else if (!atEnd)
            {
                DropRead();
                return;
            }
            else
            {
                if (!isInside && _reader.HasMember)
                {
                    Unfinished?.Invoke(_kept.AsSpan(_start.._length));
                }

                isInside = true;
                GiveUp();
            }
        }
    }

    private void Take(ReadOnlySpan<byte> json, bool isInside)
    {
        if (!(member is null ? json[0] == '{' : _reader.HasMember))
        {
            HasNoise = true;
        }
        else if (json.Length > limit)
        {
            TooLarge?.Invoke(json.Length, true);
        }
        else
        {
            Found(json, isInside);
        }
    }

    private void GiveUp()
    {
        if (_hopeless.Length < _length)
        {
            Array.Resize(ref _hopeless, _kept.Length);
        }

        for (var i = 0; i < _reader.OpenCount; i++)
        {
            var start = _start + _reader.OpenAt(i);
            _hopeless[start] = true;
            _marked = Math.Max(_marked, start + 1);
        }

        (HasNoise, _isReading, _next) = (true, false, _start + 1);
    }

    /// <summary>Reads on in a value over the limit. Returns the bytes after it.</summary>
    private ReadOnlySpan<byte> SkipTooLarge(ReadOnlySpan<byte> piece)
    {
        if (_tooLarge == 0)
        {
            return piece;
        }

        var progress = _reader.Read(piece, out var taken);
        _tooLarge += taken;
        if (progress != JsonProgress.Unfinished)
        {
            HasNoise |= progress == JsonProgress.Wrong || !_reader.HasMember;
            if (progress == JsonProgress.Done && _reader.HasMember)
            {
                TooLarge?.Invoke(_tooLarge, true);
            }

            _tooLarge = 0;
        }

        return piece[taken..];
    }

    /// <summary>The number of bytes up to the next start.</summary>
    private int SkipNoise(ReadOnlySpan<byte> bytes)
    {
        var next = bytes.IndexOfAny(ContainerStarts);
        var noise = next < 0 ? bytes : bytes[..next];
        HasNoise = HasNoise || noise.ContainsAnyExcept(WhiteSpace);
        return noise.Length;
    }

    private void Keep(ReadOnlySpan<byte> piece)
    {
        if (_kept.Length - _length < piece.Length)
        {
            Array.Resize(
                ref _kept,
                Math.Max(_length + piece.Length, (int)Math.Min(_kept.Length * 2L, 2L * (limit + MaxPiece)))
            );
        }

        piece.CopyTo(_kept.AsSpan(_length));
        _length += piece.Length;
    }

    /// <summary>Drops the bytes before the current value, and the value itself if it is over the limit.</summary>
    private void DropRead()
    {
        if (_next - _start > limit)
        {
            _tooLarge = _next - _start;
            _isReading = false;
            Clear();
        }
        else if (_start > _length / 2)
        {
            // Moving at half the buffer moves each byte once on average, and the buffer holds at most twice the value.
            _kept.AsSpan(_start.._length).CopyTo(_kept);
            var left = Math.Max(0, _marked - _start);
            _hopeless.AsSpan(_marked - left, left).CopyTo(_hopeless);
            _hopeless.AsSpan(left.._marked).Clear();
            _marked = left;
            (_length, _next, _start) = (_length - _start, _next - _start, 0);
        }
    }

    private void Clear()
    {
        _hopeless.AsSpan(.._marked).Clear();
        (_length, _start, _next, _marked) = (0, 0, 0, 0);
    }

    /// <summary>Takes a found object.</summary>
    /// <param name="json">Its bytes, valid only during the call.</param>
    /// <param name="isInside">Whether it is within an unfinished value.</param>
    internal delegate void OnObject(ReadOnlySpan<byte> json, bool isInside);
}
