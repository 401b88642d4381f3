using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Notify.Posix;
using Notify.Text;

namespace Notify.Scripts;

/// <summary>A file among the scripts that is not a script.</summary>
/// <param name="Name">Its name, if it can be a script's.</param>
/// <param name="Sentence">Why it is passed over, and what to do.</param>
/// <param name="HasRun">Whether it has run before, so its owner relies on it.</param>
public sealed record PassedOver(ScriptName? Name, string Sentence, bool HasRun = false);

/// <summary>A user's scripts at one moment.</summary>
/// <param name="Exists">Whether the folder exists and is readable.</param>
/// <param name="Trouble">Why an existing folder can't be read, as a sentence with what to do; null otherwise.</param>
/// <param name="Scripts">The valid scripts, by name.</param>
/// <param name="PassedOver">Visible files that end in <c>.py</c> in any case but are not valid, by name, with the reason.</param>
public sealed record ScriptFolder(
    bool Exists,
    string? Trouble,
    IReadOnlyList<ScriptName> Scripts,
    IReadOnlyList<PassedOver> PassedOver
)
{
    /// <summary>Longest name without <c>.py</c>, in bytes. State and lock files add to it, and file systems allow 255.</summary>
    public const int MaxStemLength = 200;

    /// <summary>Reads the user's folder.</summary>
    public static ScriptFolder Read(ScriptHome home)
    {
        ArgumentNullException.ThrowIfNull(home);
        var scripts = new List<ScriptName>();
        var passedOver = new List<PassedOver>();
        var modes = new StrictModes(home.Account);
        if (modes.OfFolder(home.ScriptsFolder) is { } open)
        {
            return new ScriptFolder(false, NotAlone(home, open), [], []);
        }

        string[] paths;
        try
        {
            paths = Directory.GetFileSystemEntries(home.ScriptsFolder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new ScriptFolder(
                false,
                TroubleOnTheWay(home, e, out var isMissing) is { } trouble && !isMissing ? trouble : null,
                [],
                []
            );
        }

        var imports = new ImportCheck(home, modes);
        if (
            Array.Exists(paths, path => path.EndsWith(".py", StringComparison.Ordinal))
            && imports.OfScripts() is { } loose
        )
        {
            return new ScriptFolder(false, NotAlone(home, loose), [], []);
        }

        foreach (var path in paths)
        {
            var file = Path.GetFileName(path);
            if (file.StartsWith('.') || !file.EndsWith(".py", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (!file.EndsWith(".py", StringComparison.Ordinal))
            {
                passedOver.Add(
                    new PassedOver(
                        null,
                        $"{SafeText.Quoted(file)} is passed over: its name must end in \".py\", in small letters. Rename it."
                    )
                );
                continue;
            }

            if (!ScriptName.TryParse(file, out var name))
            {
                passedOver.Add(
                    new PassedOver(
                        null,
                        $"{SafeText.Quoted(file)} is passed over: its name starts with '-' or holds control characters or bytes that are not UTF-8. Rename it."
                    )
                );
            }
            else if (name.IsHelper)
            {
                PassOverHelper(home, name, passedOver);
            }
            else if ((Objection(home, name, modes) ?? imports.OfLinked(path)) is { } objection)
            {
                passedOver.Add(
                    new PassedOver(name, $"{name} is passed over: {objection}.", File.Exists(home.StateFile(name)))
                );
            }
            else
            {
                scripts.Add(name);
            }
        }

        if (imports.IsCutOff)
        {
            passedOver.Add(new PassedOver(null, CutOff(home)));
        }

        scripts.Sort((a, b) => string.CompareOrdinal(a.Value, b.Value));
        passedOver.Sort((a, b) => string.CompareOrdinal(a.Sentence, b.Sentence));
        return new ScriptFolder(true, null, scripts, passedOver);
    }

    /// <summary>
    /// Why no script runs although scripts ran before, as a sentence with what to do: the folder is unreadable, missing or without
    /// scripts. Null if all is fine, and for an account that never had a script.
    /// </summary>
    public string? NothingThere(ScriptHome home)
    {
        ArgumentNullException.ThrowIfNull(home);
        if (Trouble is not null || Scripts.Count > 0)
        {
            return Trouble;
        }

        // Files that are passed over are reported one by one.
        if (PassedOver.Count > 0 || !home.KnowsScripts)
        {
            return null;
        }

        var what = Exists
            ? $"{home.ScriptsFolder} no longer holds any script"
            : $"The folder {home.ScriptsFolder} is missing";
        return $"{what}, so none of your scripts run. Is a share not mounted? If you removed them yourself, end this warning: rm {home.StateFolder}/*.json";
    }

    /// <summary>The first folder on the path that can't be passed.</summary>
    private static string TroubleOnTheWay(ScriptHome home, Exception failure, out bool isMissing)
    {
        foreach (
            var folder in (ReadOnlySpan<string>)
                [home.Home, Path.GetDirectoryName(home.ScriptsFolder)!, home.ScriptsFolder]
        )
        {
            isMissing = false;
            if (FileStatus.OfPath(folder, followLink: false) is not { } status)
            {
                isMissing = Marshal.GetLastPInvokeError() == LibC.NoSuchFile && folder != home.Home;
                return $"{folder} can't be read ({LibC.LastError()}), so none of your scripts run. Is a share not mounted? Check: ls -ld {folder}; findmnt -T {folder}";
            }

            if (status.Kind == FileKind.SymbolicLink && FileStatus.OfPath(folder) is null)
            {
                var reason =
                    Marshal.GetLastPInvokeError() == LibC.NoSuchFile
                        ? "is not there"
                        : $"can't be read ({LibC.LastError()})";
                return $"{folder} is a link to {SafeText.Line(File.ResolveLinkTarget(folder, returnFinalTarget: false)?.FullName ?? "nothing", 200)}, which {reason}, so none of your scripts run. Is a share not mounted? Check: ls -lL {folder}";
            }
        }

        isMissing = false;
        return $"{home.ScriptsFolder} can't be read ({failure.Message.TrimEnd('.')}), so none of your scripts run. It must be a folder of yours: ls -ld {home.ScriptsFolder}; chmod u+rwx {home.ScriptsFolder}";
    }

    /// <summary>Why a name is not a valid script, as the end of a sentence; null if it is.</summary>
    public static string? Objection(ScriptHome home, ScriptName name)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(name);
        var modes = new StrictModes(home.Account);
        var imports = new ImportCheck(home, modes);
        return (name.IsHelper ? HelperClause : null)
            ?? (imports.OfScripts() is { } open ? $"it lies in {home.ScriptsFolder}, and {open}" : null)
            ?? Objection(home, name, modes)
            ?? imports.OfLinked(Path.Combine(home.ScriptsFolder, name.Value));
    }

    /// <summary>The same without the check of imports, for a caller that has just done it for all scripts.</summary>
    internal static string? ObjectionToFile(ScriptHome home, ScriptName name, StrictModes modes) =>
        modes.OfFolder(home.ScriptsFolder) is { } open
            ? $"it lies in {home.ScriptsFolder}, and {open}"
            : Objection(home, name, modes);

    private const string HelperClause =
        "its name begins with '_', which marks a helper for other scripts; rename it to run it";

    private static string NotAlone(ScriptHome home, string clause) =>
        $"No script of {home.ScriptsFolder} runs: {clause}.";

    private static string CutOff(ScriptHome home) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{home.ScriptsFolder} holds too much to check who can change it: only the first {ImportCheck.MaxEntries:N0} files and folders ({ImportCheck.MaxNames:N0} with data) were checked. Move files that your scripts don't import to another folder."
        );

    /// <summary>A helper is passed over silently, unless it ran as a script before.</summary>
    private static void PassOverHelper(ScriptHome home, ScriptName name, List<PassedOver> passedOver)
    {
        if (File.Exists(home.StateFile(name)) && ScriptState.Read(home, name).LastSent is not null)
        {
            passedOver.Add(new PassedOver(name, $"{name} is passed over: {HelperClause}.", HasRun: true));
        }
    }

    private static string? Objection(ScriptHome home, ScriptName name, StrictModes modes)
    {
        if (Encoding.UTF8.GetByteCount(name.Stem) > MaxStemLength)
        {
            return $"its name is longer than {MaxStemLength} bytes; shorten it";
        }

        var path = Path.Combine(home.ScriptsFolder, name.Value);
        var entry = FileStatus.OfPath(path, followLink: false);
        switch (entry, entry?.Kind == FileKind.SymbolicLink ? FileStatus.OfPath(path) : entry)
        {
            case (null, _):
                return "there is no such file";
            case ({ Kind: FileKind.SymbolicLink }, null):
                return "it is a link to a missing file";
            case ({ Kind: FileKind.SymbolicLink }, { Kind: FileKind.Regular } target)
                when target.Uid != home.Account.Uid && target.Uid != 0:
                return "it is a link to a file that is neither yours nor root's";
            case ({ Kind: FileKind.SymbolicLink }, { Kind: FileKind.Regular }):
                return modes.OfLink(path);
            case ({ Kind: FileKind.Regular } file, _):
                return modes.OfFile(path, file);
            default:
                return "it is not a file";
        }
    }
}
