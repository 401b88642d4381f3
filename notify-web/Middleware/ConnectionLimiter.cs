using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Notify.Posix;
using Notify.Web.Login;

namespace Notify.Web.Middleware;

/// <summary>
/// Bounds the connections without a request of a logged-in user. A new connection always gets in. If there are too many, the one that has waited longest is closed.
/// A crowd of silent or slow connections keeps nobody out: a request gets its answer long before its connection is the oldest.
/// </summary>
internal sealed class ConnectionLimiter
{
    /// <summary>At most a quarter of the program's open files.</summary>
    private readonly int _most = Math.Min(4096, OpenFiles.Limit / 4);

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

    /// <summary>Middleware after the login: a connection stays during a request of a session, however long it takes.</summary>
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
            // A connection that broke during a request has left and must not come back.
            if (!place.Value.ConnectionClosed.IsCancellationRequested)
            {
                _waiting.AddLast(place);
            }

            if (_waiting.Count > _most)
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
