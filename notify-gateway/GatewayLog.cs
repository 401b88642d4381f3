using Notify.Gateway.Connections;

namespace Notify.Gateway;

/// <summary>What operators read about clients. What strangers can cause without end is said once a minute, with a count.</summary>
internal sealed partial class GatewayLog(ILogger log, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long? _said;
    private int _unsaid;

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
            default:
                SayOfStrangers(place, why ?? reason.Sentence());
                break;
        }
    }

    private void SayOfStrangers(Place place, string why)
    {
        int others;
        lock (_gate)
        {
            if (_said is { } said && time.GetElapsedTime(said) < Pause)
            {
                _unsaid++;
                return;
            }

            (others, _unsaid, _said) = (_unsaid, 0, time.GetTimestamp());
        }

        LogStranger(log, place, why, others);
    }

    [LoggerMessage(
        3101,
        LogLevel.Information,
        "A client from {Address} was not let in: {Why} ({Others} others since the last such line)"
    )]
    private static partial void LogStranger(ILogger log, Place address, string why, int others);

    [LoggerMessage(3102, LogLevel.Warning, "A connection of {User} from {Address} was ended: {Why}")]
    private static partial void LogEnded(ILogger log, string user, Place address, string why);

    [LoggerMessage(3103, LogLevel.Information, "A connection of {User} was ended, as its token was revoked.")]
    private static partial void LogRevoked(ILogger log, string? user);
}
