using System.Buffers;
using System.Text.Json;

namespace Notify.Sandbox.Telegram;

/// <summary>An update that waits for the bot.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Json">The whole <c>Update</c> object.</param>
internal sealed record Update(int Id, byte[] Json);

/// <summary>Updates that the bot has not confirmed yet. Guarded by the world's gate.</summary>
internal sealed class UpdateQueue
{
    // Telegram forgets unconfirmed updates after 24 hours; here their number is bounded.
    private const int MaxKept = 10_000;

    // An offset further ahead than this belongs to an earlier numbering.
    private const int FurthestAhead = 10;

    private static readonly HashSet<string> OnlyOnRequest = new(StringComparer.Ordinal)
    {
        "chat_member",
        "message_reaction",
        "message_reaction_count",
    };

    private readonly List<Update> _pending = [];
    private HashSet<string>? _allowed;
    private TaskCompletionSource<bool>? _waiting;
    private int _nextId = 500_000_001;

    public int Count => _pending.Count;

    /// <summary>Says which kinds are made from now on; an empty list is all but those that must be asked for.</summary>
    public void Allow(IReadOnlyList<string> kinds) =>
        _allowed = kinds.Count == 0 ? null : kinds.ToHashSet(StringComparer.Ordinal);

    /// <summary>The number that the next update gets; lower than before is what happens after a quiet week.</summary>
    public void NumberFrom(int next) => _nextId = next;

    /// <summary>Adds an update; its number, or null where the bot did not ask for this kind.</summary>
    public int? Add(string kind, Action<Utf8JsonWriter> writeContent)
    {
        if (_allowed is null ? OnlyOnRequest.Contains(kind) : !_allowed.Contains(kind))
        {
            return null;
        }

        var id = _nextId++;
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("update_id", id);
            json.WritePropertyName(kind);
            writeContent(json);
            json.WriteEndObject();
        }

        Enqueue(new Update(id, buffer.WrittenSpan.ToArray()));
        return id;
    }

    /// <summary>Adds an update as it is; numbers go on behind it.</summary>
    public void AddRaw(Update update)
    {
        _nextId = update.Id + 1;
        Enqueue(update);
    }

    /// <summary>Forgets what an offset confirms, and gives what comes next.</summary>
    /// <param name="offset">Positive: the first update wanted, all before it are confirmed. Negative: counted from the end. 0: from the beginning.</param>
    /// <param name="limit">At most this many.</param>
    public IReadOnlyList<Update> Take(int offset, int limit)
    {
        if (offset < 0)
        {
            _pending.RemoveRange(0, Math.Max(0, _pending.Count + offset));
        }
        else if (offset > 0 && offset <= _nextId - 1 + FurthestAhead)
        {
            _pending.RemoveAll(u => u.Id < offset);
        }

        return _pending.Take(limit).ToList();
    }

    public void Clear() => _pending.Clear();

    /// <summary>Makes the caller the waiting poll. An earlier waiting poll gets the answer that another one came.</summary>
    /// <returns>Completes with true when an update is there, with false when another poll took the place.</returns>
    public TaskCompletionSource<bool> Wait()
    {
        EndWaiting();
        return _waiting = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Ends the poll that waits now, if one does: another one came.</summary>
    public void EndWaiting()
    {
        _waiting?.TrySetResult(false);
        _waiting = null;
    }

    public void StopWaiting(TaskCompletionSource<bool> waiting)
    {
        if (_waiting == waiting)
        {
            _waiting = null;
        }
    }

    private void Enqueue(Update update)
    {
        _pending.Add(update);
        if (_pending.Count > MaxKept)
        {
            _pending.RemoveAt(0);
        }

        _waiting?.TrySetResult(true);
        _waiting = null;
    }
}
