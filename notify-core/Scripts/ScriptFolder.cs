using System.Text;
using Notify.Posix;

namespace Notify.Scripts;

/// <summary>The scripts of a user, as they are in the folder at one moment.</summary>
/// <param name="Exists">Whether the folder is there and may be read.</param>
/// <param name="Scripts">Those that count, by name.</param>
/// <param name="PassedOver">What ends in <c>.py</c>, is not hidden and does not count, with the reason; one sentence each.</param>
public sealed record ScriptFolder(bool Exists, IReadOnlyList<ScriptName> Scripts, IReadOnlyList<string> PassedOver)
{
    /// <summary>Longest name without <c>.py</c>, in bytes: state and lock files add to it, and file systems end at 255.</summary>
    public const int LongestStem = 200;

    /// <summary>Looks into the user's folder.</summary>
    public static ScriptFolder Read(ScriptHome home)
    {
        ArgumentNullException.ThrowIfNull(home);
        var scripts = new List<ScriptName>();
        var passedOver = new List<string>();
        IEnumerable<string> paths;
        try
        {
            paths = Directory.GetFileSystemEntries(home.ScriptsFolder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new ScriptFolder(false, [], []);
        }

        foreach (var path in paths)
        {
            var file = Path.GetFileName(path);
            if (file.StartsWith('.') || !file.EndsWith(".py", StringComparison.Ordinal))
            {
                continue;
            }

            if (!ScriptName.TryParse(file, out var name))
            {
                passedOver.Add($"{Shown.Quoted(file)} is passed over: its name starts with '-' or holds control characters or bytes that are not UTF-8. Rename it.");
            }
            else if (Objection(home, name) is { } objection)
            {
                passedOver.Add($"{name} is passed over: {objection}.");
            }
            else
            {
                scripts.Add(name);
            }
        }

        scripts.Sort((a, b) => string.CompareOrdinal(a.Value, b.Value));
        passedOver.Sort(StringComparer.Ordinal);
        return new ScriptFolder(true, scripts, passedOver);
    }

    /// <summary>Why a name is no script that may run, as the end of a sentence; null where it is one.</summary>
    public static string? Objection(ScriptHome home, ScriptName name)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(name);
        if (Encoding.UTF8.GetByteCount(name.Stem) > LongestStem)
        {
            return $"its name is longer than {LongestStem} bytes; shorten it";
        }

        var path = Path.Combine(home.ScriptsFolder, name.Value);
        return (FileStatus.OfPath(path, followLink: false), FileStatus.OfPath(path)) switch
        {
            (null, _) => "there is no such file",
            ({ Kind: FileKind.SymbolicLink }, null) => "it is a link to nothing",
            ({ Kind: FileKind.SymbolicLink }, { Kind: FileKind.Regular } target) =>
                target.Uid == home.Account.Uid || target.Uid == 0 ? null : "it is a link to a file that is neither yours nor root's",
            (_, { Kind: FileKind.Regular }) => null,
            _ => "it is not a file",
        };
    }
}
