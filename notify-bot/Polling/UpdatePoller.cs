using System.Text.Json;
using Notify.Bot.Telegram;
using Notify.Contracts;
using Notify.Retry;

namespace Notify.Bot.Polling;

/// <summary>
/// Polls Telegram for updates. It stores and dispatches them before the next poll, which confirms them.
/// It logs a failure when it begins and when it ends, and retries with growing pauses.
/// </summary>
public sealed partial class UpdatePoller(
    BotApi api,
    UpdateInbox inbox,
    UpdateDispatcher dispatcher,
    TelegramStatus state,
    TimeProvider time,
    ILogger<UpdatePoller> log
) : BackgroundService
{
    /// <summary>How long Telegram holds a poll open when there is nothing.</summary>
    public static readonly TimeSpan PollWait = TimeSpan.FromSeconds(30);

    /// <summary>How often a lasting failure is logged again.</summary>
    private static readonly TimeSpan SayAgain = TimeSpan.FromHours(1);

    /// <summary>Most updates that may wait here; more wait at Telegram.</summary>
    private const int MaxPending = 1000;

    /// <summary>For network failures: the first retries come soon, because most failures are short. Later one every 30 s.</summary>
    private readonly Backoff _network = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    /// <summary>For a refused token or another poller: a person has to act, so frequent retries help nobody.</summary>
    private readonly Backoff _refusal = new(TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(1));

    private BotApiFailure? _trouble;
    private long _troubleSaid;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        dispatcher.Enqueue(inbox.Pending);
        var introduced = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (!introduced)
                {
                    var me = await api.GetMeAsync(stoppingToken);
                    state.Knows(me.Username);
                    introduced = true;
                    LogIntroduced(log, me.Username ?? "?", me.Id);
                    await IntroduceCommandsAsync(stoppingToken);
                }

                await dispatcher.WaitForRoomAsync(MaxPending, stoppingToken);

                // The first poll after a failure does not wait, so health is right at once.
                var wait = _trouble is null && state.Now.State == TelegramState.Ok ? PollWait : TimeSpan.Zero;
                var received = await api.GetUpdatesAsync(inbox.NextOffset, wait, stoppingToken);
                Good();
                var fresh = inbox.Accept([.. received.Select(Received).OfType<ReceivedUpdate>()]);
                dispatcher.Enqueue(fresh);
                if (received.Count > 0 && fresh.Count == 0)
                {
                    // The server repeats confirmed updates. Without a pause this would be a busy loop.
                    await Task.Delay(_network.Next(), time, stoppingToken);
                }
                else
                {
                    _network.Reset();
                    _refusal.Reset();
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (BotApiException e)
            {
                var pause = Bad(e.Failure);
                await PauseAsync(pause, stoppingToken);
            }
            catch (IOException e)
            {
                // The inbox can't be stored (a full disk). Nothing is confirmed, so Telegram keeps all.
                LogInboxNotStored(log, e.Message);
                await PauseAsync(_network.Next(), stoppingToken);
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
            // Only the phone's menu is missing; the commands work. The next start tries again.
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
                TelegramState.TokenRefused,
                _refusal.Next(),
                "Telegram refuses the bot's token. Put the right token into TELEGRAM_BOT_TOKEN and restart. Until then nothing is sent or received."
            ),
            BotApiFailure.PolledElsewhere => (
                TelegramState.PolledElsewhere,
                _refusal.Next(),
                "Another process polls this bot with the same token. Stop it, or give it another token. Until then commands and buttons get no answer."
            ),
            BotApiFailure.RateLimited wait => (
                TelegramState.Unreachable,
                Later(wait.RetryAfter, _network.Next()),
                "Telegram makes the poll wait."
            ),
            BotApiFailure.Unreachable { ByProxy: true } => (
                TelegramState.Unreachable,
                _network.Next(),
                "The proxy does not let the bot through to Telegram. 'notify-bot doctor' says what to do. The bot keeps trying."
            ),
            _ => (
                TelegramState.Unreachable,
                _network.Next(),
                "Telegram can't be reached. Check the network, the DNS and TELEGRAM_API_URL. The bot keeps trying."
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

    [LoggerMessage(1001, LogLevel.Information, "Polling as @{Username}, bot {BotId}.")]
    private static partial void LogIntroduced(ILogger log, string username, long botId);

    [LoggerMessage(1002, LogLevel.Error, "{Advice} ({Description})")]
    private static partial void LogTrouble(ILogger log, string advice, string description);

    [LoggerMessage(1003, LogLevel.Information, "Telegram answers polls again.")]
    private static partial void LogTroubleOver(ILogger log);

    [LoggerMessage(
        1004,
        LogLevel.Error,
        "The bot can't store updates, so Telegram keeps them: {Reason} Free some space on the data folder's disk."
    )]
    private static partial void LogInboxNotStored(ILogger log, string reason);

    [LoggerMessage(
        1005,
        LogLevel.Warning,
        "The phone's menu of commands could not be registered: {Reason}. The commands work without it."
    )]
    private static partial void LogCommandsNotRegistered(ILogger log, string reason);
}
