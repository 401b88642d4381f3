using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Time.Testing;
using Notify.Gateway;
using Notify.Gateway.Hosting;
using Notify.Hosting;
using Notify.Posix;
using Notify.Settings;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>A gateway inside the test, whose clock the test moves.</summary>
public sealed class ClockScene : IAsyncDisposable
{
    private readonly string _folder;
    private readonly ServiceLog _log;
    private readonly WebApplication _gateway;

    private ClockScene(FakeTimeProvider time, string folder, ServiceLog log, WebApplication gateway, string socketPath)
    {
        Time = time;
        _folder = folder;
        _log = log;
        _gateway = gateway;
        Caller = new SocketCaller(socketPath);
    }

    /// <summary>The gateway's clock.</summary>
    public FakeTimeProvider Time { get; }

    /// <summary>Where clients connect.</summary>
    public Uri Address =>
        new UriBuilder(_gateway.Urls.First(url => !url.Contains("unix:", StringComparison.Ordinal)))
        {
            Scheme = Uri.UriSchemeWs,
        }.Uri;

    /// <summary>A caller on its socket.</summary>
    public SocketCaller Caller { get; }

    /// <summary>Starts one.</summary>
    /// <param name="listen">Where clients connect; loopback if left out.</param>
    public static async Task<ClockScene> BeginAsync(IPAddress? listen = null)
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var folder = Directory.CreateTempSubdirectory("notify-gateway-").FullName;
        var settings = GatewaySettings.Read(
            new SettingsReader(name =>
                name switch
                {
                    "NOTIFY_GATEWAY_LISTEN" => $"http://{listen ?? IPAddress.Loopback}:0",
                    "NOTIFY_GATEWAY_SOCKET" => Path.Combine(folder, "ws.sock"),
                    "NOTIFY_JWT_SECRET" => GatewayToken.Secret,
                    "STATE_DIRECTORY" => Path.Combine(folder, "state"),
                    _ => null,
                }
            )
        );
        var log = new ServiceLog(TextWriter.Null, underJournal: false);
        var gateway = GatewayServer.Build(settings, time, new Systemd(_ => null), log);
        await gateway.StartAsync();
        return new ClockScene(time, folder, log, gateway, settings.SocketPath);
    }

    /// <summary>A client that has said who it is, with a token that lives for so long.</summary>
    public Task<GatewayClient> LogInAsync(string user, TimeSpan? lives = null) =>
        GatewayClient.LogInAsync(Address, GatewayToken.Of(user, null, Time.GetUtcNow(), lives ?? TimeSpan.FromDays(1)));

    /// <summary>Lets time pass.</summary>
    public void Pass(double seconds) => Time.Advance(TimeSpan.FromSeconds(seconds));

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Caller.Dispose();
        await _gateway.StopAsync();
        await _gateway.DisposeAsync();
        _log.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
