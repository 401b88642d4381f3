using System.Net;
using System.Text.Json.Nodes;
using Notify.Testing;
using Notify.Tests.Live;

namespace Notify.Tests.Login;

/// <summary>Who leaves the group, or whose account goes, loses tokens and open connections at once; another account of the same name has none of them. The gateway is a process of its own.</summary>
public sealed class LeavingTests
{
    private const string Tokens = "/api/desktop/token";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What can happen to an account.</summary>
    public enum Leaving
    {
        /// <summary>It is taken out of the group.</summary>
        LeavesGroup,

        /// <summary>It is deleted.</summary>
        IsDeleted,

        /// <summary>It is deleted, and an analyst with another id gets its name.</summary>
        IsReplaced,
    }

    [Theory]
    [InlineData(Leaving.LeavesGroup)]
    [InlineData(Leaving.IsDeleted)]
    [InlineData(Leaving.IsReplaced)]
    public async Task Session_page_and_device_end_at_once_and_their_tokens_open_nothing_any_more(Leaving end)
    {
        await using var both = await WebAndGateway.BeginAsync();
        var (visitor, _, account) = await both.Web.LogInAnalystAsync();
        var (other, colleague, _) = await both.Web.LogInAnalystAsync("bob");
        var (page, device) = (await TokenAsync(visitor, null), await TokenAsync(visitor, "laptop"));
        using var openPage = await both.OpenAsync(page);
        using var openDevice = await both.OpenAsync(device);
        using var othersDevice = await both.OpenAsync(await TokenAsync(other, "laptop"));
        using var events = await EventStream.OpenAsync(visitor);

        await HappenAsync(end, account);

        Assert.Equal(HttpStatusCode.Unauthorized, (await visitor.GetAsync("/api/notifications", Cancellation)).Status);
        foreach (var client in (GatewayClient[])[openPage, openDevice])
        {
            Assert.Equal("auth_error", GatewayClient.Type(await client.NextAsync()));
            Assert.Null(await client.NextAsync());
        }

        Assert.Null(await events.NextAsync());
        foreach (var token in (string[])[page, device])
        {
            Assert.True(await both.IsRefusedAsync(token));
        }

        Assert.False(await both.IsRefusedAsync(await TokenAsync(other, "phone")));

        await both.Gateway.Caller.DispatchAsync(colleague.Value, "of-the-colleague");
        Assert.Equal("of-the-colleague", await othersDevice.NextIdAsync());
    }

    [Theory]
    [InlineData(Leaving.LeavesGroup)]
    [InlineData(Leaving.IsDeleted)]
    [InlineData(Leaving.IsReplaced)]
    public async Task Who_leaves_while_the_dashboard_is_down_is_cut_when_it_is_back(Leaving end)
    {
        await using var both = await WebAndGateway.BeginAsync();
        var (visitor, _, account) = await both.Web.LogInAnalystAsync();
        var (page, device) = (await TokenAsync(visitor, null), await TokenAsync(visitor, "laptop"));
        using var openPage = await both.OpenAsync(page);
        using var openDevice = await both.OpenAsync(device);
        await both.Web.StopAsync();

        await HappenAsync(end, account);
        await both.Web.StartAsync();

        foreach (var client in (GatewayClient[])[openPage, openDevice])
        {
            Assert.Equal("auth_error", GatewayClient.Type(await client.NextAsync()));
        }

        Assert.True(await both.IsRefusedAsync(page));
        Assert.True(await both.IsRefusedAsync(device));
    }

