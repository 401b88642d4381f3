namespace Notify.Bot.Limits;

/// <summary>Lets a bounded number in at one moment. Who waits is let in by turns of the users, and each user's in the order in which they came.</summary>
/// <param name="places">How many may be inside.</param>
/// <param name="placesOfOne">How many of one user.</param>
/// <remarks>Safe for several threads.</remarks>
public sealed class FairGate(int places, int placesOfOne)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<object, User> _users = [];

    // Users with somebody who waits, in the order in which they have their turns.
    private readonly LinkedList<User> _turns = [];
    private int _inside;

    /// <summary>Waits for a place, which is given back by disposing it.</summary>
    /// <param name="user">Whose place it is.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<IDisposable> EnterAsync(object user, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(user);
        cancellation.ThrowIfCancellationRequested();
        Visit visit;
        lock (_gate)
        {
            var own = _users.TryGetValue(user, out var known) ? known : _users[user] = new User(user);
            visit = new Visit(this, own);
            if (_inside < places && own.Inside < placesOfOne)
            {
                LetIn(visit);
                return visit;
            }

            own.Waiting.AddLast(visit);
            if (own.Waiting.Count == 1)
            {
                _turns.AddLast(own);
            }
        }

        await using var giveUp = cancellation.UnsafeRegister(
            static (state, token) => ((Visit)state!).GiveUp(token),
            visit
        );
        await visit.LetIn.Task;
        return visit;
    }

    private void LetIn(Visit visit)
    {
        _inside++;
        visit.Of.Inside++;
        visit.LetIn.TrySetResult();
    }

    private void Leave(User user)
    {
        lock (_gate)
        {
            _inside--;
            user.Inside--;
            ForgetIdle(user);
            for (var turn = _turns.First; turn is not null && _inside < places; turn = _turns.First)
            {
                while (turn is not null && turn.Value.Inside >= placesOfOne)
                {
                    turn = turn.Next;
                }

                if (turn is null)
                {
                    return;
                }

                var next = turn.Value.Waiting.First!.Value;
                turn.Value.Waiting.RemoveFirst();
                _turns.Remove(turn);
                if (turn.Value.Waiting.Count > 0)
                {
                    _turns.AddLast(turn);
                }

                LetIn(next);
            }
        }
    }

    private void GiveUp(Visit visit, CancellationToken token)
    {
        lock (_gate)
        {
            if (!visit.Of.Waiting.Remove(visit))
            {
                return;
            }

            if (visit.Of.Waiting.Count == 0)
            {
                _turns.Remove(visit.Of);
                ForgetIdle(visit.Of);
            }

            visit.LetIn.TrySetCanceled(token);
        }
    }

    private void ForgetIdle(User user)
    {
        if (user is { Inside: 0, Waiting.Count: 0 })
        {
            _users.Remove(user.Key);
        }
    }

    private sealed class User(object key)
    {
        public object Key => key;

        public int Inside { get; set; }

        public LinkedList<Visit> Waiting { get; } = [];
    }

    private sealed class Visit(FairGate gate, User of) : IDisposable
    {
        private int _left;

        public User Of => of;

        public TaskCompletionSource LetIn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void GiveUp(CancellationToken token) => gate.GiveUp(this, token);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                gate.Leave(of);
            }
        }
    }
}
