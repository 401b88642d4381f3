using System.Runtime.InteropServices;

namespace Notify.Posix;

/// <summary>Reads the C library's entries of accounts and groups.</summary>
internal static unsafe class NameService
{
    /// <summary>One of the C library's functions that look an entry up, its texts in a buffer.</summary>
    internal delegate int Lookup<TEntry>(out TEntry entry, byte* buffer, nuint length, out nint result);

    /// <summary>Looks an entry up with as much room for its texts as they need, and reads it while they are there; null where there is none.</summary>
    internal static T? Find<TEntry, T>(Lookup<TEntry> lookup, Func<TEntry, T> read)
        where T : class
    {
        for (var size = 4096; ; size *= 2)
        {
            var buffer = new byte[size];
            fixed (byte* start = buffer)
            {
                var error = lookup(out var entry, start, (nuint)size, out var result);
                if (error != LibC.BufferTooSmall)
                {
                    return result == 0 ? null : read(entry);
                }
            }
        }
    }

    internal static string Text(nint pointer) => Marshal.PtrToStringUTF8(pointer) ?? "";
}
