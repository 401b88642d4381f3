using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Notify.Gateway.Dispatch;
using Notify.Posix;
using Notify.Serving;

namespace Notify.Gateway.Serving;

/// <summary>
/// The two sockets: TCP for clients, a Unix socket for the bot and the dashboard. Each is made here, unless systemd holds it and has handed it
/// over; what kind a socket is tells which of the two it is.
/// </summary>
internal sealed partial class Listeners
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute;

    private readonly GatewaySettings _settings;
    private readonly Group? _trusted;
    private readonly ILogger _log;
    private readonly SocketFile _file;
    private readonly IReadOnlyList<(ulong Descriptor, bool IsUnix)> _handedOver;

    internal Listeners(GatewaySettings settings, Systemd systemd, Group? trusted, ILogger log)
    {
        _settings = settings;
        _trusted = trusted;
        _log = log;
        _file = new SocketFile(settings.SocketPath, Mode, "gateway", "NOTIFY_GATEWAY_SOCKET");
        _handedOver = [.. Enumerable.Range((int)Systemd.FirstDescriptor, systemd.HandedOver).Select(d => ((ulong)d, Systemd.IsUnixSocket(d)))];
    }

    private bool MakesClients => _handedOver.All(s => s.IsUnix);

    private bool MakesDispatch => !_handedOver.Any(s => s.IsUnix);

    /// <summary>Tells Kestrel of both.</summary>
    /// <param name="builder">The application's.</param>
    /// <param name="client">What a client's connection passes.</param>
    /// <param name="dispatch">What a connection of the bot or the dashboard passes.</param>
    internal void Configure(WebApplicationBuilder builder, Func<ConnectionContext, ConnectionDelegate, Task> client, Func<ConnectionContext, ConnectionDelegate, Task> dispatch)
    {
        builder.Services.Configure<SocketTransportOptions>(options =>
        {
            options.CreateBoundListenSocket = Bind;

            // The kernel's own limit (net.core.somaxconn): after a restart all clients come back at once.
            options.Backlog = 4096;
        });
        // Why it does not start is said in a sentence, by the program; the host would add a page.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
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

            foreach (var (descriptor, isUnix) in _handedOver)
            {
                kestrel.ListenHandle(descriptor, listen => Listen(listen, isUnix ? dispatch : client));
            }

            if (MakesClients)
            {
                kestrel.Listen(_settings.Listen, listen => Listen(listen, client));
            }

            if (MakesDispatch)
            {
                kestrel.ListenUnixSocket(_settings.SocketPath, listen => Listen(listen, dispatch));
            }
        });
    }

    /// <summary>Opens both.</summary>
    /// <exception cref="SocketTakenException">Somebody else has the dispatch socket.</exception>
    /// <exception cref="IOException">The address can't be had.</exception>
    internal async Task StartAsync(WebApplication app)
    {
        if (MakesDispatch)
        {
            _file.RemoveIfDead();
            Directory.CreateDirectory(Path.GetDirectoryName(_settings.SocketPath)!);
        }

        try
        {
            await app.StartAsync();
        }
        catch (SocketException e)
        {
            throw new IOException($"NOTIFY_GATEWAY_LISTEN=http://{_settings.Listen} or NOTIFY_GATEWAY_SOCKET={_settings.SocketPath} can't be listened on: {e.Message}.", e);
        }
    }

    /// <summary>Where clients connect, once it is known which port the kernel chose; null where systemd holds the socket.</summary>
    internal Uri? AddressOf(WebApplication app) => MakesClients
        ? app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Where(a => a.StartsWith("http://", StringComparison.Ordinal) && !a.StartsWith("http://unix:", StringComparison.Ordinal) && !a.StartsWith("http://<", StringComparison.Ordinal))
            .Select(a => new UriBuilder(a) { Scheme = "ws" }.Uri).FirstOrDefault()
        : null;

    private Socket Bind(EndPoint endPoint)
    {
        if (endPoint is not UnixDomainSocketEndPoint)
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        }

        // Kestrel listens after this returns; until then a connection is refused, so there is no moment of wider rights.
        var socket = _file.Bind(() => SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint));
        if (_trusted is not null && _file.TryGiveTo(_trusted) is { } problem)
        {
            LogGroupNotSet(_log, _file.Path, _trusted.Name, problem);
        }

        return socket;
    }

    [LoggerMessage(3002, LogLevel.Warning, "{Path} could not be given to the group {Group} ({Reason}): its members, the bot and the dashboard among them, can't connect. Run the gateway as a member of that group.")]
    private static partial void LogGroupNotSet(ILogger log, string path, string group, string reason);
}
