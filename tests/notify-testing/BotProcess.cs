using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Notify.Testing;

/// <summary>A real bot in a process of its own, as systemd would start it.</summary>
public sealed class BotProcess : ServiceProcess
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(120);

    private BotProcess(Process process, string socketPath)
        : base(process, "1000")
    {
        SocketPath = socketPath;
        Client = NewClient(socketPath);
    }

    /// <summary>Where it listens.</summary>
    public string SocketPath { get; }

    /// <summary>A caller with this test's own user id.</summary>
    public HttpClient Client { get; }

    /// <summary>Starts a bot and waits until it serves, or has ended.</summary>
    /// <param name="environment">All of its environment, beside PATH.</param>
    /// <param name="user">The account it runs as, with all its groups; null is this test's own.</param>
    /// <param name="cancellation">The test's.</param>
    /// <param name="etc">A folder that stands in the place of /etc for it; null is the machine's own.</param>
    public static async Task<BotProcess> StartAsync(
        IReadOnlyDictionary<string, string> environment,
        string? user,
        CancellationToken cancellation,
        string? etc = null
    )
    {
        ArgumentNullException.ThrowIfNull(environment);
        var bot = new BotProcess(
            etc is null
                ? Start(Programs.Path("notify-bot"), environment, user)
                : Start(
                    "/usr/bin/unshare",
                    environment,
                    user,
                    "--mount",
                    "/bin/sh",
                    "-c",
                    "mount --bind \"$1\" /etc && exec \"$2\"",
                    "sh",
                    etc,
                    Programs.Path("notify-bot")
                ),
            environment.GetValueOrDefault("NOTIFY_BOT_SOCKET")
                ?? Path.Combine(environment["NOTIFY_DATA_DIR"], "bot.sock")
        );
        await bot.WaitUntilItServesAsync(cancellation);
        return bot;
    }

    /// <summary>A client of the send API.</summary>
    public static HttpClient NewClient(string socketPath) =>
        new(
            new SocketsHttpHandler
            {
                UseProxy = false,
                ConnectCallback = async (_, cancellation) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    try
                    {
                        await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellation);
                        return new NetworkStream(socket, ownsSocket: true);
                    }
                    catch
                    {
                        socket.Dispose();
                        throw;
                    }
                },
            }
        )
        {
            BaseAddress = new Uri("http://notify"),
            Timeout = WaitTimeout,
        };

    /// <summary>POST /send with these fields.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(
        object fields,
        CancellationToken cancellation,
        string path = "/send"
    )
    {
        using var content = JsonContent.Create(fields);
        using var response = await Client.PostAsync(new Uri(path, UriKind.Relative), content, cancellation);
        return (response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(cancellation));
    }

    /// <summary>GET a JSON answer.</summary>
    public async Task<JsonElement> GetAsync(string path, CancellationToken cancellation) =>
        await Client.GetFromJsonAsync<JsonElement>(new Uri(path, UriKind.Relative), cancellation);

    /// <summary>Waits until /health is as wanted.</summary>
    public async Task<JsonElement> WaitForHealthAsync(Func<JsonElement, bool> wanted, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        JsonElement health = default;
        await Eventually.TrueAsync(
            async () =>
            {
                health = await GetAsync("/health", cancellation);
                return wanted(health);
            },
            () => $"health is {health}",
            cancellation
        );
        return health;
    }

    /// <inheritdoc />
    protected override void Dispose() => Client.Dispose();
}

/// <summary>Waiting for what has to come, with a limit generous enough for a busy machine.</summary>
public static class Eventually
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(120);

    /// <summary>Waits until a condition holds.</summary>
    /// <param name="condition">What has to come.</param>
    /// <param name="found">What is there instead, for the failure's text.</param>
    /// <param name="cancellation">The test's.</param>
    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> found, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(condition);
        ArgumentNullException.ThrowIfNull(found);
        var since = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(since) > WaitTimeout)
            {
                throw new TimeoutException($"After {WaitTimeout.TotalSeconds:0} s {found()}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellation);
        }
    }

    /// <summary>Waits until a condition holds.</summary>
    public static Task TrueAsync(Func<bool> condition, Func<string> found, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return TrueAsync(() => Task.FromResult(condition()), found, cancellation);
    }
}
