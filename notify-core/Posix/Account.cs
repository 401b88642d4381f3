namespace Notify.Posix;

/// <summary>A Unix account as the name service (passwd file, LDAP) knows it now.</summary>
/// <param name="Name">The account's name.</param>
/// <param name="Uid">Its user id.</param>
/// <param name="Gid">The id of its primary group.</param>
/// <param name="Home">Its home folder.</param>
public sealed record Account(string Name, uint Uid, uint Gid, string Home)
{
    /// <summary>The account this process runs as, by the kernel's word (<c>getuid</c>); the environment may say something else or nothing.</summary>
    /// <exception cref="InvalidOperationException">The user id has no account.</exception>
    public static Account Current() =>
        Find(LibC.GetUid())
        ?? throw new InvalidOperationException(
            $"User id {LibC.GetUid()} has no account on this machine. Ask the operator to create it."
        );

    /// <summary>The effective user id of this process.</summary>
    public static uint EffectiveUid => LibC.GetEffectiveUid();

    /// <summary>Looks an account up by its user id; null where there is none.</summary>
    public static unsafe Account? Find(uint uid) =>
        NameService.Find(
            (out LibC.PasswordEntry entry, byte* buffer, nuint length, out nint result) =>
                LibC.GetPasswordEntry(uid, out entry, buffer, length, out result),
            Read
        );

    /// <summary>Looks an account up by its name; null where there is none.</summary>
    public static unsafe Account? Find(string name) =>
        NameService.Find(
            (out LibC.PasswordEntry entry, byte* buffer, nuint length, out nint result) =>
                LibC.GetPasswordEntry(name, out entry, buffer, length, out result),
            Read
        );

    /// <summary>Looks an account up by its name.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="account">The account; null where there is none.</param>
    /// <returns>False where the name service failed, so that nothing is known.</returns>
    public static unsafe bool TryFind(string name, out Account? account) =>
        NameService.TryFind(
            (out LibC.PasswordEntry entry, byte* buffer, nuint length, out nint result) =>
                LibC.GetPasswordEntry(name, out entry, buffer, length, out result),
            Read,
            out account
        );

    /// <summary>Looks an account up by its user id.</summary>
    /// <param name="uid">Its user id.</param>
    /// <param name="account">The account; null where there is none.</param>
    /// <returns>False where the name service failed, so that nothing is known.</returns>
    public static unsafe bool TryFind(uint uid, out Account? account) =>
        NameService.TryFind(
            (out LibC.PasswordEntry entry, byte* buffer, nuint length, out nint result) =>
                LibC.GetPasswordEntry(uid, out entry, buffer, length, out result),
            Read,
            out account
        );

    /// <summary>The ids of all groups the account is in, the primary one included, as a new login would have them.</summary>
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
    /// <summary>Looks a group up by its name; null where there is none.</summary>
    public static unsafe Group? Find(string name) =>
        NameService.Find(
            (out LibC.GroupEntry entry, byte* buffer, nuint length, out nint result) =>
                LibC.GetGroupEntry(name, out entry, buffer, length, out result),
            Read
        );

    /// <summary>Looks a group up by its id; null where there is none.</summary>
    public static unsafe Group? Find(uint gid) =>
        NameService.Find(
            (out LibC.GroupEntry entry, byte* buffer, nuint length, out nint result) =>
                LibC.GetGroupEntry(gid, out entry, buffer, length, out result),
            Read
        );

    private static Group Read(LibC.GroupEntry entry) => new(NameService.Text(entry.Name), entry.Gid);
}

/// <summary>Who is in a Unix group, as the name service lists them now.</summary>
/// <param name="Gid">The group's id.</param>
/// <param name="Names">
/// The members' names. Accounts whose primary group it is are not among them, nor, in some directories, those that are in it by another group:
/// for who isn't here <see cref="Account.Groups"/> has the last word.
/// </param>
public sealed record GroupMembers(uint Gid, IReadOnlySet<string> Names)
{
    /// <summary>Looks a group up by its name; null where there is none.</summary>
    public static unsafe GroupMembers? Find(string group) =>
        NameService.Find(
            (out LibC.GroupEntry entry, byte* buffer, nuint length, out nint result) =>
                LibC.GetGroupEntry(group, out entry, buffer, length, out result),
            Read
        );

    /// <summary>Looks a group up by its id; null where there is none.</summary>
    public static unsafe GroupMembers? Find(uint gid) =>
        NameService.Find(
            (out LibC.GroupEntry entry, byte* buffer, nuint length, out nint result) =>
                LibC.GetGroupEntry(gid, out entry, buffer, length, out result),
            Read
        );

    /// <summary>Looks a group up by its name.</summary>
    /// <param name="group">Its name.</param>
    /// <param name="members">The group; null where there is none.</param>
    /// <returns>False where the name service failed, so that nothing is known.</returns>
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
