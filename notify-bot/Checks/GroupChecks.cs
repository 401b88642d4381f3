using Notify.Posix;

namespace Notify.Bot.Checks;

/// <summary>Checks the groups with access and their ACL entries.</summary>
internal static class GroupChecks
{
    public static Group? Find(CheckReport report, string what, string name)
    {
        if (Group.Find(name) is { } group)
        {
            report.Ok(what, name);
            return group;
        }

        report.Wrong(what, $"there is no group {name}", $"groupadd {name}");
        return null;
    }

    /// <summary>Reports members whose account names can't be user names. They can neither send nor be linked.</summary>
    public static void CheckNames(CheckReport report, Group? analysts)
    {
        if (analysts is null || GroupMembers.Find(analysts.Name) is not { } members)
        {
            return;
        }

        foreach (var name in members.Names.Where(name => !UserName.TryParse(name, out _)).Order(StringComparer.Ordinal))
        {
            report.Wrong(
                "analysts' names",
                UserName.Refusal(name),
                $"getent passwd '{name}'   (rename the account in its directory)"
            );
        }
    }

    public static bool HasEntry(
        CheckReport report,
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
            return report.Wrong(what, e.Message, "run doctor as root");
        }

        return has is { } given && given.HasFlag(rights)
            ? true
            : report.Wrong(
                what,
                $"{path} has no ACL entry for {group.Name}, so analysts can't reach the bot",
                $"setfacl -m g:{group.Name}:{shown} {path}"
            );
    }
}
