using Notify.Bot.Outbox;
using Notify.Bot.Telegram;

namespace Notify.Bot.Delivery;

/// <summary>The result of one attempt to send a message.</summary>
/// <param name="Parts">How many of its parts Telegram has taken: of an album its photos, of another message one.</param>
/// <param name="Failure">Why not all of it; null if there is nothing to act on.</param>
/// <param name="GoesSingly">Whether the rest of an album goes one by one.</param>
/// <param name="MayHaveArrived">Whether photos of a broken album may have arrived although none of them counts as taken. So each is sent once more only.</param>
internal sealed record SentParts(
    int Parts,
    BotApiFailure? Failure = null,
    bool GoesSingly = false,
    bool MayHaveArrived = false
)
{
    /// <summary>The message at Telegram that shows an incident, if this was it.</summary>
    internal ShownMessage? Shown { get; init; }
}
