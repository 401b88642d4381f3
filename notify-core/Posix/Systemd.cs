using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Notify.Posix;

/// <summary>What systemd hands over and wants to hear (sd_listen_fds(3), sd_notify(3)).</summary>
/// <param name="environment">Gives the value of an environment variable, or null.</param>
public sealed class Systemd(Func<string, string?> environment)
{
    /// <summary>The first descriptor that systemd hands over; the others follow it.</summary>
    public const ulong FirstDescriptor = 3;

    /// <summary>How many listening sockets systemd has handed over to this process.</summary>
    public int HandedOver =>
        environment("LISTEN_PID") == Environment.ProcessId.ToString(CultureInfo.InvariantCulture)
        && int.TryParse(environment("LISTEN_FDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count
            : 0;

    /// <summary>Whether systemd holds the socket and has handed it over.</summary>
    public bool HandsOverSocket => HandedOver >= 1;

    /// <summary>The listening sockets that systemd has handed over, in its order.</summary>
    /// <exception cref="IOException">One is no socket.</exception>
    public IReadOnlyList<HandedSocket> Sockets
    {
        get
        {
            var names = environment("LISTEN_FDNAMES")?.Split(':') ?? [];
            return
            [
                .. Enumerable
                    .Range(0, HandedOver)
                    .Select(i => HandedSocket.Of((int)FirstDescriptor + i, i < names.Length ? names[i] : null)),
            ];
        }
    }

    /// <summary>Tells systemd a state such as <c>READY=1</c>; nothing where systemd did not ask.</summary>
    /// <remarks>By hand, since AddSystemd() takes itself for not under systemd where /proc is hidden, and then never says READY.</remarks>
    public void Tell(string state)
    {
        if (environment("NOTIFY_SOCKET") is not { Length: > 1 } address || address[0] is not ('/' or '@'))
        {
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(
                Encoding.ASCII.GetBytes(state),
                new UnixDomainSocketEndPoint(address[0] == '@' ? '\0' + address[1..] : address)
            );
        }
        catch (SocketException)
        {
            // systemd is gone or deaf; the service itself is well.
        }
    }
}

/// <summary>A listening socket that systemd has handed over.</summary>
/// <param name="Descriptor">Its file descriptor.</param>
/// <param name="Name">What <c>FileDescriptorName=</c> of its unit says, else the unit's name; null where systemd named none.</param>
/// <param name="IsUnix">Whether it is a Unix socket; else it is one of the network's.</param>
/// <param name="Path">The path that a Unix socket is bound to; null where it has none.</param>
public sealed record HandedSocket(ulong Descriptor, string? Name, bool IsUnix, string? Path)
{
    /// <exception cref="IOException">It is no socket.</exception>
    internal static unsafe HandedSocket Of(int descriptor, string? name)
    {
        // A sockaddr_un with room to spare (unix(7)): two bytes of family, then the path up to a NUL or the end.
        var address = stackalloc byte[256];
        var length = 256u;
        if (LibC.GetSocketName(descriptor, address, ref length) != 0)
        {
            throw new IOException(
                $"The descriptor {descriptor} that systemd handed over is no socket: {LibC.LastError()}."
            );
        }

        var isUnix = *(ushort*)address == (ushort)AddressFamily.Unix;
        var path =
            isUnix && length > sizeof(ushort)
                ? Encoding.UTF8.GetString(address + sizeof(ushort), (int)length - sizeof(ushort)).Split('\0')[0]
                : "";
        return new HandedSocket((ulong)descriptor, name, isUnix, path.Length > 0 ? path : null);
    }
}
