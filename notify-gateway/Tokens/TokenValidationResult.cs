namespace Notify.Gateway.Tokens;

/// <summary>What the gateway thinks of a token.</summary>
public abstract record TokenValidationResult
{
    private TokenValidationResult() { }

    /// <summary>It is good.</summary>
    /// <param name="User">Whose it is (<c>sub</c>).</param>
    /// <param name="Id">By which it can be revoked (<c>jti</c>); null where it has none.</param>
    /// <param name="Until">When it ends (<c>exp</c>).</param>
    public sealed record Accepted(UserName User, string? Id, DateTimeOffset Until) : TokenValidationResult;

    /// <summary>It is not.</summary>
    /// <param name="Why">A sentence for the client.</param>
    public sealed record Refused(string Why) : TokenValidationResult;
}
