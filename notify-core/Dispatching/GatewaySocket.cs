using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Notify.Posix;

namespace Notify.Dispatching;

/// <summary>
/// Client of the gateway's dispatch socket (docs/gateway.md), for the bot and the dashboard. It says nothing before it is sure that somebody trusted
/// listens: whoever can make a socket at a path could read what is sent there.
/// </summary>
/// <remarks>Calls have no time limit of their own; whoever asks brings one. Safe for several threads.</remarks>
public sealed class GatewaySocket : IDisposable
{
    /// <summary>Where the gateway listens unless it is told otherwise.</summary>
    public const string DefaultPath = "/run/notify-gateway/ws.sock";

    private readonly string _path;
    private readonly TrustedPeers _trusted;
    private readonly HttpClient _http;

    /// <summary>Connects when it is first asked.</summary>
    /// <param name="path">Where the gateway listens.</param>
    /// <param name="trusted">Who may listen there: root (systemd holds the socket), the caller's own user, or a member of the group that may dispatch.</param>
    public GatewaySocket(string path, TrustedPeers trusted)
    {
        _path = path;
        _trusted = trusted;
        _http = new HttpClient(
            new SocketsHttpHandler
            {
                UseProxy = false,
                UseCookies = false,
                AllowAutoRedirect = false,
                ActivityHeadersPropagator = null,
                // The gateway closes idle connections after two minutes; ours go first.
                PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
                ConnectCallback = (_, cancellation) => ConnectAsync(cancellation),
            }
        )
        {
            BaseAddress = new Uri("http://gateway"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Passes a notification on.</summary>
    /// <returns>To how many of the user's connections it is on its way.</returns>
    /// <exception cref="GatewayUnreachableException">No gateway, or no answer.</exception>
    /// <exception cref="GatewayRefusedException">It says no.</exception>
    public async Task<int> DispatchAsync(
        UserName user,
        DispatchedNotification notification,
        CancellationToken cancellation
    )
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new DispatchCall(user.Value, notification),
            GatewayJson.Own.DispatchCall
        );
        return Read(await AskAsync("/dispatch", body, cancellation), GatewayJson.Own.DispatchAnswer).Sent;
    }

    /// <summary>How many connections a user has.</summary>
    /// <exception cref="GatewayUnreachableException">No gateway, or no answer.</exception>
    /// <exception cref="GatewayRefusedException">It says no.</exception>
    public async Task<int> ConnectionsAsync(UserName user, CancellationToken cancellation) =>
        Read(await AskAsync($"/health?user={user.Value}", null, cancellation), GatewayJson.Own.GatewayHealth)
            .Users?.GetValueOrDefault(user.Value)
        ?? 0;

    /// <summary>Takes a token back: its connections are cut, and it counts no more.</summary>
    /// <param name="id">Its <c>jti</c>.</param>
    /// <param name="until">When it would have ended by itself.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="GatewayUnreachableException">No gateway, or no answer.</exception>
    /// <exception cref="GatewayRefusedException">It says no, or could not store it.</exception>
    public Task RevokeAsync(string id, DateTimeOffset until, CancellationToken cancellation) =>
        AskAsync(
            "/revoke",
            JsonSerializer.SerializeToUtf8Bytes(new RevokeCall(id, until), GatewayJson.Own.RevokeCall),
            cancellation
        );

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    /// <summary>Asks, and gives the body of a good answer.</summary>
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
                        $"The gateway refuses with HTTP status {(int)response.StatusCode}: {TryRead(answer, GatewayJson.Own.GatewayError)?.Error ?? "it gave no reason."}"
                    );
            }
            catch (HttpRequestException e)
                when (!isAgain && e.InnerException is not (SocketException or GatewayUnreachableException))
            {
                // A connection from before broke, since the gateway was restarted. Had it taken the call, those whom it passed it on to would be gone with it.
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

    private async ValueTask<Stream> ConnectAsync(CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (FileStatus.OfPath(_path) is { Kind: not FileKind.Socket })
            {
                throw new GatewayUnreachableException($"The gateway can't be reached: {_path} is no socket.");
            }

            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_path), cancellation);
            var listener = PeerCredentials.Of(socket);
            return _trusted.Include(listener)
                ? new NetworkStream(socket, ownsSocket: true)
                : throw new GatewayUnreachableException(
                    $"Who listens at {_path} (user id {listener.Uid}) is neither root nor a member of the group that may dispatch, so it is not the gateway. Nothing was sent."
                );
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private GatewayUnreachableException Unreachable(HttpRequestException e) =>
        e.InnerException switch
        {
            GatewayUnreachableException inner => inner,
            SocketException { SocketErrorCode: SocketError.AccessDenied } => new GatewayUnreachableException(
                $"This account may not connect to {_path}: it has to be in the group that may dispatch (data-ops).",
                e
            ),
            SocketException { SocketErrorCode: SocketError.ConnectionRefused } => new GatewayUnreachableException(
                $"The gateway is not running: nobody listens at {_path}.",
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

/// <summary>The gateway could not be reached, or what listens there is not the gateway, or it gave no answer; the message says which.</summary>
public sealed class GatewayUnreachableException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>Whether there is not even a socket: no gateway is installed, or it has ended.</summary>
    public bool IsAbsent { get; init; }
}

/// <summary>The gateway says no; the message is its sentence.</summary>
public sealed class GatewayRefusedException(int status, string sentence) : Exception(sentence)
{
    /// <summary>Its HTTP status.</summary>
    public int Status { get; } = status;
}
