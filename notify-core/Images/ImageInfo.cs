using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Notify.Images;

/// <summary>The two kinds of picture a notification may carry.</summary>
public enum ImageKind
{
    /// <summary><c>image/png</c>.</summary>
    Png,

    /// <summary><c>image/jpeg</c>.</summary>
    Jpeg,
}

/// <summary>What the header of a picture says.</summary>
/// <param name="Kind">PNG or JPEG.</param>
/// <param name="Width">In pixels, at least 1, as stored: a rotation noted in EXIF is not applied.</param>
/// <param name="Height">In pixels, at least 1.</param>
/// <param name="ByteLength">The whole file, in bytes.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ImageInfo(ImageKind Kind, int Width, int Height, long ByteLength)
{
    /// <summary>The type for <c>Content-Type</c>.</summary>
    public string MediaType => Kind == ImageKind.Png ? "image/png" : "image/jpeg";

    /// <summary>The usual ending of a file's name, with its dot.</summary>
    public string Extension => Kind == ImageKind.Png ? ".png" : ".jpg";

    /// <summary>Reads the header of a whole file. Null where it isn't a PNG or JPEG, or its header is cut off or wrong.</summary>
    public static ImageInfo? Read(ReadOnlySpan<byte> file) => Read(file, file.Length);

    /// <summary>Reads the header from the first bytes of a file of <paramref name="byteLength"/> bytes. A JPEG's dimensions can come after much metadata: give 64 KiB or more.</summary>
    public static ImageInfo? Read(ReadOnlySpan<byte> start, long byteLength) =>
        ReadPng(start, byteLength) ?? ReadJpeg(start, byteLength);

    private static ImageInfo? ReadPng(ReadOnlySpan<byte> file, long byteLength)
    {
        // Signature, then the IHDR chunk: length 13, name, width, height (https://www.w3.org/TR/png-3/#11IHDR).
        if (file.Length < 33 || !file.StartsWith(PngSignature))
        {
            return null;
        }

        return BinaryPrimitives.ReadUInt32BigEndian(file[8..]) == 13 && file[12..16].SequenceEqual("IHDR"u8)
            ? Sized(
                ImageKind.Png,
                BinaryPrimitives.ReadUInt32BigEndian(file[16..]),
                BinaryPrimitives.ReadUInt32BigEndian(file[20..]),
                byteLength
            )
            : null;
    }

    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private static ImageInfo? ReadJpeg(ReadOnlySpan<byte> file, long byteLength)
    {
        // SOI, then segments FF, marker, length (its own two bytes included), up to the frame header SOFn, which holds precision, height, width
        // (ITU-T T.81, annex B).
        if (file.Length < 4 || file[0] != 0xFF || file[1] != 0xD8)
        {
            return null;
        }

        var at = 2;
        while (at + 4 <= file.Length && file[at] == 0xFF)
        {
            var marker = file[at + 1];
            if (marker == 0xFF)
            {
                at++;
                continue;
            }

            // TEM and RST have no length; they don't belong here, but a reader skips them.
            if (marker is 0x01 or (>= 0xD0 and <= 0xD7))
            {
                at += 2;
                continue;
            }

            var isFrame = marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);
            if (isFrame)
            {
                return at + 9 <= file.Length
                    ? Sized(
                        ImageKind.Jpeg,
                        BinaryPrimitives.ReadUInt16BigEndian(file[(at + 7)..]),
                        BinaryPrimitives.ReadUInt16BigEndian(file[(at + 5)..]),
                        byteLength
                    )
                    : null;
            }

            var length = BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);

            // The scan or the end before any frame header: no picture.
            if (length < 2 || marker is 0xD8 or 0xD9 or 0xDA)
            {
                return null;
            }

            at += 2 + length;
        }

        return null;
    }

    private static ImageInfo? Sized(ImageKind kind, uint width, uint height, long byteLength) =>
        width is 0 or > int.MaxValue || height is 0 or > int.MaxValue
            ? null
            : new ImageInfo(kind, (int)width, (int)height, byteLength);
}
