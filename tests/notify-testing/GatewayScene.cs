using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace Notify.Testing;

/// <summary>A real gateway on a scratch folder, with callers on its socket; the setting of most of its tests.</summary>
public sealed class GatewayScene : IAsyncDisposable
{
    private GatewayScene(string folder)
    {
        Folder = folder;
        SocketPath = Path.Combine(folder, "run", "ws.sock");
        State = Path.Combine(folder, "state");
        Environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["NOTIFY_GATEWAY_LISTEN"] = "http://127.0.0.1:0",
            ["NOTIFY_GATEWAY_SOCKET"] = SocketPath,
            ["NOTIFY_JWT_SECRET"] = GatewayToken.Secret,
            ["NOTIFY_WEB_URL"] = "https://notify.example.org",
            ["STATE_DIRECTORY"] = State,
        };
        Caller = new SocketCaller(SocketPath);
    }

    /// <summary>A folder for the test's own files; all may pass through it.</summary>
    public string Folder { get; }

    /// <summary>Where the bot calls.</summary>
    public string SocketPath { get; }

    /// <summary>The gateway's own folder.</summary>
    public string State { get; }

    /// <summary>What the next gateway is started with.</summary>
    public IDictionary<string, string> Environment { get; }

    /// <summary>The gateway that was started last.</summary>
    public GatewayProcess Gateway { get; private set; } = null!;

    /// <summary>A caller on its socket with this test's own user id, as the bot is one.</summary>
    public SocketCaller Caller { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>All but the gateway.</summary>
    public static GatewayScene Set()
    {
        var folder = Directory.CreateTempSubdirectory("notify-gateway-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        return new GatewayScene(folder);
    }

    /// <summary>With a gateway that serves.</summary>
    public static async Task<GatewayScene> BeginAsync()
    {
        var scene = Set();
        await scene.StartAsync();
        return scene;
    }

    /// <summary>Starts a gateway with <see cref="Environment"/>; the one before must have ended.</summary>
    public async Task StartAsync(string? user = null)
    {
        if (Gateway is not null)
        {
            await Gateway.DisposeAsync();
        }

        Gateway = await GatewayProcess.StartAsync(Environment.AsReadOnly(), user, Cancellation);
    }

    /// <summary>A client that has not said who it is.</summary>
    public Task<GatewayClient> ConnectAsync() => GatewayClient.ConnectAsync(Gateway.Address);

    /// <summary>A client that has.</summary>
    public Task<GatewayClient> LogInAsync(string user, string? tokenId = null) =>
        GatewayClient.LogInAsync(Gateway.Address, GatewayToken.Of(user, tokenId));

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Gateway is not null)
        {
            await Gateway.DisposeAsync();
        }

        Caller.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>Calls on a gateway's socket.</summary>
public sealed class SocketCaller(string socketPath) : IDisposable
{
    private readonly HttpClient _client = BotProcess.NewClient(socketPath);

    /// <summary>POST with a JSON body of these fields.</summary>
    public async Task<(int Status, JsonElement Body)> PostAsync(string path, object fields)
    {
        using var content = JsonContent.Create(fields);
        return await PostAsync(path, content);
    }

    /// <summary>POST.</summary>
    public async Task<(int Status, JsonElement Body)> PostAsync(string path, HttpContent content)
    {
        // What is too large is refused before it is sent: who goes on writing may find the connection closed and hear nothing.
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative))
        {
            Content = content,
            Headers = { ExpectContinue = true },
        };
        using var response = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        return (
            (int)response.StatusCode,
            await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)
        );
    }

    /// <summary>Dispatches a notification with an id and a title and gives to how many connections it went.</summary>
    public async Task<int> DispatchAsync(string user, string id, string? title = null)
    {
        var (status, body) = await PostAsync("/dispatch", new { user, notification = new { id, title } });
        Assert.Equal(200, status);
        return body.GetProperty("sent").GetInt32();
    }

    /// <summary>GET a text.</summary>
    public Task<string> GetAsync(string path) =>
        _client.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

    /// <summary>Waits until the health page is this.</summary>
    /// <param name="wanted">The page.</param>
    /// <param name="of">The user whom it is about; null for all.</param>
    public async Task WaitForHealthAsync(string wanted, string? of = null)
    {
        var health = "";
        await Eventually.TrueAsync(
            async () => (health = await GetAsync(of is null ? "/health" : $"/health?user={of}")) == wanted,
            () => $"health is {health} instead of {wanted}",
            TestContext.Current.CancellationToken
        );
    }

    /// <summary>Waits until a number of the metrics page is this.</summary>
    public async Task WaitForMetricAsync(string name, int wanted)
    {
        var page = "";
        await Eventually.TrueAsync(
            async () => (page = await GetAsync("/metrics")).Contains($"\n{name} {wanted}\n", StringComparison.Ordinal),
            () => $"{name} is not {wanted} in {page}",
            TestContext.Current.CancellationToken
        );
    }

    /// <inheritdoc />
    public void Dispose() => _client.Dispose();
}
