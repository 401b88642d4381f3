namespace Notify.Dispatching;

/// <summary>The gateway's own numbers in close frames, from those that RFC 6455 (section 7.4.2) leaves to applications.</summary>
public static class GatewayClose
{
    /// <summary>The token is good, but its user has as many connections as one may have: the same token works when one of them has ended. After HTTP's 429.</summary>
    public const int TooManyConnections = 4429;
}
