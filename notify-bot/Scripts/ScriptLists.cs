using Notify.Scripts;

namespace Notify.Bot.Scripts;

/// <summary>
/// Lists of users' scripts. Each costs a process through sudo, so a user has one helper at work and those who ask meanwhile share the next one; a helper nobody waits for any
/// more is ended.
/// </summary>
/// <remarks>Who asks while a helper is at work does not get its answer: it may have read what has changed since.</remarks>
public sealed class ScriptLists(ScriptsHelper helper, TimeProvider time) : IDisposable
{
    /// <summary>Helpers at work at one moment, over all users.</summary>
    public static readonly int Parallel = RequestedRuns.Parallel;

    /// <summary>How long a list waits for its helper to begin: others' are at work, or the user's last one hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim _slots = new(Parallel);
    private readonly Lock _gate = new();
    private readonly Dictionary<UserName, OfUser> _users = [];

    /// <summary>The user's scripts.</summary>
    /// <exception cref="ScriptsHelperException">They can't be listed; the message says why.</exception>
    public async Task<IReadOnlyList<ListedScript>> ListAsync(UserName user, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(user);
        var ask = Join(user);
        try
        {
            return await ask.Answer.Task.WaitAsync(cancellation);
        }
        finally
        {
            Leave(user, ask);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _slots.Dispose();

    private Ask Join(UserName user)
    {
        lock (_gate)
        {
            if (!_users.TryGetValue(user, out var own))
            {
                _users[user] = own = new OfUser();
            }

            if (own.Next is null)
            {
                own.Next = new Ask();
                _ = AnswerAsync(user, own, own.Next);
            }

            own.Next.Waiting++;
            return own.Next;
        }
    }

    private void Leave(UserName user, Ask ask)
    {
        lock (_gate)
        {
            if (--ask.Waiting > 0)
            {
                return;
            }

            if (_users.TryGetValue(user, out var own) && own.Next == ask)
            {
                // It has not begun; who asks from now on begins another one.
                own.Next = null;
                RemoveIfIdle(user, own);
            }

            if (!ask.IsDone)
            {
                _ = ask.Abandoned.CancelAsync();
            }
        }
    }

    /// <summary>Starts the helper when it is its turn, and gives its answer to all who wait for it.</summary>
    private async Task AnswerAsync(UserName user, OfUser own, Ask ask)
    {
        // Whoever asked first holds the lock still.
        await Task.Yield();
        try
        {
            var turn = await BeginAsync(user, own, ask);
            var call = helper.List(user, ask.Abandoned.Token);
            _ = EndAsync(user, own, turn, call.Ended);
            ask.Answer.TrySetResult(await call.Answer);
        }
        catch (OperationCanceledException)
        {
            ask.Answer.TrySetCanceled(CancellationToken.None);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            ask.Answer.TrySetException(e);

            // Where nobody waits, nobody looks.
            _ = ask.Answer.Task.Exception;
        }
        finally
        {
            lock (_gate)
            {
                ask.IsDone = true;
                ask.Dispose();
            }
        }
    }

    /// <returns>The user's turn, to be ended when the process is gone.</returns>
    private async Task<TaskCompletionSource> BeginAsync(UserName user, OfUser own, Ask ask)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ask.Abandoned.Token);
        try
        {
            await own.Turn.Task.WaitAsync(either.Token);
            await _slots.WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            Forget(user, own, ask);
            throw ask.Abandoned.IsCancellationRequested
                ? new OperationCanceledException(ask.Abandoned.Token)
                : new ScriptsHelperException(
                    $"The scripts of {user} can't be listed now: earlier lists are not done after {Patience.TotalSeconds:0} s. Try again in a minute."
                );
        }

        lock (_gate)
        {
            if (own.Next != ask)
            {
                // Abandoned at the last moment; the turn is the next one's.
                _slots.Release();
                throw new OperationCanceledException(ask.Abandoned.Token);
            }

            // From here on it reads, so who asks now gets another one.
            own.Next = null;
            return own.Turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private void Forget(UserName user, OfUser own, Ask ask)
    {
        lock (_gate)
        {
            if (own.Next == ask)
            {
                own.Next = null;
            }

            RemoveIfIdle(user, own);
        }
    }

    private async Task EndAsync(UserName user, OfUser own, TaskCompletionSource turn, Task ended)
    {
        // A process that hangs in the kernel keeps its user's turn, and not everybody's.
        await ended.WaitAsync(ScriptsHelper.StuckLimit, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _slots.Release();
        await ended;
        turn.SetResult();
        lock (_gate)
        {
            RemoveIfIdle(user, own);
        }
    }

    private void RemoveIfIdle(UserName user, OfUser own)
    {
        if (own.Next is null && own.Turn.Task.IsCompleted && _users.TryGetValue(user, out var known) && known == own)
        {
            _users.Remove(user);
        }
    }

    /// <summary>One user's helper at work, and the list that is to begin after it.</summary>
    private sealed class OfUser
    {
        public OfUser() => Turn.SetResult();

        /// <summary>Ends when the process is gone.</summary>
        public TaskCompletionSource Turn { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Ask? Next { get; set; }
    }

    /// <summary>A list that is asked for, and by how many.</summary>
    private sealed class Ask : IDisposable
    {
        public TaskCompletionSource<IReadOnlyList<ListedScript>> Answer { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationTokenSource Abandoned { get; } = new();

        public int Waiting { get; set; }

        /// <summary>Whether there is nothing any more that could be abandoned.</summary>
        public bool IsDone { get; set; }

        public void Dispose() => Abandoned.Dispose();
    }
}
