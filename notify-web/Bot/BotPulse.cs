using Notify.Sending;

namespace Notify.Web.Bot;

/// <summary>Whether the bot answers. Callers without a login share one look at it a second, however many they are.</summary>
internal sealed class BotPulse(BotClient bot, TimeProvider time)
{
    /// <summary>How long an answer counts.</summary>
    internal static readonly TimeSpan Keep = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private Task<bool>? _look;
    private long _endedAt;

    /// <summary>The answer of the last second, else of a new look; callers that come meanwhile wait for the same one.</summary>
    internal Task<bool> AnswersAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_look is not { } look || (look.IsCompleted && time.GetElapsedTime(_endedAt) >= Keep))
            {
                _look = look = LookAsync();
            }

            return look.WaitAsync(cancellation);
        }
    }

    /// <summary>No caller's own: one that leaves must not end it for the others.</summary>
    private async Task<bool> LookAsync()
    {
        using var limit = new CancellationTokenSource(Patience, time);
        try
        {
            await bot.HealthAsync(limit.Token);
            return true;
        }
        catch (Exception e) when (e is BotUnreachableException or BotRefusedException or OperationCanceledException)
        {
            return false;
        }
        finally
        {
            _endedAt = time.GetTimestamp();
        }
    }
}
