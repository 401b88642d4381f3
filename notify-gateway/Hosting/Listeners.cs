using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Notify.Gateway.Dispatch;
using Notify.Hosting;
using Notify.Posix;
using Notify.Settings;

namespace Notify.Gateway.Hosting;

/// <summary>
/// The two endpoints: one for clients, a port or a Unix socket for the web server in front; and a Unix socket for the bot and the dashboard. Each is made here,
/// unless systemd holds it and has handed it over.
/// </summary>
internal sealed partial class Listeners
{
    private const UnixFileMode DispatchMode =
        UnixFileMode.UserRead
        | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupWrite
        | UnixFileMode.GroupExecute;

    /// <summary>The names of the sockets in systemd's units (<c>FileDescriptorName=</c>).</summary>
    private const string ClientsName = "clients";
    private const string DispatchName = "dispatch";

    private readonly GatewaySettings _settings;
    private readonly ILogger _log;
    private readonly IReadOnlyList<HandedSocket> _clients;
    private readonly IReadOnlyList<HandedSocket> _dispatch;

    /// <summary>The Unix sockets that are made here, each with its group.</summary>
    private readonly List<(SocketFile File, Group? Group)> _files = [];

    /// <exception cref="SettingsException">It can't be told what a socket is for that systemd has handed over.</exception>
    internal Listeners(GatewaySettings settings, Systemd systemd, Group? trusted, ILogger log)
    {
        _settings = settings;
        _log = log;
        var sockets = systemd.Sockets.ToLookup(socket => IsForClients(socket, settings));
        (_clients, _dispatch) = ([.. sockets[true]], [.. sockets[false]]);
        if (_dispatch.Count > 1)
        {
            throw new SettingsException([
                $"systemd hands over {_dispatch.Count} Unix sockets that could be the bot's: name them in their units (FileDescriptorName={DispatchName} or {ClientsName}), or bind one to NOTIFY_GATEWAY_SOCKET, which is {settings.SocketPath}.",
            ]);
        }

        if (MakesClients && settings.Listen is ListenPoint.UnixSocket unix)
        {
            _files.Add(
                (
                    new SocketFile(unix.Path, ListenPoint.SocketMode, "gateway", "NOTIFY_GATEWAY_LISTEN"),
                    Group.Find(ListenPoint.WebServerGroup)
                )
            );
        }

        if (MakesDispatch)
        {
            _files.Add(
                (new SocketFile(settings.SocketPath, DispatchMode, "gateway", "NOTIFY_GATEWAY_SOCKET"), trusted)
            );
        }
    }

    private bool MakesClients => _clients.Count == 0;

    private bool MakesDispatch => _dispatch.Count == 0;

    /// <summary>Tells Kestrel of both.</summary>
    /// <param name="builder">The application's.</param>
    /// <param name="client">What a client's connection passes.</param>
    /// <param name="dispatch">What a connection of the bot or the dashboard passes.</param>
    internal void Configure(
        WebApplicationBuilder builder,
        Func<ConnectionContext, ConnectionDelegate, Task> client,
        Func<ConnectionContext, ConnectionDelegate, Task> dispatch
    )
    {
        builder.Services.Configure<SocketTransportOptions>(options =>
        {
            options.CreateBoundListenSocket = Bind;

            // The kernel's own limit (net.core.somaxconn): after a restart all clients come back at once.
            options.Backlog = 4096;
        });
        // Why it does not start is said in a sentence, by the program; the host would add a page.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = DispatchApi.MaxBody;
                kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
                kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);

                void Listen(ListenOptions listen, Func<ConnectionContext, ConnectionDelegate, Task> passes)
                {
                    listen.Protocols = HttpProtocols.Http1;
                    listen.Use(next => connection => passes(connection, next));
                }

                foreach (var (sockets, passes) in new[] { (_clients, client), (_dispatch, dispatch) })
                {
                    foreach (var socket in sockets)
                    {
                        kestrel.ListenHandle(socket.Descriptor, listen => Listen(listen, passes));
                    }
                }

                switch (MakesClients ? _settings.Listen : null)
                {
                    case ListenPoint.Tcp tcp:
                        kestrel.Listen(tcp.EndPoint, listen => Listen(listen, client));
                        break;
                    case ListenPoint.UnixSocket unix:
                        kestrel.ListenUnixSocket(unix.Path, listen => Listen(listen, client));
                        break;
                }

                if (MakesDispatch)
                {
                    kestrel.ListenUnixSocket(_settings.SocketPath, listen => Listen(listen, dispatch));
                }
            });
    }

    /// <summary>Opens both.</summary>
    /// <exception cref="SocketTakenException">Somebody else has one of the Unix sockets.</exception>
    /// <exception cref="IOException">The address can't be had.</exception>
    internal async Task StartAsync(WebApplication app)
    {
        foreach (var (file, _) in _files)
        {
            file.RemoveIfDead();
            Directory.CreateDirectory(Path.GetDirectoryName(file.Path)!);
        }

        try
        {
            await app.StartAsync();
        }
        catch (SocketException e)
        {
            throw new IOException(
                $"NOTIFY_GATEWAY_LISTEN={_settings.Listen} or NOTIFY_GATEWAY_SOCKET={_settings.SocketPath} can't be listened on: {e.Message}.",
                e
            );
        }
    }

    /// <summary>Where clients connect, once it is known which port the kernel chose; null where it is no port, or systemd holds it.</summary>
    internal Uri? AddressOf(WebApplication app) =>
        MakesClients && _settings.Listen is ListenPoint.Tcp
            ? app
                .Services.GetRequiredService<IServer>()
                .Features.Get<IServerAddressesFeature>()!
                .Addresses.Where(a =>
                    a.StartsWith("http://", StringComparison.Ordinal)
                    && !a.StartsWith("http://unix:", StringComparison.Ordinal)
                    && !a.StartsWith("http://<", StringComparison.Ordinal)
                )
                .Select(a => new UriBuilder(a) { Scheme = "ws" }.Uri)
                .FirstOrDefault()
            : null;

    /// <summary>The same in words, for the log.</summary>
    internal string ClientsAt(Uri? address) =>
        address?.ToString() ?? (MakesClients ? _settings.Listen.ToString() : "the socket that systemd holds");

    /// <summary>
    /// By its name; where its unit gives none, by what it is: a port is the clients', and of Unix sockets the one that NOTIFY_GATEWAY_LISTEN names. Any other is the
    /// bot's, wherever the unit has put it.
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

    private Socket Bind(EndPoint endPoint)
    {
        if (endPoint is not UnixDomainSocketEndPoint)
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        }

        // Kestrel listens after this returns; until then a connection is refused, so there is no moment of wider rights.
        var (file, group) = _files.Single(made => made.File.Path == endPoint.ToString());
        var socket = file.Bind(() => SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint));
        if (group is not null && file.TryGiveTo(group) is { } problem)
        {
            LogGroupNotSet(_log, file.Path, group.Name, problem);
        }

        return socket;
    }

    [LoggerMessage(
        3002,
        LogLevel.Warning,
        "{Path} could not be given to the group {Group} ({Reason}), so its members can't connect. Run the gateway as a member of that group."
    )]
    private static partial void LogGroupNotSet(ILogger log, string path, string group, string reason);
}
