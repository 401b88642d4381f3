using Notify.Posix;
using Notify.Scripts;

namespace Notify.Demo;

/// <summary>
/// The home that the examples run in: the runner takes it from the account, and from nothing else. Where it is the demo's own (an account or
/// a folder made for it), the examples are put in fresh and stay. Where it is a person's, they go in only if the person has no scripts
/// there, and everything that the demo put there is taken away at the end; nothing else is touched.
/// </summary>
internal sealed class DemoHome : IDisposable
{
    private readonly DemoOptions _options;
    private readonly ScriptHome _home = ScriptHome.OfThisUser();
    private readonly List<string> _madeFolders = [];
    private readonly List<(string Path, byte[] Content)> _putFiles = [];
    private readonly List<(string Path, byte[] Content)> _givenBack = [];

    internal DemoHome(DemoOptions options) => _options = options;

    /// <summary>The sample analyst.</summary>
    internal Account Account => _home.Account;

    /// <summary>Where the scripts are.</summary>
    internal string ScriptsFolder => _home.ScriptsFolder;

    /// <summary>What the runner wrote down.</summary>
    internal string RunnerLog => _home.RunnerLog;

    /// <summary>Puts the examples where an analyst would; gives their file names.</summary>
    /// <exception cref="DemoException">There are scripts of the person's own, or no examples.</exception>
    internal IReadOnlyList<string> PutExamples()
    {
        var examples = Directory.Exists(_options.ExamplesFolder)
            ? Directory.GetFiles(_options.ExamplesFolder, "*.py")
            : [];
        if (examples.Length == 0)
        {
            throw new DemoException(
                $"There are no examples in {_options.ExamplesFolder}. Is the clone complete? git status shows what is missing."
            );
        }

        Array.Sort(examples, StringComparer.Ordinal);
        if (!_options.IsDemoHome)
        {
            RefuseAmongOthers(examples);
        }

        MakeFolder(ScriptsFolder);
        MakeFolder(_home.KeptFolder);
        MakeFolder(_home.HistoryFolder);
        if (!_options.IsDemoHome && File.Exists(_home.RoundsFile))
        {
            _givenBack.Add((_home.RoundsFile, File.ReadAllBytes(_home.RoundsFile)));
        }

        foreach (var example in examples)
        {
            var content = File.ReadAllBytes(example);
            var path = Path.Combine(ScriptsFolder, Path.GetFileName(example));
            File.WriteAllBytes(path, content);
            _putFiles.Add((path, content));
            ForgetRuns(path, toGiveBack: !_options.IsDemoHome);
        }

        return [.. examples.Select(e => Path.GetFileName(e)!)];
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (_options.IsDemoHome)
        {
            return;
        }

        foreach (var (path, content) in _putFiles)
        {
            // Changed while the demo ran: somebody's work now.
            if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(content))
            {
                File.Delete(path);
                ForgetRuns(path, toGiveBack: false);
            }
        }

        if (File.Exists(_home.RoundsFile))
        {
            File.Delete(_home.RoundsFile);
        }

        foreach (var (path, content) in _givenBack)
        {
            File.WriteAllBytes(path, content);
        }

        if (_madeFolders.Contains(_home.KeptFolder, StringComparer.Ordinal))
        {
            // There was none before, so that these are the runner's and matplotlib's of this demo.
            foreach (
                var folder in new[]
                {
                    _home.StateFolder,
                    _home.LockFolder,
                    _home.LogFolder,
                    _home.HistoryFolder,
                    Path.Combine(_home.KeptFolder, "matplotlib"),
                    Path.Combine(_home.KeptFolder, "charts"),
                }
            )
            {
                if (Directory.Exists(folder))
                {
                    Directory.Delete(folder, recursive: true);
                }
            }
        }

        foreach (
            var folder in Enumerable
                .Reverse(_madeFolders)
                .Where(f => Directory.Exists(f) && !Directory.EnumerateFileSystemEntries(f).Any())
        )
        {
            Directory.Delete(folder);
        }
    }

    /// <summary>What a demo that was killed has left behind is no script of the person's own: it is byte for byte an example.</summary>
    private void RefuseAmongOthers(string[] examples)
    {
        if (!Directory.Exists(ScriptsFolder))
        {
            return;
        }

        foreach (var path in Directory.GetFileSystemEntries(ScriptsFolder))
        {
            var example = Array.Find(examples, e => Path.GetFileName(e) == Path.GetFileName(path));
            if (
                example is null
                || !File.Exists(path)
                || !File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes(example))
            )
            {
                throw new DemoException(
                    $"{path} is yours, and the demo would have to put its examples beside it, so it does not start. Either let it have a home of its own"
                        + " (it needs unprivileged user namespaces: sudo sysctl kernel.unprivileged_userns_clone=1, on Ubuntu also kernel.apparmor_restrict_unprivileged_userns=0), or run it as root,"
                        + " where it makes an account of its own: sudo ./dev demo"
                );
            }
        }
    }

    /// <summary>Without their state the examples send at once, whatever was sent before.</summary>
    private void ForgetRuns(string script, bool toGiveBack)
    {
        var stem = Path.GetFileNameWithoutExtension(script);
        foreach (
            var path in new[]
            {
                Path.Combine(_home.StateFolder, stem + ".json"),
                Path.Combine(_home.LockFolder, stem + ".lock"),
                Path.Combine(_home.HistoryFolder, stem + ".jsonl"),
            }
        )
        {
            if (!File.Exists(path))
            {
                continue;
            }

            if (toGiveBack)
            {
                _givenBack.Add((path, File.ReadAllBytes(path)));
            }

            File.Delete(path);
        }
    }

    private void MakeFolder(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        if (Path.GetDirectoryName(path) is { } parent)
        {
            MakeFolder(parent);
        }

        Directory.CreateDirectory(path, FileModes.OwnerFolder);
        _madeFolders.Add(path);
    }
}
