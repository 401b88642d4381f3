using System.Globalization;
using System.Net;
using System.Text;

namespace Notify.Settings;

/// <summary>
/// The proxies to the internet, from the environment as curl reads it: <c>https_proxy</c> for https, <c>http_proxy</c> for http, <c>all_proxy</c> if the other is not
/// set, and <c>no_proxy</c> for direct connections. Capital letters work too; small letters come first.
/// </summary>
/// <remarks>
/// <para>
/// The framework reads these variables too, but takes no networks in <c>no_proxy</c> and silently connects directly if it can't read a value. It reads only the
/// process's environment; doctor needs the service's.
/// </para>
/// <para>Connections to this machine (<c>localhost</c>, 127.0.0.0/8, ::1) never use a proxy. No text of this class has user or password.</para>
/// </remarks>
public sealed class OutgoingProxy : IWebProxy
{
    private const string Shape =
        "the address of a proxy, such as http://proxy.example.org:3128 or http://USER:PASSWORD@proxy.example.org:3128 (in the password %40 for @, %3A for :, %2F for /, %23 for #, %3F for ?, %25 for %)";

    /// <summary>The variables in their order, without those in capitals.</summary>
    private static readonly string[] OfHttps = ["https_proxy", "all_proxy"];
    private static readonly string[] OfHttp = ["http_proxy", "all_proxy"];

    private readonly Server? _https;
    private readonly Server? _http;
    private readonly IReadOnlyList<Exempt> _exceptions;

    private OutgoingProxy(Server? https, Server? http, IReadOnlyList<Exempt> exceptions) =>
        (_https, _http, _exceptions) = (https, http, exceptions);

    /// <summary>All variables that count.</summary>
    public static IReadOnlyList<string> Variables { get; } =
    [
        .. new[] { "https_proxy", "http_proxy", "all_proxy", "no_proxy" }.SelectMany(name =>
            (string[])[name, name.ToUpperInvariant()]
        ),
    ];

    /// <summary>Reads the variables. The reader collects unreadable ones without their values, which may hold a password.</summary>
    /// <returns>Null if none is set.</returns>
    public static OutgoingProxy? Read(SettingsReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var https = ReadServer(reader, OfHttps);
        var http = ReadServer(reader, OfHttp);
        var exceptions = ReadExceptions(reader);
        return https is null && http is null ? null : new OutgoingProxy(https, http, exceptions);
    }

    /// <summary>The proxy for an address, <c>http://host:port</c> without user and password; null for a direct connection.</summary>
    public Uri? For(Uri target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return ServerFor(target)?.Address;
    }

    /// <summary>The same for people: its variable, host and port.</summary>
    public string? Describe(Uri target) =>
        ServerFor(target) is { } server ? $"{server.Address.Authority} ({server.Variable})" : null;

