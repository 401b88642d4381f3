namespace Notify.Scripts;

/// <summary>Keeps the last part of a stream of any length: a script prints its result, or its error, last.</summary>
/// <param name="capacity">Most bytes to keep.</param>
internal sealed class OutputTail(int capacity)
{
    private byte[] _ring = [];

    /// <summary>Bytes in all.</summary>
    internal long Total { get; private set; }

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        if (bytes.Length > capacity)
        {
            Total += bytes.Length - capacity;
            bytes = bytes[^capacity..];
        }

        if (_ring.Length < capacity && Total + bytes.Length > _ring.Length)
        {
            Array.Resize(ref _ring, (int)Math.Min(capacity, Math.Max(Total + bytes.Length, _ring.Length * 2L)));
        }

        var at = (int)(Total % _ring.Length);
        var upToEnd = Math.Min(bytes.Length, _ring.Length - at);
        bytes[..upToEnd].CopyTo(_ring.AsSpan(at));
        bytes[upToEnd..].CopyTo(_ring);
        Total += bytes.Length;
    }

    internal byte[] ToArray()
    {
        if (Total <= _ring.Length)
        {
            return _ring[..(int)Total];
        }

        var at = (int)(Total % _ring.Length);
        return [.. _ring.AsSpan(at), .. _ring.AsSpan(0, at)];
    }
}
