using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace Notify.Posix;

/// <summary>Calls of the C library that .NET lacks. Only for linux-x64 with glibc, because of the struct layouts.</summary>
internal static unsafe partial class LibC
{
    internal const int AtFdCwd = -100;
    internal const int AtEmptyPath = 0x1000;
    internal const int AtSymlinkNoFollow = 0x100;
    internal const int AtSymlinkFollow = 0x400;
    internal const uint StatxBasicStats = 0x7FF;

    internal const int OpenReadOnly = 0;
    internal const int OpenWriteOnly = 1;
    internal const int OpenReadWrite = 2;
    internal const int OpenCreate = 0x40;
    internal const int OpenExclusive = 0x80;
    internal const int OpenAppend = 0x400;
    internal const int OpenNonBlocking = 0x800;
    internal const int OpenDirectory = 0x10000;
    internal const int OpenNoFollow = 0x20000;
    internal const int OpenCloseOnExec = 0x80000;
    internal const int OpenPathOnly = 0x200000;

    internal const int OpenFilesLimit = 7;

    internal const int LockExclusive = 2;
    internal const int LockNonBlocking = 4;

    internal const int NoSuchFile = 2;
    internal const int NoSuchProcess = 3;
    internal const int Interrupted = 4;
    internal const int InputOutputError = 5;
    internal const int NotExecutableFormat = 8;
    internal const int WouldBlock = 11; // EAGAIN is the same
    internal const int PermissionDenied = 13;
    internal const int FileExists = 17;
    internal const int InvalidArgument = 22;
    internal const int NoSpace = 28;
    internal const int ReadOnlyFileSystem = 30;
    internal const int BrokenPipe = 32;
    internal const int BufferTooSmall = 34;
    internal const int TooManyLinks = 40;
    internal const int NoSuchAttribute = 61;
    internal const int NotSupported = 95;
    internal const int QuotaExceeded = 122;

    [LibraryImport("libc", EntryPoint = "getuid")]
    internal static partial uint GetUid();

    [LibraryImport("libc", EntryPoint = "geteuid")]
    internal static partial uint GetEffectiveUid();

    [LibraryImport("libc", EntryPoint = "umask")]
    internal static partial uint Umask(uint mask);

    [LibraryImport("libc", EntryPoint = "getpwnam_r", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int GetPasswordEntry(
        string name,
        out PasswordEntry entry,
        byte* buffer,
        nuint length,
        out nint result
    );

    [LibraryImport("libc", EntryPoint = "getpwuid_r")]
    internal static partial int GetPasswordEntry(
        uint uid,
        out PasswordEntry entry,
        byte* buffer,
        nuint length,
        out nint result
    );

    [LibraryImport("libc", EntryPoint = "getgrnam_r", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int GetGroupEntry(
        string name,
        out GroupEntry entry,
        byte* buffer,
        nuint length,
        out nint result
    );

    [LibraryImport("libc", EntryPoint = "getgrgid_r")]
    internal static partial int GetGroupEntry(
        uint gid,
        out GroupEntry entry,
        byte* buffer,
        nuint length,
        out nint result
    );

    [LibraryImport("libc", EntryPoint = "getgrouplist", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int GetGroupList(string name, uint gid, uint* groups, ref int count);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Statx(int folder, string path, int flags, uint mask, out StatxResult result);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Statx(SafeFileHandle file, string path, int flags, uint mask, out StatxResult result);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int OpenAt(SafeFileHandle folder, string name, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    internal static partial int Flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Fsync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    internal static partial int ChangeOwner(SafeFileHandle file, uint uid, uint gid);

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ChangeOwner(string path, uint uid, uint gid);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    internal static partial int ChangeMode(SafeFileHandle file, uint mode);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(SafeFileHandle file, byte* content, nuint length);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RenameAt(SafeFileHandle fromFolder, string from, SafeFileHandle toFolder, string to);

    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LinkAt(int fromFolder, string from, int toFolder, string to, int flags);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int UnlinkAt(SafeFileHandle folder, string name, int flags);

    [LibraryImport(
        "libc",
        EntryPoint = "fremovexattr",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8
    )]
    internal static partial int RemoveAttribute(SafeFileHandle file, string name);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Rename(string from, string to);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    internal static partial int GetSocketOption(int socket, int level, int name, void* value, ref uint length);

    [LibraryImport("libc", EntryPoint = "getsockname", SetLastError = true)]
    internal static partial int GetSocketName(int socket, byte* address, ref uint length);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    internal static partial int GetResourceLimit(int resource, out ResourceLimit limit);

    [LibraryImport("libc", EntryPoint = "getxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint GetAttribute(string path, string name, byte* value, nuint size);

    [LibraryImport("libc", EntryPoint = "setxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetAttribute(string path, string name, byte* value, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "fsetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetAttribute(SafeFileHandle file, string name, byte* value, nuint size, int flags);

    /// <summary>The C library's text for the last error number.</summary>
    internal static string LastError() => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "localtime_r")]
    internal static partial BrokenDownTime* LocalTime(long* secondsSince1970, BrokenDownTime* result);

    /// <summary>glibc's <c>struct tm</c>.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 56)]
    internal struct BrokenDownTime
    {
        [FieldOffset(40)]
        public long SecondsEastOfUtc;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct PasswordEntry
    {
        public nint Name;
        public nint Password;
        public uint Uid;
        public uint Gid;
        public nint Gecos;
        public nint Home;
        public nint Shell;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct GroupEntry
    {
        public nint Name;
        public nint Password;
        public uint Gid;
        public nint Members;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct ResourceLimit
    {
        public ulong Current;
        public ulong Most;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct StatxTime
    {
        public long Seconds;
        public uint Nanoseconds;
        public int Reserved;
    }

    [StructLayout(LayoutKind.Sequential, Size = 256)]
    internal struct StatxResult
    {
        public uint Mask;
        public uint BlockSize;
        public ulong Attributes;
        public uint Links;
        public uint Uid;
        public uint Gid;
        public ushort Mode;
        public ushort Spare;
        public ulong Inode;
        public ulong Size;
        public ulong Blocks;
        public ulong AttributesMask;
        public StatxTime Accessed;
        public StatxTime Born;
        public StatxTime Changed;
        public StatxTime Modified;
        public uint SpecialDeviceMajor;
        public uint SpecialDeviceMinor;
        public uint DeviceMajor;
        public uint DeviceMinor;
    }
}
