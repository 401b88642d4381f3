using System.Net;
using System.Text;
using Notify.Settings;

namespace Notify.Hosting;

/// <summary>Where a service listens for clients, or for the web server in front of it.</summary>
public abstract record ListenPoint
{
    /// <summary>The group of Debian's web servers: a Unix socket for them is theirs, so that other accounts can't connect.</summary>
    public const string WebServerGroup = "www-data";

    /// <summary>The mode of such a socket: 0660.</summary>
    public const UnixFileMode SocketMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private const string UnixPrefix = "unix:";

    private ListenPoint() { }

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
            || Encoding.UTF8.GetByteCount(path) > SocketFile.LongestPath
        )
        {
            reader.Wrong(
                name,
                raw,
                $"unix: and the absolute path of a socket, at most {SocketFile.LongestPath} bytes, the kernel's limit; or an address and a port, such as {fallback}"
            );
        }

        return new UnixSocket(path);
    }

    /// <summary>A port.</summary>
    public sealed record Tcp(IPEndPoint EndPoint) : ListenPoint
    {
        /// <inheritdoc />
        public override string ToString() => $"http://{EndPoint}";
    }

    /// <summary>A Unix socket.</summary>
    public sealed record UnixSocket(string Path) : ListenPoint
    {
        /// <inheritdoc />
        public override string ToString() => UnixPrefix + Path;
    }
}
