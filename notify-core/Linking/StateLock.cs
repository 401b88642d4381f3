using Notify.Posix;

namespace Notify.Linking;

/// <summary>
/// The lock over all JSON files of the data folder: its file <c>.lock</c>, mode 0660. A change holds it from reading to writing.
/// An admin takes it with <c>flock /data/notifications/.lock nano telegram_users.json</c>.
/// </summary>
/// <remarks>
/// Within a process, callers wait without holding a thread. Between processes, a waiting process holds a second lock,
/// <c>.lock.next</c>. A process that just had the lock has to queue behind it, so it can't take the lock again and again.
/// </remarks>
internal sealed class StateLock(string folder, TimeProvider time) : IDisposable
{
    /// <summary>How long a change waits. A change takes milliseconds, so a longer holder hangs or is a person with an editor.</summary>
    internal static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(10);

    internal const string FileName = ".lock";
    private const string NextFileName = ".lock.next";
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Whether this program's current change waits for another program.</summary>
    private volatile bool _isHeldByOther;

    /// <exception cref="StateNotWritableException">The lock was not free within <see cref="WaitLimit"/>, or can't be opened.</exception>
    internal async Task<IDisposable> AcquireAsync(CancellationToken cancellation)
    {
        using var limit = new TimeLimit(WaitLimit, time, cancellation);
        try
        {
            await _turn.WaitAsync(limit.Token);
            try
            {
                using var next = await WaitForAsync(NextFileName, limit.Token);
                return new Held(await WaitForAsync(FileName, limit.Token), _turn);
            }
            catch
            {
                _turn.Release();
                throw;
            }
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new StateNotWritableException(
                FileName,
                _isHeldByOther
                    ? $"another program has held it for {WaitLimit.TotalSeconds} s (fuser -v {Path.Combine(folder, FileName)} shows which)"
                    : $"earlier changes of this program were not done after {WaitLimit.TotalSeconds} s; the disk is slow, or there are too many",
                exception
            );
        }
        catch (IOException exception)
        {
            throw new StateNotWritableException(FileName, exception.Message.TrimEnd('.'), exception);
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<FileLock> WaitForAsync(string name, CancellationToken cancellation)
    {
        for (var pause = 1; ; pause = 2)
        {
            var taken = FileLock.TryAcquire(Path.Combine(folder, name), FileModes.GroupFile);
            _isHeldByOther = taken is null;
            if (taken is not null)
            {
                return taken;
            }

            // The system's time, not the program's clock: this waits for another process.
            await Task.Delay(TimeSpan.FromMilliseconds(pause), TimeProvider.System, cancellation);
        }
    }

    private sealed class Held(FileLock file, SemaphoreSlim turn) : IDisposable
    {
        public void Dispose()
        {
            file.Dispose();
            turn.Release();
        }
    }
}
