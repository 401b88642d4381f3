using System.Net;
using System.Net.Sockets;
using System.Text;
using Notify.Posix;
using Notify.Settings;

namespace Notify.Hosting;

/// <summary>
/// The file of a service's Unix socket. Its mode is right from the bind on, a stale file is replaced, and nothing else
/// is touched.
/// </summary>
/// <param name="path">Its path, at most <see cref="MaxPathLength"/> bytes.</param>
/// <param name="mode">Its mode, regardless of the umask.</param>
/// <param name="service">The listening service, such as <c>bot</c> with the unit <c>notify-bot.service</c>.</param>
/// <param name="setting">The variable that names the path.</param>
/// <param name="unit">The unit's name, if not <c>notify-</c> and <paramref name="service"/>.</param>
public sealed class SocketFile(string path, UnixFileMode mode, string service, string setting, string? unit = null)
{
    /// <summary>The kernel takes 108 bytes with the closing NUL (sockaddr_un in unix(7)).</summary>
    public const int MaxPathLength = 107;

    /// <summary>Its path.</summary>
    public string Path { get; } = path;

    /// <summary>Reads and checks the path in the settings.</summary>
    public static string ReadPath(SettingsReader reader, string name, string fallback)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var path = reader.AbsolutePath(name, fallback);
        if (Encoding.UTF8.GetByteCount(path) > MaxPathLength)
        {
            reader.Wrong(name, path, $"a path of at most {MaxPathLength} bytes, the kernel's limit for sockets");
        }

        return path;
    }

    /// <summary>Makes way for the socket.</summary>
    /// <exception cref="SocketTakenException">Another service listens there, or the path is not a socket.</exception>
    public void RemoveIfDead()
    {
        switch (FileStatus.OfPath(Path, followLink: false)?.Kind)
        {
            case null:
                return;
            case FileKind.Socket:
                break;
            default:
                throw new SocketTakenException(
                    $"{Path} is not a socket, so the {service} leaves it alone and does not start. Move it away, or set {setting} to another path."
                );
        }

        try
        {
            using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            probe.Connect(new UnixDomainSocketEndPoint(Path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            // Nothing listens: the file of a killed service.
            File.Delete(Path);
            return;
        }
        catch (SocketException e)
        {
            throw new SocketTakenException(
                $"{Path} can't be looked at ({e.Message}), so the {service} does not start."
            );
        }

        throw new SocketTakenException(
            $"Another {service} answers on {Path}, so this one does not start. Stop the other one first (systemctl stop {unit ?? $"notify-{service}"}.service {unit ?? $"notify-{service}"}.socket)."
        );
    }

    /// <summary>Binds the socket with its mode. The umask is process-wide, so nothing else may create files meanwhile.</summary>
    /// <param name="bind">Binds it. Nobody can connect until it listens too.</param>
    public Socket Bind(Func<Socket> bind) => Ownership.WithUmask(FileModes.AllRights & ~mode, bind);

    /// <summary>Binds a socket to the path. Other than one that .NET binds, it does not delete what is there when it is closed: by then that may be somebody else's.</summary>
    public static Socket NewBound(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new LeftAlone(path));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Gives the socket to a group.</summary>
    /// <returns>Null, or why the kernel refused.</returns>
    public string? TryGiveTo(Group group)
    {
        ArgumentNullException.ThrowIfNull(group);
        return Ownership.TryGiveToGroup(Path, group.Gid);
    }

    /// <summary>An address that .NET does not know for a file's.</summary>
    private sealed class LeftAlone(string path) : EndPoint
    {
        private readonly UnixDomainSocketEndPoint _address = new(path);

        public override AddressFamily AddressFamily => AddressFamily.Unix;

        public override SocketAddress Serialize() => _address.Serialize();

        public override EndPoint Create(SocketAddress socketAddress) => _address.Create(socketAddress);
    }
}

/// <summary>A service can't have its socket; the message says why and what to do.</summary>
public sealed class SocketTakenException(string message) : Exception(message);
