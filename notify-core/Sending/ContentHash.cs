using System.Globalization;
using System.Runtime.InteropServices;

namespace Notify.Sending;

/// <summary>A hash of what a notification shows: title, message, table, buttons, charts and files. The script's own data does not count.</summary>
/// <remarks>FNV-1a: SHA-256 would load OpenSSL, and nobody gains by a message that equals another one of their own.</remarks>
internal struct ContentHash
{
    private const int PieceSize = 1 << 18;

    private ulong _value = 14695981039346656037UL;

    /// <summary>An empty hash.</summary>
    public ContentHash() { }

    /// <summary>The hash of a notification, 16 hexadecimal digits.</summary>
    /// <exception cref="IOException">A file can't be read, or has become shorter.</exception>
    internal static string Of(Notification notification)
    {
        var hash = new ContentHash();
        hash.Add(notification.Title);
        hash.Add(notification.Message);
        hash.Add(notification.Table?.GetRawText());
        hash.Add(notification.ButtonsJson()?.GetRawText());
        foreach (var chart in notification.Charts)
        {
            hash.Add("chart");
            hash.Add(chart.Bytes.Span);
        }

        var buffer = notification.Files.Count > 0 ? new byte[PieceSize] : [];
        foreach (var file in notification.Files)
        {
            hash.Add(file.Name);
            hash.Add(file.Length.ToString(CultureInfo.InvariantCulture));
            for (long at = 0; at < file.Length; )
            {
                var count = file.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, file.Length - at)), at);
                hash.Mix(buffer.AsSpan(0, count));
                at += count;
            }
        }

        return hash._value.ToString("x16", CultureInfo.InvariantCulture);
    }

    /// <summary>A hash of a text, 16 hexadecimal digits.</summary>
    internal static string Of(string text)
    {
        var hash = new ContentHash();
        hash.Add(text);
        return hash._value.ToString("x16", CultureInfo.InvariantCulture);
    }

    /// <summary>Adds a text; its length keeps a text and the next one apart.</summary>
    private void Add(string? text)
    {
        if (text is null)
        {
            Mix([0]);
            return;
        }

        Add(MemoryMarshal.AsBytes(text.AsSpan()));
    }

    private void Add(ReadOnlySpan<byte> bytes)
    {
        Span<byte> length = stackalloc byte[1 + sizeof(long)];
        length[0] = 1;
        _ = BitConverter.TryWriteBytes(length[1..], (long)bytes.Length);
        Mix(length);
        Mix(bytes);
    }

    private void Mix(ReadOnlySpan<byte> bytes)
    {
        var value = _value;
        foreach (var b in bytes)
        {
            value = unchecked((value ^ b) * 1099511628211UL);
        }

        _value = value;
    }
}
