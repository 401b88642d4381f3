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
        "notify-command",
        "notify-desktop",
        "notify-gateway",
        "notify-runner",
        "notify-scripts",
        "notify-web",
    ];

    private static readonly Lock Gate = new();

    /// <summary>A pattern of what programs say of their version: that of a tag, or a pre-release between two.</summary>
    public const string Version = @"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?\s*$";

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

            return System.IO.Path.Combine(target, FileOf(name));
        }
    }

    /// <summary>The file of a program: its folder's name, but for what people type.</summary>
    private static string FileOf(string name) => name == "notify-command" ? "notify" : name;

    private static string MakeFolder()
    {
        var folder = Directory.CreateTempSubdirectory("notify-programs-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }

    /// <summary>The folder in which the build left a program or a library.</summary>
    public static string BuildFolder(string name)
    {
#if DEBUG
        const string Configuration = "debug";
#else
        const string Configuration = "release";
#endif
        return System.IO.Path.Combine(Repository, "artifacts", "bin", name, Configuration);
    }

    private static string Source(string name)
    {
        var published =
            Environment.GetEnvironmentVariable("NOTIFY_TEST_PROGRAMS") == "published" && Shipped.Contains(name);
        var folder = published ? System.IO.Path.Combine(Repository, "artifacts", "publish", name) : BuildFolder(name);
        return File.Exists(System.IO.Path.Combine(folder, FileOf(name)))
            ? folder
            : throw new FileNotFoundException(
                $"{folder}/{FileOf(name)} is not there. Run ./dev {(published ? "publish" : "build")} first."
            );
    }

    /// <summary>
    /// Copies by another process. A copy that this one has open for writing stays open in every process that starts at that moment, and the kernel does not run a program
    /// that somebody writes (ETXTBSY).
    /// </summary>
    private static void CopyFolder(string source, string target)
    {
        Run("cp", "--recursive", source, target);
        Run("chmod", "--recursive", "a+rX", target);
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new IOException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
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
