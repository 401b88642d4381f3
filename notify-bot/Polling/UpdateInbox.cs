using System.Text.Json;
using System.Text.Json.Serialization;
using Notify.Files;
using Notify.Posix;

namespace Notify.Bot.Polling;

/// <summary>An update as Telegram sent it.</summary>
/// <param name="Id">Its number, ascending until Telegram starts again after a quiet week.</param>
/// <param name="Json">The whole update.</param>
public sealed record ReceivedUpdate(long Id, string Json);

/// <summary>
/// Stores received, unhandled updates on disk. Asking Telegram for the next updates confirms the earlier ones, which it then
/// forgets, so they are stored first. A restart continues with the pending updates and handles none twice.
/// </summary>
/// <remarks>
/// One small file, <c>private/poll_offset.json</c>, bound to the bot's id: another bot's numbers mean nothing. An unreadable
/// file counts as missing, because Telegram still has all unconfirmed updates. Thread-safe.
/// </remarks>
public sealed class UpdateInbox
{
    /// <summary>Most remembered numbers of handled updates, to detect repeats. Telegram sends at most 100 at once.</summary>
    public const int Remembered = 200;

    /// <summary>Largest readable file, in bytes: a thousand updates of the largest messages have far less.</summary>
    private const int MaxSize = 100_000_000;

    private readonly string _path;
    private readonly long _botId;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, ReceivedUpdate> _pending = [];
    private readonly Queue<long> _handled = [];

    /// <summary>Opens the inbox of one bot.</summary>
    /// <param name="path">The file.</param>
    /// <param name="botId">The bot whose updates it holds.</param>
    public UpdateInbox(string path, long botId)
    {
        _path = path;
        _botId = botId;
        if (Read(path) is not { } stored || stored.BotId != botId)
        {
            return;
        }

        NextOffset = stored.NextOffset;
        foreach (var update in stored.Pending ?? [])
        {
            _pending[update.Id] = update;
        }

        foreach (var id in stored.Handled ?? [])
        {
            _handled.Enqueue(id);
        }
    }

    /// <summary>The number to ask Telegram from; null before the first update.</summary>
    public long? NextOffset { get; private set; }

    /// <summary>Received, unhandled updates in Telegram's order.</summary>
    public IReadOnlyList<ReceivedUpdate> Pending
    {
        get
        {
            lock (_gate)
            {
                return [.. _pending.Values];
            }
        }
    }

    /// <summary>Stores what Telegram sent and returns the new updates. The offset follows their numbers, up or down.</summary>
    /// <exception cref="IOException">Storing failed; nothing may be confirmed or handled.</exception>
    public IReadOnlyList<ReceivedUpdate> Accept(IReadOnlyList<ReceivedUpdate> received)
    {
        ArgumentNullException.ThrowIfNull(received);
        lock (_gate)
        {
            if (received.Count == 0)
            {
                return [];
            }

            var fresh = received.Where(u => !_pending.ContainsKey(u.Id) && !_handled.Contains(u.Id)).ToArray();
            var before = NextOffset;
            NextOffset = received.Max(u => u.Id) + 1;
            foreach (var update in fresh)
            {
                _pending[update.Id] = update;
            }

            if (fresh.Length > 0 || NextOffset != before)
            {
                try
                {
                    Write();
                }
                catch
                {
                    NextOffset = before;
                    foreach (var update in fresh)
                    {
                        _pending.Remove(update.Id);
                    }

                    throw;
                }
            }

            return fresh;
        }
    }

    /// <summary>Marks updates as handled.</summary>
    /// <exception cref="IOException">Storing failed; after a restart the updates would be handled again.</exception>
    public void Done(params IReadOnlyList<long> updateIds)
    {
        ArgumentNullException.ThrowIfNull(updateIds);
        lock (_gate)
        {
            foreach (var id in updateIds)
            {
                _pending.Remove(id);
                _handled.Enqueue(id);
            }

            while (_handled.Count > Remembered)
            {
                _handled.Dequeue();
            }

            Write();
        }
    }

    private void Write() =>
        AtomicFile.Replace(
            _path,
            JsonSerializer.SerializeToUtf8Bytes(
                new StoredInbox(_botId, NextOffset, [.. _pending.Values], [.. _handled]),
                InboxJson.Default.StoredInbox
            ),
            FileModes.OwnerFile
        );

    private static StoredInbox? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(RegularFile.ReadAll(path, MaxSize), InboxJson.Default.StoredInbox);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }
}

internal sealed record StoredInbox(
    long BotId,
    long? NextOffset,
    IReadOnlyList<ReceivedUpdate>? Pending,
    IReadOnlyList<long>? Handled
);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredInbox))]
internal sealed partial class InboxJson : JsonSerializerContext;
