using System.Text.Json;
using Notify.Bot.Commands;
using Notify.Bot.Telegram;

namespace Notify.Bot.Polling;

/// <summary>
/// Hands updates to the commands: those of one chat one after the other, those of different chats side by side, so that nobody
/// waits for somebody else's.
/// </summary>
public sealed partial class UpdateDispatcher(ChatCommands commands, UpdateInbox inbox, ILogger<UpdateDispatcher> log)
    : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ChatId, Task> _tails = [];
    private readonly CancellationTokenSource _stop = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waiting;

    internal void Enqueue(IReadOnlyList<ReceivedUpdate> updates)
    {
        // Taken here and handed on: updates that wait behind another look at it when its source may be gone.
        var stopping = _stop.Token;
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
                Done(received.Id);
                continue;
            }

            lock (_gate)
            {
                _waiting++;
                var key = new ChatId(chat.Value);
                var before = _tails.GetValueOrDefault(key, Task.CompletedTask);
                var tail = HandleAfterAsync(before, received.Id, update, stopping);
                _tails[key] = tail;
                _ = tail.ContinueWith(
                    _ =>
                    {
                        lock (_gate)
                        {
                            if (_tails.TryGetValue(key, out var last) && last == tail)
                            {
                                _tails.Remove(key);
                            }
                        }
                    },
                    CancellationToken.None,
                    TaskContinuationOptions.None,
                    TaskScheduler.Default
                );
            }
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
            running = [.. _tails.Values];
        }

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
    public void Dispose() => _stop.Dispose();

    private async Task HandleAfterAsync(Task before, long updateId, ApiUpdate update, CancellationToken stopping)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            stopping.ThrowIfCancellationRequested();
            await commands.HandleAsync(update, stopping);
            Done(updateId);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stays pending: the next start handles it.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever it is, it would come again at each try and hold up this chat for ever.
            LogNotHandled(log, e, updateId);
            Done(updateId);
        }
        finally
        {
            lock (_gate)
            {
                _waiting--;
                _changed.TrySetResult();
                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    private void Done(long updateId)
    {
        try
        {
            inbox.Done(updateId);
        }
        catch (IOException e)
        {
            LogNotNoted(log, updateId, e.Message);
        }
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
    private static partial void LogNotNoted(ILogger log, long updateId, string reason);

    [LoggerMessage(
        1013,
        LogLevel.Warning,
        "The bot stops with {Count} updates not handled; the next start handles them."
    )]
    private static partial void LogLeftForLater(ILogger log, int count);
}
