using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Notify.Posix;

/// <summary>The kind of a file.</summary>
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

    /// <summary>A pipe, with or without a name.</summary>
    Pipe,

    /// <summary>A device, or anything else.</summary>
    Other,
}

/// <summary>Owner, mode, size and identity of a file at one moment (<c>statx</c>).</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Uid">The owner's user id.</param>
/// <param name="Gid">The group's id.</param>
/// <param name="Mode">The lower 12 bits: rights, set-id and sticky bits.</param>
/// <param name="Size">Length in bytes.</param>
/// <param name="Inode">Its number in the file system: another number means another file, even with the same name.</param>
/// <param name="Device">The file system.</param>
/// <param name="ModifiedNanoseconds">Time of the last change of content, nanoseconds since 1970.</param>
/// <param name="ChangedNanoseconds">Time of the last change of content or status, nanoseconds since 1970; programs can't set it.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct FileStatus(
    FileKind Kind,
    uint Uid,
    uint Gid,
    UnixFileMode Mode,
    long Size,
    ulong Inode,
    ulong Device,
    long ModifiedNanoseconds,
    long ChangedNanoseconds
)
{
    /// <summary>Reads a path's status, with or without following a final symbolic link; null if it is missing or unreadable.</summary>
    public static FileStatus? OfPath(string path, bool followLink = true) =>
        LibC.Statx(LibC.AtFdCwd, path, followLink ? 0 : LibC.AtSymlinkNoFollow, LibC.StatxBasicStats, out var result)
        == 0
            ? From(result)
            : null;

    /// <summary>Reads an open file's status. Nobody can swap the file meanwhile.</summary>
    /// <exception cref="IOException">The kernel refused.</exception>
    public static FileStatus Of(SafeFileHandle file) =>
        LibC.Statx(file, "", LibC.AtEmptyPath, LibC.StatxBasicStats, out var result) == 0
            ? From(result)
            : throw new IOException($"Can't read the status of an open file: {LibC.LastError()}.");

    /// <summary>A path to an open file for calls without a descriptor, independent of its names and open mode.</summary>
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
                0x1000 => FileKind.Pipe,
                _ => FileKind.Other,
            },
            result.Uid,
            result.Gid,
            (UnixFileMode)(result.Mode & 0xFFF),
            (long)result.Size,
            result.Inode,
            ((ulong)result.DeviceMajor << 32) | result.DeviceMinor,
            Nanoseconds(result.Modified),
            Nanoseconds(result.Changed)
        );

    private static long Nanoseconds(LibC.StatxTime time) => (time.Seconds * 1_000_000_000) + time.Nanoseconds;
}
