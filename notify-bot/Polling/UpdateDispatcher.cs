using System.Text.Json;
using Notify.Bot.Commands;
using Notify.Bot.Telegram;
using Notify.Hosting;
using Notify.Linking;

namespace Notify.Bot.Polling;

/// <summary>
/// Dispatches updates to the commands. Updates of one chat run in order; different chats run side by side, so no chat
/// waits for another.
/// </summary>
/// <remarks>
/// Thousands of unlinked chats may write at once, more than Telegram lets the bot answer in minutes. So few of them are served at a time, and
/// the others wait in memory. Chats of linked users never wait for them.
/// </remarks>
public sealed partial class UpdateDispatcher(
    ChatCommands commands,
    UpdateInbox inbox,
    ILinkStore links,
    TimeProvider time,
    ILogger<UpdateDispatcher> log
) : IHostedService, IDisposable
{
    /// <summary>Most updates of unlinked chats at work at a time, more than Telegram takes answers in a second (30).</summary>
    public const int StrangersAtWork = 32;

    /// <summary>
    /// Most updates of unlinked chats that the inbox keeps over a restart. More stay in memory alone, because each change writes the whole inbox. After a
    /// restart these people have to write again.
    /// </summary>
    public const int StrangersKept = 100;

    /// <summary>Most characters (UTF-16) of waiting updates of unlinked chats; more are skipped. Some 10,000 <c>/start</c>, answered in six minutes.</summary>
    public const int MaxStrangerBytes = 4_000_000;

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
        // Taken here, because waiting updates look at it when its source may be gone.
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
                // An unknown kind: skipped.
                done.Add(received.Id);
                continue;
            }

            var key = new ChatId(chat.Value);
            var length = IsUnlinked(key) ? received.Json.Length : 0;
            lock (_gate)
            {
                var tail = _tails.GetValueOrDefault(key) ?? new Tail();
                if (
                    length > 0
                    && (
                        tail.Count >= UnlinkedChatLimiter.AnswersPerMinute
                        || length > MaxStrangerBytes - _lengthOfStrangers
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

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Lets what is being handled come to its end until <paramref name="cancellationToken"/>; the rest stays in the inbox for the next start.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Task[] running;
        lock (_gate)
        {
            running = [.. _tails.Values.Select(tail => tail.Last)];
        }

        await _beginNoMore.CancelAsync();

        try
        {
            await Task.WhenAll(running).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            LogLeftForLater(log, inbox.Pending.Count);
        }

        await _stop.CancelAsync();

        // Cancelled work ends at once. Nothing may use this object afterwards.
        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _stop.Dispose();
        _beginNoMore.Dispose();
        _strangersAtWork.Dispose();
    }

    private bool IsUnlinked(ChatId chat)
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
        if (work.IsUnlinked)
        {
            _strangers += by;
            _lengthOfStrangers += by * work.UnlinkedLength;
        }
        else
        {
            _waiting += by;
        }
    }

    /// <param name="before">The chat's earlier update.</param>
    /// <param name="work">The work.</param>
    /// <param name="stopping">The bot ends.</param>
    private async Task HandleAfterAsync(Task before, Work work, CancellationToken stopping)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        var isAtWork = false;
        try
        {
            if (work.IsUnlinked)
            {
                await _strangersAtWork.WaitAsync(_beginNoMore.Token);
                isAtWork = true;
            }

            stopping.ThrowIfCancellationRequested();
            await commands.HandleAsync(work.Update, stopping);
            Done(work);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested || (work.IsUnlinked && !isAtWork))
        {
            // It stays pending: the next start handles it.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Any failure would repeat at each try and block this chat for ever.
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

    /// <summary>A chat's unhandled updates.</summary>
    private sealed class Tail
    {
        public int Count { get; set; }

        public Task Last { get; set; } = Task.CompletedTask;
    }

    /// <param name="Id">The update's number.</param>
    /// <param name="Update">The update.</param>
    /// <param name="Chat">Its chat.</param>
    /// <param name="Tail">The chat's updates.</param>
    /// <param name="UnlinkedLength">The update's length in UTF-16 units if the chat is unlinked, else 0.</param>
    /// <param name="IsNoted">Whether the inbox counts it as handled.</param>
    private sealed record Work(long Id, ApiUpdate Update, ChatId Chat, Tail Tail, int UnlinkedLength, bool IsNoted)
    {
        public bool IsUnlinked => UnlinkedLength > 0;
    }

    [LoggerMessage(
        1010,
        LogLevel.Warning,
        "Update {UpdateId} does not have the shape that the Bot API describes; skipped: {Reason}"
    )]
    private static partial void LogOddUpdate(ILogger log, long updateId, string reason);

    [LoggerMessage(1011, LogLevel.Error, "The bot can't handle update {UpdateId} and gives it up.")]
    private static partial void LogNotHandled(ILogger log, Exception e, long updateId);

    [LoggerMessage(
        1012,
        LogLevel.Error,
        "The bot can't store that update {UpdateId} is handled. After a restart it may answer again: {Reason}"
    )]
    private static partial void LogNotNoted(ILogger log, string updateId, string reason);

    [LoggerMessage(
        1013,
        LogLevel.Warning,
        "The bot stops with {Count} unhandled updates; the next start handles them."
    )]
    private static partial void LogLeftForLater(ILogger log, int count);

    [LoggerMessage(
        1014,
        LogLevel.Warning,
        "Unlinked chats send more than the bot can answer, so it skipped a message. Linked chats are not affected.{Others}"
    )]
    private static partial void LogPassedOver(ILogger log, string others);
}
