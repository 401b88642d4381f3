namespace Notify.Tests;

/// <summary>A server that deploy.sh installed, behind nginx, with two analysts who are linked and an account that is none. The tests of one class share it.</summary>
/// <param name="release">Debian's name of it.</param>
public abstract class DeployedServer(string release) : IAsyncLifetime
{
    private Server? _server;

    internal Server Server => _server!;

    internal BootedDebian Machine => Server.Machine;

    /// <summary>alice's phone.</summary>
    internal long Alice { get; private set; }

    /// <summary>bob's phone.</summary>
    internal long Bob { get; private set; }

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        _server = await Server.BootAsync(release);
        await Server.WriteSettingsAsync();
        await Machine.DoAsync($"bash {Server.Source}/server/deploy.sh");
        await Server.StartNginxAsync();
        await Server.WaitUntilServedAsync();
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

        GC.SuppressFinalize(this);
    }
}

/// <summary>The same on Debian 12.</summary>
public sealed class DeployedBookworm() : DeployedServer("bookworm");

/// <summary>The same on Debian 13.</summary>
public sealed class DeployedTrixie() : DeployedServer("trixie");
