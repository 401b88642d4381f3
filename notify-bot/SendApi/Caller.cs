namespace Notify.Bot.SendApi;

/// <summary>Who is at the other end of a connection, by the kernel's word. Whatever a request says about its sender does not count.</summary>
/// <param name="Uid">The user id it connected with.</param>
/// <param name="Name">Its account's name; null where the account is gone or has a name that no analyst has.</param>
/// <param name="IsTrusted">Whether it may act for anyone: root, the bot's own user, or a member of the trusted group.</param>
/// <param name="AccountName">Its account's name, whatever it is; null where the account is gone.</param>
/// <param name="IsLookedUp">False where the name service failed when it connected, so that its name is not known.</param>
public sealed record Caller(
    uint Uid,
    UserName? Name,
    bool IsTrusted,
    string? AccountName = null,
    bool IsLookedUp = true
)
{
    /// <summary>Its groups when it connected, the effective one included.</summary>
    public IReadOnlyCollection<uint> Groups { get; init; } = [];

    /// <summary>The user whom a request is about: the one it names, if the caller may act for that one, else the caller itself.</summary>
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
                $"You are {AccountName ?? $"user id {Uid}"}, so you can't act for {named}. Leave the field 'user' out, or ask the operator to add you to the group that may."
            );
    }

    private ApiException NoName() =>
        new(
            StatusCodes.Status403Forbidden,
            AccountName is null
                ? $"The user id {Uid} has no account on this machine; name the user in the field 'user', if you may send for others."
                : UserName.Refusal(AccountName)
        );

    private ApiException NotLookedUp() =>
        new(
            StatusCodes.Status503ServiceUnavailable,
            $"The account of the user id {Uid} can't be looked up at the moment: the name service fails (getent passwd {Uid}). Try again later.",
            TimeSpan.FromSeconds(30)
        );
}
