namespace Notify.Web.Login;

/// <summary>The provider's data about a person who logs in. Its signature is checked before it counts.</summary>
/// <param name="Email">The address, in lower case.</param>
/// <param name="EmailVerified">Whether the provider has verified the address.</param>
/// <param name="HostedDomain">The <c>hd</c> claim: the account's Google Workspace; null for a private account with any address.</param>
public sealed record GoogleAccount(string Email, bool EmailVerified, string? HostedDomain)
{
    /// <summary>The part after the <c>@</c>; empty without exactly one.</summary>
    public string Domain => Email.Split('@') is [_, var domain] ? domain : "";

    /// <summary>The part before the <c>@</c>; empty without exactly one.</summary>
    public string Name => Email.Split('@') is [var name, _] ? name : "";
}
