using System.Diagnostics;
using System.Globalization;

namespace Notify.Testing;

/// <summary>A file system of its own for one test, which can be filled to the last byte. Only root can mount one.</summary>
public sealed class TestDisk : IDisposable
{
    private readonly string? _own;

    private TestDisk(string type, string options, string? folder)
    {
        Xunit.Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: mounts a file system");
        Path = folder ?? (_own = Directory.CreateTempSubdirectory("notify-disk-").FullName);
        Run("mount", "-t", type, "-o", options, "notify-test", Path);
    }

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    /// <summary>The path of a file on it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    private string Filler => this[".filler"];

    /// <summary>So small that it can really be full.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="folder">An empty folder to mount it on; null for one of its own.</param>
    public static TestDisk Small(int bytes = 1024 * 1024, string? folder = null) =>
        new(
            "tmpfs",
            string.Create(CultureInfo.InvariantCulture, $"size={bytes},mode={(folder is null ? "0755" : "0770")}"),
            folder
        );

    /// <summary>Of a kind whose times move in steps of the kernel's clock, as all did before Linux 6.13.</summary>
    public static TestDisk WithCoarseTimes() => new("ramfs", "mode=0755", null);

    /// <summary>Takes all space there is, so that not a byte more can be written.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var page = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(page);
            }
        }
        catch (IOException)
        {
            // Full, which is the point.
        }
    }

    /// <summary>Takes away what filled it.</summary>
    public void MakeRoom() => File.Delete(Filler);

    /// <inheritdoc />
    public void Dispose()
    {
        Run("umount", "--lazy", Path);
        if (_own is not null)
        {
            Directory.Delete(_own);
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}."
            );
        }
    }
}
