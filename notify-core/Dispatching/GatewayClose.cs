namespace Notify.Dispatching;

/// <summary>The gateway's close codes, from the range for applications (RFC 6455, section 7.4.2).</summary>
public static class GatewayClose
{
    /// <summary>The token is valid, but its user has the most connections allowed. The same token works when one of them has ended. Named after HTTP's 429.</summary>
    public const int TooManyConnections = 4429;
}
