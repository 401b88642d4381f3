using Notify.Linking;

namespace Notify.Web.Desktop;

/// <summary>A device with a token for the gateway.</summary>
/// <param name="Id">The token's id. The token itself is not stored.</param>
/// <param name="User">Whose.</param>
/// <param name="Name">Its name, from its user.</param>
/// <param name="CreatedAt">Since when.</param>
/// <param name="ExpiresAt">When its token expires.</param>
/// <param name="RevokedAt">When it was revoked.</param>
/// <param name="Uid">The user's account; null in a file of an earlier version.</param>
/// <param name="IsTold">Whether the gateway knows that it is revoked.</param>
public sealed record Device(
    string Id,
    string User,
    string Name,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt,
    DateTimeOffset? RevokedAt = null,
    uint? Uid = null,
    bool IsTold = false
) : GivenToken(Id, User, ExpiresAt, RevokedAt, Uid, IsTold);

/// <summary>The result of adding a device.</summary>
internal enum DeviceAddition
{
    /// <summary>Added.</summary>
    Added,

    /// <summary>The user has the most devices allowed.</summary>
    TooMany,

    /// <summary>The user had the most tokens allowed within a token's life, including revoked ones.</summary>
    TooManyTokens,
}

/// <summary>The devices, in <c>devices.json</c> of the state folder.</summary>
public sealed class DeviceStore(WebSettings settings, Accounts accounts, TimeProvider time) : IDisposable
{
    /// <summary>Most devices of one user.</summary>
    internal const int MaxPerUser = 20;

    /// <summary>
    /// Most unexpired tokens of one user. Dashboard and gateway remember a revoked token until it expires, so creating and
    /// revoking without a bound would fill both.
    /// </summary>
    internal const int MaxTokensPerUser = 100;

    /// <summary>The file.</summary>
    internal TokenFile<Device> File { get; } = new(Path.Combine(settings.StateFolder, "devices.json"), time);

    /// <summary>A user's devices, the newest first.</summary>
    /// <exception cref="IOException">They are unreadable, or the name service fails.</exception>
    internal IReadOnlyList<Device> Of(UserName user)
    {
        var account = accounts.Of(user).Id;
        return
        [
            .. File.Read()
                .Where(device => device.RevokedAt is null && device.IsOf(user, account))
                .OrderByDescending(device => device.CreatedAt),
        ];
    }

    /// <summary>Adds a device for a user's account, if the limits allow.</summary>
    /// <exception cref="IOException">Storing or the name service failed.</exception>
    internal async Task<DeviceAddition> AddAsync(
        UserName user,
        GatewayToken token,
        string name,
        CancellationToken cancellation
    )
    {
        var account = accounts.Of(user).Id;
        var addition = DeviceAddition.Added;
        await File.ChangeAsync(
            devices =>
            {
                var own = devices.Where(other => other.IsOf(user, account)).ToArray();
                addition =
                    own.Count(other => other.RevokedAt is null) >= MaxPerUser ? DeviceAddition.TooMany
                    : own.Length >= MaxTokensPerUser ? DeviceAddition.TooManyTokens
                    : DeviceAddition.Added;
                if (addition != DeviceAddition.Added)
                {
                    return false;
                }

                devices.Add(
                    new Device(token.Id, user.Value, name, time.GetUtcNow(), token.ExpiresAt, Uid: account.Uid)
                );
                return true;
            },
            cancellation
        );
        return addition;
    }

    /// <summary>Revokes one; false if the user has none with that id.</summary>
    /// <exception cref="IOException">Storing failed.</exception>
    internal Task<bool> RevokeAsync(UserName user, string id, CancellationToken cancellation) =>
        File.RevokeAsync(device => device.Id == id && device.User == user.Value, cancellation);

    /// <inheritdoc />
    public void Dispose() => File.Dispose();
}
