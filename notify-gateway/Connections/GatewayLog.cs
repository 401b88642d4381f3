using Notify.Hosting;

namespace Notify.Gateway.Connections;

/// <summary>The log about clients. Lines that outsiders can cause are written once a minute, with a count.</summary>
internal sealed partial class GatewayLog(ILogger log, TimeProvider time)
{
    private readonly LogThrottle _strangers = new(time, atOnce: 1);

    /// <summary>A connection ended.</summary>
    internal void Ended(CloseReason reason, UserName? user, Place place, string? why)
    {
        switch (reason)
        {
            case CloseReason.ClientLeft or CloseReason.TokenEnded or CloseReason.GatewayStops:
                break;
            case CloseReason.TokenRevoked:
                LogRevoked(log, user?.Value);
                break;
            case var _ when user is not null:
                LogEnded(log, user.Value, place, reason.Sentence());
                break;
            case var _ when _strangers.Next() is { } others:
                LogStranger(log, place, why ?? reason.Sentence(), others);
                break;
            default:
                break;
        }
    }

    [LoggerMessage(3101, LogLevel.Information, "A client from {Address} was refused: {Why}{Others}")]
    private static partial void LogStranger(ILogger log, Place address, string why, string others);

    [LoggerMessage(3102, LogLevel.Warning, "A connection of {User} from {Address} ended: {Why}")]
    private static partial void LogEnded(ILogger log, string user, Place address, string why);

    [LoggerMessage(3103, LogLevel.Information, "A connection of {User} ended, because its token was revoked.")]
    private static partial void LogRevoked(ILogger log, string? user);
}
