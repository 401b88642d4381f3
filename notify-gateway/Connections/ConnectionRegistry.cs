using System.Collections.Concurrent;

namespace Notify.Gateway.Connections;

/// <summary>The connections of each user. Lookups never wait.</summary>
internal sealed class ConnectionRegistry(GatewayMetrics metrics, GatewayLog log)
{
    private readonly Lock _writing = new();

    // Arrays are replaced, never changed, so readers need no lock.
    private readonly ConcurrentDictionary<UserName, ClientConnection[]> _byUser = [];

    /// <summary>The number of connections of each user, ordered by name.</summary>
    internal SortedDictionary<string, int> Users =>
        new(
            _byUser.ToDictionary(u => u.Key.Value, u => u.Value.Length, StringComparer.Ordinal),
            StringComparer.Ordinal
        );

    /// <summary>A user's connections.</summary>
    internal ClientConnection[] Of(UserName user) => _byUser.GetValueOrDefault(user) ?? [];

    /// <summary>The connections of a token.</summary>
    internal IEnumerable<ClientConnection> WithToken(string id) =>
        _byUser.Values.SelectMany(c => c).Where(c => c.TokenId == id);

    /// <summary>Adds a connection.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="open">Opens it, unless it is already closing. Called before others can find the connection, so its message comes first.</param>
    /// <returns>False if the user has too many.</returns>
    internal bool TryAdd(UserName user, ClientConnection connection, Func<bool> open)
    {
        lock (_writing)
        {
            var others = Of(user);
            if (others.Length >= ClientLimits.ConnectionsPerUser)
            {
                return false;
            }

            if (open())
            {
                _byUser[user] = [.. others, connection];
            }

            return true;
        }
    }

    /// <summary>Takes a connection out that has ended, and counts and logs it.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="user">Whose; null if it never said.</param>
    /// <param name="reason">Why it ended.</param>
    /// <param name="authError">What the client hears about its token.</param>
    internal void Ended(ClientConnection connection, UserName? user, CloseReason reason, string? authError)
    {
        if (user is not null)
        {
            Remove(user, connection);
        }

        metrics.Ended(reason);
        log.Ended(reason, user, connection.Tracked.Place, authError);
    }

    private void Remove(UserName user, ClientConnection connection)
    {
        lock (_writing)
        {
            var others = Of(user).Where(c => c != connection).ToArray();
            if (others.Length == 0)
            {
                _byUser.TryRemove(user, out _);
            }
            else
            {
                _byUser[user] = others;
            }
        }
    }
}
