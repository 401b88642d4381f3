using System.Buffers;

namespace Notify.Scripts;

/// <summary>
/// Finds the top-level JSON objects in a stream that holds other things too. Keeps what may be an object that has begun, and drops all other
/// bytes: its memory is bounded by the largest object, whatever comes.
/// </summary>
/// <param name="member">The member that an object must have; null: any object will do.</param>
/// <param name="limit">Bytes that an object may have. A larger one is counted, not kept.</param>
/// <remarks>
/// Cost: linear in the stream, however hostile. Every start of an object or array is tried; where a try fails, the starts that it has found
/// open at that point would fail there too and are never tried themselves, and what it found closed is read once more at most. An end of the pieces costs nothing: the
/// reader goes on where it was.
/// </remarks>
internal sealed class LenientJsonScanner(string? member, int limit)
{
    /// <summary>Longest piece that is taken at once: what is kept exceeds the limit by this much at most.</summary>
    private const int MaxPiece = 1 << 16;

    private static readonly SearchValues<byte> ContainerStarts = SearchValues.Create("{["u8);
    private static readonly SearchValues<byte> WhiteSpace = SearchValues.Create(" \t\r\n\v\f"u8);

    private readonly LenientJsonReader _reader = new(member);

    /// <summary>What may be an object, and what came behind it.</summary>
    private byte[] _kept = [];

    /// <summary>The scanner skips the starts that are true here. All starts from <see cref="_marked"/> on are tried.</summary>
    private bool[] _hopeless = [];
    private int _marked;
    private int _length;
    private int _start;
    private int _next;
    private bool _isReading;

    /// <summary>Bytes read of a value that is over the limit and no longer kept; 0 where there is none.</summary>
    private long _tooLarge;

    /// <summary>Told of each object with the member.</summary>
    internal required OnObject Found { get; init; }

    /// <summary>Told the size of each object with the member that is over the limit, and whether it ends.</summary>
    internal Action<long, bool>? TooLarge { get; init; }

    /// <summary>Told the first bytes of a value that has the member and does not end.</summary>
    internal Action<ReadOnlySpan<byte>>? Unfinished { get; init; }

    /// <summary>Whether there was anything but white space beside the objects with the member.</summary>
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

    /// <summary>Nothing follows: what has begun and not ended is no object, but objects may be within it.</summary>
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

    /// <summary>Reads on in a value that is over the limit; gives what follows on it.</summary>
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

    /// <summary>How much is none of an object's, up to the next start.</summary>
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

    /// <summary>Drops what stands before the value that is being read, and the value itself where it is over the limit.</summary>
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
            // At half the buffer: each byte moves once on average, and the buffer holds at most twice the value.
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

    /// <summary>Takes an object that was found.</summary>
    /// <param name="json">Its bytes; valid during the call only.</param>
    /// <param name="isInside">Whether it stands within a value that begins and does not end.</param>
    internal delegate void OnObject(ReadOnlySpan<byte> json, bool isInside);
}
