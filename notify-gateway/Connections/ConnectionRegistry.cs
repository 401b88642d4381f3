using System.Collections.Concurrent;

namespace Notify.Gateway.Connections;

/// <summary>Which users are connected, and with what. Looking somebody up waits for nobody.</summary>
internal sealed class ConnectionRegistry
{
    private readonly Lock _writing = new();

    // Each array is replaced, never changed, so that a reader needs no lock.
    private readonly ConcurrentDictionary<UserName, ClientConnection[]> _byUser = [];

    /// <summary>How many connections each user has, in the order of the names.</summary>
    internal SortedDictionary<string, int> Users =>
        new(
            _byUser.ToDictionary(u => u.Key.Value, u => u.Value.Length, StringComparer.Ordinal),
            StringComparer.Ordinal
        );

    /// <summary>A user's connections.</summary>
    internal ClientConnection[] Of(UserName user) => _byUser.GetValueOrDefault(user) ?? [];

    /// <summary>The connections that came in with a token.</summary>
    internal IEnumerable<ClientConnection> WithToken(string id) =>
        _byUser.Values.SelectMany(c => c).Where(c => c.TokenId == id);

    /// <summary>Adds a connection.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="open">Opens it, unless it is closing already; called before anybody finds it here, so that what it says to the client comes first.</param>
    /// <returns>False where the user has too many.</returns>
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

    /// <summary>Takes a connection out.</summary>
    internal void Remove(UserName user, ClientConnection connection)
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
