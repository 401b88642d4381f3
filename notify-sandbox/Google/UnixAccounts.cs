using System.Runtime.InteropServices;

namespace Notify.Sandbox.Google;

/// <summary>Who has an account on this machine, by the system's own word (files, LDAP, whatever nsswitch.conf names).</summary>
internal static unsafe partial class UnixAccounts
{
    // Larger than glibc's struct passwd on any 64-bit machine (48 bytes); nothing in it is read.
    private const int RecordSize = 256;
    private const int TextSize = 64 * 1024;

    public static bool Has(string name)
    {
        var record = stackalloc byte[RecordSize];
        var text = NativeMemory.Alloc(TextSize);
        try
        {
            void* found;
            return getpwnam_r(name, record, text, TextSize, &found) == 0 && found is not null;
        }
        finally
        {
            NativeMemory.Free(text);
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int getpwnam_r(string name, void* record, void* text, nuint textSize, void** found);
}
