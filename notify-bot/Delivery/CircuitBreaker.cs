using Notify.Bot.Polling;
using Notify.Bot.Telegram;

namespace Notify.Bot.Delivery;

/// <summary>Whether Telegram is away. While it is, it asks whether it is back: at once and then with growing pauses, one question for all chats.</summary>
/// <param name="api">What is asked.</param>
/// <param name="time">For the pauses.</param>
/// <param name="gate">The scheduler's lock; all members but the asking are called under it.</param>
/// <param name="look">Makes the scheduler look what can be begun now.</param>
/// <param name="log">Where an outage's begin and end are said.</param>
/// <param name="stopping">Ends the asking.</param>
internal sealed partial class CircuitBreaker(
    BotApi api,
    TimeProvider time,
    Lock gate,
    Action look,
    ILogger log,
    CancellationToken stopping
)
{
    /// <summary>FairQueue that fail one after the other, without a success in between, make it an outage although <c>getMe</c> is answered.</summary>
    private const int ManyLanes = 3;

    private readonly HashSet<UserQueue> _failing = [];
    private readonly Backoff _pauses = NewBackoff();
    private bool _said;

    /// <summary>Whether Telegram is asked at the moment; nothing begins until it has answered.</summary>
    public bool IsOn { get; private set; }

    /// <summary>Whether one message at a time is tried, until one is taken: after an outage.</summary>
    public bool OneAtATime { get; private set; }

    /// <summary>The pauses after failures, of Telegram and of a queue alike.</summary>
    public static Backoff NewBackoff() => new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    /// <summary>A message was taken.</summary>
    public void Succeeded()
    {
        _failing.Clear();
        OneAtATime = false;
        _pauses.Reset();
        if (_said)
        {
            _said = false;
            LogOver(log);
        }
    }

    /// <summary>A queue's message failed, and it may be Telegram's fault.</summary>
    public void Failed(UserQueue queue, BotApiFailure failure)
    {
        _failing.Add(queue);
        if (!IsOn)
        {
            IsOn = true;
            _ = AskAsync(failure, isAlone: _failing.Count < ManyLanes && !OneAtATime);
        }
    }

    private async Task AskAsync(BotApiFailure failure, bool isAlone)
    {
        try
        {
            if (!isAlone || !await AnswersAsync())
            {
                lock (gate)
                {
                    OneAtATime = true;
                    if (!_said)
                    {
                        _said = true;
                        LogOutage(log, failure.Description);
                    }
                }

                do
                {
                    await Task.Delay(_pauses.Next(), time, stopping);
                    look();
                } while (!await AnswersAsync());
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }

        lock (gate)
        {
            IsOn = false;
        }

        look();
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await api.GetMeAsync(stopping);
            return true;
        }
        catch (BotApiException)
        {
            return false;
        }
    }

    [LoggerMessage(
        1506,
        LogLevel.Warning,
        "Telegram takes nothing at the moment ({Reason}); what is accepted is kept and delivered when it does."
    )]
    private static partial void LogOutage(ILogger log, string reason);

    [LoggerMessage(1507, LogLevel.Information, "Telegram takes messages again.")]
    private static partial void LogOver(ILogger log);
}
