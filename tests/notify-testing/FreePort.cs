using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Notify.Testing;

/// <summary>Ports for servers that have to know their own address before they listen.</summary>
public static class FreePort
{
    // Below what the kernel gives to outgoing connections (net.ipv4.ip_local_port_range), one of which could take it before the server does.
    private const int First = 20_000;
    private const int Last = 32_000;

    /// <summary>One that nobody listens on now, taken by chance, so that two askers hardly get the same.</summary>
    public static int Next()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(First, Last);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it: another one.
            }
        }
    }
}
