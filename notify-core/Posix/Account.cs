namespace Notify.Posix;

/// <summary>A Unix account, as the name service (passwd file, LDAP) knows it now.</summary>
/// <param name="Name">The account's name.</param>
/// <param name="Uid">Its user id.</param>
/// <param name="Gid">The id of its primary group.</param>
/// <param name="Home">Its home folder.</param>
public sealed record Account(string Name, uint Uid, uint Gid, string Home)
{
    /// <summary>This process's account, from the kernel (<c>getuid</c>), not from the environment.</summary>
    /// <exception cref="InvalidOperationException">The user id has no account.</exception>
    public static Account Current() =>
        Find(LibC.GetUid())
        ?? throw new InvalidOperationException(
            $"User id {LibC.GetUid()} has no account on this machine. Ask the admin to create it."
        );

    /// <summary>The effective user id of this process.</summary>
    public static uint EffectiveUid => LibC.GetEffectiveUid();

    /// <summary>Looks up an account by its user id; null if there is none.</summary>
    public static unsafe Account? Find(uint uid) =>
        NameService.Find(
            (out LibC.PasswordEntry entry, byte* buffer, nuint length, out nint result) =>
                LibC.GetPasswordEntry(uid, out entry, buffer, length, out result),
            Read
        );

    /// <summary>Looks up an account by its name; null if there is none.</summary>
    public static unsafe Account? Find(string name) =>
        NameService.Find(
            (out LibC.PasswordEntry entry, byte* buffer, nuint length, out nint result) =>
                LibC.GetPasswordEntry(name, out entry, buffer, length, out result),
            Read
        );

    /// <summary>Looks up an account by its name.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="account">The account; null if there is none.</param>
    /// <returns>False if the name service failed.</returns>
    public static unsafe bool TryFind(string name, out Account? account) =>
        NameService.TryFind(
            (out LibC.PasswordEntry entry, byte* buffer, nuint length, out nint result) =>
                LibC.GetPasswordEntry(name, out entry, buffer, length, out result),
            Read,
            out account
        );

    /// <summary>Looks up an account by its user id.</summary>
    /// <param name="uid">Its user id.</param>
    /// <param name="account">The account; null if there is none.</param>
    /// <returns>False if the name service failed.</returns>
    public static unsafe bool TryFind(uint uid, out Account? account) =>
        NameService.TryFind(
            (out LibC.PasswordEntry entry, byte* buffer, nuint length, out nint result) =>
                LibC.GetPasswordEntry(uid, out entry, buffer, length, out result),
            Read,
            out account
        );

    /// <summary>Ids of all the account's groups, including the primary one, as after a new login.</summary>
    public unsafe IReadOnlyList<uint> Groups()
    {
        for (var size = 64; ; size *= 2)
        {
            var groups = new uint[size];
            var count = size;
            fixed (uint* first = groups)
            {
                if (LibC.GetGroupList(Name, Gid, first, ref count) >= 0)
                {
                    return groups[..count];
                }
            }
        }
    }

    private static Account Read(LibC.PasswordEntry entry) =>
        new(NameService.Text(entry.Name), entry.Uid, entry.Gid, NameService.Text(entry.Home));
}

/// <summary>A Unix group as the name service knows it now.</summary>
/// <param name="Name">The group's name.</param>
/// <param name="Gid">Its group id.</param>
public sealed record Group(string Name, uint Gid)
{
    /// <summary>Looks up a group by its name; null if there is none.</summary>
    public static unsafe Group? Find(string name) =>
        NameService.Find(
            (out LibC.GroupEntry entry, byte* buffer, nuint length, out nint result) =>
                LibC.GetGroupEntry(name, out entry, buffer, length, out result),
            Read
        );

    /// <summary>Looks up a group by its id; null if there is none.</summary>
    public static unsafe Group? Find(uint gid) =>
        NameService.Find(
            (out LibC.GroupEntry entry, byte* buffer, nuint length, out nint result) =>
                LibC.GetGroupEntry(gid, out entry, buffer, length, out result),
            Read
        );

    private static Group Read(LibC.GroupEntry entry) => new(NameService.Text(entry.Name), entry.Gid);
}

/// <summary>The members of a Unix group, as the name service lists them now.</summary>
/// <param name="Gid">The group's id.</param>
/// <param name="Names">
/// The members' names, without accounts whose primary group it is and, in some directories, without members by another group.
/// For those <see cref="Account.Groups"/> decides.
/// </param>
public sealed record GroupMembers(uint Gid, IReadOnlySet<string> Names)
{
    /// <summary>Looks up a group by its name; null if there is none.</summary>
    public static unsafe GroupMembers? Find(string group) =>
        NameService.Find(
            (out LibC.GroupEntry entry, byte* buffer, nuint length, out nint result) =>
                LibC.GetGroupEntry(group, out entry, buffer, length, out result),
            Read
        );

    /// <summary>Looks up a group by its id; null if there is none.</summary>
    public static unsafe GroupMembers? Find(uint gid) =>
        NameService.Find(
            (out LibC.GroupEntry entry, byte* buffer, nuint length, out nint result) =>
                LibC.GetGroupEntry(gid, out entry, buffer, length, out result),
            Read
        );

    /// <summary>Looks up a group by its name.</summary>
    /// <param name="group">Its name.</param>
    /// <param name="members">The group; null if there is none.</param>
    /// <returns>False if the name service failed.</returns>
    public static unsafe bool TryFind(string group, out GroupMembers? members) =>
        NameService.TryFind(
            (out LibC.GroupEntry entry, byte* buffer, nuint length, out nint result) =>
                LibC.GetGroupEntry(group, out entry, buffer, length, out result),
            Read,
            out members
        );

    private static unsafe GroupMembers Read(LibC.GroupEntry entry)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var member = (nint*)entry.Members; *member != 0; member++)
        {
            names.Add(NameService.Text(*member));
        }

        return new GroupMembers(entry.Gid, names);
    }
}
