using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Notify.Web.Login;

namespace Notify.Web.Hosting;

/// <summary>
/// Bounds the connections on which nobody who is logged in asks for something now. A newcomer is always let in; where there are too many, the one that has waited
/// longest is closed. So a crowd that says nothing, or says it slowly, keeps nobody out: who asks is answered long before its turn to go comes.
/// </summary>
/// <param name="most">How many there may be.</param>
internal sealed class ConnectionLimiter(int most)
{
    /// <summary>The most, whatever the system lets the program open.</summary>
    internal const int Most = 4096;

    private readonly Lock _gate = new();
    private readonly LinkedList<ConnectionContext> _waiting = [];

    /// <summary>Kestrel's connection middleware.</summary>
    internal async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var place = new LinkedListNode<ConnectionContext>(connection);
        connection.Items[typeof(ConnectionLimiter)] = place;
        Enter(place);
        try
        {
            await next(connection);
        }
        finally
        {
            Leave(place);
        }
    }

    /// <summary>Middleware after the login: the connection of a request of a session stays, however long that takes.</summary>
    internal async Task OnRequestAsync(HttpContext context, RequestDelegate next)
    {
        if (
            Session.Of(context.User) is null
            || context
                .Features.Get<IConnectionItemsFeature>()
                ?.Items.TryGetValue(typeof(ConnectionLimiter), out var item) != true
            || item is not LinkedListNode<ConnectionContext> place
        )
        {
            await next(context);
            return;
        }

        Leave(place);
        try
        {
            await next(context);
        }
        finally
        {
            Enter(place);
        }
    }

    private void Enter(LinkedListNode<ConnectionContext> place)
    {
        ConnectionContext? oldest = null;
        lock (_gate)
        {
            // A connection that broke during a request has left already, and must not come back.
            if (!place.Value.ConnectionClosed.IsCancellationRequested)
            {
                _waiting.AddLast(place);
            }

            if (_waiting.Count > most)
            {
                oldest = _waiting.First!.Value;
                _waiting.RemoveFirst();
            }
        }

        oldest?.Abort(new ConnectionAbortedException("Too many connections wait."));
    }

    private void Leave(LinkedListNode<ConnectionContext> place)
    {
        lock (_gate)
        {
            if (place.List is not null)
            {
                _waiting.Remove(place);
            }
        }
    }
}
