using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Notify.Testing;

/// <summary>Pictures made for a test.</summary>
public static class TestPictures
{
    /// <summary>A grey PNG.</summary>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="comment">What tells it from others of its size; any length.</param>
    public static byte[] Png(int width, int height, string comment = "") =>
        Png(width, height, 0, Enumerable.Repeat(new byte[width], height), comment);

    /// <summary>A PNG of these pixels.</summary>
    /// <param name="width">In pixels.</param>
    /// <param name="lines">For each line its pixels: a byte each for red, green and blue.</param>
    public static byte[] Png(int width, IReadOnlyCollection<byte[]> lines) =>
        Png(width, (lines ?? throw new ArgumentNullException(nameof(lines))).Count, 2, lines, "");

    /// <summary>A valid PNG of exactly so many bytes.</summary>
    public static byte[] PngOfSize(int bytes)
    {
        var least = Png(64, 64, " ").Length - 1;
        return Png(64, 64, new string('x', bytes - least));
    }

    private static byte[] Png(int width, int height, byte colourType, IEnumerable<byte[]> lines, string comment)
    {
        using var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = 8;
        header[9] = colourType;
        Chunk(png, "IHDR", header);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            foreach (var line in lines)
            {
                zlib.WriteByte(0);
                zlib.Write(line);
            }
        }

        Chunk(png, "IDAT", packed.ToArray());
        if (comment.Length > 0)
        {
            Chunk(png, "tEXt", Encoding.ASCII.GetBytes("Comment\0" + comment));
        }

        Chunk(png, "IEND", []);
        return png.ToArray();
    }

    private static void Chunk(MemoryStream png, string type, byte[] data)
    {
        var chunk = new byte[data.Length + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        Encoding.ASCII.GetBytes(type, chunk.AsSpan(4));
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
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xedb88320 : crc >> 1;
            }
        }

        return ~crc;
    }

    /// <summary>The SHA-256 of a picture or file, as the sandbox gives it with what a phone shows.</summary>
    public static string Sha(byte[] bytes) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));
}
