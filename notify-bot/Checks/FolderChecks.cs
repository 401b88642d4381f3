using System.Globalization;
using Notify.Linking;
using Notify.Posix;

namespace Notify.Bot.Checks;

/// <summary>Checks the data folder and its files.</summary>
internal sealed class FolderChecks(BotSettings settings, CheckReport report)
{
    /// <returns>The folder's owner: the bot's user.</returns>
    public Account? CheckDataFolder(Group? analysts, Group? trusted)
    {
        var path = settings.DataFolder;
        if (FileStatus.OfPath(path) is not { Kind: FileKind.Folder } status)
        {
            report.Wrong(
                "folder",
                $"{path} is missing, or {Account.Find(Account.EffectiveUid)?.Name} can't look into it",
                $"install -d -o deploy -g {settings.TrustedGroup} -m 2770 {path}"
            );
            return null;
        }

        var owner = Account.Find(status.Uid);
        var right = true;
        if (trusted is not null && status.Gid != trusted.Gid)
        {
            right = report.Wrong(
                "folder",
                $"{path}: group is {Group.Find(status.Gid)?.Name ?? status.Gid.ToString(CultureInfo.InvariantCulture)}, expected {trusted.Name}",
                $"chgrp {trusted.Name} {path}"
            );
        }

        // With an ACL the group bits show its mask, which is at least the group's rwx here.
        if (status.Mode != FileModes.SharedFolder)
        {
            right = report.Wrong(
                "folder",
                $"{path}: mode is {FileModes.Octal(status.Mode)}, expected 2770",
                $"chmod 2770 {path}"
            );
        }

        right &= GroupChecks.HasEntry(report, "folder", path, analysts, AccessRights.Execute, "--x");
        if (right)
        {
            report.Ok("folder", path);
        }

        return owner;
    }

    public void CheckPrivateFolder()
    {
        var path = settings.PrivateFolder;
        if (FileStatus.OfPath(path) is not { Kind: FileKind.Folder } status)
        {
            report.Wrong(
                "private folder",
                $"{path} is missing; the bot creates it at its start",
                "systemctl restart notify-bot"
            );
        }
        else if ((status.Mode & FileModes.AllRights) != FileModes.GroupReadFolder)
        {
            report.Wrong(
                "private folder",
                $"{path}: mode is {FileModes.Octal(status.Mode)}, expected 0750",
                $"chmod 0750 {path}"
            );
        }
        else
        {
            report.Ok("private folder", path);
        }
    }

    public void CheckDisk()
    {
        if (!Directory.Exists(settings.DataFolder))
        {
            return;
        }

        var free = new DriveInfo(settings.DataFolder).AvailableFreeSpace / 1_000_000;
        if (free < 100)
        {
            report.Wrong(
                "disk",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"only {free} MB free on the disk of {settings.DataFolder}"
                ),
                $"du -xsh {settings.DataFolder}/* | sort -h   (and free some space)"
            );
        }
        else
        {
            report.Ok("disk", string.Create(CultureInfo.InvariantCulture, $"{free} MB free"));
        }
    }

    public void CheckSharedFiles(ILinkStore store)
    {
        foreach (var name in JsonLinkStore.FileNames)
        {
            var path = Path.Combine(settings.DataFolder, name);
            if (FileStatus.OfPath(path) is not { } status)
            {
                report.Ok(name, "does not exist yet");
                continue;
            }

            if (store.Unreadable().FirstOrDefault(u => u.File == name) is { } unreadable)
            {
                var what = unreadable.Entry is null
                    ? $"it can't be read ({unreadable.Position}); the bot leaves it alone and uses what it read before"
                    : $"{unreadable} can't be read; the bot leaves it alone and uses the other entries";
                report.Wrong(
                    name,
                    what,
                    $"cp -a {path} {path}.broken; editor {path}   (fix that place; python3 -m json.tool {path} shows the next one)"
                );
            }
            else if ((status.Mode & FileModes.AllRights) != FileModes.GroupFile)
            {
                report.Wrong(name, $"mode is {FileModes.Octal(status.Mode)}, expected 0660", $"chmod 0660 {path}");
            }
            else
            {
                report.Ok(name, "readable");
            }
        }
    }
}
