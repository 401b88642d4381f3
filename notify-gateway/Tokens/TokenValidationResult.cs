namespace Notify.Gateway.Tokens;

/// <summary>The result of checking a token.</summary>
public abstract record TokenValidationResult
{
    private TokenValidationResult() { }

    /// <summary>The token is valid.</summary>
    /// <param name="User">Its user (<c>sub</c>).</param>
    /// <param name="Id">Its id for revoking (<c>jti</c>); null without one.</param>
    /// <param name="Until">Its expiry (<c>exp</c>).</param>
    public sealed record Accepted(UserName User, string? Id, DateTimeOffset Until) : TokenValidationResult;

    /// <summary>The token is not valid.</summary>
    /// <param name="Why">A sentence for the client.</param>
    public sealed record Refused(string Why) : TokenValidationResult;
}
