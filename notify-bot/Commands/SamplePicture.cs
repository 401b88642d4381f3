using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Notify.Bot.Commands;

/// <summary>Draws the picture of /test, a bar chart, so the repository needs no binary file.</summary>
internal static class SamplePicture
{
    private const int Width = 640;
    private const int Height = 360;

    internal static byte[] Png()
    {
        ReadOnlySpan<int> bars = [180, 205, 190, 230, 250, 220, 270];
        var rows = new byte[Height * ((Width * 3) + 1)];
        for (var y = 0; y < Height; y++)
        {
            for (var x = 0; x < Width; x++)
            {
                var bar = (x - 40) / 80;
                var inBar =
                    x >= 40
                    && bar < bars.Length
                    && (x - 40) % 80 < 56
                    && y < Height - 40
                    && y >= Height - 40 - bars[bar];
                var onAxis = y == Height - 40 && x is >= 30 and < Width - 30;
                var colour =
                    inBar ? (bar == bars.Length - 1 ? 0x2AABEE : 0x8FC9E8)
                    : onAxis ? 0x667788
                    : 0xFFFFFF;
                var at = (y * ((Width * 3) + 1)) + 1 + (x * 3);
                rows[at] = (byte)(colour >> 16);
                rows[at + 1] = (byte)(colour >> 8);
                rows[at + 2] = (byte)colour;
            }
        }

        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(rows);
        }

        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), Height);
        header[8] = 8; // bits a channel
        header[9] = 2; // red, green, blue
        using var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        WriteChunk(png, "IHDR", header);
        WriteChunk(png, "IDAT", compressed.ToArray());
        WriteChunk(png, "IEND", []);
        return png.ToArray();
    }

    private static void WriteChunk(MemoryStream png, string kind, byte[] content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        png.Write(number);
        byte[] body = [.. Encoding.ASCII.GetBytes(kind), .. content];
        png.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32(body));
        png.Write(number);
    }

    /// <summary>The checksum of PNG chunks (PNG specification, annex D).</summary>
    private static uint Crc32(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
            }
        }

        return ~crc;
    }
}