    [Fact]
    public async Task A_user_who_returns_has_the_session_and_pages_again_and_adds_devices_again()
    {
        await using var both = await WebAndGateway.BeginAsync();
        var (visitor, _, account) = await both.Web.LogInAnalystAsync();
        var (page, device) = (await TokenAsync(visitor, null), await TokenAsync(visitor, "laptop"));
        using var openPage = await both.OpenAsync(page);
        using var openDevice = await both.OpenAsync(device);
        await account.LeaveAsync(WebScene.Group);
        Assert.Equal("auth_error", GatewayClient.Type(await openPage.NextAsync()));
        Assert.Equal("auth_error", GatewayClient.Type(await openDevice.NextAsync()));

        await account.JoinAsync(WebScene.Group);

        Assert.Empty((await visitor.GetAsync(Tokens, Cancellation)).Json.GetProperty("devices").EnumerateArray());
        Assert.True(await both.IsRefusedAsync(device));
        Assert.False(await both.IsRefusedAsync(await TokenAsync(visitor, null)));
        Assert.False(await both.IsRefusedAsync(await TokenAsync(visitor, "laptop")));
    }

    [Fact]
    public async Task Another_account_of_the_name_has_no_session_no_devices_and_no_link()
    {
        await using var both = await WebAndGateway.BeginAsync();
        var (visitor, user, account) = await both.Web.LogInAnalystAsync();
        await TokenAsync(visitor, "laptop");
        await both.Web.Links.LinkAsync(user, new ChatId(42), Cancellation);

        await HappenAsync(Leaving.IsReplaced, account);

        Assert.Equal(HttpStatusCode.Unauthorized, (await visitor.GetAsync("/api/notifications", Cancellation)).Status);
        var next = both.Web.NewVisitor();
        await next.LogInAsync($"{user}@example.com", Cancellation);
        Assert.Empty((await next.GetAsync(Tokens, Cancellation)).Json.GetProperty("devices").EnumerateArray());
        Assert.Equal("""{"linked":false}""", (await next.GetAsync("/api/telegram/status", Cancellation)).Body);
        Assert.Equal(
            HttpStatusCode.BadRequest,
            (await next.PostAsync("/api/telegram/unlink", null, Cancellation)).Status
        );
        Assert.Equal(new ChatId(42), both.Web.Links.Stored(user)?.Chat);
        Assert.Equal(HttpStatusCode.Unauthorized, (await visitor.GetAsync("/api/notifications", Cancellation)).Status);
    }

    [Fact]
    public async Task Devices_of_an_earlier_version_count_for_the_accounts_of_now_once()
    {
        await using var both = await WebAndGateway.BeginAsync();
        var (visitor, _, account) = await both.Web.LogInAnalystAsync();
        var device = await TokenAsync(visitor, "laptop");
        await both.Web.StopAsync();
        var file = Path.Combine(both.Web.State, "devices.json");
        var stored = JsonNode.Parse(await File.ReadAllTextAsync(file, Cancellation))!.AsArray();
        Assert.True(stored[0]!.AsObject().Remove("uid"));
        await File.WriteAllTextAsync(file, stored.ToJsonString(), Cancellation);

        await both.Web.StartAsync();

        await Eventually.TrueAsync(
            async () =>
                (await File.ReadAllTextAsync(file, Cancellation)).Contains(
                    $"\"uid\":{account.Uid}",
                    StringComparison.Ordinal
                ),
            () => File.ReadAllText(file),
            Cancellation
        );
        Assert.False(await both.IsRefusedAsync(device));
        await HappenAsync(Leaving.IsReplaced, account);
        await Eventually.TrueAsync(() => both.IsRefusedAsync(device), () => "the device is let in still", Cancellation);
    }

    private static async Task HappenAsync(Leaving end, TestAccount account)
    {
        if (end == Leaving.LeavesGroup)
        {
            await account.LeaveAsync(WebScene.Group);
            return;
        }

        await account.DeleteAsync();
        if (end == Leaving.IsReplaced)
        {
            await account.MakeAgainAsync(uid: null, WebScene.Group);
        }
    }

    private static async Task<string> TokenAsync(WebVisitor visitor, string? device)
    {
        var made = await visitor.PostAsync(Tokens, device is null ? null : new { device }, Cancellation);
        Assert.True(made.Status == HttpStatusCode.OK, made.ToString());
        return made.Json.GetProperty("token").GetString()!;
    }
}
