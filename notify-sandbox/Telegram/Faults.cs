using System.Text.Json.Serialization;

namespace Notify.Sandbox.Telegram;

/// <summary>The kinds of faults of a call.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FaultKind>))]
public enum FaultKind
{
    /// <summary>The call is answered with a status and body of the test's choice.</summary>
    [JsonStringEnumMemberName("answer")]
    Answer,

    /// <summary>The call is served as always, but only after a while.</summary>
    [JsonStringEnumMemberName("delay")]
    Delay,

    /// <summary>No answer ever comes; the connection stays open until the caller gives up.</summary>
    [JsonStringEnumMemberName("hang")]
    Hang,

    /// <summary>The connection is reset without an answer.</summary>
    [JsonStringEnumMemberName("drop")]
    Drop,

    /// <summary>Half of the answer arrives, then the connection is reset.</summary>
    [JsonStringEnumMemberName("cut")]
    Cut,
}

/// <summary>A fault that the sandbox plays on demand.</summary>
public sealed record Fault
{
    /// <summary>Its name for ending it early; given by the sandbox.</summary>
    public int Id { get; init; }

    /// <summary>What goes wrong.</summary>
    public required FaultKind Kind { get; init; }

    /// <summary>Only this method, without regard to case; null is every method.</summary>
    public string? Method { get; init; }

    /// <summary>Only calls with this <c>chat_id</c>; null is every chat and calls without one.</summary>
    public long? ChatId { get; init; }

    /// <summary>How many calls it hits; null is without limit.</summary>
    public int? Times { get; init; }

    /// <summary>For how many seconds from now; null is without limit. With neither limit it lasts until it is removed.</summary>
    public double? Seconds { get; init; }

    /// <summary>Whether the call takes effect (the message is in the chat) before it goes wrong. For answer, hang, drop and cut.</summary>
    /// <remarks>A cut answer is always that of a call that took effect.</remarks>
    public bool Taken { get; init; }

    /// <summary>The HTTP status of an answer, 100 to 599.</summary>
    public int Status { get; init; } = 500;

    /// <summary>For an answer: <c>parameters.retry_after</c>, in seconds.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>For an answer: <c>parameters.migrate_to_chat_id</c>.</summary>
    public long? MigrateToChatId { get; init; }

    /// <summary>For an answer: the <c>description</c>; null is Telegram's usual one for the status.</summary>
    public string? Description { get; init; }

    /// <summary>For an answer: the whole body instead, as it is, such as a proxy's HTML page.</summary>
    public string? Body { get; init; }

    /// <summary>The type of <see cref="Body"/>.</summary>
    public string ContentType { get; init; } = "text/html";

    /// <summary>For a delay: how many seconds, also before an answer of the test's choice.</summary>
    public double DelaySeconds { get; init; }

    /// <summary>For an answer to <c>sendMediaGroup</c>: the item, 1 to 10, that is not sent; null is the whole call.</summary>
    /// <remarks>
    /// The items before it arrive and stay. The answer is 400 and quotes the words, also where they are those of another status.
    /// An album with fewer items is not hit.
    /// </remarks>
    public int? Item { get; init; }

    /// <summary>How many calls it has hit.</summary>
    public int Hits { get; init; }

    /// <summary>The <c>description</c> of an answer.</summary>
    internal string Words() =>
        Description
        ?? Status switch
        {
            401 => "Unauthorized",
            403 => "Forbidden: bot was blocked by the user",
            404 => "Not Found",
            409 => "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
            413 => "Request Entity Too Large",
            429 => $"Too Many Requests: retry after {RetryAfter ?? 0}",
            500 => "Internal Server Error",
            502 => "Bad Gateway",
            _ => "Bad Request",
        };
}

/// <summary>The faults that are on. Safe to use from many threads.</summary>
internal sealed class FaultPlan(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<Planned> _planned = [];
    private int _next = 1;

    private sealed class Planned(Fault fault, long since)
    {
        public Fault Fault { get; set; } = fault;

        public long Since { get; } = since;
    }

    public Fault Add(Fault fault)
    {
        lock (_gate)
        {
            var named = fault with { Id = _next++, Hits = 0 };
            _planned.Add(new Planned(named, time.GetTimestamp()));
            return named;
        }
    }

    /// <summary>The fault for a call as a whole, counted as a hit; the oldest that fits comes first.</summary>
    public Fault? Next(string method, long? chatId) => Hit(fault => fault.Item is null && Fits(fault, method, chatId));

    /// <summary>The fault for one item of an album, counted as a hit; the oldest that fits comes first.</summary>
    public Fault? NextOfAlbum(string method, long chatId, int items) =>
        Hit(fault => fault.Item <= items && Fits(fault, method, chatId));

    private Fault? Hit(Func<Fault, bool> fits)
    {
        lock (_gate)
        {
            if (_planned.Count == 0)
            {
                return null;
            }

            foreach (var planned in _planned)
            {
                if (!IsOn(planned) || !fits(planned.Fault))
                {
                    continue;
                }

                planned.Fault = planned.Fault with { Hits = planned.Fault.Hits + 1 };
                return planned.Fault;
            }

            return null;
        }
    }

    /// <summary>All faults including used-up ones, so tests see their hits.</summary>
    public IReadOnlyList<Fault> All()
    {
        lock (_gate)
        {
            return [.. _planned.Select(p => p.Fault)];
        }
    }

    public bool Remove(int id)
    {
        lock (_gate)
        {
            return _planned.RemoveAll(p => p.Fault.Id == id) > 0;
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _planned.Clear();
        }
    }

    private bool IsOn(Planned planned) =>
        (planned.Fault.Times is not { } times || planned.Fault.Hits < times)
        && (planned.Fault.Seconds is not { } seconds || time.GetElapsedTime(planned.Since).TotalSeconds < seconds);

    private static bool Fits(Fault fault, string method, long? chatId) =>
        (fault.Method is null || fault.Method.Equals(method, StringComparison.OrdinalIgnoreCase))
        && (fault.ChatId is not { } chat || chat == chatId);
}
