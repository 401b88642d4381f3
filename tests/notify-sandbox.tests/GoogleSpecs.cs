using Notify.Sandbox;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>A sandbox of its own for each test, and ASP.NET Core's OpenID Connect client that logs in with its Google.</summary>
public abstract class GoogleSpecs : IAsyncLifetime
{
    private protected SandboxServer Sandbox { get; private set; } = null!;

    private protected SandboxControl Control { get; private set; } = null!;

    private protected GoogleClientApp Client { get; private set; } = null!;

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        Sandbox = await SandboxServer.StartAsync(new SandboxOptions(), Cancellation);
        Control = new SandboxControl(Sandbox);
        Client = await GoogleClientApp.StartAsync(Sandbox.GoogleAddress, Cancellation);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        Control.Dispose();
        await Sandbox.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
