namespace Notify.Bot.Limits;

/// <summary>
/// Bounds what reading histories costs at one moment. All share one connection to the outbox, and a history of 100,000 notifications takes some 10 ms: requests
/// that wait for each other would hold a thread each. So they wait here without one, and users have their turns one after the other.
/// </summary>
public sealed class HistoryTurns
{
    private readonly FairGate _gate = new(places: 1, placesOfOne: 1);

    /// <summary>Waits for the user's turn, and reads.</summary>
    /// <param name="user">Whose history it is, or another name of a turn: many requests of one user keep only each other waiting.</param>
    /// <param name="read">Reads from the outbox, and does nothing else that takes long.</param>
    /// <param name="cancellation">Nobody waits for it any more.</param>
    public async Task<T> ReadAsync<T>(object user, Func<T> read, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(read);
        using (await _gate.EnterAsync(user, cancellation))
        {
            return read();
        }
    }
}
