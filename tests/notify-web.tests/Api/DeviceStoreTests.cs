using Microsoft.Extensions.Time.Testing;
using Notify.Linking;
using Notify.Settings;
using Notify.Web;
using Notify.Web.Desktop;

namespace Notify.Tests.Api;

/// <summary>Devices are bounded for each user, those included that were taken back: dashboard and gateway remember each until its token's own end.</summary>
public sealed class DeviceStoreTests : IDisposable
{
    private static readonly UserName Alice = UserName.Parse("alice");

    private readonly string _folder = Directory.CreateTempSubdirectory("notify-devices-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly DeviceStore _devices;

    public DeviceStoreTests()
    {
        var environment = Testing.WebProcess.Settings(new Uri("http://127.0.0.1:9"), _folder);
        environment["NOTIFY_WEB_STATE_DIR"] = _folder;
        _devices = new DeviceStore(
            WebSettings.Read(new SettingsReader(name => environment.TryGetValue(name, out var value) ? value : null)),
            new Accounts(_time),
            _time
        );
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _devices.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Making_and_taking_back_comes_to_an_end_and_begins_again_when_the_tokens_end()
    {
        for (var i = 0; i < DeviceStore.MaxTokensPerUser; i++)
        {
            Assert.Equal(DeviceAddition.Added, await AddAsync($"token{i}"));
            Assert.True(await _devices.RevokeAsync(Alice, $"token{i}", Cancellation));
            await _devices.File.ToldAsync($"token{i}", Cancellation);
        }

        Assert.Equal(DeviceAddition.TooManyTokens, await AddAsync("one more"));
        Assert.Equal(DeviceAddition.Added, await AddAsync("bob's", "bob"));
        Assert.Empty(_devices.File.Revoked());
        Assert.Empty(_devices.Of(Alice));

        _time.Advance(TimeSpan.FromDays(30));
        Assert.Equal(DeviceAddition.Added, await AddAsync("later"));
    }

    [Fact]
    public async Task Devices_in_use_have_their_own_bound_and_a_revoked_one_makes_room()
    {
        for (var i = 0; i < DeviceStore.MaxPerUser; i++)
        {
            Assert.Equal(DeviceAddition.Added, await AddAsync($"token{i}"));
        }

        Assert.Equal(DeviceAddition.TooMany, await AddAsync("one more"));
        Assert.True(await _devices.RevokeAsync(Alice, "token0", Cancellation));
        Assert.Equal("token0", Assert.Single(_devices.File.Revoked()).Id);
        Assert.Equal(DeviceAddition.Added, await AddAsync("one more"));
    }

    private Task<DeviceAddition> AddAsync(string id, string user = "alice") =>
        _devices.AddAsync(
            UserName.Parse(user),
            new GatewayToken(id, "secret", _time.GetUtcNow() + TimeSpan.FromDays(30)),
            "laptop",
            Cancellation
        );
}