    /// <summary>The value of <c>Proxy-Authorization</c> for the proxy of an address (RFC 7617). A secret. Null if no user is set.</summary>
    public string? AuthorizationFor(Uri target) =>
        ServerFor(target)?.Login is { } login
            ? "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{login.UserName}:{login.Password}"))
            : null;

    /// <summary>Explains a request that failed at the proxy, as the beginning of a sentence; null if the proxy was not the cause.</summary>
    /// <param name="failure">The request's failure.</param>
    /// <param name="target">The request's address.</param>
    /// <param name="wasSent">Whether the request went out through the proxy.</param>
    public string? Explain(Exception failure, Uri target, bool wasSent)
    {
        ArgumentNullException.ThrowIfNull(failure);
        ArgumentNullException.ThrowIfNull(target);
        if (wasSent || For(target)?.Authority is not { } proxy)
        {
            return null;
        }

        return failure switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } refused => Refusal(
                proxy,
                target,
                StatusIn(refused.Message)
            ),
            HttpRequestException
            {
                HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            } unreachable => $"the proxy {proxy} can't be reached: {unreachable.Message}",

            // A fault of TLS is about the server behind the proxy, or about one that pretends to be it.
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => null,
            HttpRequestException or IOException =>
                $"the proxy {proxy} ended the connection before it reached {target.Host}",
            OperationCanceledException => $"the proxy {proxy} does not reach {target.Host}: it does not answer",
            _ => null,
        };
    }

    /// <summary>Explains a status of the proxy itself.</summary>
    /// <param name="proxy">The proxy's host and port.</param>
    /// <param name="target">The request's address.</param>
    /// <param name="status">The answer to CONNECT; null if unknown.</param>
    public static string Refusal(string proxy, Uri target, int? status)
    {
        ArgumentNullException.ThrowIfNull(target);
        var said = status is null ? "" : string.Create(CultureInfo.InvariantCulture, $" (HTTP {status})");
        return status switch
        {
            // tinyproxy answers 401 to a wrong password.
            401 or 407 =>
                $"the proxy {proxy} refused the connection to {target.Host}: it needs another user and password{said}",
            >= 500 => $"the proxy {proxy} could not reach {target.Host}{said}",
            _ => $"the proxy {proxy} refused the connection to {target.Host}{said}",
        };
    }

    /// <inheritdoc />
    ICredentials? IWebProxy.Credentials
    {
        get => new Logins(_https, _http);
        set => throw new NotSupportedException("They come from the environment.");
    }

    /// <inheritdoc />
    Uri? IWebProxy.GetProxy(Uri destination) => For(destination);

    /// <inheritdoc />
    bool IWebProxy.IsBypassed(Uri host) => For(host) is null;

    private Server? ServerFor(Uri target)
    {
        var server = target.Scheme == Uri.UriSchemeHttps || target.Scheme == Uri.UriSchemeWss ? _https : _http;
        return server is null || IsThisMachine(target) || _exceptions.Any(exception => exception.Holds(target))
            ? null
            : server;
    }

    private static bool IsThisMachine(Uri target) =>
        target.IdnHost.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || target.IdnHost.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(target.DnsSafeHost, out var address) && IPAddress.IsLoopback(address));

    private static (string Variable, string Value)? First(SettingsReader reader, string[] names)
    {
        foreach (var name in names.SelectMany(name => (string[])[name, name.ToUpperInvariant()]))
        {
            if (reader.Raw(name) is { } value && !string.IsNullOrWhiteSpace(value))
            {
                return (name, value.Trim());
            }
        }

        return null;
    }

    private static Server? ReadServer(SettingsReader reader, string[] names)
    {
        if (First(reader, names) is not { } found)
        {
            return null;
        }

        var server = Parse(found.Variable, found.Value);
        if (server is null)
        {
            reader.WrongSecret(found.Variable, Shape);
        }

        return server;
    }

    private static Server? Parse(string variable, string value)
    {
        // Without a scheme it is http, as in curl.
        var text = value.Contains("://", StringComparison.Ordinal) ? value : "http://" + value;
        if (text.StartsWith("socks5h://", StringComparison.OrdinalIgnoreCase))
        {
            // The proxy looks names up in any case.
            text = "socks5" + text["socks5h".Length..];
        }

        // An unescaped character of a password would make its beginning the host. So nothing may follow the port.
        if (
            !Uri.TryCreate(text, UriKind.Absolute, out var address)
            || address.Host.Length == 0
            || address.Port is <= 0 or > 65535
            || address.AbsolutePath is not ("/" or "")
            || address.Query.Length > 0
            || address.Fragment.Length > 0
            || address.Scheme is not ("http" or "https" or "socks4" or "socks4a" or "socks5")
            || text.Count(c => c == '@') > 1
            || text.Any(c => c <= ' ' || c == '\u007F')
        )
        {
            return null;
        }

        var login = address.UserInfo.Split(':', 2);
        return new Server(
            variable,
            new UriBuilder(address)
            {
                UserName = "",
                Password = "",
                Path = "/",
            }.Uri,
            address.UserInfo.Length == 0
                ? null
                : new NetworkCredential(
                    Uri.UnescapeDataString(login[0]),
                    login.Length > 1 ? Uri.UnescapeDataString(login[1]) : ""
                )
        );
    }

    private static List<Exempt> ReadExceptions(SettingsReader reader)
    {
        var exceptions = new List<Exempt>();
        if (First(reader, ["no_proxy"]) is not { } found)
        {
            return exceptions;
        }

        foreach (
            var text in found.Value.Split(
                [',', ' ', '\t'],
                StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries
            )
        )
        {
            if (Exempt.Parse(text) is { } exempt)
            {
                exceptions.Add(exempt);
            }
            else
            {
                reader.Wrong(
                    found.Variable,
                    text,
                    "hosts (example.org, including all below it), addresses and networks (10.0.0.0/8), each with a port or without, separated by commas, or *"
                );
            }
        }

        return exceptions;
    }

    /// <summary>The status in the framework's sentence about a tunnel: its last number. The framework gives it nowhere else.</summary>
    private static int? StatusIn(string message)
    {
        var end = message.AsSpan().LastIndexOfAnyInRange('0', '9') + 1;
        var start = message.AsSpan(0, end).LastIndexOfAnyExceptInRange('0', '9') + 1;
        return
            int.TryParse(
                message.AsSpan(start, end - start),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var status
            ) && status is >= 100 and <= 599
            ? status
            : null;
    }

    private sealed record Server(string Variable, Uri Address, NetworkCredential? Login);

    /// <summary>User and password for their own proxy only, in the schemes that curl uses by default.</summary>
    private sealed class Logins(params Server?[] servers) : ICredentials
    {
        public NetworkCredential? GetCredential(Uri uri, string authType) =>
            authType.Equals("Basic", StringComparison.OrdinalIgnoreCase)
            || authType.Equals("Digest", StringComparison.OrdinalIgnoreCase)
                ? servers.FirstOrDefault(server => server?.Address.Authority == uri.Authority)?.Login
                : null;
    }

    /// <summary>An entry of <c>no_proxy</c>: a name with all names below it, an address, or a network, for one port or all.</summary>
    private sealed record Exempt(string? Name, IPAddress? Network, int Bits, int? Port)
    {
        public static Exempt? Parse(string text)
        {
            if (text == "*")
            {
                return new Exempt("", null, 0, null);
            }

            var (host, port) = SplitPort(text);
            var (address, bits) = host.Split('/') is [var before, var after] ? (before, after) : (host, null);
            if (IPAddress.TryParse(address.Trim('[', ']'), out var ip))
            {
                var most = ip.GetAddressBytes().Length * 8;
                var length = most;
                return
                    bits is null
                    || (
                        int.TryParse(bits, NumberStyles.None, CultureInfo.InvariantCulture, out length)
                        && length <= most
                    )
                    ? new Exempt(null, ip, length, port)
                    : null;
            }

            var name = (host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host).Trim('.');
            return bits is null && name.Length > 0 && !name.AsSpan().ContainsAny("*[]:@")
                ? new Exempt(name, null, 0, port)
                : null;
        }

        public bool Holds(Uri target)
        {
            if (Port is not null && Port != target.Port)
            {
                return false;
            }

            if (Name is not null)
            {
                var host = target.IdnHost.TrimEnd('.');
                return Name.Length == 0
                    || host.Equals(Name, StringComparison.OrdinalIgnoreCase)
                    || (
                        host.Length > Name.Length
                        && host[^(Name.Length + 1)] == '.'
                        && host.EndsWith(Name, StringComparison.OrdinalIgnoreCase)
                    );
            }

            if (
                !IPAddress.TryParse(target.DnsSafeHost, out var address)
                || address.AddressFamily != Network!.AddressFamily
            )
            {
                return false;
            }

            var (wanted, found) = (Network.GetAddressBytes(), address.GetAddressBytes());
            for (var bit = 0; bit < Bits; bit += 8)
            {
                var mask = Bits - bit >= 8 ? 0xFF : 0xFF00 >> (Bits - bit);
                if ((wanted[bit / 8] & mask) != (found[bit / 8] & mask))
                {
                    return false;
                }
            }

            return true;
        }

        private static (string Host, int? Port) SplitPort(string text)
        {
            var colon = text.LastIndexOf(':');
            var isAddress = text.IndexOf(':', StringComparison.Ordinal) != colon && !text.StartsWith('[');
            return
                colon > 0
                && !isAddress
                && colon > text.LastIndexOf(']')
                && ushort.TryParse(
                    text.AsSpan(colon + 1),
                    NumberStyles.None,
                    CultureInfo.InvariantCulture,
                    out var port
                )
                ? (text[..colon], port)
                : (text, null);
        }
    }
}
