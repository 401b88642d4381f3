namespace Notify.Testing;

/// <summary>
/// The programs under test: as they are shipped (after <c>./dev publish</c>) where <c>NOTIFY_TEST_PROGRAMS=published</c>, else as the build left them.
/// They are copied to a folder that every test account can read, since a clone may lie in a home that is closed to others.
/// </summary>
public static class Programs
{
    private static readonly Lazy<string> Root = new(FindRoot);

    private static readonly Lazy<string> Folder = new(MakeFolder);

    // What is published; the sandbox, the demo and the tests' own helper programs are used as they were built.
    private static readonly string[] Shipped =
    [
        "notify-bot",
        "notify-desktop",
        "notify-gateway",
        "notify-runner",
        "notify-scripts",
        "notify-web",
    ];

    private static readonly Lock Gate = new();

    /// <summary>The repository's folder.</summary>
    public static string Repository => Root.Value;

    /// <summary>The path of a program that any account can run.</summary>
    /// <exception cref="FileNotFoundException">It was not built; the message says how.</exception>
    public static string Path(string name)
    {
        lock (Gate)
        {
            var target = System.IO.Path.Combine(Folder.Value, name);
            if (!Directory.Exists(target))
            {
                CopyFolder(Source(name), target);
            }

            return System.IO.Path.Combine(target, name);
        }
    }

    private static string MakeFolder()
    {
        var folder = Directory.CreateTempSubdirectory("notify-programs-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }

    private static string Source(string name)
    {
        var published =
            Environment.GetEnvironmentVariable("NOTIFY_TEST_PROGRAMS") == "published" && Shipped.Contains(name);
#if DEBUG
        const string Configuration = "debug";
#else
        const string Configuration = "release";
#endif
        var folder = published
            ? System.IO.Path.Combine(Repository, "artifacts", "publish", name)
            : System.IO.Path.Combine(Repository, "artifacts", "bin", name, Configuration);
        return File.Exists(System.IO.Path.Combine(folder, name))
            ? folder
            : throw new FileNotFoundException(
                $"{folder}/{name} is not there. Run ./dev {(published ? "publish" : "build")} first."
            );
    }

    private static void CopyFolder(string source, string target)
    {
        Directory.CreateDirectory(target, (UnixFileMode)0b111_101_101);
        foreach (var file in Directory.EnumerateFiles(source).Where(f => !f.EndsWith(".dbg", StringComparison.Ordinal)))
        {
            var copy = System.IO.Path.Combine(target, System.IO.Path.GetFileName(file));
            File.Copy(file, copy);
            File.SetUnixFileMode(copy, File.GetUnixFileMode(file) | UnixFileMode.OtherRead | UnixFileMode.GroupRead);
        }

        // Native libraries of a build lie in runtimes/; those of a published program beside it.
        foreach (var folder in Directory.EnumerateDirectories(source))
        {
            CopyFolder(folder, System.IO.Path.Combine(target, System.IO.Path.GetFileName(folder)));
        }
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Notify.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No Notify.slnx above {AppContext.BaseDirectory}.");
    }
}
