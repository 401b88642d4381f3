using System.IO.Enumeration;
using Notify.Posix;

namespace Notify.Scripts;

/// <summary>
/// Looks for files that Python could import beside a script and that are not the user's alone: they run as the user too. One look serves all scripts of a folder.
/// </summary>
/// <remarks>
/// Python imports <c>.py</c>, <c>.pyc</c> and <c>.so</c> files of the folder, of its <c>__pycache__</c> and of folders below. A folder that others can write to counts once
/// Python is in it, or if its name is that of a module: others may add the rest. Data alone does not count. Names that begin with a dot can't be imported; a virtual environment and
/// <c>node_modules</c> among the scripts are not looked into, since Python imports nothing from there by itself.
/// </remarks>
internal sealed class ImportCheck(ScriptHome home, StrictModes modes)
{
    /// <summary>Most files and folders whose rights are looked at in one look: one system call each, some 15 ms on a local disk.</summary>
    internal const int MostEntries = 10_000;

    /// <summary>Most names that are read in one look, data included: they cost far less.</summary>
    internal const int MostNames = 100_000;

    /// <summary>Most folders in a row without Python in them that are gone through: Python may lie below them, but a tree of data on a share is not to slow each round down.</summary>
    private const int MostBare = 2;

    /// <summary>Bytes of a source file that is read for the names in it.</summary>
    private const int LargestSource = 1_000_000;

    private const string VirtualEnvironment = "pyvenv.cfg";

    private readonly Dictionary<string, string?> _beside = new(StringComparer.Ordinal);
    private int _entries;
    private int _names;

    /// <summary>Whether there was more than one look takes in.</summary>
    internal bool IsCutOff => _entries > MostEntries || _names > MostNames;

    /// <summary>Why what the scripts of the folder may import, or run with, is not the user's alone, as a clause with the command that fixes it; null where it is.</summary>
    internal string? OfScripts() => Below(home.ScriptsFolder, MostBare) ?? OfOwnPackages();

    /// <summary>The same of a script that is a link: Python imports from the folder of the file that it leads to.</summary>
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
            // It may be the home, with all that lies there: only folders with Python directly in them count.
            objection = Below(folder, mostBare: 0);
            _beside.Add(folder, objection);
        }

        return objection is null
            ? null
            : $"it is a link, Python imports from the folder of its target, and {objection}";
    }

    /// <summary>The virtual environment or, without one, the user's own packages: Python runs their <c>.pth</c> files at each start. Packages are not looked into.</summary>
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

    /// <summary>Goes through a folder and those below, level by level.</summary>
    /// <param name="root">The folder that Python imports from.</param>
    /// <param name="mostBare">As <see cref="MostBare"/>.</param>
    private string? Below(string root, int mostBare)
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
            if (bare > mostBare || (folder != root && entries.Exists(entry => entry.Name == VirtualEnvironment)))
            {
                continue;
            }

            foreach (var (name, isFolder) in entries)
            {
                if (++_entries > MostEntries)
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

    /// <summary>Whether a script that others can change is passed over by itself: no other file beside it has its name in it, and so imports it.</summary>
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

    /// <summary>Whether a file has a word in it; so it counts where it can't be read, or is larger than a program is.</summary>
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

    /// <summary>The entries of a folder that Python could import, in no order; none where there is no such folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="isPackages">Whether <c>.pth</c> files count.</param>
    /// <param name="isWhole">Whether all of it could be read.</param>
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
                if (_names > MostNames)
                {
                    return entries;
                }

                entries.Add(entry);
            }

            isWhole = _names <= MostNames;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not there, or closed to the user: the rights of the folder itself were looked at.
        }

        return entries;
    }

    private static bool IsImportable(ReadOnlySpan<char> name, bool isPackages) =>
        name.EndsWith(".py")
        || name.EndsWith(".pyc")
        || name.EndsWith(".so")
        || (isPackages ? name.EndsWith(".pth") : name.SequenceEqual(VirtualEnvironment));
}
