using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Notify.Posix;

/// <summary>Takes sockets from systemd and reports to it (sd_listen_fds(3), sd_notify(3)).</summary>
/// <param name="environment">Gives the value of an environment variable, or null.</param>
public sealed class Systemd(Func<string, string?> environment)
{
    /// <summary>The first descriptor from systemd; the others follow.</summary>
    public const ulong FirstDescriptor = 3;

    /// <summary>The number of listening sockets from systemd.</summary>
    public int HandedOver =>
        environment("LISTEN_PID") == Environment.ProcessId.ToString(CultureInfo.InvariantCulture)
        && int.TryParse(environment("LISTEN_FDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count
            : 0;

    /// <summary>Whether systemd holds the socket and has passed it on.</summary>
    public bool HandsOverSocket => HandedOver >= 1;

    /// <summary>The listening sockets from systemd, in its order.</summary>
    /// <exception cref="IOException">One is not a socket.</exception>
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

    /// <summary>Reports a state such as <c>READY=1</c> to systemd, if it asked for it.</summary>
    /// <remarks>By hand, because AddSystemd() does not detect systemd if /proc is hidden, and then never reports READY.</remarks>
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
            // systemd does not listen; the service itself is fine.
        }
    }
}

/// <summary>A listening socket from systemd.</summary>
/// <param name="Descriptor">Its file descriptor.</param>
/// <param name="Name"><c>FileDescriptorName=</c> of its unit, else the unit's name; null without a name.</param>
/// <param name="IsUnix">Whether it is a Unix socket, else a network socket.</param>
/// <param name="Path">A Unix socket's path; null without one.</param>
public sealed record HandedSocket(ulong Descriptor, string? Name, bool IsUnix, string? Path)
{
    /// <exception cref="IOException">It is not a socket.</exception>
    internal static unsafe HandedSocket Of(int descriptor, string? name)
    {
        // A larger sockaddr_un (unix(7)): two bytes of family, then the path up to a NUL or the end.
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
