using Notify.Posix;

namespace Notify.Bot.Hosting;

/// <summary>The folder of the shared state: created if missing, with the documented owner and rights.</summary>
public static class DataFolder
{
    /// <summary>Creates what is missing. Reports another owner or mode without changing it: it may be intended.</summary>
    /// <returns>One sentence for each fault. The log is in this folder, so it can't have them yet.</returns>
    /// <exception cref="IOException">It can't be created.</exception>
    public static IReadOnlyList<string> Prepare(BotSettings settings, Group? trusted, Group? analysts)
    {
        var faults = new List<string>();
        ArgumentNullException.ThrowIfNull(settings);
        var path = settings.DataFolder;
        if (FileStatus.OfPath(path) is null)
        {
            Directory.CreateDirectory(path);
            if (trusted is not null && Ownership.TryGiveToGroup(path, trusted.Gid) is { } problem)
            {
                faults.Add($"{path}: its group could not be set to {trusted.Name}: {problem}");
            }

            File.SetUnixFileMode(path, FileModes.SharedFolder);
        }

        GrantPassage(path, analysts, faults);
        if (FileStatus.OfPath(path) is { } status)
        {
            if (status.Uid != Account.EffectiveUid && Account.EffectiveUid != 0)
            {
                faults.Add($"{path}: it belongs to another user than the bot's");
            }

            if ((status.Mode & FileModes.Others) != UnixFileMode.None)
            {
                faults.Add($"{path}: everybody on the machine may enter it; chmod o= closes it");
            }
        }

        if (
            FileStatus.OfPath(settings.PrivateFolder, followLink: false) is { } own
            && (own.Kind != FileKind.Folder || (own.Uid != Account.EffectiveUid && Account.EffectiveUid != 0))
        )
        {
            // Members of the trusted group may write here, and could put another one in its place.
            throw new IOException(
                $"{settings.PrivateFolder} is not this bot's own folder, so the bot does not start. Look who made it (ls -ld), move it away, and start again."
            );
        }

        if (!Directory.Exists(settings.PrivateFolder))
        {
            Directory.CreateDirectory(settings.PrivateFolder, FileModes.GroupReadFolder);
            File.SetUnixFileMode(settings.PrivateFolder, FileModes.GroupReadFolder);
        }

        // Admins look for bot.log at its old place.
        var logLink = Path.Combine(path, "bot.log");
        if (FileStatus.OfPath(logLink, followLink: false) is null)
        {
            File.CreateSymbolicLink(logLink, "private/bot.log");
        }

        return faults;
    }

    /// <summary>Removes what a killed bot was receiving. Only for the bot that holds the folder's lock.</summary>
    public static void EmptyIncoming(BotSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (Directory.Exists(settings.IncomingFolder))
        {
            Directory.Delete(settings.IncomingFolder, recursive: true);
        }

        Directory.CreateDirectory(settings.IncomingFolder, FileModes.OwnerFolder);
    }

    private static void GrantPassage(string path, Group? analysts, List<string> faults)
    {
        if (analysts is null)
        {
            return;
        }

        try
        {
            if (
                AccessControlList.OfGroup(path, analysts.Gid) is not { } rights
                || !rights.HasFlag(AccessRights.Execute)
            )
            {
                AccessControlList.GrantGroup(path, analysts.Gid, AccessRights.Execute);
            }
        }
        catch (IOException e)
        {
            faults.Add($"{path}: the group {analysts.Name} could not be let through it: {e.Message}");
        }
    }
}
