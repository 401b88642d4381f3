using System.Runtime.InteropServices;

namespace Notify.Gateway.Connections;

/// <summary>
/// Checks that a client's frames are masked (RFC 6455, section 5.1), across reads of any size. The framework's WebSocket does
/// not check it.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct FrameMaskCheck
{
    private const int MaskBytes = 4;

    private Place _place;
    private int _lengthBytes;
    private ulong _left;

    private enum Place
    {
        /// <summary>At the first byte of a frame.</summary>
        Start,

        /// <summary>At the second, with the mask bit and a short length.</summary>
        MaskAndLength,

        /// <summary>In a longer length.</summary>
        Length,

        /// <summary>In mask or payload.</summary>
        Rest,
    }

    /// <summary>Checks the read bytes; false if an unmasked frame begins.</summary>
    internal bool AreMasked(ReadOnlySpan<byte> read)
    {
        while (!read.IsEmpty)
        {
            var passed = 1;
            switch (_place)
            {
                case Place.Start:
                    _place = Place.MaskAndLength;
                    break;
                case Place.MaskAndLength when (read[0] & 0x80) == 0:
                    return false;
                case Place.MaskAndLength:
                    var shortLength = read[0] & 0x7f;
                    _lengthBytes = shortLength switch
                    {
                        126 => 2,
                        127 => 8,
                        _ => 0,
                    };
                    _left = _lengthBytes == 0 ? (ulong)shortLength + MaskBytes : 0;
                    _place = _lengthBytes == 0 ? Place.Rest : Place.Length;
                    break;
                case Place.Length:
                    _left = (_left << 8) | read[0];
                    if (--_lengthBytes == 0)
                    {
                        _left += MaskBytes;
                        _place = Place.Rest;
                    }

                    break;
                default:
                    passed = (int)Math.Min(_left, (ulong)read.Length);
                    _left -= (ulong)passed;
                    _place = _left == 0 ? Place.Start : Place.Rest;
                    break;
            }

            read = read[passed..];
        }

        return true;
    }
}
