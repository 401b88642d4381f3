using System.Runtime.InteropServices;

namespace Notify.Posix;

/// <summary>Reads the C library's entries of accounts and groups.</summary>
internal static unsafe class NameService
{
    /// <summary>One of the C library's functions that look an entry up, its texts in a buffer.</summary>
    internal delegate int Lookup<TEntry>(out TEntry entry, byte* buffer, nuint length, out nint result);

    /// <summary>Looks an entry up with as much room for its texts as they need, and reads it while they are there; null where there is none, or no source could be asked.</summary>
    internal static T? Find<TEntry, T>(Lookup<TEntry> lookup, Func<TEntry, T> read)
        where T : class => TryFind(lookup, read, out var found) ? found : null;

    /// <summary>The same, and tells "there is none" from "a source could not be asked".</summary>
    /// <param name="lookup">The C library's function.</param>
    /// <param name="read">Reads the entry.</param>
    /// <param name="found">The entry; null where there is none.</param>
    /// <returns>
    /// False where a source of the name service failed, such as a directory that is down, and none of the others has the entry
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
