using System.Net;
using System.Net.Sockets;
using System.Text;
using Notify.Posix;
using Notify.Settings;

namespace Notify.Hosting;

/// <summary>
/// The file of a Unix socket that a service listens on: its mode is right from the bind on, a dead one's is replaced, and nothing else
/// is ever touched.
/// </summary>
/// <param name="path">Where; at most <see cref="LongestPath"/> bytes.</param>
/// <param name="mode">Its mode, whatever the umask.</param>
/// <param name="service">The word for who listens there, such as <c>bot</c>; its unit is <c>notify-bot.service</c>.</param>
/// <param name="setting">The variable that names the path.</param>
/// <param name="unit">The unit's name where it is not <c>notify-</c> and <paramref name="service"/>.</param>
public sealed class SocketFile(string path, UnixFileMode mode, string service, string setting, string? unit = null)
{
    /// <summary>The kernel takes 108 bytes with the closing NUL (sockaddr_un in unix(7)).</summary>
    public const int LongestPath = 107;

    private const UnixFileMode All =
        UnixFileMode.UserRead
        | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupWrite
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherWrite
        | UnixFileMode.OtherExecute;

    /// <summary>Where it is.</summary>
    public string Path { get; } = path;

    /// <summary>Reads the path from the settings; one that the kernel would not take is said there.</summary>
    public static string ReadPath(SettingsReader reader, string name, string fallback)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var path = reader.AbsolutePath(name, fallback);
        if (Encoding.UTF8.GetByteCount(path) > LongestPath)
        {
            reader.Wrong(name, path, $"a path of at most {LongestPath} bytes, the kernel's limit for sockets");
        }

        return path;
    }

    /// <summary>Makes way for the socket.</summary>
    /// <exception cref="SocketTakenException">A living service answers there, or something else than a socket is there.</exception>
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
            // Nobody listens: the file of a service that was killed.
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

    /// <summary>Binds the socket with its mode. The umask is the whole process's: nothing else may make files meanwhile.</summary>
    /// <param name="bind">What binds it; until it listens too, nobody can connect.</param>
    public Socket Bind(Func<Socket> bind) => Ownership.WithUmask(All & ~mode, bind);

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
