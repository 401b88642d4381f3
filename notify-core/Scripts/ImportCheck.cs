using System.IO.Enumeration;
using Notify.Posix;

namespace Notify.Scripts;

/// <summary>
/// Looks for importable files beside a script that others can change: they run as the user too. One look serves all scripts of a folder.
/// </summary>
/// <remarks>
/// Python imports <c>.py</c>, <c>.pyc</c> and <c>.so</c> files of the folder, of its <c>__pycache__</c> and of subfolders. A folder that others can write to counts if
/// it holds Python, or if its name is a module's: others may add the rest. Data alone does not count. Names that begin with a dot can't be imported. Virtual environments and
/// <c>node_modules</c> among the scripts are skipped, because Python imports nothing from there by itself.
/// </remarks>
internal sealed class ImportCheck(ScriptHome home, StrictModes modes)
{
    /// <summary>Most files and folders whose rights one look checks: one system call each, some 15 ms on a local disk.</summary>
    internal const int MaxEntries = 10_000;

    /// <summary>Most names that one look reads, including data: they cost far less.</summary>
    internal const int MaxNames = 100_000;

    /// <summary>Most nested folders without Python to search. Python may lie below them, but a data tree on a share must not slow each round down.</summary>
    private const int MaxBare = 2;

    /// <summary>Largest source file to search for names, in bytes.</summary>
    private const int LargestSource = 1_000_000;

    private const string VirtualEnvironment = "pyvenv.cfg";

    private readonly Dictionary<string, string?> _beside = new(StringComparer.Ordinal);
    private int _entries;
    private int _names;

    /// <summary>Whether there was too much for one look.</summary>
    internal bool IsCutOff => _entries > MaxEntries || _names > MaxNames;

    /// <summary>Why others can change what the scripts import or run with, as a clause with the fixing command; null if they can't.</summary>
    internal string? OfScripts() => Below(home.ScriptsFolder, MaxBare) ?? OfOwnPackages();

    /// <summary>The same for a script that is a link: Python imports from the folder of its target.</summary>
    internal string? OfLinked(string script)
    {
        if (FileStatus.OfPath(script, followLink: false) is not { Kind: FileKind.SymbolicLink })
        {
            return null;
        }

        var folder = Path.GetDirectoryName(StrictModes.Resolve(script))!;
        if (folder == StrictModes.Resolve(home.ScriptsFolder))
        {
            return null;
        }

        if (!_beside.TryGetValue(folder, out var objection))
        {
            // The folder may be the whole home, so only folders with Python directly in them count.
            objection = Below(folder, maxBare: 0);
            _beside.Add(folder, objection);
        }

        return objection is null
            ? null
            : $"it is a link, Python imports from the folder of its target, and {objection}";
    }

    /// <summary>Checks the virtual environment or, without one, the user's packages: Python runs their <c>.pth</c> files at each start. Does not look into packages.</summary>
    private string? OfOwnPackages()
    {
        var environment = Path.Combine(home.Home, ".venv");
        var python = Path.Combine(environment, "bin", "python");
        var hasOwn = FileStatus.OfPath(python, followLink: false) is not null;
        if (
            hasOwn
            && (modes.OfProgram(python) ?? modes.OfImported(Path.Combine(environment, VirtualEnvironment), out _))
                is { } objection
        )
        {
            return objection;
        }

        var library = Path.Combine(hasOwn ? environment : Path.Combine(home.Home, ".local"), "lib");
        if (modes.OfFolder(library) is { } added)
        {
            return added;
        }

        foreach (var (version, _) in List(library, isPackages: false, out _))
        {
            if (!version.StartsWith("python3", StringComparison.Ordinal))
            {
                continue;
            }

            var packages = Path.Combine(library, version, "site-packages");
            if (modes.OfFolder(packages) is { } open)
            {
                return open;
            }

            foreach (var (name, _) in List(packages, isPackages: true, out _))
            {
                if (IsCutOff)
                {
                    return null;
                }

                _entries++;
                if (modes.OfImported(Path.Combine(packages, name), out _) is { } loose)
                {
                    return loose;
                }
            }
        }

        return null;
    }

