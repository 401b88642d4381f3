using Notify.Linking;

namespace Notify.Web.Login;

/// <summary>Decides who is an operator: a person's account in <c>NOTIFY_TRUSTED_GROUP</c>, as the group database says now. Asked at each request.</summary>
public sealed class Operators(WebSettings settings, TimeProvider time)
{
    private readonly Accounts _accounts = new(time, settings.TrustedGroup);

    /// <summary>Whether a user is one. Nobody is while the name service fails without an earlier answer.</summary>
    public bool Has(UserName user) => _accounts.Find(user) is { IsMember: true, IsPersons: true };
}
