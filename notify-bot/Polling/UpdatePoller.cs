using System.Text.Json;
using Notify.Bot.Telegram;

namespace Notify.Bot.Polling;

/// <summary>
/// Asks Telegram for updates, for ever: stores them, hands them on, and only then asks for the next, which confirms these.
/// Trouble is said once, when it begins and when it ends, and answered with growing pauses.
/// </summary>
public sealed partial class UpdatePoller(
    BotApi api,
    UpdateInbox inbox,
    UpdateDispatcher dispatcher,
    TelegramState state,
    TimeProvider time,
    ILogger<UpdatePoller> log
)
{
    /// <summary>How long Telegram holds a poll open when there is nothing (specification, section 6).</summary>
    public static readonly TimeSpan PollWait = TimeSpan.FromSeconds(30);

    /// <summary>How often trouble that lasts is said again.</summary>
    private static readonly TimeSpan SayAgain = TimeSpan.FromHours(1);

    /// <summary>How many updates may wait here; beyond it the rest waits at Telegram.</summary>
    private const int MostPending = 1000;

    /// <summary>Network trouble: the first tries come soon, since most of it is over soon; at the most one every 30 s.</summary>
    private readonly Backoff _network = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    /// <summary>A refused token or another poller: somebody has to do something, so trying often only annoys.</summary>
    private readonly Backoff _refusal = new(TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(1));

    private BotApiFailure? _trouble;
    private long _troubleSaid;

    /// <summary>Polls until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        dispatcher.Enqueue(inbox.Pending);
        var introduced = false;
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                if (!introduced)
                {
                    var me = await api.GetMeAsync(cancellation);
                    state.Knows(me.Username);
                    introduced = true;
                    LogIntroduced(log, me.Username ?? "?", me.Id);
                    await IntroduceCommandsAsync(cancellation);
                }

                await dispatcher.WaitForRoomAsync(MostPending, cancellation);

                // After trouble the first poll does not wait, so that health is right again at once.
                var wait = _trouble is null && state.Now.Condition == TelegramCondition.Ok ? PollWait : TimeSpan.Zero;
                var received = await api.GetUpdatesAsync(inbox.NextOffset, wait, cancellation);
                Good();
                var fresh = inbox.Accept([.. received.Select(Received).OfType<ReceivedUpdate>()]);
                dispatcher.Enqueue(fresh);
                if (received.Count > 0 && fresh.Count == 0)
                {
                    // The server sends again what it was told is done. A pause, or this would be a loop without one.
                    await Task.Delay(_network.Next(), time, cancellation);
                }
                else
                {
                    _network.Reset();
                    _refusal.Reset();
                }
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (BotApiException e)
            {
                var pause = Bad(e.Failure);
                await PauseAsync(pause, cancellation);
            }
            catch (IOException e)
            {
                // The inbox can't be stored (a full disk): nothing is confirmed, so Telegram keeps it all.
                LogInboxNotStored(log, e.Message);
                await PauseAsync(_network.Next(), cancellation);
            }
        }
    }

    private static ReceivedUpdate? Received(JsonElement update) =>
        update.ValueKind == JsonValueKind.Object
        && update.TryGetProperty("update_id", out var id)
        && id.TryGetInt64(out var number)
            ? new ReceivedUpdate(number, update.GetRawText())
            : null;

    private async Task IntroduceCommandsAsync(CancellationToken cancellation)
    {
        try
        {
            await api.SetMyCommandsAsync(
                [.. Commands.CommandList.All.Select(c => new ApiCommand(c.Name, c.Description))],
                cancellation
            );
        }
        catch (BotApiException e)
        {
            // Only the phone's menu is missing; the commands themselves work. The next start tries again.
            LogCommandsNotRegistered(log, e.Message);
        }
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(pause, time, cancellation);
        }
        catch (OperationCanceledException)
        {
            // The loop's condition ends it.
        }
    }

    private void Good()
    {
        state.Good(time.GetUtcNow());
        if (_trouble is not null)
        {
            LogTroubleOver(log);
            _trouble = null;
        }
    }

    private TimeSpan Bad(BotApiFailure failure)
    {
        var (condition, pause, advice) = failure switch
        {
            BotApiFailure.TokenRefused => (
                TelegramCondition.TokenRefused,
                _refusal.Next(),
                "Telegram refuses the bot's token. Put the right one into TELEGRAM_BOT_TOKEN and restart; until then nothing is sent or received."
            ),
            BotApiFailure.PolledElsewhere => (
                TelegramCondition.PolledElsewhere,
                _refusal.Next(),
                "Another process polls this bot with the same token. Stop it, or give it another bot; until then commands and buttons get no answer."
            ),
            BotApiFailure.FloodWait wait => (
                TelegramCondition.Unreachable,
                Later(wait.RetryAfter, _network.Next()),
                "Telegram makes the poll wait."
            ),
            BotApiFailure.Unreachable { ByProxy: true } => (
                TelegramCondition.Unreachable,
                _network.Next(),
                "The proxy does not let the bot through to Telegram. 'notify-bot doctor' says what to do; the bot goes on trying."
            ),
            _ => (
                TelegramCondition.Unreachable,
                _network.Next(),
                "Telegram can't be reached. Check the network, the DNS and TELEGRAM_API_URL; the bot goes on trying."
            ),
        };
        state.Bad(condition, failure.Description);
        if (!IsLike(_trouble, failure) || time.GetElapsedTime(_troubleSaid) > SayAgain)
        {
            LogTrouble(log, advice, failure.Description);
            _trouble = failure;
            _troubleSaid = time.GetTimestamp();
        }

        return pause;
    }

    private static bool IsLike(BotApiFailure? trouble, BotApiFailure failure) =>
        trouble?.GetType() == failure.GetType() && IsByProxy(trouble) == IsByProxy(failure);

    private static bool IsByProxy(BotApiFailure failure) => failure is BotApiFailure.Unreachable { ByProxy: true };

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;

    [LoggerMessage(1001, LogLevel.Information, "This is @{Username}, bot {BotId}; polling begins.")]
    private static partial void LogIntroduced(ILogger log, string username, long botId);

    [LoggerMessage(1002, LogLevel.Error, "{Advice} ({Description})")]
    private static partial void LogTrouble(ILogger log, string advice, string description);

    [LoggerMessage(1003, LogLevel.Information, "Telegram answers polls again.")]
    private static partial void LogTroubleOver(ILogger log);

    [LoggerMessage(
        1004,
        LogLevel.Error,
        "What Telegram sent can't be stored, so it stays there for now: {Reason} Make room on the disk of the data folder."
    )]
    private static partial void LogInboxNotStored(ILogger log, string reason);

    [LoggerMessage(
        1005,
        LogLevel.Warning,
        "The phone's menu of commands could not be registered: {Reason}. The commands work all the same."
    )]
    private static partial void LogCommandsNotRegistered(ILogger log, string reason);
}
