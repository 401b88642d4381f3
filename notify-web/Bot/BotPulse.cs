using Notify.Sending;

namespace Notify.Web.Bot;

/// <summary>Checks whether the bot answers. All callers share one check a second, because they need no login.</summary>
internal sealed class BotPulse(BotClient bot, TimeProvider time)
{
    /// <summary>How long an answer counts.</summary>
    internal static readonly TimeSpan Keep = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private Task<bool>? _look;
    private long _endedAt;

    /// <summary>The last answer if it is younger than a second, else that of a new check. Callers meanwhile wait for the same check.</summary>
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

    /// <summary>It belongs to no caller: one that leaves must not end it for the others.</summary>
    private async Task<bool> LookAsync()
    {
        using var limit = new CancellationTokenSource(Timeout, time);
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
