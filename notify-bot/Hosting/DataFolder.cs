using Notify.Posix;

namespace Notify.Bot.Hosting;

/// <summary>The folder of the shared state: made if missing, and put into the state of specification, section 3.</summary>
public static class DataFolder
{
    /// <summary>rwxrws---: new files get the folder's group, whoever of it writes them.</summary>
    public const UnixFileMode SharedMode =
        UnixFileMode.SetGroup
        | UnixFileMode.UserRead
        | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupWrite
        | UnixFileMode.GroupExecute;

    /// <summary>rwxr-x---: the web may look, not change.</summary>
    public const UnixFileMode PrivateMode =
        UnixFileMode.UserRead
        | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute;

    /// <summary>Makes what is missing. What is there with another owner or mode is said, not changed: it may be meant.</summary>
    /// <returns>One sentence for each thing that is not as it should be; the log is in this folder, and so comes later.</returns>
    /// <exception cref="IOException">It can't be made.</exception>
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

            File.SetUnixFileMode(path, SharedMode);
        }

        GrantPassage(path, analysts, faults);
        if (FileStatus.OfPath(path) is { } status)
        {
            if (status.Uid != Account.EffectiveUid && Account.EffectiveUid != 0)
            {
                faults.Add($"{path}: it belongs to another user than the bot's");
            }

            if ((status.Mode & 0x7) != 0)
            {
                faults.Add($"{path}: everybody on the machine may enter it; chmod o= closes it");
            }
        }

        if (
            FileStatus.OfPath(settings.PrivateFolder, followLink: false) is { } own
            && (own.Kind != FileKind.Folder || (own.Uid != Account.EffectiveUid && Account.EffectiveUid != 0))
        )
        {
            // Members of the trusted group may write beside it, and so could put another one there.
            throw new IOException(
                $"{settings.PrivateFolder} is not this bot's own folder, so the bot does not start. Look who made it (ls -ld), move it away, and start again."
            );
        }

        if (!Directory.Exists(settings.PrivateFolder))
        {
            Directory.CreateDirectory(settings.PrivateFolder, PrivateMode);
            File.SetUnixFileMode(settings.PrivateFolder, PrivateMode);
        }

        // Operators look for bot.log where it has always been.
        var logLink = Path.Combine(path, "bot.log");
        if (FileStatus.OfPath(logLink, followLink: false) is null)
        {
            File.CreateSymbolicLink(logLink, "private/bot.log");
        }

        return faults;
    }

    /// <summary>Takes away what a killed bot was receiving. Only for the one bot that has the folder's lock.</summary>
    public static void EmptyIncoming(BotSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (Directory.Exists(settings.IncomingFolder))
        {
            Directory.Delete(settings.IncomingFolder, recursive: true);
        }

        Directory.CreateDirectory(
            settings.IncomingFolder,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        );
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
