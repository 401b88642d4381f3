using Notify.Posix;
using Notify.Settings;

namespace Notify.Web.Hosting;

/// <summary>The folder of what only the dashboard may read, <c>NOTIFY_WEB_STATE_DIR</c>.</summary>
internal static class StateFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(5);

    internal static string Keys(WebSettings settings) => Path.Combine(settings.StateFolder, "keys");

    /// <summary>Makes the folder if it is missing, and tries to write in it: without keys nobody could log in.</summary>
    internal static void Prepare(WebSettings settings)
    {
        try
        {
            Directory.CreateDirectory(settings.StateFolder, OwnerOnly);
            Directory.CreateDirectory(Keys(settings), OwnerOnly);
            var probe = Path.Combine(Keys(settings), ".probe-" + Guid.NewGuid().ToString("N"));
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException([
                $"NOTIFY_WEB_STATE_DIR holds \"{settings.StateFolder}\": it should hold a folder that {Environment.UserName} may write to ({e.Message}).",
            ]);
        }
    }

    /// <summary>Holds a file of the folder against other processes on it while it is changed.</summary>
    /// <exception cref="IOException">Another one does not let go of it.</exception>
    internal static async Task<FileLock> LockAsync(string path, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(LockPatience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            while (true)
            {
                if (FileLock.TryAcquire(path + ".lock") is { } held)
                {
                    return held;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, either.Token);
            }
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"another program has held {path}.lock for {LockPatience.TotalSeconds} s", e);
        }
    }
}
