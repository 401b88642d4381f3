using System.Buffers.Binary;
using System.IO.Compression;

namespace Notify.Tests;

/// <summary>Pictures made for a test.</summary>
internal static class Pictures
{
    /// <summary>A grey PNG.</summary>
    public static byte[] Png(int width, int height, params (string Type, byte[] Data)[] more)
    {
        using var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = 8;
        Chunk(png, "IHDR", header);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            var row = new byte[width + 1];
            Array.Fill(row, (byte)0x80, 1, width);
            for (var y = 0; y < height; y++) zlib.Write(row);
        }

        Chunk(png, "IDAT", packed.ToArray());
        foreach (var (type, data) in more) Chunk(png, type, data);
        Chunk(png, "IEND", []);
        return png.ToArray();
    }

    /// <summary>A valid PNG of exactly so many bytes.</summary>
    public static byte[] PngOfSize(int bytes)
    {
        var empty = Png(64, 64, ("tEXt", [])).Length;
        return Png(64, 64, ("tEXt", new byte[bytes - empty]));
    }

    private static void Chunk(MemoryStream png, string type, byte[] data)
    {
        var chunk = new byte[data.Length + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        System.Text.Encoding.ASCII.GetBytes(type, chunk.AsSpan(4));
        data.CopyTo(chunk, 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(data.Length + 8), Crc(chunk.AsSpan(4, data.Length + 4)));
        png.Write(chunk);
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xedb88320 : crc >> 1;
        }

        return ~crc;
    }
}
