using System.Diagnostics;
using System.Globalization;

namespace Notify.Testing;

/// <summary>A file system of its own for one test, which can be filled to the last byte. Only root can mount one.</summary>
public sealed class TestDisk : IDisposable
{
    private readonly string? _own;
    private readonly string? _image;
    private Process? _thawing;

    private TestDisk(string type, string options, string? folder, string? image = null)
    {
        Xunit.Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: mounts a file system");
        Path = folder ?? (_own = Directory.CreateTempSubdirectory("notify-disk-").FullName);
        _image = image;
        Run("mount", "-t", type, "-o", options, image ?? "notify-test", Path);
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

    /// <summary>One that can hang.</summary>
    /// <param name="folder">An empty folder to mount it on.</param>
    public static TestDisk Freezable(string folder)
    {
        Xunit.Assert.SkipUnless(File.Exists("/dev/loop-control"), "needs loop devices");
        var image = System.IO.Path.GetTempFileName();
        using (var file = File.OpenWrite(image))
        {
            file.SetLength(32 * 1024 * 1024);
        }

        Run("mkfs.ext4", "-q", image);
        return new TestDisk("ext4", "loop", folder, image);
    }

    /// <summary>Lets every write hang until <see cref="Thaw"/>.</summary>
    public void Freeze()
    {
        // If this process is killed, who waits for the disk could never be killed again.
        _thawing = Process.Start("setsid", ["sh", "-c", "sleep 600; fsfreeze --unfreeze \"$1\"", "sh", Path]);
        Run("fsfreeze", "--freeze", Path);
    }

    /// <summary>Lets the disk answer again.</summary>
    public void Thaw()
    {
        Run("fsfreeze", "--unfreeze", Path);
        _thawing?.Kill(entireProcessTree: true);
        _thawing?.Dispose();
        _thawing = null;
    }

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
        if (_thawing is not null)
        {
            Thaw();
        }

        Run("umount", "--lazy", Path);
        if (_image is not null)
        {
            File.Delete(_image);
        }

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
