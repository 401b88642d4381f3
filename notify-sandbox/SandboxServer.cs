using Notify.Sandbox.Control;
using Notify.Sandbox.Google;
using Notify.Sandbox.Phone;
using Notify.Sandbox.Telegram;

namespace Notify.Sandbox;

/// <summary>
/// A running sandbox: Telegram's Bot API on one loopback port, Google as an OpenID provider on another, the phone page and the control API on a third.
/// </summary>
public sealed class SandboxServer : IAsyncDisposable
{
    private readonly HeldPort _apiPort;
    private readonly HeldPort _phonePort;
    private readonly HeldPort _googlePort;
    private readonly TelegramWorld _telegram;
    private readonly GoogleWorld _google;
    private readonly WebApplication _app;
    private readonly WebApplication _googleApp;
    private int _hasEnded;

    private SandboxServer(SandboxOptions options, HeldPort apiPort, HeldPort phonePort, HeldPort googlePort)
    {
        (_apiPort, _phonePort, _googlePort) = (apiPort, phonePort, googlePort);
        ApiAddress = new Uri($"http://{apiPort.EndPoint}");
        ControlAddress = new Uri($"http://{phonePort.EndPoint}");
        PhoneAddress = new Uri(ControlAddress, "/phone");
        GoogleAddress = new Uri($"http://{googlePort.EndPoint}");
        _telegram = new TelegramWorld(options);
        _google = new GoogleWorld(options, GoogleAddress);
        _app = LoopbackHost.NewBuilder(apiPort.EndPoint, phonePort.EndPoint).Build();
        _googleApp = GoogleServer.Build(_google, googlePort.EndPoint);
        ApiOutage = new Outage(() => LoopbackHost.Transport(_app).Listener(apiPort.EndPoint.Port), options.Time);
        GoogleOutage = new Outage(
            () => LoopbackHost.Transport(_googleApp).Listener(googlePort.EndPoint.Port),
            options.Time
        );
    }

    /// <summary>What to give a bot as <c>TELEGRAM_API_URL</c>.</summary>
    public Uri ApiAddress { get; }

    /// <summary>The page to open in a browser.</summary>
    public Uri PhoneAddress { get; }

    /// <summary>Where <c>/sandbox/…</c> is.</summary>
    public Uri ControlAddress { get; }

    /// <summary>What to give a web application as the address of its OpenID provider. A slash at its end, which <see cref="Uri"/> adds, makes no difference.</summary>
    public Uri GoogleAddress { get; }

    /// <summary>The current token.</summary>
    public string Token => _telegram.Token;

    /// <summary>Closes and opens the Bot API's port.</summary>
    internal Outage ApiOutage { get; }

    /// <summary>Closes and opens the OpenID provider's port.</summary>
    internal Outage GoogleOutage { get; }

    /// <summary>Starts a sandbox; it serves when this returns.</summary>
    /// <exception cref="UsageException">An address that is not loopback, a malformed token, or a Google account or client that can't be.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">A port is taken.</exception>
    public static async Task<SandboxServer> StartAsync(SandboxOptions options, CancellationToken cancellation)
    {
        var server = BindPorts(options);
        try
        {
            server.Configure();
            await server._app.StartAsync(cancellation);
            await server._googleApp.StartAsync(cancellation);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the sandbox is told to end.</summary>
    public Task WaitForEndAsync(CancellationToken cancellation) =>
        Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) != 0)
        {
            return;
        }

        ApiOutage.Dispose();
        GoogleOutage.Dispose();
        // A stopping server must not wait for polls and hanging calls.
        LoopbackHost.Transport(_app).AbortConnections();
        await _app.DisposeAsync();
        // Stopped first: OpenIddict can't answer a request without the services that go next.
        await _googleApp.StopAsync();
        await _googleApp.DisposeAsync();
        _google.Dispose();
        _apiPort.Dispose();
        _phonePort.Dispose();
        _googlePort.Dispose();
    }

    private static SandboxServer BindPorts(SandboxOptions options)
    {
        var ports = new List<HeldPort>();
        try
        {
            foreach (
                var (listen, option) in (ReadOnlySpan<(Uri, string)>)
                    [
                        (options.Listen, "--listen"),
                        (options.PhoneListen, "--phone-listen"),
                        (options.GoogleListen, "--google-listen"),
                    ]
            )
            {
                ports.Add(new HeldPort(LoopbackOnly.ListenAddress(listen, option), listen.Port));
            }

            return new SandboxServer(options, ports[0], ports[1], ports[2]);
        }
        catch
        {
            foreach (var port in ports)
            {
                port.Dispose();
            }

            throw;
        }
    }

    private void Configure()
    {
        var api = new BotApi(_telegram);
        var apiPort = _apiPort.EndPoint.Port;
        _app.Use(
            async (http, next) =>
            {
                if (LoopbackOnly.Refusal(http) is { } refusal)
                {
                    await RefuseAsync(http, 403, refusal);
                    return;
                }

                await next(http);
            }
        );
        _app.MapWhen(http => http.Connection.LocalPort == apiPort, branch => branch.Run(api.ServeAsync));
        _app.Use(
            async (http, next) =>
            {
                if (HttpMethods.IsPost(http.Request.Method) && !LoopbackOnly.IsJson(http.Request))
                {
                    await RefuseAsync(http, 415, "A POST here needs Content-Type: application/json.");
                    return;
                }

                await next(http);
            }
        );
        _app.UseRouting();
        new ControlApi(this, _telegram).Map(_app);
        new GoogleControlApi(this, _google).Map(_app);
        PhonePage.Map(_app);
        _app.Lifetime.ApplicationStopping.Register(() => LoopbackHost.Transport(_app).AbortConnections());
    }

    private static Task RefuseAsync(HttpContext http, int status, string error)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsJsonAsync(new { error }, http.RequestAborted);
    }
}
