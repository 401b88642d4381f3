using Notify.Testing;

namespace Notify.Tests;

/// <summary>One gateway for all tests of a class, where each leaves nothing behind that another would see.</summary>
public sealed class OneGateway : IAsyncLifetime
{
    private int _users;

    /// <summary>The gateway.</summary>
    public GatewayScene Scene { get; private set; } = null!;

    /// <summary>A user whom no other test has.</summary>
    public string NewUser() => $"user{Interlocked.Increment(ref _users)}";

    /// <inheritdoc />
    public async ValueTask InitializeAsync() => Scene = await GatewayScene.BeginAsync();

    /// <inheritdoc />
    public ValueTask DisposeAsync() => Scene.DisposeAsync();
}
