using System.Diagnostics;
using System.Text.Json;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>A client by others, in a process of its own: <c>clients/client.py</c> on python3-websockets, <c>clients/client.cjs</c> on npm's ws.</summary>
public sealed class ForeignClient : IAsyncDisposable
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private ForeignClient(Process process) => _process = process;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Sources => Path.Combine(Programs.Repository, "tests", "notify-gateway.tests", "clients");

    /// <summary>Starts one.</summary>
    /// <param name="kind"><c>python</c> or <c>node</c>.</param>
    /// <param name="address">Where it connects.</param>
    /// <param name="around">A program that starts it, with its arguments, such as <c>ip netns exec NAME</c>.</param>
    public static async Task<ForeignClient> StartAsync(string kind, Uri address, params string[] around)
    {
        ArgumentNullException.ThrowIfNull(address);
        var folder = kind == "node" ? await NodeScripts.InstallAsync(Sources, Cancellation) : Sources;
        string[] command =
        [
            .. around,
            .. kind == "node" ? (string[])["node", "client.cjs"] : ["/usr/bin/python3", "client.py"],
            address.ToString(),
        ];
        return new ForeignClient(NodeScripts.Start(command[0], command[1..], folder));
    }

    /// <summary>Says a text.</summary>
    public async Task SayAsync(object message)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(message).AsMemory(), Cancellation);
        await _process.StandardInput.FlushAsync(Cancellation);
    }

    /// <summary>Says which token it has.</summary>
    public Task AuthenticateAsync(GatewayToken token) => SayAsync(new { type = "auth", token = token.ToString() });

    /// <summary>The next text that comes to it.</summary>
    public async Task<string> NextAsync() => (await LineAsync()).GetProperty("text").GetString()!;

    /// <summary>The close that comes to it.</summary>
    public async Task<(int Status, string Reason)> CloseAsync()
    {
        var line = await LineAsync();
        return (line.GetProperty("closed").GetInt32(), line.GetProperty("reason").GetString()!);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private async Task<JsonElement> LineAsync()
    {
        var line =
            await _process.StandardOutput.ReadLineAsync(Cancellation).AsTask().WaitAsync(WaitTimeout, Cancellation)
            ?? throw new InvalidOperationException(
                $"The client ended: {await _process.StandardError.ReadToEndAsync(Cancellation)}"
            );
        return JsonDocument.Parse(line).RootElement.Clone();
    }
}
