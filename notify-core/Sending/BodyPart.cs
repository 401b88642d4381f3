namespace Notify.Sending;

/// <summary>Reads a part of a file: at least one byte.</summary>
/// <param name="into">Where the bytes go.</param>
/// <param name="at">From which byte of the file on.</param>
/// <returns>How many bytes were read.</returns>
/// <exception cref="IOException">The file can't be read, or has become shorter.</exception>
internal delegate int ReadPart(Span<byte> into, long at);

/// <summary>A part of a request's body: bytes, or a file that is read while it is sent.</summary>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Pieces">Its bytes in their order. A piece is valid until the next one.</param>
internal sealed record BodyPart(long Length, IEnumerable<ReadOnlyMemory<byte>> Pieces)
{
    private const int PieceSize = 1 << 18;

    /// <summary>A part of bytes.</summary>
    internal BodyPart(ReadOnlyMemory<byte> bytes)
        : this(bytes.Length, [bytes]) { }

    /// <summary>A file: ten large ones would fill the memory of a program that only passes them on.</summary>
    /// <param name="length">Its length in bytes when it was opened.</param>
    /// <param name="read">Reads it.</param>
    internal static BodyPart OfFile(long length, ReadPart read) => new(length, ReadFile(length, read));

    private static IEnumerable<ReadOnlyMemory<byte>> ReadFile(long length, ReadPart read)
    {
        var buffer = new byte[Math.Min(length, PieceSize)];
        for (long at = 0; at < length; )
        {
            var count = read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - at)), at);
            yield return buffer.AsMemory(0, count);
            at += count;
        }
    }
}
