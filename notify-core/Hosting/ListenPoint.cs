using System.Net;
using System.Net.Sockets;
using System.Text;
using Notify.Settings;

namespace Notify.Hosting;

/// <summary>The address where a service listens for clients or the web server in front.</summary>
public abstract record ListenPoint
{
    private const string UnixPrefix = "unix:";

    private ListenPoint() { }

    /// <summary>The address to bind.</summary>
    public abstract EndPoint Address { get; }

    /// <summary>Reads <c>http://ADDRESS:PORT</c> or <c>unix:/PATH</c>.</summary>
    public static ListenPoint Read(SettingsReader reader, string name, string fallback)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (reader.Raw(name) is not { } raw || !raw.StartsWith(UnixPrefix, StringComparison.Ordinal))
        {
            return new Tcp(reader.ListenAddress(name, fallback)!);
        }

        var path = raw[UnixPrefix.Length..];
        if (
            !path.StartsWith('/')
            || path.EndsWith('/')
            || path.Contains('\0', StringComparison.Ordinal)
            || Encoding.UTF8.GetByteCount(path) > SocketFile.MaxPathLength
        )
        {
            reader.Wrong(
                name,
                raw,
                $"unix: and the absolute path of a socket, at most {SocketFile.MaxPathLength} bytes, the kernel's limit; or an address and a port, such as {fallback}"
            );
        }

        return new UnixSocket(path);
    }

    /// <summary>A port.</summary>
    public sealed record Tcp(IPEndPoint EndPoint) : ListenPoint
    {
        /// <inheritdoc />
        public override EndPoint Address => EndPoint;

        /// <inheritdoc />
        public override string ToString() => $"http://{EndPoint}";
    }

    /// <summary>A Unix socket.</summary>
    public sealed record UnixSocket(string Path) : ListenPoint
    {
        /// <inheritdoc />
        public override EndPoint Address => new UnixDomainSocketEndPoint(Path);

        /// <inheritdoc />
        public override string ToString() => UnixPrefix + Path;
    }
}
