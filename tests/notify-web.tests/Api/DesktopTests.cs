using System.Net;
using Notify.Testing;

namespace Notify.Tests.Api;

/// <summary><c>/api/desktop/token</c>: what is made there opens the real gateway, for one user and for a while, and can be taken back.</summary>
public sealed class DesktopTests
{
    private const string Path = "/api/desktop/token";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_pages_token_opens_the_gateway_as_its_user_for_ten_minutes()
    {
        await using var both = await WebAndGateway.BeginAsync();
        var (visitor, user, _) = await both.Web.LogInAnalystAsync();

        var made = (await visitor.PostAsync(Path, null, Cancellation)).Json;

        Assert.InRange(
            (made.GetProperty("expires_at").GetDateTimeOffset() - TimeProvider.System.GetUtcNow()).TotalMinutes,
            8,
            10
        );
        Assert.False(made.TryGetProperty("id", out _));
        Assert.StartsWith("ws://127.0.0.1:", made.GetProperty("url").GetString(), StringComparison.Ordinal);
        using var client = await both.Gateway.ConnectAsync();
        await client.AuthenticateAsync(made.GetProperty("token").GetString()!);
        var answer = (await client.NextAsync())!.Value;
        Assert.Equal(
            ("auth_ok", user.Value),
            (answer.GetProperty("type").GetString(), answer.GetProperty("username").GetString())
        );
        Assert.Empty((await visitor.GetAsync(Path, Cancellation)).Json.GetProperty("devices").EnumerateArray());
        Assert.DoesNotContain(
            made.GetProperty("token").GetString()!,
            both.Web.Log.ToString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_devices_token_is_listed_for_thirty_days_and_cut_at_once_when_it_is_revoked()
    {
        await using var both = await WebAndGateway.BeginAsync();
        var (visitor, _, _) = await both.Web.LogInAnalystAsync();
        var made = (await visitor.PostAsync(Path, new { device = " laptop " }, Cancellation)).Json;
        var (id, token) = (made.GetProperty("id").GetString()!, made.GetProperty("token").GetString()!);
        using var client = await both.Gateway.ConnectAsync();
        await client.AuthenticateAsync(token);
        Assert.Equal("auth_ok", GatewayClient.Type(await client.NextAsync()));

        var listed = Assert.Single(
            (await visitor.GetAsync(Path, Cancellation)).Json.GetProperty("devices").EnumerateArray()
        );
        Assert.Equal((id, "laptop"), (listed.GetProperty("id").GetString(), listed.GetProperty("device").GetString()));
        Assert.InRange(
            (listed.GetProperty("expires_at").GetDateTimeOffset() - TimeProvider.System.GetUtcNow()).TotalDays,
            29.9,
            30
        );
        Assert.False(listed.TryGetProperty("token", out _));
        Assert.DoesNotContain(
            token,
            await File.ReadAllTextAsync(System.IO.Path.Combine(both.Web.State, "devices.json"), Cancellation),
            StringComparison.Ordinal
        );
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(System.IO.Path.Combine(both.Web.State, "devices.json"))
        );

        var revoked = await DeleteAsync(visitor, id);

        Assert.Equal("""{"ok":true,"cut":true}""", revoked.Body);
        Assert.Equal("auth_error", GatewayClient.Type(await client.NextAsync()));
        Assert.Null(await client.NextAsync());
        Assert.Empty((await visitor.GetAsync(Path, Cancellation)).Json.GetProperty("devices").EnumerateArray());
        Assert.Equal(HttpStatusCode.NotFound, (await DeleteAsync(visitor, id)).Status);
        await both.Gateway.StartAsync();
        using var again = await both.Gateway.ConnectAsync();
        await again.AuthenticateAsync(token);
        Assert.Equal("auth_error", GatewayClient.Type(await again.NextAsync()));
    }

    [Fact]
    public async Task A_token_revoked_while_the_gateway_is_down_is_refused_once_it_is_back_also_after_a_restart_of_the_dashboard()
    {
        await using var both = await WebAndGateway.BeginAsync();
        var (visitor, _, _) = await both.Web.LogInAnalystAsync();
        var made = (await visitor.PostAsync(Path, new { device = "laptop" }, Cancellation)).Json;
        await both.Gateway.Gateway.KillAsync();

        var revoked = await DeleteAsync(visitor, made.GetProperty("id").GetString()!);
        await both.Web.StartAsync();
        await both.Gateway.StartAsync();

        Assert.Equal("""{"ok":true,"cut":false}""", revoked.Body);
        await Eventually.TrueAsync(
            async () =>
            {
                using var client = await both.Gateway.ConnectAsync();
                await client.AuthenticateAsync(made.GetProperty("token").GetString()!);
                return GatewayClient.Type(await client.NextAsync()) == "auth_error";
            },
            () => "the gateway is not told",
            Cancellation
        );
    }

    [Fact]
    public async Task A_token_is_revoked_even_if_its_user_leaves_before_the_answer()
    {
        await using var both = await WebAndGateway.BeginAsync();
        var (visitor, _, _) = await both.Web.LogInAnalystAsync();
        var made = (await visitor.PostAsync(Path, new { device = "laptop" }, Cancellation)).Json;
        using var client = await both.Gateway.ConnectAsync();
        await client.AuthenticateAsync(made.GetProperty("token").GetString()!);
        Assert.Equal("auth_ok", GatewayClient.Type(await client.NextAsync()));

        // It hangs, so the answer takes its time; the browser's tab is closed meanwhile.
        await both.Gateway.Gateway.SignalAsync("STOP");
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var asked = visitor.PostAsync(
            $"{Path}?id={made.GetProperty("id").GetString()}",
            null,
            leave.Token,
            request => request.Method = HttpMethod.Delete
        );
        await Eventually.TrueAsync(
            async () =>
                !(await visitor.GetAsync(Path, Cancellation)).Json.GetProperty("devices").EnumerateArray().Any(),
            () => "it is still listed",
            Cancellation
        );
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await both.Gateway.Gateway.SignalAsync("CONT");

        Assert.Equal("auth_error", GatewayClient.Type(await client.NextAsync()));
    }

    [Fact]
    public async Task The_end_of_a_session_ends_what_its_pages_have_at_the_gateway_also_where_that_is_down_and_no_other_session_s()
    {
        await using var both = await WebAndGateway.BeginAsync();
        var (visitor, user, _) = await both.Web.LogInAnalystAsync();
        var other = both.Web.NewVisitor();
        await other.LogInAsync($"{user}@example.com", Cancellation);
        var token = (await visitor.PostAsync(Path, null, Cancellation)).Json.GetProperty("token").GetString()!;
        var others = (await other.PostAsync(Path, null, Cancellation)).Json.GetProperty("token").GetString()!;
        using var page = await both.Gateway.ConnectAsync();
        await page.AuthenticateAsync(token);
        Assert.Equal("auth_ok", GatewayClient.Type(await page.NextAsync()));
        using var otherPage = await both.Gateway.ConnectAsync();
        await otherPage.AuthenticateAsync(others);
        Assert.Equal("auth_ok", GatewayClient.Type(await otherPage.NextAsync()));

        await visitor.LogOutAsync(Cancellation);

        Assert.Equal("auth_error", GatewayClient.Type(await page.NextAsync()));
        await both.Gateway.Gateway.KillAsync();
        await other.LogOutAsync(Cancellation);
        await both.Gateway.StartAsync();
        await Eventually.TrueAsync(
            async () =>
            {
                using var again = await both.Gateway.ConnectAsync();
                await again.AuthenticateAsync(others);
                return GatewayClient.Type(await again.NextAsync()) == "auth_error";
            },
            () => "the gateway is not told",
            Cancellation
        );
    }

    [Fact]
    public async Task Nobody_sees_or_revokes_the_devices_of_others()
    {
        await using var both = await WebAndGateway.BeginAsync();
        var (alice, _, _) = await both.Web.LogInAnalystAsync();
        var (bob, _, _) = await both.Web.LogInAnalystAsync("bob");
        var id = (await alice.PostAsync(Path, new { device = "laptop" }, Cancellation))
            .Json.GetProperty("id")
            .GetString()!;

        Assert.Empty((await bob.GetAsync(Path, Cancellation)).Json.GetProperty("devices").EnumerateArray());
        Assert.Equal(HttpStatusCode.NotFound, (await DeleteAsync(bob, id)).Status);
        Assert.Single((await alice.GetAsync(Path, Cancellation)).Json.GetProperty("devices").EnumerateArray());
    }

    [Fact]
    public async Task Names_that_are_none_too_many_devices_and_foreign_requests_are_refused()
    {
        await using var both = await WebAndGateway.BeginAsync();
        var (visitor, _, _) = await both.Web.LogInAnalystAsync();
        foreach (var name in (string[])["", "  ", "a\u0007b", "\u200b", "lap\u202etop", new string('x', 61)])
        {
            Assert.Equal(
                HttpStatusCode.BadRequest,
                (await visitor.PostAsync(Path, new { device = name }, Cancellation)).Status
            );
        }

        foreach (var i in Enumerable.Range(0, 20))
        {
            Assert.Equal(
                HttpStatusCode.OK,
                (await visitor.PostAsync(Path, new { device = $"device {i}" }, Cancellation)).Status
            );
        }

        Assert.Equal(
            HttpStatusCode.Conflict,
            (await visitor.PostAsync(Path, new { device = "one more" }, Cancellation)).Status
        );
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (
                await visitor.PostAsync(
                    Path,
                    null,
                    Cancellation,
                    request =>
                    {
                        request.Headers.Remove("Origin");
                        request.Headers.Add("Origin", "https://evil.example");
                    }
                )
            ).Status
        );
        Assert.Equal(
            HttpStatusCode.BadRequest,
            (
                await visitor.PostAsync(Path, null, Cancellation, request => request.Headers.Remove("X-Notify-Token"))
            ).Status
        );
        Assert.Equal(HttpStatusCode.BadRequest, (await DeleteAsync(visitor, "")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await both.Web.NewVisitor().GetAsync(Path, Cancellation)).Status);
    }

