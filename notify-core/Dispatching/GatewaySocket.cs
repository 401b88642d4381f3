using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Notify.Contracts;
using Notify.Http;
using Notify.Posix;

namespace Notify.Dispatching;

/// <summary>
/// Client of the gateway's dispatch socket (docs/gateway.md), for the bot and the dashboard. Before it sends anything it checks that a trusted program
/// listens: a fake socket at that path could read everything.
/// </summary>
/// <remarks>Calls have no time limit; callers set one. Safe for several threads.</remarks>
public sealed class GatewaySocket : IDisposable
{
    /// <summary>The gateway's default socket.</summary>
    public const string DefaultPath = "/run/notify-gateway/ws.sock";

    private readonly string _path;
    private readonly TrustedPeers _trusted;
    private readonly HttpClient _http;

    /// <summary>Connects at its first call.</summary>
    /// <param name="path">Where the gateway listens.</param>
    /// <param name="trusted">Who may listen there: root (systemd holds the socket), the caller's own user, or a member of the trusted group.</param>
    public GatewaySocket(string path, TrustedPeers trusted)
    {
        _path = path;
        _trusted = trusted;
        _http = UnixHttp.NewClient(new Uri("http://gateway"), path, CheckPath, CheckListener);
    }

    /// <summary>Dispatches a notification.</summary>
    /// <returns>The number of the user's connections that get it.</returns>
    /// <exception cref="GatewayUnreachableException">No gateway, or no answer.</exception>
    /// <exception cref="GatewayRefusedException">It refuses.</exception>
    public async Task<int> DispatchAsync(
        UserName user,
        DispatchedNotification notification,
        CancellationToken cancellation
    )
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new DispatchCall(user.Value, notification),
            GatewayContract.Json.DispatchCall
        );
        return Read(await AskAsync("/dispatch", body, cancellation), GatewayContract.Json.DispatchAnswer).Sent;
    }

    /// <summary>The number of a user's connections.</summary>
    /// <exception cref="GatewayUnreachableException">No gateway, or no answer.</exception>
    /// <exception cref="GatewayRefusedException">It refuses.</exception>
    public async Task<int> ConnectionsAsync(UserName user, CancellationToken cancellation) =>
        Read(await AskAsync($"/health?user={user.Value}", null, cancellation), GatewayContract.Json.GatewayHealth)
            .Users?.GetValueOrDefault(user.Value)
        ?? 0;

    /// <summary>The number of connections of each connected user.</summary>
    /// <exception cref="GatewayUnreachableException">No gateway, or no answer.</exception>
    /// <exception cref="GatewayRefusedException">It refuses.</exception>
    public async Task<IReadOnlyDictionary<string, int>> UsersAsync(CancellationToken cancellation) =>
        Read(await AskAsync("/health", null, cancellation), GatewayContract.Json.GatewayHealth).Users
        ?? new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Revokes a token and cuts its connections.</summary>
    /// <param name="id">Its <c>jti</c>.</param>
    /// <param name="until">When it expires.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="GatewayUnreachableException">No gateway, or no answer.</exception>
    /// <exception cref="GatewayRefusedException">It refuses, or could not store it.</exception>
    public Task RevokeAsync(string id, DateTimeOffset until, CancellationToken cancellation) =>
        AskAsync(
            "/revoke",
            JsonSerializer.SerializeToUtf8Bytes(
                new RevokeCall(id, WireJson.Time(until)),
                GatewayContract.Json.RevokeCall
            ),
            cancellation
        );

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    /// <summary>Calls, and returns the body of a successful answer.</summary>
    private async Task<byte[]> AskAsync(string target, byte[]? body, CancellationToken cancellation)
    {
        for (var isAgain = false; ; isAgain = true)
        {
            try
            {
                using var request = new HttpRequestMessage(
                    body is null ? HttpMethod.Get : HttpMethod.Post,
                    new Uri(target, UriKind.Relative)
                );
                if (body is not null)
                {
                    request.Content = new ByteArrayContent(body)
                    {
                        Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
                    };
                }

                using var response = await _http.SendAsync(request, cancellation);
                var answer = await response.Content.ReadAsByteArrayAsync(cancellation);
                return response.StatusCode == HttpStatusCode.OK
                    ? answer
                    : throw new GatewayRefusedException(
                        (int)response.StatusCode,
                        $"The gateway refuses with HTTP status {(int)response.StatusCode}: {TryRead(answer, GatewayContract.Json.ErrorAnswer)?.Error ?? "it gave no reason."}"
                    );
            }
            catch (HttpRequestException e)
                when (!isAgain && e.InnerException is not (SocketException or GatewayUnreachableException))
            {
                // An old connection broke because the gateway restarted. If it had taken the call, its clients would be gone too.
            }
            catch (HttpRequestException e)
            {
                throw Unreachable(e);
            }
        }
    }

    private T Read<T>(byte[] body, JsonTypeInfo<T> type)
        where T : class =>
        TryRead(body, type)
        ?? throw new GatewayUnreachableException($"What listens at {_path} does not answer as the gateway does.");

    private static T? TryRead<T>(byte[] body, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(body, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void CheckPath()
    {
        if (FileStatus.OfPath(_path) is { Kind: not FileKind.Socket })
        {
            throw new GatewayUnreachableException($"The gateway can't be reached: {_path} is not a socket.");
        }
    }

    private void CheckListener(Socket socket)
    {
        var listener = PeerCredentials.Of(socket);
        if (!_trusted.Include(listener))
        {
            throw new GatewayUnreachableException(
                $"The program at {_path} runs as user id {listener.Uid}, which is neither root nor in the trusted group. So it is not the gateway, and nothing was sent."
            );
        }
    }

    private GatewayUnreachableException Unreachable(HttpRequestException e) =>
        e.InnerException switch
        {
            GatewayUnreachableException inner => inner,
            SocketException { SocketErrorCode: SocketError.AccessDenied } => new GatewayUnreachableException(
                $"This account may not connect to {_path}: it must be in the trusted group (data-ops).",
                e
            ),
            SocketException { SocketErrorCode: SocketError.ConnectionRefused } => new GatewayUnreachableException(
                $"The gateway is not running: nothing listens at {_path}.",
                e
            ),
            SocketException { SocketErrorCode: SocketError.AddressNotAvailable } => new GatewayUnreachableException(
                $"The gateway is not running: there is no socket {_path}.",
                e
            )
            {
                IsAbsent = true,
            },
            var inner => new GatewayUnreachableException(
                $"The connection to the gateway at {_path} broke: {(inner ?? e).Message}",
                e
            ),
        };
}

/// <summary>The gateway could not be reached, gave no answer, or another program listens there; the message says which.</summary>
public sealed class GatewayUnreachableException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>Whether there is no socket: no gateway is installed, or it has ended.</summary>
    public bool IsAbsent { get; init; }
}

/// <summary>The gateway refuses; the message is its sentence.</summary>
public sealed class GatewayRefusedException(int status, string sentence) : Exception(sentence)
{
    /// <summary>Its HTTP status.</summary>
    public int Status { get; } = status;
}
