using Notify.Posix;

namespace Notify.Bot.Doctor;

/// <summary>The groups that have access, and their entries in access control lists.</summary>
internal static class GroupChecks
{
    public static Group? Find(DoctorReport findings, string what, string name)
    {
        if (Group.Find(name) is { } group)
        {
            findings.Ok(what, name);
            return group;
        }

        findings.Wrong(what, $"there is no group {name}", $"groupadd {name}");
        return null;
    }

    /// <summary>Members whose accounts have names that can't be user names: they can neither send nor be linked.</summary>
    public static void CheckNames(DoctorReport findings, Group? analysts)
    {
        if (analysts is null || GroupMembers.Find(analysts.Name) is not { } members)
        {
            return;
        }

        foreach (var name in members.Names.Where(name => !UserName.TryParse(name, out _)).Order(StringComparer.Ordinal))
        {
            findings.Wrong(
                "analysts' names",
                UserName.Refusal(name),
                $"getent passwd '{name}'   (and give the account another name, where it is from)"
            );
        }
    }

    public static bool HasEntry(
        DoctorReport findings,
        string what,
        string path,
        Group? group,
        AccessRights rights,
        string shown
    )
    {
        if (group is null)
        {
            return false;
        }

        AccessRights? has;
        try
        {
            has = AccessControlList.OfGroup(path, group.Gid);
        }
        catch (IOException e)
        {
            return findings.Wrong(what, e.Message, "run doctor as root");
        }

        return has is { } given && given.HasFlag(rights)
            ? true
            : findings.Wrong(
                what,
                $"{path} has no ACL entry for {group.Name}, so analysts can't get to the bot",
                $"setfacl -m g:{group.Name}:{shown} {path}"
            );
    }
}
