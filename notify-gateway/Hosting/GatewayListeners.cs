using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Notify.Gateway.Connections;
using Notify.Gateway.Dispatch;
using Notify.Hosting;
using Notify.Http;
using Notify.Posix;
using Notify.Settings;

namespace Notify.Gateway.Hosting;

/// <summary>The two endpoints: one for clients, and a Unix socket for the bot and the dashboard.</summary>
internal sealed partial class GatewayListeners
{
    /// <summary>The names of the sockets in systemd's units (<c>FileDescriptorName=</c>).</summary>
    private const string ClientsName = "clients";
    private const string DispatchName = "dispatch";

    private readonly GatewaySettings _settings;
    private readonly ServiceEndpoint _clients;
    private readonly ServiceEndpoint _dispatch;

    /// <exception cref="SettingsException">systemd has handed over Unix sockets without saying what each is for.</exception>
    internal GatewayListeners(GatewaySettings settings, Systemd systemd)
    {
        _settings = settings;
        var handed = systemd.Sockets.ToLookup(socket => IsForClients(socket, settings));
        if (handed[false].Count() is > 1 and var count)
        {
            throw new SettingsException([
                $"systemd hands over {count} Unix sockets that could be the bot's: name them in their units (FileDescriptorName={DispatchName} or {ClientsName}), or bind one to NOTIFY_GATEWAY_SOCKET, which is {settings.SocketPath}.",
            ]);
        }

        _clients = ServiceEndpoint.ForWebServer(
            [.. handed[true]],
            settings.Listen,
            "NOTIFY_GATEWAY_LISTEN",
            "gateway",
            "notify-gateway"
        );
        _dispatch = new ServiceEndpoint(
            [.. handed[false]],
            new ListenPoint.UnixSocket(settings.SocketPath),
            "NOTIFY_GATEWAY_SOCKET",
            new SocketFile(settings.SocketPath, FileModes.GroupFolder, "gateway", "NOTIFY_GATEWAY_SOCKET"),
            Group.Find(settings.TrustedGroup)
        );
    }

    /// <summary>Makes the server listen on both.</summary>
    internal void AddTo(WebApplicationBuilder builder)
    {
        builder
            .Services.AddOptions<SocketTransportOptions>()
            .Configure<ILogger>(
                (options, log) =>
                {
                    options.Backlog = ServiceEndpoint.Backlog;
                    options.CreateBoundListenSocket = address =>
                        (_dispatch.IsAt(address) ? _dispatch : _clients).Bind(
                            address,
                            SocketTransportOptions.CreateDefaultBoundListenSocket,
                            (path, group, reason) => LogGroupNotSet(log, path, group, reason)
                        );
                }
            );
        builder.WebHost.UseKestrelCore();
        builder
            .Services.AddOptions<KestrelServerOptions>()
            .Configure<ConnectionLimiter>(
                (kestrel, limiter) =>
                {
                    kestrel.Limits.MaxRequestBodySize = DispatchRoutes.MaxBody;
                    kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
                    kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
                    // The dispatch socket first: if another gateway runs, its error names it.
                    kestrel.Listen(_dispatch, DispatchPeers.OnConnectionAsync);
                    kestrel.Listen(_clients, limiter.OnConnectionAsync);
                }
            );
    }

    /// <summary>Where clients connect, for the log.</summary>
    /// <param name="bound">The addresses that the server has bound. The kernel may have chosen the port.</param>
    internal string ClientsAt(ICollection<string> bound) =>
        _clients.Own is null ? "the socket that systemd holds"
        : _settings.Listen is ListenPoint.UnixSocket ? _settings.Listen.ToString()
        : new UriBuilder(bound.First(url => !url.Contains("unix:", StringComparison.Ordinal) && !url.Contains('<')))
        {
            Scheme = Uri.UriSchemeWs,
        }.Uri.ToString();

    /// <summary>
    /// Its name decides. Without one, a port is for clients, and so is the Unix socket of NOTIFY_GATEWAY_LISTEN. Any other socket is the bot's, wherever the
    /// unit has put it.
    /// </summary>
    private static bool IsForClients(HandedSocket socket, GatewaySettings settings) =>
        socket switch
        {
            { Name: ClientsName } or { IsUnix: false } => true,
            { Name: DispatchName } => false,
            _ => settings.Listen is ListenPoint.UnixSocket { Path: var path }
                && socket.Path == path
                && path != settings.SocketPath,
        };

    [LoggerMessage(
        3002,
        LogLevel.Warning,
        "{Path} can't be given to the group {Group} ({Reason}), so its members can't connect. Run the gateway as a member of that group."
    )]
    private static partial void LogGroupNotSet(ILogger log, string path, string group, string reason);
}
