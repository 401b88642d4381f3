using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Notify.Sandbox.Google;

/// <summary>The one client that is registered: who it is, and where it may have people sent back to.</summary>
internal sealed class GoogleClient
{
    private readonly string _id;
    private readonly byte[] _secret;
    private readonly HashSet<string> _redirects;

    /// <exception cref="UsageException">An address that nobody could be sent to, or an empty id or secret.</exception>
    public GoogleClient(string id, string secret, IReadOnlyList<string> redirects)
    {
        if (id.Length == 0 || secret.Length == 0)
        {
            throw new UsageException("The Google client's id and secret must not be empty.");
        }

        foreach (var redirect in redirects)
        {
            if (!IsWebAddress(redirect, out _))
            {
                throw new UsageException(
                    $"--google-redirect is {redirect}: it should be the whole address to send people back to, such as https://notify.example.com/signin-google."
                );
            }
        }

        _id = id;
        _secret = Encoding.UTF8.GetBytes(secret);
        _redirects = new HashSet<string>(redirects, StringComparer.Ordinal);
    }

    public bool HasId(string? id) => string.Equals(id, _id, StringComparison.Ordinal);

    public bool HasSecret(string? secret) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(secret ?? ""), _secret);

    /// <summary>Whether people may be sent there: any path on this machine, elsewhere the registered addresses to the letter.</summary>
    public bool MayRedirectTo(string? address) =>
        address is not null
        && IsWebAddress(address, out var uri)
        && (_redirects.Contains(address) || IsThisMachine(uri));

    private static bool IsWebAddress(string address, out Uri uri) =>
        Uri.TryCreate(address, UriKind.Absolute, out uri!)
        && uri.IsWellFormedOriginalString()
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && uri.UserInfo.Length == 0
        && uri.Fragment.Length == 0;

    private static bool IsThisMachine(Uri uri) =>
        uri.Host == "localhost"
        || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
