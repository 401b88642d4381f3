using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Notify.Posix;

/// <summary>
/// Another user's rights on an open file or folder, by its mode and ACL, as the kernel decides (posix_acl_permission in fs/posix_acl.c). Modes and ACLs don't bind root.
/// </summary>
/// <param name="Uid">The user's id.</param>
/// <param name="Groups">The user's groups, including the effective one.</param>
internal sealed record CallerRights(uint Uid, IReadOnlyCollection<uint> Groups)
{
    /// <summary>Other kinds of ACLs, which mode bits only approximate (nfs4_acl(5), cifs).</summary>
    private static readonly string[] ForeignLists =
    [
        "system.nfs4_acl",
        "system.nfs4_dacl",
        "system.richacl",
        "system.cifs_acl",
        "system.smb3_acl",
    ];

    /// <summary>Whether the kernel would grant the user a right; false if unknown.</summary>
    /// <param name="file">The file or folder, opened in any way.</param>
    /// <param name="status">Its status.</param>
    /// <param name="right">One right.</param>
    public bool Has(SafeFileHandle file, in FileStatus status, AccessRights right) =>
        ListOf(file) switch
        {
            AclKind.None or AclKind.Posix when Uid == 0 => true,
            AclKind.None => Has(
                status.Uid == Uid ? (uint)status.Mode >> 6
                    : Groups.Contains(status.Gid) ? (uint)status.Mode >> 3
                    : (uint)status.Mode,
                right
            ),
            AclKind.Posix list => Has(list.Entries, status, right),
            _ => false,
        };

    /// <summary>Whether owner, group and others have a right by the mode.</summary>
    public static bool AllHave(in FileStatus status, AccessRights right) =>
        Has((uint)status.Mode & ((uint)status.Mode >> 3) & ((uint)status.Mode >> 6), right);

    /// <summary>The owner's entry counts, else the named user's, else any of the user's groups with the right, else the entry for others.</summary>
    private bool Has(List<AclEntry> entries, FileStatus status, AccessRights right)
    {
        if (status.Uid == Uid)
        {
            return Has((uint)status.Mode >> 6, right);
        }

        if (entries.Find(e => e.Tag == AclTag.User && e.Id == Uid) is { } named)
        {
            return Has(named.Rights, right);
        }

        var groups = entries.FindAll(e =>
            (e.Tag == AclTag.OwningGroup && Groups.Contains(status.Gid))
            || (e.Tag == AclTag.Group && Groups.Contains(e.Id))
        );
        return groups.Count > 0 ? groups.Exists(e => Has(e.Rights, right)) : Has((uint)status.Mode, right);
    }

    private static bool Has(uint rights, AccessRights right) => ((AccessRights)(rights & 7) & right) == right;

    private static AclKind ListOf(SafeFileHandle file)
    {
        // The link in /proc leads to this very file, even if it was opened with O_PATH, which fgetxattr refuses.
        var path = FileStatus.PathOf(file);
        if (!AccessControlList.TryRead(path, out var entries))
        {
            return new AclKind.Unknown();
        }

        if (entries is not null)
        {
            return new AclKind.Posix(entries);
        }

        // A file system with POSIX ACLs has no other kind.
        return
            Marshal.GetLastPInvokeError() == LibC.NotSupported
            && Array.Exists(ForeignLists, name => HasAttribute(path, name))
            ? new AclKind.Unknown()
            : new AclKind.None();
    }

    private static unsafe bool HasAttribute(string path, string name) =>
        LibC.GetAttribute(path, name, null, 0) >= 0
        || Marshal.GetLastPInvokeError() is not (LibC.NoSuchAttribute or LibC.NotSupported);

    private abstract record AclKind
    {
        internal sealed record None : AclKind;

        internal sealed record Posix(List<AclEntry> Entries) : AclKind;

        internal sealed record Unknown : AclKind;
    }
}
