using System.Buffers.Binary;

namespace Notify.Sandbox.Telegram;

/// <summary>What the sandbox needs to know of a picture, read from its bytes: PNG, JPEG and GIF.</summary>
internal static class ImageFormat
{
    private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(CrcOfByte)];

    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

    /// <summary>Type and size in pixels, or null where the bytes are no whole picture of a known kind.</summary>
    public static (string MimeType, int Width, int Height)? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith(PngSignature))
        {
            return ReadPng(bytes);
        }

        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xff, 0xd8]))
        {
            return ReadJpeg(bytes);
        }

        return bytes.StartsWith("GIF8"u8) && bytes.Length > 13 && bytes[^1] == 0x3b
            ? (
                "image/gif",
                BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]),
                BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..])
            )
            : null;
    }

    /// <summary>Every chunk must be whole and have the right check sum, up to the one that ends the file.</summary>
    private static (string, int, int)? ReadPng(ReadOnlySpan<byte> bytes)
    {
        var left = bytes[PngSignature.Length..];
        (string, int, int)? size = null;
        while (left.Length >= 12)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(left);
            if (length > left.Length - 12)
            {
                return null;
            }

            var chunk = left.Slice(4, (int)length + 4);
            if (Crc32(chunk) != BinaryPrimitives.ReadUInt32BigEndian(left[((int)length + 8)..]))
            {
                return null;
            }

            if (chunk.StartsWith("IHDR"u8) && length >= 13)
            {
                size = (
                    "image/png",
                    BinaryPrimitives.ReadInt32BigEndian(chunk[4..]),
                    BinaryPrimitives.ReadInt32BigEndian(chunk[8..])
                );
            }

            if (chunk.StartsWith("IEND"u8))
            {
                return size is { Item2: > 0, Item3: > 0 } ? size : null;
            }

            left = left[((int)length + 12)..];
        }

        return null;
    }

    private static (string, int, int)? ReadJpeg(ReadOnlySpan<byte> bytes)
    {
        // A picture that was cut short has no end mark near its end.
        if (bytes[^Math.Min(bytes.Length, 64)..].LastIndexOf((ReadOnlySpan<byte>)[0xff, 0xd9]) < 0)
        {
            return null;
        }

        var at = 2;
        while (at + 9 < bytes.Length && bytes[at] == 0xff)
        {
            var marker = bytes[at + 1];
            if (marker == 0xff)
            {
                at++;
                continue;
            }

            var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 2)..]);
            // Start of frame, all kinds; C4, C8 and CC in that range are tables.
            if (marker is >= 0xc0 and <= 0xcf and not (0xc4 or 0xc8 or 0xcc))
            {
                int height = BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 5)..]);
                int width = BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 7)..]);
                return width > 0 && height > 0 ? ("image/jpeg", width, height) : null;
            }

            at += 2 + length;
        }

        return null;
    }

    /// <summary>The check sum of PNG chunks (ISO 3309).</summary>
    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc = CrcTable[(byte)crc ^ b] ^ (crc >> 8);
        }

        return ~crc;
    }

    private static uint CrcOfByte(int value)
    {
        var crc = (uint)value;
        for (var bit = 0; bit < 8; bit++)
        {
            crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xedb88320 : crc >> 1;
        }

        return crc;
    }
}
