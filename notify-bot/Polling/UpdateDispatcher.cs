using System.Text.Json;
using Notify.Bot.Commands;
using Notify.Bot.Telegram;
using Notify.Hosting;
using Notify.Linking;

namespace Notify.Bot.Polling;

/// <summary>
/// Hands updates to the commands: those of one chat one after the other, those of different chats side by side, so that nobody
/// waits for somebody else's.
/// </summary>
/// <remarks>
/// Anybody on Telegram is a stranger, and thousands may write at once, more than Telegram lets the bot answer in minutes. So few strangers are served at one moment, and
/// the others wait in memory, beside the chats of linked users and never before them.
/// </remarks>
public sealed partial class UpdateDispatcher(
    ChatCommands commands,
    UpdateInbox inbox,
    ILinkStore links,
    TimeProvider time,
    ILogger<UpdateDispatcher> log
) : IDisposable
{
    /// <summary>Strangers' updates that are handled at one moment: more than Telegram takes answers in a second (30).</summary>
    public const int StrangersAtWork = 32;

    /// <summary>
    /// Strangers' updates that the inbox keeps over a restart. Those of a flood beyond it are in memory alone, since the inbox is written whole at each change; after a
    /// restart these people write again.
    /// </summary>
    public const int StrangersKept = 100;

    /// <summary>Characters (UTF-16) of strangers' updates that wait; beyond it they are passed over. Some 10,000 <c>/start</c>, which are answered in six minutes.</summary>
    public const int MostOfStrangers = 4_000_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<ChatId, Tail> _tails = [];
    private readonly SemaphoreSlim _strangersAtWork = new(StrangersAtWork);
    private readonly CancellationTokenSource _beginNoMore = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly LogThrottle _throttle = new(time, atOnce: 1);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waiting;
    private int _strangers;
    private int _lengthOfStrangers;

    internal void Enqueue(IReadOnlyList<ReceivedUpdate> updates)
    {
        // Taken here and handed on: updates that wait behind another look at it when its source may be gone.
        var stopping = _stop.Token;
        var done = new List<long>();
        foreach (var received in updates)
        {
            ApiUpdate? update = null;
            try
            {
                update = JsonSerializer.Deserialize(received.Json, BotApiJson.Default.ApiUpdate);
            }
            catch (JsonException e)
            {
                LogOddUpdate(log, received.Id, e.Message);
            }

            var chat =
                update?.Message?.Chat.Id
                ?? update?.CallbackQuery?.Message?.Chat.Id
                ?? update?.CallbackQuery?.From.Id
                ?? update?.MyChatMember?.Chat.Id;
            if (update is null || chat is null)
            {
                // Of a kind this bot does not know: passed over.
                done.Add(received.Id);
                continue;
            }

            var key = new ChatId(chat.Value);
            var length = IsStranger(key) ? received.Json.Length : 0;
            lock (_gate)
            {
                var tail = _tails.GetValueOrDefault(key) ?? new Tail();
                if (
                    length > 0
                    && (
                        tail.Count >= UnlinkedChatLimiter.AnswersPerMinute
                        || length > MostOfStrangers - _lengthOfStrangers
                    )
                )
                {
                    done.Add(received.Id);
                    LogPassedOver();
                    continue;
                }

                var work = new Work(
                    received.Id,
                    update,
                    key,
                    tail,
                    length,
                    IsNoted: length > 0 && _strangers >= StrangersKept
                );
                if (work.IsNoted)
                {
                    done.Add(received.Id);
                }

                Count(work, 1);
                _tails[key] = tail;
                tail.Last = HandleAfterAsync(tail.Last, work, stopping);
            }
        }

        if (done.Count > 0)
        {
            Done(done);
        }
    }

    internal async Task WaitForRoomAsync(int most, CancellationToken cancellation)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_waiting < most)
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellation);
        }
    }

    /// <summary>Lets what is being handled come to its end until <paramref name="patience"/> is over; the rest stays in the inbox for the next start.</summary>
    internal async Task StopAsync(CancellationToken patience)
    {
        Task[] running;
        lock (_gate)
        {
            running = [.. _tails.Values.Select(tail => tail.Last)];
        }

        await _beginNoMore.CancelAsync();

        try
        {
            await Task.WhenAll(running).WaitAsync(patience);
        }
        catch (OperationCanceledException)
        {
            LogLeftForLater(log, inbox.Pending.Count);
        }

        await _stop.CancelAsync();

        // What is cancelled now ends at once; nothing may look at this object afterwards.
        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _stop.Dispose();
        _beginNoMore.Dispose();
        _strangersAtWork.Dispose();
    }

    private bool IsStranger(ChatId chat)
    {
        try
        {
            return links.Stored(chat) is null;
        }
        catch (StateUnreadableException)
        {
            return false;
        }
    }

    private void Count(Work work, int by)
    {
        work.Tail.Count += by;
        if (work.IsStranger)
        {
            _strangers += by;
            _lengthOfStrangers += by * work.LengthOfStranger;
        }
        else
        {
            _waiting += by;
        }
    }

    /// <param name="before">The chat's update before this one.</param>
    /// <param name="work">What is to be done.</param>
    /// <param name="stopping">The bot ends.</param>
    private async Task HandleAfterAsync(Task before, Work work, CancellationToken stopping)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        var isAtWork = false;
        try
        {
            if (work.IsStranger)
            {
                await _strangersAtWork.WaitAsync(_beginNoMore.Token);
                isAtWork = true;
            }

            stopping.ThrowIfCancellationRequested();
            await commands.HandleAsync(work.Update, stopping);
            Done(work);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested || (work.IsStranger && !isAtWork))
        {
            // Stays pending: the next start handles it.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever it is, it would come again at each try and hold up this chat for ever.
            LogNotHandled(log, e, work.Id);
            Done(work);
        }
        finally
        {
            if (isAtWork)
            {
                _strangersAtWork.Release();
            }

            lock (_gate)
            {
                Count(work, -1);
                if (work.Tail.Count == 0)
                {
                    _tails.Remove(work.Chat);
                }

                _changed.TrySetResult();
                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    private void Done(Work work)
    {
        if (!work.IsNoted)
        {
            Done([work.Id]);
        }
    }

    private void Done(IReadOnlyList<long> updateIds)
    {
        try
        {
            inbox.Done(updateIds);
        }
        catch (IOException e)
        {
            LogNotNoted(log, string.Join(", ", updateIds), e.Message);
        }
    }

    private void LogPassedOver()
    {
        if (_throttle.Next() is { } others)
        {
            LogPassedOver(log, others);
        }
    }

    /// <summary>A chat's updates that are not handled yet.</summary>
    private sealed class Tail
    {
        public int Count { get; set; }

        public Task Last { get; set; } = Task.CompletedTask;
    }

    /// <param name="Id">The update's number.</param>
    /// <param name="Update">The update.</param>
    /// <param name="Chat">Its chat.</param>
    /// <param name="Tail">The chat's updates.</param>
    /// <param name="LengthOfStranger">How long the update was, in UTF-16 units, where it is a stranger's; else 0.</param>
    /// <param name="IsNoted">Whether the inbox knows it as handled.</param>
    private sealed record Work(long Id, ApiUpdate Update, ChatId Chat, Tail Tail, int LengthOfStranger, bool IsNoted)
    {
        public bool IsStranger => LengthOfStranger > 0;
    }

    [LoggerMessage(
        1010,
        LogLevel.Warning,
        "Update {UpdateId} is not of the shape that the Bot API describes; passed over: {Reason}"
    )]
    private static partial void LogOddUpdate(ILogger log, long updateId, string reason);

    [LoggerMessage(1011, LogLevel.Error, "Update {UpdateId} could not be handled and is given up.")]
    private static partial void LogNotHandled(ILogger log, Exception e, long updateId);

    [LoggerMessage(
        1012,
        LogLevel.Error,
        "That update {UpdateId} is handled can't be stored; after a restart it may be answered again: {Reason}"
    )]
    private static partial void LogNotNoted(ILogger log, string updateId, string reason);

    [LoggerMessage(
        1013,
        LogLevel.Warning,
        "The bot stops with {Count} updates not handled; the next start handles them."
    )]
    private static partial void LogLeftForLater(ILogger log, int count);

    [LoggerMessage(
        1014,
        LogLevel.Warning,
        "More unlinked chats write to the bot than it can answer, and it passed over a message. Linked chats are served all the same.{Others}"
    )]
    private static partial void LogPassedOver(ILogger log, string others);
}
