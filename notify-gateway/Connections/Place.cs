using System.Globalization;
using System.Net;

namespace Notify.Gateway.Connections;

/// <summary>The origin of a connection, for counting unauthenticated ones.</summary>
/// <param name="Address">An IPv4 address, or the network of an IPv6 address, because one site has many addresses; null for a Unix socket.</param>
/// <param name="Uid">The user id of a Unix socket's peer.</param>
internal readonly record struct Place(IPAddress? Address, uint? Uid)
{
    /// <summary>Whether it is this machine: the web server in front, and so everybody, may share it.</summary>
    internal bool IsHere => Address is null || IPAddress.IsLoopback(Address);

    /// <summary>The place of an address.</summary>
    internal static Place Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return new Place(address.MapToIPv4(), null);
        }

        if (address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6 || IPAddress.IsLoopback(address))
        {
            return new Place(address, null);
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new Place(new IPAddress(bytes), null);
    }

    /// <summary>The place of an account of this machine.</summary>
    internal static Place Of(uint uid) => new(null, uid);

    /// <summary>As the log names it.</summary>
    public override string ToString() =>
        Address?.ToString() ?? string.Create(CultureInfo.InvariantCulture, $"user id {Uid} on this machine");
}
