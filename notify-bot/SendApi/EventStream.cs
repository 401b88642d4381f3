using System.Text;
using System.Text.Json;
using Notify.Bot.Events;
using Notify.Contracts;
using Notify.Http;

namespace Notify.Bot.SendApi;

/// <summary>
/// <c>GET /events</c>: what changes, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). A caller gets
/// its own changes; a trusted caller gets everybody's, or those of a named user.
/// </summary>
internal sealed class EventStream(
    ChangeFeed feed,
    AccessGate access,
    TimeProvider time,
    IHostApplicationLifetime lifetime
)
{
    /// <summary>Most streams of one untrusted user. Each holds up to 100 kB of unread changes.</summary>
    internal const int MaxPerUser = 16;

    /// <summary>After this silence a comment goes out, so each side notices when the other is gone.</summary>
    private static readonly TimeSpan MaxSilence = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, int> _open = [];

    internal async Task ServeAsync(HttpContext context)
    {
        var caller = PeerCredentialMiddleware.Of(context);
        if (!TryEnter(caller))
        {
            throw new ApiException(
                StatusCodes.Status429TooManyRequests,
                $"{MaxPerUser} event streams of yours are open, as many as there can be. Close one first.",
                TimeSpan.FromSeconds(5)
            );
        }

        try
        {
            await ServeAsync(context, caller);
        }
        finally
        {
            Leave(caller);
        }
    }

    private async Task ServeAsync(HttpContext context, Caller caller)
    {
        string? named = context.Request.Query["user"];
        using var watcher = feed.Watch(named is null && caller.IsTrusted ? null : caller.For(named));
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted,
            lifetime.ApplicationStopping
        );
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            // From here on the watcher misses nothing.
            await WriteAsync(context, ": watching\n\n", ends.Token);
            while (true)
            {
                var change = await NextAsync(watcher, ends.Token);
                if (!access.Has(caller))
                {
                    return;
                }

                await WriteAsync(context, change is null ? ": still here\n\n" : Event(change), ends.Token);
            }
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The watcher is gone, or the bot ends.
        }
    }

    private bool TryEnter(Caller caller)
    {
        lock (_gate)
        {
            var open = _open.GetValueOrDefault(caller.Uid);
            if (open >= MaxPerUser && !caller.IsTrusted)
            {
                return false;
            }

            _open[caller.Uid] = open + 1;
            return true;
        }
    }

    private void Leave(Caller caller)
    {
        lock (_gate)
        {
            if (--_open[caller.Uid] == 0)
            {
                _open.Remove(caller.Uid);
            }
        }
    }

    private async Task<Change?> NextAsync(ChangeFeed.Watcher watcher, CancellationToken ends)
    {
        using var limit = new TimeLimit(MaxSilence, time, ends);
        try
        {
            return await watcher.NextAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!ends.IsCancellationRequested)
        {
            return null;
        }
    }

    private static string Event(Change change) =>
        change switch
        {
            Change.OfNotification of => Event("notification", new ChangeAnswer(of.User.Value, of.Id, of.State)),
            Change.OfScripts of => Event("scripts", new ChangeAnswer(of.User.Value)),
            Change.OfForgotten of => Event("forgotten", new ChangeAnswer(of.User.Value)),
            Change.Missed => "event: missed\ndata: {}\n\n",
            _ => throw new InvalidOperationException($"No event for {change.GetType().Name}."),
        };

    private static string Event(string name, ChangeAnswer data) =>
        $"event: {name}\ndata: {JsonSerializer.Serialize(data, HistoryContract.Json.ChangeAnswer)}\n\n";

    private static async Task WriteAsync(HttpContext context, string text, CancellationToken cancellation)
    {
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation);
        await context.Response.Body.FlushAsync(cancellation);
    }
}
