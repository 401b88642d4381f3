using Notify.Files;
using Notify.Posix;

namespace Notify.Scripts;

/// <summary>Explains why scripts' states can't be written: what, why, and the fixing command.</summary>
public static class StateTrouble
{
    private const int MayWriteAndEnter = 2 | 1;

    /// <summary>Tries to write a script's state; null if that works.</summary>
    public static string? Of(ScriptHome home, ScriptName script)
    {
        ArgumentNullException.ThrowIfNull(home);
        return InPlace(home, script) ?? OfFolder(home);
    }

    /// <summary>Tries to write states; null if that works.</summary>
    public static string? OfFolder(ScriptHome home)
    {
        ArgumentNullException.ThrowIfNull(home);
        return AtomicFile.WhyNot(home.StateFolder) is { } failure ? Explain(home, failure) : null;
    }

    /// <summary>Explains why a script's state was not written.</summary>
    public static string Explain(ScriptHome home, ScriptName script, FileNotWrittenException failure) =>
        InPlace(home, script) ?? Explain(home, failure);

    /// <summary>An entry in the place of a script's state that can't be replaced.</summary>
    internal static string? InPlace(ScriptHome home, ScriptName script)
    {
        ArgumentNullException.ThrowIfNull(home);
        var path = home.StateFile(script);
        return FileStatus.OfPath(path, followLink: false) is { Kind: not FileKind.Regular }
            ? $"{path} is not a regular file. Move it away: mv {path} {path}.old"
            : null;
    }

    private static string Explain(ScriptHome home, FileNotWrittenException failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        switch (failure.ErrorNumber)
        {
            case LibC.NoSpace:
                return $"No space is left on the disk of {home.StateFolder}. Free some space; check with: df -h {home.StateFolder}; df -i {home.StateFolder}";
            case LibC.QuotaExceeded:
                return $"Your disk quota for {home.StateFolder} is used up. Free some space, or ask the admin for more; check with: quota -s";
            case LibC.ReadOnlyFileSystem:
                return $"The file system of {home.StateFolder} is mounted read-only. Ask the admin; check with: findmnt -T {home.StateFolder}";
            default:
                return InTheWay(home) ?? $"{failure.Message} Check with: ls -la {home.StateFolder}";
        }
    }

    /// <summary>The first entry on the path that is not a folder, belongs to somebody else, or is closed.</summary>
    private static string? InTheWay(ScriptHome home)
    {
        foreach (var folder in (ReadOnlySpan<string>)[home.KeptFolder, home.StateFolder])
        {
            switch (FileStatus.OfPath(folder))
            {
                case null when FileStatus.OfPath(folder, followLink: false) is not null:
                    return $"{folder} is a link to a missing folder. Mount its target, or remove the link: rm {folder}";
                case null:
                    return LibC.MayAccess(Path.GetDirectoryName(folder)!, MayWriteAndEnter) == 0
                        ? null
                        : $"{folder} is missing and can't be created. Create it: mkdir -p {folder}";
                case { Kind: not FileKind.Folder }:
                    return $"{folder} is not a folder. Move it away: mv {folder} {folder}.old";
                case { } status when LibC.MayAccess(folder, MayWriteAndEnter) != 0:
                    return status.Uid == home.Account.Uid
                        ? $"{folder} does not let you in. Open it: chmod u+rwx {folder}"
                        : $"{folder} belongs to {OwnerOf(status)}, not to you. Ask the admin to run: sudo chown -R {home.Account.Name}: {home.KeptFolder}";
                default:
                    break;
            }
        }

        return null;
    }

    private static string OwnerOf(FileStatus status) => Account.Find(status.Uid)?.Name ?? $"user id {status.Uid}";
}