    [Fact]
    public async Task A_damaged_list_is_never_taken_for_empty()
    {
        await using var both = await WebAndGateway.BeginAsync();
        var (visitor, _, _) = await both.Web.LogInAnalystAsync();
        await visitor.PostAsync(Path, new { device = "laptop" }, Cancellation);
        var file = System.IO.Path.Combine(both.Web.State, "devices.json");
        var before = await File.ReadAllTextAsync(file, Cancellation);
        await File.WriteAllTextAsync(file, before[..20], Cancellation);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await visitor.GetAsync(Path, Cancellation)).Status);
        Assert.Equal(
            HttpStatusCode.ServiceUnavailable,
            (await visitor.PostAsync(Path, new { device = "other" }, Cancellation)).Status
        );
        Assert.Equal(before[..20], await File.ReadAllTextAsync(file, Cancellation));
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/", Cancellation)).Status);

        await File.WriteAllTextAsync(file, before, Cancellation);
        Assert.Single((await visitor.GetAsync(Path, Cancellation)).Json.GetProperty("devices").EnumerateArray());
    }

    private static Task<WebAnswer> DeleteAsync(WebVisitor visitor, string id) =>
        visitor.PostAsync(
            $"{Path}?id={Uri.EscapeDataString(id)}",
            null,
            Cancellation,
            request => request.Method = HttpMethod.Delete
        );
}
