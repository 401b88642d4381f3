using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Notify.Tests.Live;

/// <summary>Listens where the bot would, and tells on <c>GET /events</c> what a test says; it is well, and counts who asks. It is not the bot: tests of both together are elsewhere.</summary>
internal sealed class BotWithEvents : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<Channel<string>, byte> _listeners = new();
    private int _connections;
    private int _healthChecks;

    private BotWithEvents(string socketPath)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socketPath));
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    /// <summary>How often somebody has begun to listen.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>How often somebody has asked how it is.</summary>
    public int HealthChecks => Volatile.Read(ref _healthChecks);

    public static async Task<BotWithEvents> StartAsync(string socketPath, CancellationToken cancellation)
    {
        File.Delete(socketPath);
        var bot = new BotWithEvents(socketPath);
        await bot._app.StartAsync(cancellation);
        return bot;
    }

    /// <summary>Tells all who listen, word for word.</summary>
    public void Say(string text)
    {
        foreach (var listener in _listeners.Keys)
        {
            listener.Writer.TryWrite(text);
        }
    }

    /// <summary>Tells of a notification.</summary>
    public void SayNotification(UserName user, string id, string state) =>
        Say($"event: notification\ndata: {{\"user\":\"{user}\",\"id\":\"{id}\",\"state\":\"{state}\"}}\n\n");

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners.Keys)
        {
            listener.Writer.TryComplete();
        }

        await _app.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext context)
    {
        if (context.Request.Path == "/health")
        {
            Interlocked.Increment(ref _healthChecks);
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(
                """{"status":"ok","version":"0.1.0","telegram":{"state":"ok"},"queue":{"waiting":0},"unreadable":[]}""",
                context.RequestAborted
            );
            return;
        }

        if (context.Request.Path != "/events")
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var texts = Channel.CreateUnbounded<string>();
        _listeners.TryAdd(texts, 0);
        try
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(": hello\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            Interlocked.Increment(ref _connections);
            await foreach (var text in texts.Reader.ReadAllAsync(context.RequestAborted))
            {
                await context.Response.WriteAsync(text, context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // Who listened is gone.
        }
        finally
        {
            _listeners.TryRemove(texts, out _);
        }
    }
}
