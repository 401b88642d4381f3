using System.Runtime.InteropServices;
using Notify.Posix;

namespace Notify.Settings;

/// <summary>The folder of the shared state, <c>NOTIFY_DATA_DIR</c>, looked at when a program starts: a wrong one ends it with a sentence, not with a failure later.</summary>
public static class DataFolderSetting
{
    /// <summary>The variable.</summary>
    public const string Name = "NOTIFY_DATA_DIR";

    /// <summary>Where it is by default.</summary>
    public const string Default = "/data/notifications";

    /// <summary>Its path.</summary>
    public static string Read(SettingsReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return reader.AbsolutePath(Name, Default);
    }

    /// <summary>Looks whether this process can read and write in it.</summary>
    /// <param name="reader">Where the setting is from.</param>
    /// <param name="mayBeMade">Whether the program makes one that is missing; then the folder above has to let it.</param>
    /// <exception cref="SettingsException">It can't; the sentence names the variable.</exception>
    public static void RequireUsable(SettingsReader reader, bool mayBeMade)
    {
        var path = Read(reader);
        reader.ThrowIfWrong();
        if (Fault(path, mayBeMade) is { } fault)
        {
            throw Wrong(reader, path, $"a folder that {User} can read and write", fault);
        }
    }

    /// <summary>Its path, for who only passes through it: looked at is whether a folder that somebody has set is there. What is wrong is collected in the reader.</summary>
    public static string ReadAndFind(SettingsReader reader)
    {
        var problems = reader.Problems.Count;
        var path = Read(reader);

        // A path that is wrong in itself has its sentence, and the default in its place is not what somebody set.
        if (
            reader.Problems.Count == problems
            && reader.Raw(Name) is not null
            && (IsMissing(path) ? "nothing is there" : NoFolder(path)) is { } fault
        )
        {
            reader.Wrong(Name, path, $"the bot's data folder ({fault})");
        }

        return path;
    }

    private const int NotAFolder = 20; // ENOTDIR: a file stands in the way

    private static string User => Account.Find(Account.EffectiveUid)?.Name ?? $"user id {Account.EffectiveUid}";

    private static string? Fault(string path, bool mayBeMade)
    {
        if (!IsMissing(path))
        {
            return NoFolder(path) ?? Denied(path, LibC.AccessRead | LibC.AccessWrite | LibC.AccessExecute);
        }

        if (!mayBeMade)
        {
            return "nothing is there";
        }

        var above = path;
        while (above != "/" && IsMissing(above))
        {
            above = Path.GetDirectoryName(above)!;
        }

        return (NoFolder(above) ?? Denied(above, LibC.AccessWrite | LibC.AccessExecute)) is { } fault
            ? $"nothing is there, and it can't be created: {fault}"
            : null;
    }

    private static bool IsMissing(string path) =>
        LibC.MayAccess(path, 0) < 0 && Marshal.GetLastPInvokeError() is LibC.NoSuchFile or NotAFolder;

    private static string? NoFolder(string path) =>
        FileStatus.OfPath(path) is { } status && status.Kind != FileKind.Folder ? $"{path} is not a folder" : null;

    private static string? Denied(string path, int rights) =>
        LibC.MayAccess(path, rights) < 0
            ? $"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}"
            : null;

    private static SettingsException Wrong(SettingsReader reader, string path, string shouldHold, string fault) =>
        new([
            reader.Raw(Name) is null
                ? $"{Name} is not set, and its default is {path}: it should hold {shouldHold} ({fault})."
                : $"{Name} holds \"{SettingsReader.Shown(path)}\": it should hold {shouldHold} ({SettingsReader.Shown(fault)}).",
        ]);
}
