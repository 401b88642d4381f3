using System.Net;
using System.Net.Sockets;

namespace Notify.Testing;

/// <summary>Ports for servers that have to know their own address before they listen.</summary>
public static class FreePort
{
    /// <summary>One that nobody listens on now. The kernel hands them out in no order, so that two askers hardly get the same.</summary>
    public static int Next()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
