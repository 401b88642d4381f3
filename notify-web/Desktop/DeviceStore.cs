using Notify.Linking;

namespace Notify.Web.Desktop;

/// <summary>A device that has a token for the gateway.</summary>
/// <param name="Id">The token's id. The token itself is kept nowhere.</param>
/// <param name="User">Whose.</param>
/// <param name="Name">What its user calls it.</param>
/// <param name="CreatedAt">Since when.</param>
/// <param name="ExpiresAt">When its token ends by itself.</param>
/// <param name="RevokedAt">When it was taken back.</param>
/// <param name="Uid">The user's account; null in a file of an earlier version.</param>
/// <param name="IsTold">Whether the gateway knows that it was taken back.</param>
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

/// <summary>The devices, in <c>devices.json</c> of the state folder.</summary>
public sealed class DeviceStore(WebSettings settings, Accounts accounts, TimeProvider time) : IDisposable
{
    /// <summary>Devices of one user at the most.</summary>
    internal const int MostOfOneUser = 20;

    /// <summary>
    /// Tokens of one user at the most that have not ended by themselves. Each that is taken back is remembered here and at the gateway until then: without a bound, making and taking
    /// back would fill both.
    /// </summary>
    internal const int MostTokensOfOneUser = 100;

    /// <summary>The file.</summary>
    internal TokenFile<Device> File { get; } = new(Path.Combine(settings.StateFolder, "devices.json"), time);

    /// <summary>A user's devices, the newest first.</summary>
    /// <exception cref="IOException">They can't be read, or the name service fails.</exception>
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

    /// <summary>Adds one for a user's account, where there is room.</summary>
    /// <exception cref="IOException">It can't be stored, or the name service fails.</exception>
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
                    own.Count(other => other.RevokedAt is null) >= MostOfOneUser ? DeviceAddition.TooMany
                    : own.Length >= MostTokensOfOneUser ? DeviceAddition.TooManyTokens
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

    /// <summary>Takes one back; false where the user has none of that id.</summary>
    /// <exception cref="IOException">It can't be stored.</exception>
    internal Task<bool> RevokeAsync(UserName user, string id, CancellationToken cancellation) =>
        File.RevokeAsync(device => device.Id == id && device.User == user.Value, cancellation);

    /// <inheritdoc />
    public void Dispose() => File.Dispose();
}
