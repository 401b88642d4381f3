using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Notify.Posix;

/// <summary>Rights of an entry in a POSIX access control list, as in <c>rwx</c>.</summary>
[Flags]
public enum AccessRights
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>x: run a file, pass through a folder.</summary>
    Execute = 1,

    /// <summary>w.</summary>
    Write = 2,

    /// <summary>r.</summary>
    Read = 4,
}

/// <summary>
/// The POSIX access control list of a file: what <c>setfacl -m g:GROUP:RIGHTS</c> and <c>getfacl</c> do, through the
/// attribute <c>system.posix_acl_access</c>, whose layout is part of the kernel's interface (linux/posix_acl_xattr.h).
/// </summary>
public static class AccessControlList
{
    private const string Attribute = "system.posix_acl_access";
    private const int Version = 2;
    private const int HeaderSize = 4;
    private const int EntrySize = 8;
    private const uint NoId = uint.MaxValue;

    /// <summary>Grants a group rights on a file, beside its owner, group and others; entries of other groups and users stay.</summary>
    /// <exception cref="IOException">The file system knows no ACLs, or the caller does not own the file.</exception>
    public static unsafe void GrantGroup(string path, uint gid, AccessRights rights)
    {
        var entries = Read(path);
        var index = entries.FindIndex(e => e.Tag == AclTag.Group && e.Id == gid);
        if (index >= 0)
        {
            entries[index] = entries[index] with { Rights = (ushort)rights };
        }
        else
        {
            entries.Add(new AclEntry(AclTag.Group, (ushort)rights, gid));
        }

        // The mask bounds all entries but owner and other. It is the union of what they need, as setfacl makes it.
        var mask = entries
            .Where(e => e.Tag is not (AclTag.Owner or AclTag.Other or AclTag.Mask))
            .Aggregate(0, (union, e) => union | e.Rights);
        entries.RemoveAll(e => e.Tag == AclTag.Mask);
        entries.Add(new AclEntry(AclTag.Mask, (ushort)mask, NoId));
        entries.Sort((a, b) => a.Tag != b.Tag ? a.Tag.CompareTo(b.Tag) : a.Id.CompareTo(b.Id));

        var blob = new byte[HeaderSize + (entries.Count * EntrySize)];
        BinaryPrimitives.WriteInt32LittleEndian(blob, Version);
        for (var i = 0; i < entries.Count; i++)
        {
            var at = blob.AsSpan(HeaderSize + (i * EntrySize));
            BinaryPrimitives.WriteUInt16LittleEndian(at, entries[i].Tag);
            BinaryPrimitives.WriteUInt16LittleEndian(at[2..], entries[i].Rights);
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], entries[i].Id);
        }

        fixed (byte* start = blob)
        {
            if (LibC.SetAttribute(path, Attribute, start, (nuint)blob.Length, 0) != 0)
            {
                throw new IOException($"Can't set the ACL of {path}: {LibC.LastError()}.");
            }
        }
    }

    /// <summary>A group's rights by its own ACL entry, within the mask; null without an entry.</summary>
    public static AccessRights? OfGroup(string path, uint gid)
    {
        var entries = Read(path);
        var mask = entries.Find(e => e.Tag == AclTag.Mask)?.Rights ?? 7;
        return entries.Find(e => e.Tag == AclTag.Group && e.Id == gid) is { } entry
            ? (AccessRights)(entry.Rights & mask)
            : null;
    }

    /// <summary>Users and groups, beside owner and others, who have a right on a file within its mask.</summary>
    /// <param name="path">The file.</param>
    /// <param name="right">The right.</param>
    /// <param name="status">The file's, for its group.</param>
    internal static IReadOnlyList<Grantee> Granting(string path, AccessRights right, FileStatus status)
    {
        if (Blob(path) is not { } blob)
        {
            return (((uint)status.Mode >> 3) & (uint)right) != 0 ? [new Grantee(true, false, status.Gid)] : [];
        }

        var entries = Parse(blob);
        var mask = entries.Find(e => e.Tag == AclTag.Mask)?.Rights ?? 7;
        return
        [
            .. entries
                .Where(e =>
                    e.Tag is AclTag.User or AclTag.Group or AclTag.OwningGroup && (e.Rights & mask & (int)right) != 0
                )
                .Select(e =>
                    e.Tag == AclTag.OwningGroup
                        ? new Grantee(true, false, status.Gid)
                        : new Grantee(e.Tag == AclTag.Group, true, e.Id)
                ),
        ];
    }

    /// <summary>The raw list, for <see cref="Put"/> on another file; null if the file has none beyond its mode.</summary>
    internal static unsafe byte[]? Blob(string path)
    {
        const int Longest = 4096;
        var buffer = stackalloc byte[Longest];
        var length = LibC.GetAttribute(path, Attribute, buffer, Longest);
        if (length >= 0)
        {
            return new ReadOnlySpan<byte>(buffer, (int)length).ToArray();
        }

        return Marshal.GetLastPInvokeError() is LibC.NoSuchAttribute or LibC.NotSupported or LibC.NoSuchFile
            ? null
            : throw new IOException($"Can't read the ACL of {path}: {LibC.LastError()}.");
    }

    /// <summary>Puts a list taken with <see cref="Blob"/> on an open file.</summary>
    internal static unsafe void Put(Microsoft.Win32.SafeHandles.SafeFileHandle file, byte[] blob)
    {
        fixed (byte* start = blob)
        {
            if (LibC.SetAttribute(file, Attribute, start, (nuint)blob.Length, 0) != 0)
            {
                throw new IOException($"Can't set the ACL of a new file: {LibC.LastError()}.");
            }
        }
    }

    /// <summary>Removes an open file's list, such as one from its folder's default list. The mode stays.</summary>
    internal static void Clear(Microsoft.Win32.SafeHandles.SafeFileHandle file)
    {
        if (
            LibC.RemoveAttribute(file, Attribute) != 0
            && Marshal.GetLastPInvokeError() is not (LibC.NoSuchAttribute or LibC.NotSupported)
        )
        {
            throw new IOException($"Can't take the ACL off a new file: {LibC.LastError()}.");
        }
    }

    /// <summary>Reads the list, with each entry's rights within the mask.</summary>
    /// <param name="path">The file.</param>
    /// <param name="entries">Null if the file has no list beyond its mode.</param>
    /// <returns>False if this is unknown.</returns>
    internal static bool TryRead(string path, out List<AclEntry>? entries)
    {
        entries = null;
        try
        {
            if (Blob(path) is not { } blob)
            {
                return Marshal.GetLastPInvokeError() is LibC.NoSuchAttribute or LibC.NotSupported;
            }

            if (
                blob.Length < HeaderSize
                || BinaryPrimitives.ReadInt32LittleEndian(blob) != Version
                || (blob.Length - HeaderSize) % EntrySize != 0
            )
            {
                return false;
            }

            var read = Parse(blob);
            var mask = read.Find(e => e.Tag == AclTag.Mask)?.Rights ?? 7;
            entries = read.ConvertAll(e =>
                e.Tag is AclTag.Owner or AclTag.Other or AclTag.Mask ? e : e with { Rights = (ushort)(e.Rights & mask) }
            );
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static List<AclEntry> Parse(byte[] blob)
    {
        var entries = new List<AclEntry>();
        for (var at = HeaderSize; at + EntrySize <= blob.Length; at += EntrySize)
        {
            var span = blob.AsSpan(at);
            entries.Add(
                new AclEntry(
                    BinaryPrimitives.ReadUInt16LittleEndian(span),
                    BinaryPrimitives.ReadUInt16LittleEndian(span[2..]),
                    BinaryPrimitives.ReadUInt32LittleEndian(span[4..])
                )
            );
        }

        return entries;
    }

    private static List<AclEntry> Read(string path)
    {
        if (Blob(path) is { } blob)
        {
            return Parse(blob);
        }

        var status =
            FileStatus.OfPath(path)
            ?? throw new FileNotFoundException($"{path} is not there, or may not be looked at.", path);
        return
        [
            new AclEntry(AclTag.Owner, (ushort)(((uint)status.Mode >> 6) & 7), NoId),
            new AclEntry(AclTag.OwningGroup, (ushort)(((uint)status.Mode >> 3) & 7), NoId),
            new AclEntry(AclTag.Other, (ushort)((uint)status.Mode & 7), NoId),
        ];
    }

    /// <summary>Who has a right.</summary>
    /// <param name="IsGroup">A group, else a user.</param>
    /// <param name="IsListed">By its own entry, else as the file's group.</param>
    /// <param name="Id">The user's or group's id.</param>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Grantee(bool IsGroup, bool IsListed, uint Id);
}

/// <summary>The subject of an ACL entry (linux/posix_acl_xattr.h).</summary>
internal static class AclTag
{
    internal const ushort Owner = 1;
    internal const ushort User = 2;
    internal const ushort OwningGroup = 4;
    internal const ushort Group = 8;
    internal const ushort Mask = 16;
    internal const ushort Other = 32;
}

/// <summary>An entry of a list.</summary>
/// <param name="Tag">Its subject, one of <see cref="AclTag"/>.</param>
/// <param name="Rights">Three bits.</param>
/// <param name="Id">The user's or group's id, if it names one.</param>
internal sealed record AclEntry(ushort Tag, ushort Rights, uint Id);
