using Notify.Gateway.Tokens;

namespace Notify.Gateway.Connections;

/// <summary>Lets a client in if its token is good and its user has room for one more connection.</summary>
internal sealed class ClientAuthenticator(
    TokenValidator tokens,
    RevokedTokens revoked,
    ConnectionRegistry registry,
    ConnectionLimiter limiter
)
{
    /// <summary>Opens the conversation, or ends it with the reason.</summary>
    internal async Task AuthenticateAsync(ClientConnection client, string token)
    {
        switch (await tokens.CheckAsync(token))
        {
            case TokenValidationResult.Refused refused:
                client.Refuse(refused.Why);
                break;
            case TokenValidationResult.Accepted accepted
                when !registry.TryAdd(accepted.User, client, () => client.TryOpen(accepted)):
                client.End(
                    CloseReason.TooManyConnections,
                    $"{accepted.User} has {ClientLimits.ConnectionsPerUser} connections, which is the limit. Close one. Connections without a network end within two minutes."
                );
                break;
            case TokenValidationResult.Accepted accepted:
                limiter.Introduce(client.Tracked);

                // A revocation after the check does not find a connection that was not in the registry yet.
                if (accepted.Id is not null && revoked.Contains(accepted.Id))
                {
                    client.End(CloseReason.TokenRevoked, TokenValidator.RevokedSentence);
                }

                break;
        }
    }
}
