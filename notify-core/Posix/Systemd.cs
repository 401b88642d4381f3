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
        && int.TryParse(environment("LISTEN_FDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;

    /// <summary>Whether systemd holds the socket and has handed it over.</summary>
    public bool HandsOverSocket => HandedOver >= 1;

    /// <summary>Whether a descriptor that was handed over is a Unix socket; else it is one of the network's.</summary>
    /// <exception cref="IOException">It is no socket.</exception>
    public static unsafe bool IsUnixSocket(int descriptor)
    {
        int family;
        var length = (uint)sizeof(int);
        return LibC.GetSocketOption(descriptor, LibC.SocketLevel, LibC.SocketDomain, &family, ref length) == 0
            ? family == (int)AddressFamily.Unix
            : throw new IOException($"The descriptor {descriptor} that systemd handed over is no socket: {LibC.LastError()}.");
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
            socket.SendTo(Encoding.ASCII.GetBytes(state), new UnixDomainSocketEndPoint(address[0] == '@' ? '\0' + address[1..] : address));
        }
        catch (SocketException)
        {
            // systemd is gone or deaf; the service itself is well.
        }
    }
}
