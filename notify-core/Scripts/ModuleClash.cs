using System.Buffers;

namespace Notify.Scripts;

/// <summary>
/// Finds a file that hides a module. Python looks for modules in the script's folder first, so a script <c>calendar.py</c> breaks all scripts
/// beside it that import Python's module, directly or through a library. Used only after a failure.
/// </summary>
internal static class ModuleClash
{
    private const int MaxNamed = 3;

    /// <summary>
    /// The modules of Python's standard library, 3.8 to 3.14 (<c>sys.stdlib_module_names</c>, since 3.10), without those that Python loads before the
    /// script begins: no file can hide them.
    /// </summary>
    private const string StandardLibrary = """
        _pydatetime _pydecimal _pyio _strptime _threading_local _weakrefset aifc annotationlib argparse array ast asynchat asyncio asyncore audioop
        base64 bdb binascii binhex bisect bz2 cProfile calendar cgi cgitb chunk cmath cmd code codeop collections colorsys compileall compression
        concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis distutils
        doctest email ensurepip enum fcntl filecmp fileinput fnmatch formatter fractions ftplib functools getopt getpass gettext glob graphlib grp
        gzip hashlib heapq hmac html http imaplib imghdr imp importlib inspect ipaddress json keyword linecache locale logging lzma macpath mailbox
        mailcap math mimetypes mmap modulefinder multiprocessing netrc nis nntplib nturl2path numbers opcode operator optparse ossaudiodev parser
        pathlib pdb pickle pickletools pipes pkgutil platform plistlib poplib pprint profile pstats pty py_compile pyclbr pydoc pydoc_data pyexpat
        queue quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil signal smtpd smtplib
        sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl statistics string stringprep struct subprocess sunau symbol
        symtable sysconfig syslog tabnanny tarfile telnetlib tempfile termios textwrap threading timeit tkinter token tokenize tomllib trace
        traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser wsgiref
        xdrlib xml xmlrpc zipapp zipfile zlib zoneinfo
        """;

    private static readonly SearchValues<char> Separators = SearchValues.Create(" \n");

    /// <summary>A sentence that names the file, to follow the error; null without a clash.</summary>
    /// <param name="home">Where the scripts are.</param>
    /// <param name="script">The script that failed.</param>
    /// <param name="errors">What it wrote to stderr.</param>
    /// <param name="isBlamed">Whether stderr shows that the file was imported.</param>
    internal static string? Find(ScriptHome home, ScriptName script, string errors, out bool isBlamed)
    {
        isBlamed = true;
        var modules = ModulesIn(home.ScriptsFolder);
        foreach (var (module, path) in modules)
        {
            if (
                IsBlamed(home, script, module, errors)
                && (
                    IsStandard(module) ? "Python's module"
                    : module == PythonPackage.Name ? "Notify's own package"
                    : IsInstalled(home, module) ? "the installed package"
                    : null
                )
                    is { } whose
            )
            {
                return $"The file {path} is in the way: it has the name of {whose} {module}, so Python imports the file instead. Rename the file.";
            }
        }

        isBlamed = false;
        var suspects = modules
            .Where(suspect => suspect.Module != script.Stem && IsStandard(suspect.Module))
            .Select(suspect => Path.GetFileName(suspect.Path))
            .Take(MaxNamed)
            .ToList();
        return suspects.Count == 0
            ? null
            : $"The folder also holds {string.Join(", ", suspects)}, named like {(suspects.Count == 1 ? "a module" : "modules")} of Python. Scripts that import the module get the file instead. If that is the cause, rename the file.";
    }

    /// <summary>Importable names of the folder.</summary>
    private static List<(string Module, string Path)> ModulesIn(string folder)
    {
        try
        {
            return
            [
                .. Directory
                    .EnumerateFileSystemEntries(folder)
                    .Where(path =>
                        path.EndsWith(".py", StringComparison.Ordinal) || File.Exists(Path.Combine(path, "__init__.py"))
                    )
                    .Select(path =>
                        (
                            Path.GetFileName(path) is var name && name.EndsWith(".py", StringComparison.Ordinal)
                                ? name[..^3]
                                : name,
                            path
                        )
                    )
                    .OrderBy(entry => entry.Item1, StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Whether a traceback leads through the file, or its last line says that the module lacks a name.</summary>
    private static bool IsBlamed(ScriptHome home, ScriptName script, string module, string errors)
    {
        bool Says(string text) => errors.Contains(text, StringComparison.Ordinal);
        var path = Path.Combine(home.ScriptsFolder, module);
        return Says($"module '{module}' has no attribute")
            || Says($"partially initialized module '{module}'")
            || Says($"module '{module}.")
            || Says($"; '{module}' is not a package")
            || (Says("cannot import name") && Says($" from '{module}' ("))
            || (
                module != script.Stem && (Says(path + ".py\"") || Says(path + ".py'") || Says(path + "/__init__.py\""))
            );
    }

    /// <summary>Whether scripts can import a module with the name: built in, installed, or Notify's own.</summary>
    internal static bool IsModule(ScriptHome home, string name) =>
        IsStandard(name) || name == PythonPackage.Name || IsInstalled(home, name);

    private static bool IsStandard(string module)
    {
        var names = StandardLibrary.AsSpan();
        foreach (var range in names.SplitAny(Separators))
        {
            if (names[range].SequenceEqual(module))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsInstalled(ScriptHome home, string module)
    {
        string[] roots =
        [
            Path.Combine(home.Home, ".venv", "lib"),
            Path.Combine(home.Home, ".local", "lib"),
            "/usr/local/lib",
            "/usr/lib",
        ];
        return roots
            .SelectMany(root => Folders(root, "python3*"))
            .SelectMany(python => Folders(python, "*-packages"))
            .Any(packages =>
                Directory.Exists(Path.Combine(packages, module)) || File.Exists(Path.Combine(packages, module + ".py"))
            );
    }

    private static string[] Folders(string folder, string pattern)
    {
        try
        {
            return Directory.GetDirectories(folder, pattern);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
