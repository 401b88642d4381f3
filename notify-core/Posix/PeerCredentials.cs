using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Notify.Posix;

/// <summary>The peer of a Unix socket, as the kernel recorded it when it connected or listened.</summary>
/// <param name="ProcessId">Its process id; 0 in another pid namespace.</param>
/// <param name="Uid">Its effective user id.</param>
/// <param name="Gid">Its effective group id.</param>
/// <param name="Groups">Its supplementary groups.</param>
public sealed record PeerCredentials(int ProcessId, uint Uid, uint Gid, IReadOnlyList<uint> Groups)
{
    private const int SocketLevel = 1;
    private const int PeerCredentialsOption = 17;
    private const int PeerGroupsOption = 59;

    /// <summary>Asks the kernel (<c>SO_PEERCRED</c>, <c>SO_PEERGROUPS</c>).</summary>
    /// <exception cref="SocketException">Not a connected Unix socket.</exception>
    public static PeerCredentials Of(Socket socket)
    {
        Span<byte> ids = stackalloc byte[12];
        socket.GetRawSocketOption(SocketLevel, PeerCredentialsOption, ids);
        var groups = new byte[4 * 64];
        int length;
        while (true)
        {
            try
            {
                length = socket.GetRawSocketOption(SocketLevel, PeerGroupsOption, groups);
                break;
            }
            catch (SocketException) when (groups.Length < 65536 * 4)
            {
                // ERANGE: more groups than fit; the kernel's limit is 65,536.
                groups = new byte[groups.Length * 8];
            }
        }

        return new PeerCredentials(
            BinaryPrimitives.ReadInt32LittleEndian(ids),
            BinaryPrimitives.ReadUInt32LittleEndian(ids[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(ids[8..]),
            MemoryMarshal.Cast<byte, uint>(groups.AsSpan(0, length)).ToArray()
        );
    }

    /// <summary>Asks the kernel; null if it is not a Unix socket, or the peer is gone.</summary>
    public static PeerCredentials? TryOf(Socket? socket)
    {
        try
        {
            return socket is null ? null : Of(socket);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>Whether the peer is in a group, effective or supplementary.</summary>
    public bool IsIn(uint gid) => Gid == gid || Groups.Contains(gid);
}

/// <summary>The peers that a service trusts to act for anyone: root, its own user, and the members of one group.</summary>
/// <param name="OwnUid">The service's own user id.</param>
/// <param name="Gid">The group's id; null if the group does not exist.</param>
public sealed record TrustedPeers(uint OwnUid, uint? Gid)
{
    /// <summary>Whether a peer is one of them.</summary>
    public bool Include(PeerCredentials peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return peer.Uid == 0 || peer.Uid == OwnUid || (Gid is { } gid && peer.IsIn(gid));
    }
}
