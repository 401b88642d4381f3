using Notify.Hosting;
using Notify.Posix;
using Notify.Settings;

namespace Notify.Web.State;

/// <summary>The folder that only the dashboard may read, <c>NOTIFY_WEB_STATE_DIR</c>.</summary>
internal static class StateFolder
{
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(5);

    internal static string Keys(WebSettings settings) => Path.Combine(settings.StateFolder, "keys");

    /// <summary>Makes the folder if it is missing and checks that it is writable: without keys nobody could log in.</summary>
    /// <exception cref="SettingsException">It can't be written.</exception>
    internal static void Prepare(WebSettings settings)
    {
        if ((ServiceFolder.Prepare(settings.StateFolder) ?? ServiceFolder.Prepare(Keys(settings))) is { } reason)
        {
            throw new SettingsException([
                $"NOTIFY_WEB_STATE_DIR holds \"{settings.StateFolder}\": it should hold a folder that {Environment.UserName} may write to ({reason}).",
            ]);
        }
    }

    /// <summary>Locks a file of the folder against other processes, for a change.</summary>
    /// <exception cref="IOException">Another process keeps the lock.</exception>
    internal static async Task<FileLock> LockAsync(string path, CancellationToken cancellation)
    {
        using var limit = new TimeLimit(LockTimeout, TimeProvider.System, cancellation);
        try
        {
            while (true)
            {
                if (FileLock.TryAcquire(path + ".lock") is { } held)
                {
                    return held;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
            }
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"another program has held {path}.lock for {LockTimeout.TotalSeconds} s", e);
        }
    }
}
