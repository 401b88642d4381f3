using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Notify.Testing;

/// <summary>Serves over https, under this machine's name, what a server of the test says over http: so it is a server somewhere else for whoever connects, and a proxy has to make a tunnel to it.</summary>
public sealed class TlsFront : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Any, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly X509Certificate2 _certificate;
    private readonly Uri _behind;
    private readonly Task _accepting;

    /// <summary>Begins at once.</summary>
    /// <param name="behind">The server over http.</param>
    /// <param name="folder">Where the certificate is put.</param>
    public TlsFront(Uri behind, string folder)
    {
        _behind = behind;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Environment.MachineName}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Environment.MachineName);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(
                certificateAuthority: true,
                hasPathLengthConstraint: false,
                0,
                critical: true
            )
        );
        var now = TimeProvider.System.GetUtcNow();
        _certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        CertificateFile = Path.Combine(folder, $"front-{Guid.NewGuid():N}.pem");
        File.WriteAllText(CertificateFile, _certificate.ExportCertificatePem());
        _listener.Start();
        Address = new Uri($"https://{Environment.MachineName}:{((IPEndPoint)_listener.LocalEndpoint).Port}/");
        _accepting = AcceptAsync();
    }

    /// <summary>Where it serves: by a name, which only <c>localhost</c> is not.</summary>
    public Uri Address { get; }

    /// <summary>What a program has to trust, by <c>SSL_CERT_FILE</c>.</summary>
    public string CertificateFile { get; }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections);
        _certificate.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    /// <summary>The server behind knows itself by its own name only. A client writes a request's head at once, so the name is never cut in two.</summary>
    private async Task CopyRequestsAsync(Stream from, Stream to)
    {
        var buffer = new byte[64 * 1024];
        int count;
        while ((count = await from.ReadAsync(buffer, _stop.Token)) > 0)
        {
            var text = Encoding
                .Latin1.GetString(buffer, 0, count)
                .Replace($"Host: {Address.Authority}\r\n", $"Host: {_behind.Authority}\r\n", StringComparison.Ordinal);
            await to.WriteAsync(Encoding.Latin1.GetBytes(text), _stop.Token);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using var accepted = client;
            await using var outside = new SslStream(client.GetStream());
            await outside.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificate = _certificate },
                _stop.Token
            );
            using var server = new TcpClient();
            await server.ConnectAsync(_behind.Host, _behind.Port, _stop.Token);
            await using var inside = server.GetStream();

            // When one side ends, so does the other.
            await Task.WhenAny(CopyRequestsAsync(outside, inside), inside.CopyToAsync(outside, _stop.Token));
        }
        catch (Exception e)
            when (e
                    is IOException
                        or SocketException
                        or OperationCanceledException
                        or System.Security.Authentication.AuthenticationException
            )
        {
            // One end is gone; the other notices.
        }
    }
}
