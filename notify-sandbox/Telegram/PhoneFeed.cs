using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Notify.Sandbox.Telegram;

/// <summary>Something that an open phone page should show.</summary>
/// <param name="Kind"><c>message</c>, <c>edit</c>, <c>delete</c>, <c>clear</c> or <c>chat</c>.</param>
/// <param name="ChatId">In which chat.</param>
/// <param name="MessageId">Which message, where it is about one.</param>
public sealed record PhoneEvent(string Kind, long ChatId, int? MessageId = null);

/// <summary>Hands events to all who watch. A watcher that does not keep up loses the oldest events and reads the chat anew.</summary>
internal sealed class PhoneFeed
{
    private const int MaxWaiting = 1_000;
    private readonly ConcurrentDictionary<Channel<PhoneEvent>, byte> _watchers = new();

    public void Publish(PhoneEvent happened)
    {
        foreach (var watcher in _watchers.Keys)
        {
            watcher.Writer.TryWrite(happened);
        }
    }

    public async IAsyncEnumerable<PhoneEvent> WatchAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var channel = Channel.CreateBounded<PhoneEvent>(
            new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }
        );
        _watchers.TryAdd(channel, 0);
        try
        {
            await foreach (var happened in channel.Reader.ReadAllAsync(cancellation))
            {
                yield return happened;
            }
        }
        finally
        {
            _watchers.TryRemove(channel, out _);
        }
    }
}
