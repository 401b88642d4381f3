using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Notify.Posix;

/// <summary>Process calls beyond <see cref="System.Diagnostics.Process"/>: sessions, groups, adopted orphans.</summary>
internal static unsafe partial class LibC
{
    internal const int SignalKill = 9;
    internal const int SignalTerminate = 15;
    internal const int SignalChild = 17;

    internal const short PollIn = 1;

    internal const short PollOut = 4;

    internal const int WaitNoHang = 1;

    /// <summary>Room for glibc's opaque posix_spawnattr_t (336 bytes) and posix_spawn_file_actions_t (80 bytes).</summary>
    internal const int SpawnStructSize = 512;

    /// <summary>glibc's sigset_t.</summary>
    internal const int SignalSetSize = 128;

    internal const short SpawnSetSignalDefaults = 0x04;
    internal const short SpawnSetSignalMask = 0x08;
    internal const short SpawnSetSession = 0x80;

    internal const int SetChildSubreaper = 36;

    internal const int SetStatusFlags = 4;
    internal const int GetOpenFileLock = 36;
    internal const int SetOpenFileLock = 37;
    internal const short LockRangeWrite = 1;
    internal const short LockRangeNone = 2;

    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    internal static partial int Spawn(
        out int pid,
        byte* path,
        void* actions,
        void* attributes,
        byte** arguments,
        byte** environment
    );

    /// <summary>The same; a name without a slash is looked for in PATH.</summary>
    [LibraryImport("libc", EntryPoint = "posix_spawnp")]
    internal static partial int SpawnByName(
        out int pid,
        byte* name,
        void* actions,
        void* attributes,
        byte** arguments,
        byte** environment
    );

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    internal static partial int SpawnAttributesInit(void* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    internal static partial int SpawnAttributesDestroy(void* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    internal static partial int SpawnAttributesSetFlags(void* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    internal static partial int SpawnAttributesSetSignalDefaults(void* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    internal static partial int SpawnAttributesSetSignalMask(void* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    internal static partial int SpawnActionsInit(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    internal static partial int SpawnActionsDestroy(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen")]
    internal static partial int SpawnActionsAddOpen(void* actions, int descriptor, byte* path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    internal static partial int SpawnActionsAddDuplicate(void* actions, int descriptor, int newDescriptor);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addclosefrom_np")]
    internal static partial int SpawnActionsAddCloseFrom(void* actions, int lowest);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addchdir_np")]
    internal static partial int SpawnActionsAddChangeFolder(void* actions, byte* path);

    internal const int AccessExecute = 1;

    internal const int AccessWrite = 2;

    internal const int AccessRead = 4;

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MayAccess(string path, int rights);

    [LibraryImport("libc", EntryPoint = "isatty")]
    internal static partial int IsTerminal(int descriptor);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MakeFolder(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    internal static partial int Pipe(int* descriptors, int flags);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int EventDescriptor(uint initial, int flags);

    /// <summary>A command of <see cref="FileControl(SafeFileHandle, int, int)"/>: the flags of a descriptor.</summary>
    internal const int GetDescriptorFlags = 1;

    /// <summary>A flag of a descriptor: it ends with this program.</summary>
    internal const int CloseOnExec = 1;

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int FileControl(SafeFileHandle file, int command, int argument);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int FileControl(SafeFileHandle file, int command, ref LockRange range);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(SafeFileHandle file, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "pidfd_open", SetLastError = true)]
    internal static partial int OpenProcess(int pid, uint flags);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    internal static partial int WaitProcess(int pid, out int status, int options);

    /// <summary>The same with what the process used, and the children that it waited for.</summary>
    [LibraryImport("libc", EntryPoint = "wait4", SetLastError = true)]
    internal static partial int WaitProcess(int pid, out int status, int options, out ResourceUsage usage);

    /// <summary>What this process used so far.</summary>
    [LibraryImport("libc", EntryPoint = "getrusage", SetLastError = true)]
    internal static partial int GetResourceUsage(int who, out ResourceUsage usage);

    internal const int ResourceUsageOfSelf = 0;

    /// <summary><c>struct rusage</c>.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 144)]
    internal struct ResourceUsage
    {
        /// <summary>The most resident memory of the largest process, in KiB.</summary>
        [FieldOffset(32)]
        public long LargestResidentKibibytes;
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static partial int Kill(int pid, int signal);

    /// <summary>The process group of this process.</summary>
    [LibraryImport("libc", EntryPoint = "getpgrp")]
    internal static partial int GetProcessGroup();

    /// <summary>The process group in the foreground of a terminal.</summary>
    [LibraryImport("libc", EntryPoint = "tcgetpgrp", SetLastError = true)]
    internal static partial int GetForegroundGroup(SafeFileHandle terminal);

    [LibraryImport("libc", EntryPoint = "getsid", SetLastError = true)]
    internal static partial int GetSession(int pid);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    internal static partial int ProcessControl(int option, nuint argument, nuint none3, nuint none4, nuint none5);

    [LibraryImport("libc", EntryPoint = "signal", SetLastError = true)]
    internal static partial nint SetSignalDisposition(int signal, nint handler);

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollDescriptor
    {
        public int Descriptor;
        public short Wanted;
        public short Happened;
    }

    /// <summary>struct flock; zero start and length mean the whole file.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct LockRange
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int ProcessId;
    }
}
