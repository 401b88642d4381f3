namespace Notify.Tests;

/// <summary>A server that deploy.sh installed, with two analysts who are linked and an account that is none. The tests of one class share it.</summary>
public sealed class DeployedServer : IAsyncLifetime
{
    private Server? _server;

    internal Server Server => _server!;

    internal BootedDebian Machine => Server.Machine;

    /// <summary>What the first install said.</summary>
    internal string Said { get; private set; } = "";

    /// <summary>alice's phone.</summary>
    internal long Alice { get; private set; }

    /// <summary>bob's phone.</summary>
    internal long Bob { get; private set; }

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        _server = await Server.BootAsync();
        await Server.WriteSettingsAsync();
        Said = await Machine.DoAsync($"bash {Server.Source}/server/deploy.sh");
        Alice = await Server.AddAnalystAsync("alice");
        Bob = await Server.AddAnalystAsync("bob");
        await Machine.DoAsync("useradd --create-home -K HOME_MODE=0750 eve");
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
