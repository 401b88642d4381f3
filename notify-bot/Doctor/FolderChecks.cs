using System.Globalization;
using Notify.Bot.Hosting;
using Notify.Linking;
using Notify.Posix;

namespace Notify.Bot.Doctor;

/// <summary>The folder of the shared state, and what is in it.</summary>
internal sealed class FolderChecks(BotSettings settings, DoctorReport findings)
{
    /// <returns>The folder's owner, who is the bot's user.</returns>
    public Account? CheckDataFolder(Group? analysts, Group? trusted)
    {
        var path = settings.DataFolder;
        if (FileStatus.OfPath(path) is not { Kind: FileKind.Folder } status)
        {
            findings.Wrong(
                "folder",
                $"{path} is not there, or may not be looked at by {Account.Find(Account.EffectiveUid)?.Name}",
                $"install -d -o deploy -g {settings.TrustedGroup} -m 2770 {path}"
            );
            return null;
        }

        var owner = Account.Find(status.Uid);
        var right = true;
        if (trusted is not null && status.Gid != trusted.Gid)
        {
            right = findings.Wrong(
                "folder",
                $"{path} is the group {Group.Find(status.Gid)?.Name ?? status.Gid.ToString(CultureInfo.InvariantCulture)}'s, not {trusted.Name}'s",
                $"chgrp {trusted.Name} {path}"
            );
        }

        // With an ACL the group bits show its mask, which is at least the group's rwx here.
        if ((status.Mode & 0xFFF) != (uint)DataFolder.SharedMode)
        {
            right = findings.Wrong(
                "folder",
                $"{path} has the mode {DoctorReport.Octal(status.Mode)}, not 2770",
                $"chmod 2770 {path}"
            );
        }

        right &= GroupChecks.HasEntry(findings, "folder", path, analysts, AccessRights.Execute, "--x");
        if (right)
        {
            findings.Ok("folder", path);
        }

        return owner;
    }

    public void CheckPrivateFolder()
    {
        var path = settings.PrivateFolder;
        if (FileStatus.OfPath(path) is not { Kind: FileKind.Folder } status)
        {
            findings.Wrong(
                "private folder",
                $"{path} is not there; the bot makes it when it starts",
                "systemctl restart notify-bot"
            );
        }
        else if ((status.Mode & 0x1FF) != (uint)DataFolder.PrivateMode)
        {
            findings.Wrong(
                "private folder",
                $"{path} has the mode {DoctorReport.Octal(status.Mode)}, not 0750",
                $"chmod 0750 {path}"
            );
        }
        else
        {
            findings.Ok("private folder", path);
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
            findings.Wrong(
                "disk",
                string.Create(CultureInfo.InvariantCulture, $"{free} MB are free where {settings.DataFolder} is"),
                $"du -xsh {settings.DataFolder}/* | sort -h   (and make room)"
            );
        }
        else
        {
            findings.Ok("disk", string.Create(CultureInfo.InvariantCulture, $"{free} MB free"));
        }
    }

    public void CheckSharedFiles(JsonLinkStore store)
    {
        foreach (var name in JsonLinkStore.FileNames)
        {
            var path = Path.Combine(settings.DataFolder, name);
            if (FileStatus.OfPath(path) is not { } status)
            {
                findings.Ok(name, "not there yet, which counts as empty");
                continue;
            }

            if (store.Unreadable().FirstOrDefault(u => u.File == name) is { } unreadable)
            {
                var what = unreadable.Entry is null
                    ? $"it can't be read ({unreadable.Position}); it is left as it is, and what was known before is served"
                    : $"{unreadable} can't be read; it is left as it is, and the other entries are served";
                findings.Wrong(
                    name,
                    what,
                    $"cp -a {path} {path}.broken; editor {path}   (mend the place named; python3 -m json.tool {path} shows the next one)"
                );
            }
            else if ((status.Mode & 0x1FF) != 0x1B0)
            {
                findings.Wrong(
                    name,
                    $"it has the mode {DoctorReport.Octal(status.Mode)}, not 0660",
                    $"chmod 0660 {path}"
                );
            }
            else
            {
                findings.Ok(name, "readable");
            }
        }
    }
}
