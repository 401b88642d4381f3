using Notify.Posix;

namespace Notify.Linking;

/// <summary>
/// The one lock over all JSON files of the data folder: <c>.lock</c> in it, mode 0660. Whoever changes a file holds it from reading to writing;
/// an operator does the same with <c>flock /data/notifications/.lock nano telegram_users.json</c>.
/// </summary>
/// <remarks>
/// Within a process, callers take turns without holding a thread. Between processes, a second lock, <c>.lock.next</c>, is held while
/// waiting for the first: a process that has just had the lock must get past the one that waits, and so can't take it again and again.
/// </remarks>
internal sealed class StateLock(string folder, TimeProvider time) : IDisposable
{
    /// <summary>How long a change waits. A change takes milliseconds; whoever holds the lock for this long hangs, or is a person in an editor.</summary>
    internal static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(10);

    internal const string FileName = ".lock";
    private const string NextFileName = ".lock.next";
    private const UnixFileMode Mode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Whether the change of this program whose turn it is waits for another program.</summary>
    private volatile bool _isHeldByOther;

    /// <exception cref="StateNotWritableException">The lock was not to be had within <see cref="WaitLimit"/>, or can't be opened.</exception>
    internal async Task<IDisposable> AcquireAsync(CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(WaitLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            await _turn.WaitAsync(either.Token);
            try
            {
                using var next = await WaitForAsync(NextFileName, either.Token);
                return new Held(await WaitForAsync(FileName, either.Token), _turn);
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
            var taken = FileLock.TryAcquire(Path.Combine(folder, name), Mode);
            _isHeldByOther = taken is null;
            if (taken is not null)
            {
                return taken;
            }

            // The system's time, whatever clock the program was given: what is waited for is another process.
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
