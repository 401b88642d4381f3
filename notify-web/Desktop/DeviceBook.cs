using System.Text.Json;
using Notify.Files;
using Notify.Web.Api;
using Notify.Web.Serving;

namespace Notify.Web.Desktop;

/// <summary>A device that has a token for the gateway.</summary>
/// <param name="Id">The token's id. The token itself is kept nowhere.</param>
/// <param name="User">Whose.</param>
/// <param name="Name">What its user calls it.</param>
/// <param name="CreatedAt">Since when.</param>
/// <param name="ExpiresAt">When its token ends by itself.</param>
/// <param name="RevokedAt">When it was taken back.</param>
/// <param name="IsTold">Whether the gateway knows that it was.</param>
public sealed record Device(string Id, string User, string Name, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? RevokedAt = null, bool IsTold = false);

/// <summary>Whether a device was added.</summary>
internal enum DeviceAddition
{
    /// <summary>It was.</summary>
    Added,

    /// <summary>The user has as many as there may be.</summary>
    TooMany,

    /// <summary>The user had as many tokens within the life of one as there may be, those that were taken back included.</summary>
    TooManyTokens,
}

/// <summary>
/// The devices, in <c>devices.json</c> of the state folder. Another process on the same folder sees a change at once, and none is lost between the two.
/// </summary>
public sealed class DeviceBook(WebSettings settings, TimeProvider time) : IDisposable
{
    /// <summary>Devices of one user at the most.</summary>
    internal const int MostOfOneUser = 20;

    /// <summary>
    /// Tokens of one user at the most that have not ended by themselves. Each that is taken back is remembered here and at the gateway until then: without a bound, making and taking
    /// back would fill both.
    /// </summary>
    internal const int MostTokensOfOneUser = 100;

    private readonly string _path = Path.Combine(settings.StateFolder, "devices.json");
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>A user's devices, the newest first.</summary>
    /// <exception cref="IOException">They can't be read.</exception>
    internal IReadOnlyList<Device> Of(UserName user) =>
        [.. Read().Where(device => device.User == user.Value && device.RevokedAt is null).OrderByDescending(device => device.CreatedAt)];

    /// <summary>Those that were taken back and of which the gateway does not know yet.</summary>
    /// <exception cref="IOException">They can't be read.</exception>
    internal IReadOnlyList<Device> Revoked() => [.. Read().Where(device => device is { RevokedAt: not null, IsTold: false })];

    /// <summary>Adds one, where there is room.</summary>
    /// <exception cref="IOException">It can't be stored.</exception>
    internal async Task<DeviceAddition> AddAsync(Device device, CancellationToken cancellation)
    {
        var addition = DeviceAddition.Added;
        await ChangeAsync(
            devices =>
            {
                var own = devices.Where(other => other.User == device.User).ToArray();
                addition = own.Count(other => other.RevokedAt is null) >= MostOfOneUser ? DeviceAddition.TooMany
                    : own.Length >= MostTokensOfOneUser ? DeviceAddition.TooManyTokens
                    : DeviceAddition.Added;
                if (addition != DeviceAddition.Added)
                {
                    return false;
                }

                devices.Add(device);
                return true;
            },
            cancellation);
        return addition;
    }

    /// <summary>Takes one back; false where the user has none of that id.</summary>
    /// <exception cref="IOException">It can't be stored.</exception>
    internal Task<bool> RevokeAsync(UserName user, string id, CancellationToken cancellation) => ChangeAsync(
        devices =>
        {
            var place = devices.FindIndex(device => device.Id == id && device.User == user.Value && device.RevokedAt is null);
            if (place < 0)
            {
                return false;
            }

            devices[place] = devices[place] with { RevokedAt = time.GetUtcNow() };
            return true;
        },
        cancellation);

    /// <summary>The gateway knows that it was taken back.</summary>
    /// <exception cref="IOException">It can't be stored.</exception>
    internal Task ToldAsync(string id, CancellationToken cancellation) => ChangeAsync(
        devices =>
        {
            var place = devices.FindIndex(device => device.Id == id);
            if (place < 0)
            {
                return false;
            }

            devices[place] = devices[place] with { IsTold = true };
            return true;
        },
        cancellation);

    /// <inheritdoc />
    public void Dispose() => _turn.Dispose();

    private async Task<bool> ChangeAsync(Func<List<Device>, bool> change, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            using var held = await StateFolder.LockAsync(_path, cancellation);
            var devices = Read();
            if (!change(devices))
            {
                return false;
            }

            AtomicFile.Replace(_path, JsonSerializer.SerializeToUtf8Bytes(devices, ApiJson.Options), UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return true;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>All whose tokens have not ended by themselves.</summary>
    private List<Device> Read()
    {
        byte[] content;
        try
        {
            content = File.ReadAllBytes(_path);
        }
        catch (FileNotFoundException)
        {
            return [];
        }

        try
        {
            var now = time.GetUtcNow();
            var devices = JsonSerializer.Deserialize<List<Device>>(content, ApiJson.Options) ?? throw new JsonException("it is null");
            devices.RemoveAll(device => device.ExpiresAt <= now);
            return devices;
        }
        catch (JsonException e)
        {
            // Never taken for empty: the next change would write over it, and devices would go on that nobody can take back any more.
            throw new IOException($"{_path} can't be read ({e.Message}). Mend it, or move it away: then the devices of all users are unknown here until their tokens end.", e);
        }
    }
}
