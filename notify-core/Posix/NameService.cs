using System.Runtime.InteropServices;

namespace Notify.Posix;

/// <summary>Reads the C library's entries of accounts and groups.</summary>
internal static unsafe class NameService
{
    /// <summary>A lookup function of the C library, which puts texts into a buffer.</summary>
    internal delegate int Lookup<TEntry>(out TEntry entry, byte* buffer, nuint length, out nint result);

    /// <summary>Looks up an entry with a large enough buffer, and reads it before the buffer is freed; null if there is none or every source failed.</summary>
    internal static T? Find<TEntry, T>(Lookup<TEntry> lookup, Func<TEntry, T> read)
        where T : class => TryFind(lookup, read, out var found) ? found : null;

    /// <summary>The same, but tells "no entry" from "a source failed".</summary>
    /// <param name="lookup">The C library's function.</param>
    /// <param name="read">Reads the entry.</param>
    /// <param name="found">The entry; null if there is none.</param>
    /// <returns>
    /// False if a source failed, such as a directory that is down, and no other source has the entry
    /// (getpwnam_r(3): "not found" is 0 with no entry; every error number is a failure).
    /// </returns>
    internal static bool TryFind<TEntry, T>(Lookup<TEntry> lookup, Func<TEntry, T> read, out T? found)
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
                    found = result == 0 ? null : read(entry);
                    return error == 0 || found is not null;
                }
            }
        }
    }

    internal static string Text(nint pointer) => Marshal.PtrToStringUTF8(pointer) ?? "";
}
