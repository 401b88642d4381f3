namespace Notify.Web.Login;

/// <summary>What the provider says about who logs in; its signature is checked before anything of it counts.</summary>
/// <param name="Email">The address, in lower case.</param>
/// <param name="EmailVerified">Whether the provider knows that the address is theirs.</param>
/// <param name="HostedDomain">The <c>hd</c> claim: the Google Workspace that the account belongs to; null for a private account, whatever its address.</param>
public sealed record GoogleAccount(string Email, bool EmailVerified, string? HostedDomain)
{
    /// <summary>What stands after the <c>@</c>; empty where there is no single one.</summary>
    public string Domain => Email.Split('@') is [_, var domain] ? domain : "";

    /// <summary>What stands before the <c>@</c>; empty where there is no single one.</summary>
    public string Name => Email.Split('@') is [var name, _] ? name : "";
}
