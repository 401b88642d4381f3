using Notify.Posix;

namespace Notify.Demo;

/// <summary>A folder of one demo for the bot's data and the logs, for this user alone; gone with the demo.</summary>
/// <remarks>A demo that was killed leaves its folder behind. The next one of the same user finds it by its free lock, and takes it away.</remarks>
internal sealed class ScratchFolder : IDisposable
{
    private const string Prefix = "notify-demo-";

    /// <summary>What the longest path in it, the bot's socket, adds.</summary>
    private const string Socket = "/data/bot.sock";

    private readonly FileLock _lock;

    private ScratchFolder(string path, FileLock held)
    {
        FullPath = path;
        _lock = held;
    }

    /// <summary>Its path.</summary>
    internal string FullPath { get; }

    /// <summary>What <c>NOTIFY_DATA_DIR</c> is in this demo; the bot makes it.</summary>
    internal string DataFolder => FullPath + "/data";

    /// <summary>Where the dashboard keeps its session keys.</summary>
    internal string WebStateFolder => FullPath + "/web";

    /// <summary>Where the gateway keeps which tokens were taken back.</summary>
    internal string GatewayStateFolder => FullPath + "/gateway";

    /// <summary>Where the gateway takes calls.</summary>
    internal string GatewaySocket => FullPath + "/ws.sock";

    /// <summary>Where the bot listens.</summary>
    internal string BotSocket => FullPath + Socket;

    internal static ScratchFolder Make()
    {
        RemoveLeftovers();

        // 107 bytes are the kernel's limit for a socket's path. TMPDIR may be anything, /tmp is short.
        var path =
            Path.GetTempPath().Length + Prefix.Length + 10 + Socket.Length <= 107
                ? Directory.CreateTempSubdirectory(Prefix).FullName
                : Directory
                    .CreateDirectory($"/tmp/{Prefix}{Guid.NewGuid().ToString("N")[..6]}", FileModes.OwnerFolder)
                    .FullName;
        return new ScratchFolder(
            path,
            FileLock.TryAcquire(Path.Combine(path, "lock")) ?? throw new DemoException($"{path} is taken.")
        );
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Directory.Delete(FullPath, recursive: true);
        _lock.Dispose();
    }

    private static void RemoveLeftovers()
    {
        foreach (
            var path in new[] { Path.GetTempPath(), "/tmp" }
                .Distinct(StringComparer.Ordinal)
                .Where(Directory.Exists)
                .SelectMany(f => Directory.GetDirectories(f, Prefix + "*"))
        )
        {
            if (
                FileStatus.OfPath(path, followLink: false) is not { Kind: FileKind.Folder } folder
                || folder.Uid != Account.EffectiveUid
                || !File.Exists(Path.Combine(path, "lock"))
            )
            {
                continue;
            }

            using var free = FileLock.TryAcquire(Path.Combine(path, "lock"));
            if (free is not null)
            {
                Directory.Delete(path, recursive: true);
            }
        }
    }
}
