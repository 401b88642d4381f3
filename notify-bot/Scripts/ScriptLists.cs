using Notify.Contracts;

namespace Notify.Bot.Scripts;

/// <summary>
/// Lists users' scripts. Each list costs a process through sudo, so a user has one helper at work, and later callers share the next one. A helper
/// without waiting callers ends.
/// </summary>
/// <remarks>A caller never gets the answer of a helper that already runs: it may have read an older state.</remarks>
public sealed class ScriptLists(ScriptsHelper helper, TimeProvider time) : IDisposable
{
    /// <summary>Most helpers at a time, over all users.</summary>
    public static readonly int Parallel = RequestedRuns.Parallel;

    /// <summary>How long a list waits for its helper to begin, while others run or the user's last one hangs.</summary>
    private static readonly TimeSpan TurnTimeout = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim _slots = new(Parallel);
    private readonly Lock _gate = new();
    private readonly Dictionary<UserName, OfUser> _users = [];

    /// <summary>The user's scripts.</summary>
    /// <exception cref="ScriptsHelperException">Listing failed; the message says why.</exception>
    public Task<IReadOnlyList<ListedScript>> ListAsync(UserName user, CancellationToken cancellation) =>
        ListAsync(user, hasRuns: false, cancellation);

    /// <summary>The user's scripts.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="hasRuns">Whether with the outcomes of their last runs. A shared list may have them all the same.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="ScriptsHelperException">Listing failed; the message says why.</exception>
    public async Task<IReadOnlyList<ListedScript>> ListAsync(
        UserName user,
        bool hasRuns,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(user);
        var ask = Join(user, hasRuns);
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

    private Ask Join(UserName user, bool hasRuns)
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
            own.Next.HasRuns |= hasRuns;
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
                // It has not begun. Later callers begin another one.
                own.Next = null;
                RemoveIfIdle(user, own);
            }

            if (!ask.IsDone)
            {
                _ = ask.Abandoned.CancelAsync();
            }
        }
    }

    /// <summary>Starts the helper in its turn, and gives its answer to all waiting callers.</summary>
    private async Task AnswerAsync(UserName user, OfUser own, Ask ask)
    {
        // The first caller still holds the lock.
        await Task.Yield();
        try
        {
            var turn = await BeginAsync(user, own, ask);
            // Nobody joins any more.
            var call = ask.HasRuns
                ? helper.ListWithRuns(user, ask.Abandoned.Token)
                : helper.List(user, ask.Abandoned.Token);
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

            // Nobody waits for the result.
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

    /// <returns>The user's turn. Dispose it when the process is gone.</returns>
    private async Task<TaskCompletionSource> BeginAsync(UserName user, OfUser own, Ask ask)
    {
        using var limit = new TimeLimit(TurnTimeout, time, ask.Abandoned.Token);
        try
        {
            await own.Turn.Task.WaitAsync(limit.Token);
            await _slots.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            Forget(user, own, ask);
            throw ask.Abandoned.IsCancellationRequested
                ? new OperationCanceledException(ask.Abandoned.Token)
                : new ScriptsHelperException(
                    $"The scripts of {user} can't be listed now: earlier lists are not done after {TurnTimeout.TotalSeconds:0} s. Try again in a minute."
                );
        }

        lock (_gate)
        {
            if (own.Next != ask)
            {
                // Abandoned at the last moment: the next one gets the turn.
                _slots.Release();
                throw new OperationCanceledException(ask.Abandoned.Token);
            }

            // From here on it reads, so later callers get another one.
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
        // A process that hangs in the kernel keeps its user's turn, but no shared one.
        await ended.WaitAsync(helper.StuckLimit, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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

    /// <summary>One user's running helper, and the list that begins after it.</summary>
    private sealed class OfUser
    {
        public OfUser() => Turn.SetResult();

        /// <summary>Completes when the process is gone.</summary>
        public TaskCompletionSource Turn { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Ask? Next { get; set; }
    }

    /// <summary>A requested list and its number of callers.</summary>
    private sealed class Ask : IDisposable
    {
        public TaskCompletionSource<IReadOnlyList<ListedScript>> Answer { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationTokenSource Abandoned { get; } = new();

        public int Waiting { get; set; }

        /// <summary>Whether a caller wants the outcomes of last runs.</summary>
        public bool HasRuns { get; set; }

        /// <summary>Whether it is too late to abandon it.</summary>
        public bool IsDone { get; set; }

        public void Dispose() => Abandoned.Dispose();
    }
}
