using Notify.Testing;

namespace Notify.Tests;

/// <summary>Wrong settings, wrong use, a folder that can't be had.</summary>
public sealed class SettingsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("NOTIFY_JWT_SECRET", null, "is not set")]
    [InlineData("NOTIFY_JWT_SECRET", "thirty-one bytes are too few ..", "at least 32 bytes")]
    [InlineData("NOTIFY_JWT_SECRET_PREVIOUS", "too short, but secret", "at least 32 bytes")]
    [InlineData("NOTIFY_GATEWAY_LISTEN", "8765", "an address such as")]
    [InlineData("NOTIFY_GATEWAY_LISTEN", "https://127.0.0.1:8765", "http://127.0.0.1:8765")]
    [InlineData("NOTIFY_GATEWAY_LISTEN", "http://gateway.example.org:8765", "an IP address of this machine")]
    [InlineData("NOTIFY_GATEWAY_LISTEN", "http://127.0.0.1:8765/ws", "http://127.0.0.1:8765")]
    [InlineData("NOTIFY_GATEWAY_LISTEN", "http://127.0.0.1:99999", "an address such as")]
    [InlineData("NOTIFY_GATEWAY_LISTEN", "unix:client.sock", "the absolute path of a socket")]
    [InlineData("NOTIFY_GATEWAY_LISTEN", "unix:", "the absolute path of a socket")]
    [InlineData("NOTIFY_GATEWAY_LISTEN", "unix:/run/notify-gateway/", "the absolute path of a socket")]
    [InlineData(
        "NOTIFY_GATEWAY_LISTEN",
        "unix:/tmp/a-path-that-is-longer-than-the-kernel-takes-for-a-socket-which-is-one-hundred-and-seven-bytes-and-no-more/x",
        "107 bytes"
    )]
    [InlineData("NOTIFY_GATEWAY_SOCKET", "ws.sock", "an absolute path")]
    [InlineData(
        "NOTIFY_GATEWAY_SOCKET",
        "/tmp/a-path-that-is-longer-than-the-kernel-takes-for-a-socket-which-is-one-hundred-and-seven-bytes-and-no-more/x",
        "107 bytes"
    )]
    [InlineData("NOTIFY_WEB_URL", "notify.example.org", "an address such as")]
    [InlineData("NOTIFY_TRUSTED_GROUP", "data ops", "a Unix group")]
    [InlineData("STATE_DIRECTORY", "state", "an absolute path")]
    public async Task A_wrong_setting_ends_it_with_status_78_and_its_name(string name, string? value, string words)
    {
        await using var scene = GatewayScene.Set();
        scene.Environment.Remove(name);
        if (value is not null)
        {
            scene.Environment[name] = value;
        }

        await scene.StartAsync();
        await scene.Gateway.WaitForEndAsync(Cancellation);

        Assert.Equal(78, scene.Gateway.ExitStatus);
        var line = Assert.Single(scene.Gateway.Said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"notify-gateway: {name} ", line, StringComparison.Ordinal);
        Assert.Contains(words, line, StringComparison.Ordinal);
        if (name.StartsWith("NOTIFY_JWT", StringComparison.Ordinal) && value is not null)
        {
            Assert.DoesNotContain(value, line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Help_version_and_wrong_use()
    {
        var nothing = new Dictionary<string, string>(StringComparer.Ordinal);
        var program = Programs.Path("notify-gateway");

        var help = await RunProgram.ToEndAsync(program, ["--help"], nothing, Cancellation);
        var version = await RunProgram.ToEndAsync(program, ["--version"], nothing, Cancellation);
        var wrong = await RunProgram.ToEndAsync(program, ["--listen"], nothing, Cancellation);

        Assert.Equal(0, help.Status);
        Assert.Contains("docs/operations.md", help.Said, StringComparison.Ordinal);
        Assert.Equal(0, version.Status);
        Assert.Matches(Programs.Version, version.Said);
        Assert.Equal(64, wrong.Status);
        Assert.Contains("--listen", wrong.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_can_t_be_had_and_a_missing_group_are_warnings()
    {
        await using var scene = GatewayScene.Set();
        scene.Environment["STATE_DIRECTORY"] = "/proc/notify-gateway";
        scene.Environment["NOTIFY_TRUSTED_GROUP"] = "no-such-group";

        await scene.StartAsync();

        using var client = await scene.LogInAsync("alice", "laptop");
        Assert.Equal(1, await scene.Caller.DispatchAsync("alice", "served"));
        Assert.Equal("served", await client.NextIdAsync());
        Assert.Contains("WARNING 3003 /proc/notify-gateway", scene.Gateway.Said, StringComparison.Ordinal);
        Assert.Contains("WARNING 3001 There is no group no-such-group", scene.Gateway.Said, StringComparison.Ordinal);
        var (status, answer) = await scene.Caller.PostAsync(
            "/revoke",
            new { id = "laptop", until = "2030-01-01T00:00:00Z" }
        );
        Assert.Equal(503, status);
        Assert.Contains("/proc/notify-gateway", answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        await client.RefusalAsync();
    }
}
