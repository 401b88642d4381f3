using Notify.Testing;

namespace Notify.Tests;

/// <summary>A dashboard in this process, and the gateway that it makes tokens for in one of its own.</summary>
internal sealed class WebAndGateway : IAsyncDisposable
{
    public required WebScene Web { get; init; }

    public required GatewayScene Gateway { get; init; }

    public static async Task<WebAndGateway> BeginAsync()
    {
        var gateway = await GatewayScene.BeginAsync();
        var web = await WebScene.SetAsync();
        web.Environment["NOTIFY_GATEWAY_SOCKET"] = gateway.SocketPath;
        web.Environment["NOTIFY_JWT_SECRET"] = GatewayToken.Secret;
        await web.StartAsync();
        return new WebAndGateway { Web = web, Gateway = gateway };
    }

    /// <summary>A client that is in by a token.</summary>
    public async Task<GatewayClient> OpenAsync(string token)
    {
        var client = await Gateway.ConnectAsync();
        await client.AuthenticateAsync(token);
        Assert.Equal("auth_ok", GatewayClient.Type(await client.NextAsync()));
        return client;
    }

    /// <summary>Whether the gateway refuses a token.</summary>
    public async Task<bool> IsRefusedAsync(string token)
    {
        using var client = await Gateway.ConnectAsync();
        await client.AuthenticateAsync(token);
        return GatewayClient.Type(await client.NextAsync()) == "auth_error";
    }

    public async ValueTask DisposeAsync()
    {
        await Web.DisposeAsync();
        await Gateway.DisposeAsync();
    }
}
