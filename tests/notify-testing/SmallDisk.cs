using System.Diagnostics;

namespace Notify.Testing;

/// <summary>A folder on a disk of its own (a tmpfs) that can be filled to the last byte. Only root can mount one.</summary>
public sealed class SmallDisk : IAsyncDisposable
{
    private readonly string _folder;

    private SmallDisk(string folder) => _folder = folder;

    private string Filler => Path.Combine(_folder, ".filler");

    /// <summary>Mounts a disk of so many bytes on an empty folder.</summary>
    public static async Task<SmallDisk> MountAsync(string folder, int bytes)
    {
        await RunAsync("mount", "-t", "tmpfs", "-o", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"size={bytes},mode=0770"), "notify-test", folder);
        return new SmallDisk(folder);
    }

    /// <summary>Writes until nothing fits any more.</summary>
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
            // Full.
        }
    }

    /// <summary>Takes away what filled it.</summary>
    public void MakeRoom() => File.Delete(Filler);

    /// <inheritdoc />
    public async ValueTask DisposeAsync() => await RunAsync("umount", "--lazy", _folder);

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
        }
    }
}
