using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Notify.Posix;

/// <summary>What kind of thing a path names.</summary>
public enum FileKind
{
    /// <summary>A regular file.</summary>
    Regular,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic link.</summary>
    SymbolicLink,

    /// <summary>A socket.</summary>
    Socket,

    /// <summary>A pipe, a device, or what else there is.</summary>
    Other,
}

/// <summary>Owner, mode, size and identity of a file at one moment (<c>statx</c>).</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Uid">The owner's user id.</param>
/// <param name="Gid">The group's id.</param>
/// <param name="Mode">The lower 12 bits: rights, set-id and sticky bits.</param>
/// <param name="Size">Length in bytes.</param>
/// <param name="Inode">Number in its file system: another one means another file, whatever the name.</param>
/// <param name="Device">The file system.</param>
/// <param name="ModifiedNanoseconds">Time of the last change of content, nanoseconds since 1970.</param>
/// <param name="ChangedNanoseconds">Time of the last change of content or status, nanoseconds since 1970; a program can't set it.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct FileStatus(
    FileKind Kind,
    uint Uid,
    uint Gid,
    uint Mode,
    long Size,
    ulong Inode,
    ulong Device,
    long ModifiedNanoseconds,
    long ChangedNanoseconds
)
{
    /// <summary>Looks at a path, following a symbolic link at its end or not; null where nothing is there or no right to look.</summary>
    public static FileStatus? OfPath(string path, bool followLink = true) =>
        LibC.Statx(LibC.AtFdCwd, path, followLink ? 0 : LibC.AtSymlinkNoFollow, LibC.StatxBasicStats, out var result)
        == 0
            ? From(result)
            : null;

    /// <summary>Looks at an open file: what is true of it can't be swapped under the reader.</summary>
    /// <exception cref="IOException">The kernel refused.</exception>
    public static FileStatus Of(SafeFileHandle file) =>
        LibC.Statx(file, "", LibC.AtEmptyPath, LibC.StatxBasicStats, out var result) == 0
            ? From(result)
            : throw new IOException($"Can't read the status of an open file: {LibC.LastError()}.");

    /// <summary>A path that leads to an open file, however it was opened and whatever its names are by now, for calls that take no descriptor.</summary>
    internal static string PathOf(SafeFileHandle file) =>
        string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{file.DangerousGetHandle()}");

    private static FileStatus From(in LibC.StatxResult result) =>
        new(
            (result.Mode & 0xF000) switch
            {
                0x8000 => FileKind.Regular,
                0x4000 => FileKind.Folder,
                0xA000 => FileKind.SymbolicLink,
                0xC000 => FileKind.Socket,
                _ => FileKind.Other,
            },
            result.Uid,
            result.Gid,
            (uint)(result.Mode & 0xFFF),
            (long)result.Size,
            result.Inode,
            ((ulong)result.DeviceMajor << 32) | result.DeviceMinor,
            Nanoseconds(result.Modified),
            Nanoseconds(result.Changed)
        );

    private static long Nanoseconds(LibC.StatxTime time) => (time.Seconds * 1_000_000_000) + time.Nanoseconds;
}
