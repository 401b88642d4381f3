using Notify.Http;

namespace Notify.Bot.SendApi;

/// <summary>The caller of a connection, as the kernel names it. What a request says about its sender does not count.</summary>
/// <param name="Uid">Its user id when it connected.</param>
/// <param name="Name">Its account's name; null if the account is gone or its name can't be a user name.</param>
/// <param name="IsTrusted">Whether it may act for anyone: root, the bot's own user, or a member of the trusted group.</param>
/// <param name="AccountName">Its account's name of any form; null if the account is gone.</param>
/// <param name="IsLookedUp">False if the name service failed when it connected; then its name is unknown.</param>
public sealed record Caller(
    uint Uid,
    UserName? Name,
    bool IsTrusted,
    string? AccountName = null,
    bool IsLookedUp = true
)
{
    /// <summary>Its groups when it connected, including the effective one.</summary>
    public IReadOnlyCollection<uint> Groups { get; init; } = [];

    /// <summary>The user of a request: the named one, if the caller may act for them, else the caller.</summary>
    /// <exception cref="ApiException">403, or 400 for a name that can't be one.</exception>
    public UserName For(string? user)
    {
        if (user is null)
        {
            return Name ?? throw (IsLookedUp ? NoName() : NotLookedUp());
        }

        if (!UserName.TryParse(user, out var named))
        {
            throw new ApiException(
                StatusCodes.Status400BadRequest,
                $"Field 'user' is not a user name: {UserName.Shape}."
            );
        }

        return IsTrusted || named == Name ? named
            : !IsLookedUp ? throw NotLookedUp()
            : throw new ApiException(
                StatusCodes.Status403Forbidden,
                $"You are {AccountName ?? $"user id {Uid}"}, so you can't act for {named}. Leave the field 'user' out, or ask the admin to add you to the trusted group."
            );
    }

    private ApiException NoName() =>
        new(
            StatusCodes.Status403Forbidden,
            AccountName is null
                ? $"The user id {Uid} has no account on this machine. Name a user in the field 'user', if you may send for others."
                : UserName.Refusal(AccountName)
        );

    private ApiException NotLookedUp() =>
        new(
            StatusCodes.Status503ServiceUnavailable,
            $"The account of the user id {Uid} can't be looked up at the moment: the name service fails (getent passwd {Uid}). Try again later.",
            TimeSpan.FromSeconds(30)
        );
}
