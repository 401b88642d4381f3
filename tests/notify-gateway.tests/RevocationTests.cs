using System.Text.Json;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>A device's token that was taken back is cut at once, and stays so.</summary>
public sealed class RevocationTests(OneGateway gateway) : IClassFixture<OneGateway>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string InAnHour =>
        TimeProvider
            .System.GetUtcNow()
            .AddHours(1)
            .UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);

    [Fact]
    public async Task A_revoked_token_is_cut_at_once_and_stays_out_over_a_restart_and_a_kill()
    {
        await using var scene = await GatewayScene.BeginAsync();
        using var laptop = await scene.LogInAsync("alice", "laptop");
        using var page = await scene.LogInAsync("alice");
        using var other = await scene.LogInAsync("alice", "desk");
        var until = InAnHour;

        var (status, answer) = await scene.Caller.PostAsync("/revoke", new { id = "laptop", until });

        Assert.Equal((200, """{"cut":1}"""), (status, answer.GetRawText()));
        Assert.Equal("The token was revoked. Get a new one from the dashboard.", await laptop.RefusalAsync());
        Assert.Equal("""{"status":"ok","connections":2,"users":{"alice":2}}""", await scene.Caller.GetAsync("/health"));
        Assert.Equal(2, await scene.Caller.DispatchAsync("alice", "for the others"));
        Assert.Equal("for the others", await page.NextIdAsync());
        Assert.Equal("for the others", await other.NextIdAsync());
        await RefusedAsync(scene);

        await scene.Gateway.StopAsync(Cancellation);
        await scene.StartAsync();
        await RefusedAsync(scene);
        await scene.Gateway.KillAsync();
        await scene.StartAsync();
        await RefusedAsync(scene);

        Assert.Equal(
            $$"""{"revoked":[{"id":"laptop","until":"{{until}}"}]}""",
            await scene.Caller.GetAsync("/revoked")
        );
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(scene.State, "revoked.json"))
        );
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(scene.State)
        );
    }

    [Fact]
    public async Task Many_are_revoked_side_by_side_and_none_is_lost()
    {
        await using var scene = await GatewayScene.BeginAsync();

        await Task.WhenAll(
            Enumerable
                .Range(0, 100)
                .Select(i => scene.Caller.PostAsync("/revoke", new { id = $"device {i}", until = InAnHour }))
        );
        await scene.Gateway.KillAsync();
        await scene.StartAsync();

        using var revoked = JsonDocument.Parse(await scene.Caller.GetAsync("/revoked"));
        Assert.Equal(
            Enumerable.Range(0, 100).Select(i => $"device {i}").Order(StringComparer.Ordinal),
            revoked
                .RootElement.GetProperty("revoked")
                .EnumerateArray()
                .Select(t => t.GetProperty("id").GetString())
                .Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("""{"until":"2030-01-01T00:00:00Z"}""", "'id'")]
    [InlineData("""{"id":"","until":"2030-01-01T00:00:00Z"}""", "'id'")]
    [InlineData("""{"id":7,"until":"2030-01-01T00:00:00Z"}""", "'id'")]
    [InlineData("""{"id":"laptop"}""", "'until'")]
    [InlineData("""{"id":"laptop","until":"soon"}""", "'until'")]
    [InlineData("""{"id":"laptop","until":1800000000}""", "'until'")]
    [InlineData("laptop", "not a JSON object")]
    public async Task A_wrong_call_is_refused_with_the_field(string body, string words)
    {
        var scene = gateway.Scene;
        using var content = new StringContent(body);

        var (status, answer) = await scene.Caller.PostAsync("/revoke", content);

        Assert.Equal(400, status);
        Assert.Contains(words, answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal("""{"revoked":[]}""", await scene.Caller.GetAsync("/revoked"));
    }

    [Fact]
    public async Task On_a_full_disk_the_token_is_cut_all_the_same_and_the_caller_told_to_try_again()
    {
        using var disk = TestDisk.Small();
        await using var scene = GatewayScene.Set();
        scene.Environment["STATE_DIRECTORY"] = disk.Path;
        await scene.StartAsync();
        using var laptop = await scene.LogInAsync("alice", "laptop");
        disk.Fill();

        var (status, answer) = await scene.Caller.PostAsync("/revoke", new { id = "laptop", until = InAnHour });

        Assert.Equal(503, status);
        Assert.Contains("No space left", answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        await laptop.RefusalAsync();
        await RefusedAsync(scene);

        disk.MakeRoom();
        (status, _) = await scene.Caller.PostAsync("/revoke", new { id = "laptop", until = InAnHour });
        Assert.Equal(200, status);
        await scene.Gateway.KillAsync();
        await scene.StartAsync();
        await RefusedAsync(scene);
    }

    [Theory]
    [InlineData("{\"revoked\":[{\"id\":\"lap")]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"revoked\":null}")]
    [InlineData("{\"revoked\":[{\"id\":null,\"until\":\"2030-01-01T00:00:00Z\"}]}")]
    public async Task A_list_that_can_t_be_read_is_never_taken_for_an_empty_one(string content)
    {
        await using var scene = GatewayScene.Set();
        Directory.CreateDirectory(scene.State);
        var path = Path.Combine(scene.State, "revoked.json");
        await File.WriteAllTextAsync(path, content, Cancellation);

        await scene.StartAsync();
        await scene.Gateway.WaitForEndAsync(Cancellation);

        Assert.Equal(1, scene.Gateway.ExitStatus);
        Assert.Contains(path, scene.Gateway.Said, StringComparison.Ordinal);
        Assert.Contains("Fix it", scene.Gateway.Said, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllTextAsync(path, Cancellation));
    }

    private static async Task RefusedAsync(GatewayScene scene)
    {
        using var client = await scene.ConnectAsync();
        await client.AuthenticateAsync(GatewayToken.Of("alice", "laptop").ToString());
        Assert.Equal("The token was revoked. Get a new one from the dashboard.", await client.RefusalAsync());
    }
}
