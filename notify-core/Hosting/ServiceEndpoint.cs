using System.Net;
using System.Net.Sockets;
using Notify.Posix;

namespace Notify.Hosting;

/// <summary>
/// One of a service's endpoints: the sockets that systemd hands over for it. Without any, the service binds a port or a Unix socket of its own.
/// </summary>
/// <param name="handed">What systemd hands over for it.</param>
/// <param name="listen">Where it listens otherwise.</param>
/// <param name="setting">The variable that says so.</param>
/// <param name="file">The file of an own Unix socket; null for a port.</param>
/// <param name="group">The group that gets this file; null if the machine has no such group.</param>
public sealed class ServiceEndpoint(
    IReadOnlyList<HandedSocket> handed,
    ListenPoint listen,
    string setting,
    SocketFile? file,
    Group? group
)
{
    /// <summary>As much as the kernel allows (net.core.somaxconn): in a crowd callers wait a moment and are not turned away.</summary>
    public const int Backlog = 4096;

    /// <summary>The group of Debian's web servers.</summary>
    private const string WebServerGroup = "www-data";

    /// <summary>The sockets from systemd.</summary>
    public IReadOnlyList<HandedSocket> Handed => handed;

    /// <summary>The address to bind; null if systemd has handed over a socket.</summary>
    public EndPoint? Own => handed.Count == 0 ? listen.Address : null;

    /// <summary>An endpoint for the web server in front: no other account can connect to its Unix socket.</summary>
    /// <param name="handed">What systemd hands over for it.</param>
    /// <param name="listen">Where it listens otherwise.</param>
    /// <param name="setting">The variable that says so.</param>
    /// <param name="service">The word for the service, such as <c>gateway</c>.</param>
    /// <param name="unit">The name of its unit, such as <c>notify-gateway</c>.</param>
    public static ServiceEndpoint ForWebServer(
        IReadOnlyList<HandedSocket> handed,
        ListenPoint listen,
        string setting,
        string service,
        string unit
    ) =>
        new(
            handed,
            listen,
            setting,
            listen is ListenPoint.UnixSocket { Path: var path }
                ? new SocketFile(path, FileModes.GroupFile, service, setting, unit)
                : null,
            Group.Find(WebServerGroup)
        );

    /// <summary>Whether an address that the server binds is this endpoint's Unix socket.</summary>
    public bool IsAt(EndPoint address) =>
        file is not null && address is UnixDomainSocketEndPoint && address.ToString() == file.Path;

    /// <summary>
    /// Binds an address of the server. A Unix socket replaces a dead one and gets its mode and group; until the server listens, the kernel refuses connections, so nobody comes in too early.
    /// </summary>
    /// <param name="address">A port, a Unix socket, or a handed-over descriptor.</param>
    /// <param name="bind">The server's own way to do it.</param>
    /// <param name="groupRefused">Hears the path, the group and the reason if the kernel refuses the group.</param>
    /// <exception cref="SocketTakenException">Another service answers on the socket, or something else stands there.</exception>
    /// <exception cref="IOException">The kernel refuses the address.</exception>
    public Socket Bind(
        EndPoint address,
        Func<EndPoint, Socket> bind,
        Action<string, string, string>? groupRefused = null
    )
    {
        ArgumentNullException.ThrowIfNull(bind);
        try
        {
            if (!IsAt(address))
            {
                return bind(address);
            }

            file!.RemoveIfDead();
            Directory.CreateDirectory(Path.GetDirectoryName(file.Path)!);
            var socket = file.Bind(() => bind(address));
            if (group is not null && file.TryGiveTo(group) is { } reason)
            {
                groupRefused?.Invoke(file.Path, group.Name, reason);
            }

            return socket;
        }
        // The server itself says that a port is taken.
        catch (SocketException e) when (e.SocketErrorCode != SocketError.AddressAlreadyInUse)
        {
            throw new IOException($"{setting}={listen} can't be listened on: {e.Message}.", e);
        }
    }
}
