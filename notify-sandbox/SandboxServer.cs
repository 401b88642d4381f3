using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Notify.Sandbox.Control;
using Notify.Sandbox.Phone;
using Notify.Sandbox.Telegram;

namespace Notify.Sandbox;

/// <summary>A running sandbox: Telegram's Bot API on one loopback port, the phone page and the control API on another.</summary>
public sealed class SandboxServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HeldPort _apiPort;
    private readonly HeldPort _phonePort;
    private readonly TelegramWorld _world;
    private readonly CancellationTokenSource _ended = new();
    private CancellationTokenSource? _outage;

    private SandboxServer(WebApplication app, HeldPort apiPort, HeldPort phonePort, TelegramWorld world)
    {
        _app = app;
        _apiPort = apiPort;
        _phonePort = phonePort;
        _world = world;
        ApiAddress = new Uri($"http://{apiPort.EndPoint}");
        ControlAddress = new Uri($"http://{phonePort.EndPoint}");
        PhoneAddress = new Uri(ControlAddress, "/phone");
    }

    /// <summary>What to give a bot as <c>TELEGRAM_API_URL</c>.</summary>
    public Uri ApiAddress { get; }

    /// <summary>The page to open in a browser.</summary>
    public Uri PhoneAddress { get; }

    /// <summary>Where <c>/sandbox/…</c> is.</summary>
    public Uri ControlAddress { get; }

    /// <summary>The token that is right now.</summary>
    public string Token => _world.Token;

    /// <summary>Starts a sandbox; it serves when this returns.</summary>
    /// <exception cref="UsageException">An address that is not loopback, or a malformed token.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">A port is taken.</exception>
    public static async Task<SandboxServer> StartAsync(SandboxOptions options, CancellationToken cancellation)
    {
        var world = new TelegramWorld(options);
        var apiPort = new HeldPort(LoopbackOnly.ListenAddress(options.Listen, "--listen"), options.Listen.Port);
        HeldPort? phonePort = null;
        WebApplication? app = null;
        try
        {
            phonePort = new HeldPort(LoopbackOnly.ListenAddress(options.PhoneListen, "--phone-listen"), options.PhoneListen.Port);
            app = Build(apiPort.EndPoint, phonePort.EndPoint);
            var server = new SandboxServer(app, apiPort, phonePort, world);
            server.Configure();
            await app.StartAsync(cancellation);
            return server;
        }
        catch
        {
            if (app is not null) await app.DisposeAsync();
            phonePort?.Dispose();
            apiPort.Dispose();
            throw;
        }
    }

    /// <summary>Closes the Bot API's port, as in an outage: connections are refused, those there are end. The port stays reserved.</summary>
    /// <param name="length">For how long; null until <see cref="OpenApiAsync"/>.</param>
    public async Task CloseApiAsync(TimeSpan? length)
    {
        var over = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
        if (Interlocked.Exchange(ref _outage, over) is { } earlier) await earlier.CancelAsync();
        await ApiListener.CloseAsync();
        if (length is { } time) _ = ReopenAfterAsync(time, over.Token);
    }

    /// <summary>Ends an outage.</summary>
    public async Task OpenApiAsync(CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref _outage, null) is { } outage) await outage.CancelAsync();
        await ApiListener.OpenAsync(cancellation);
    }

    /// <summary>Waits until the sandbox is told to end.</summary>
    public Task WaitForEndAsync(CancellationToken cancellation) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        Transport.AbortConnections();
        await _app.DisposeAsync();
        _apiPort.Dispose();
        _phonePort.Dispose();
        _ended.Dispose();
        _outage?.Dispose();
    }

    private ClosableTransport Transport => (ClosableTransport)_app.Services.GetRequiredService<IConnectionListenerFactory>();

    private ClosableListener ApiListener => Transport.Listener(_apiPort.EndPoint.Port);

    private static WebApplication Build(IPEndPoint api, IPEndPoint phone)
    {
        // Empty: no settings files, no environment variables, no logs of requests, whose addresses hold the token.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(api);
            kestrel.Listen(phone);
        });
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.CreateBoundListenSocket = HeldPort.Bind);
        builder.Services.AddSingleton<IConnectionListenerFactory, ClosableTransport>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.Services.AddRoutingCore();
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Error);
        return builder.Build();
    }

    private void Configure()
    {
        var api = new BotApi(_world);
        var apiPort = _apiPort.EndPoint.Port;
        _app.Use(async (http, next) =>
        {
            if (LoopbackOnly.Refusal(http) is { } refusal)
            {
                await RefuseAsync(http, 403, refusal);
                return;
            }

            await next(http);
        });
        _app.MapWhen(http => http.Connection.LocalPort == apiPort, branch => branch.Run(api.ServeAsync));
        _app.Use(async (http, next) =>
        {
            if (HttpMethods.IsPost(http.Request.Method) && !LoopbackOnly.IsJson(http.Request))
            {
                await RefuseAsync(http, 415, "A POST here needs Content-Type: application/json.");
                return;
            }

            await next(http);
        });
        _app.UseRouting();
        new ControlApi(this, _world).Map(_app);
        PhonePage.Map(_app);
        _app.Lifetime.ApplicationStopping.Register(() => Transport.AbortConnections());
    }

    private async Task ReopenAfterAsync(TimeSpan length, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(length, _world.Time, cancellation);
            await ApiListener.OpenAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            // The outage was ended early, or the sandbox is.
        }
    }

    private static Task RefuseAsync(HttpContext http, int status, string error)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsJsonAsync(new { error }, http.RequestAborted);
    }
}