    /// <summary>Searches a folder and its subfolders, level by level.</summary>
    /// <param name="root">The folder that Python imports from.</param>
    /// <param name="maxBare">As <see cref="MaxBare"/>.</param>
    private string? Below(string root, int maxBare)
    {
        if (modes.OfFolder(root) is { } open)
        {
            return open;
        }

        // Only a link can lead back.
        var seen = new HashSet<(string, bool)>();
        var waiting = new Queue<(string Folder, string? Open, int Bare)>([(root, null, 0)]);
        while (waiting.TryDequeue(out var next))
        {
            var (folder, loose, bare) = next;
            var entries = List(folder, isPackages: false, out var isWhole);
            var hasPython = entries.Exists(entry => !entry.IsFolder);
            if (loose is not null && (hasPython || !isWhole))
            {
                return loose;
            }

            bare = hasPython || folder == root ? 0 : bare + 1;
            if (bare > maxBare || (folder != root && entries.Exists(entry => entry.Name == VirtualEnvironment)))
            {
                continue;
            }

            foreach (var (name, isFolder) in entries)
            {
                if (++_entries > MaxEntries)
                {
                    return loose ?? waiting.FirstOrDefault(other => other.Open is not null).Open;
                }

                var path = Path.Combine(folder, name);
                var objection = modes.OfImported(path, out var isLink);
                if (!isFolder)
                {
                    if (objection is not null && !(folder == root && IsLeftAlone(name, entries)))
                    {
                        return objection;
                    }
                }
                else if (
                    objection is not null
                    && (name == "__pycache__" || (folder == root && ModuleClash.IsModule(home, name)))
                )
                {
                    return objection;
                }
                else if (!isLink || seen.Add((StrictModes.Resolve(path), (objection ?? loose) is null)))
                {
                    waiting.Enqueue((path, objection ?? loose, bare));
                }
            }
        }

        return null;
    }

    /// <summary>Whether a script that others can change is skipped alone: no other file beside it has its name in it, so none imports it.</summary>
    private bool IsLeftAlone(string file, List<(string Name, bool IsFolder)> beside)
    {
        if (!ScriptName.TryParse(file, out var script) || script.IsHelper)
        {
            return false;
        }

        return !beside.Exists(other =>
            !other.IsFolder
            && other.Name != file
            && other.Name.EndsWith(".py", StringComparison.Ordinal)
            && Mentions(Path.Combine(home.ScriptsFolder, other.Name), script.Stem)
        );
    }

    /// <summary>Whether a file contains a word. True if it can't be read, or is larger than a program.</summary>
    private static bool Mentions(string path, string word)
    {
        try
        {
            if (new FileInfo(path).Length > LargestSource)
            {
                return true;
            }

            var text = File.ReadAllText(path);
            for (
                var at = text.IndexOf(word, StringComparison.Ordinal);
                at >= 0;
                at = text.IndexOf(word, at + 1, StringComparison.Ordinal)
            )
            {
                if (
                    (at == 0 || !IsOfWord(text[at - 1]))
                    && (at + word.Length == text.Length || !IsOfWord(text[at + word.Length]))
                )
                {
                    return true;
                }
            }

            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private static bool IsOfWord(char c) => char.IsLetterOrDigit(c) || c == '_';

    /// <summary>Importable entries of a folder, unordered; none without the folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="isPackages">Whether <c>.pth</c> files count.</param>
    /// <param name="isWhole">Whether all of it was read.</param>
    private List<(string Name, bool IsFolder)> List(string folder, bool isPackages, out bool isWhole)
    {
        var entries = new List<(string, bool)>();
        isWhole = false;
        try
        {
            var found = new FileSystemEnumerable<(string, bool)>(
                folder,
                static (ref entry) => (entry.FileName.ToString(), entry.IsDirectory),
                new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false }
            )
            {
                ShouldIncludePredicate = (ref entry) =>
                {
                    _names++;
                    return IsImportable(entry.FileName, isPackages)
                        || (
                            entry.FileName[0] != '.'
                            && !entry.FileName.SequenceEqual("node_modules")
                            && entry.IsDirectory
                        );
                },
            };
            foreach (var entry in found)
            {
                if (_names > MaxNames)
                {
                    return entries;
                }

                entries.Add(entry);
            }

            isWhole = _names <= MaxNames;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Missing, or closed to the user. The folder's own rights were checked.
        }

        return entries;
    }

    private static bool IsImportable(ReadOnlySpan<char> name, bool isPackages) =>
        name.EndsWith(".py")
        || name.EndsWith(".pyc")
        || name.EndsWith(".so")
        || (isPackages ? name.EndsWith(".pth") : name.SequenceEqual(VirtualEnvironment));
}
