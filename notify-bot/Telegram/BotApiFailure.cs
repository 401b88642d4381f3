using System.Net;

namespace Notify.Bot.Telegram;

/// <summary>Why a call to the Bot API did not do what it should, sorted by what has to be done about it.</summary>
/// <param name="Description">Telegram's own words, or the network's.</param>
public abstract record BotApiFailure(string Description)
{
    /// <summary>This message will never be taken: asking again is useless.</summary>
    public record Refused(string Description) : BotApiFailure(Description);

    /// <summary>The chat takes no message of the bot's, however it looks: a closed topic, a right that is missing.</summary>
    public sealed record ChatRefused(string Description) : Refused(Description);

    /// <summary>The formatting could not be read, or makes the words too long; the same words go through plain.</summary>
    public sealed record FormattingRefused(string Description) : Refused(Description);

    /// <summary>The chat takes nothing any more, until its person does something. <paramref name="Reason"/> is one word or two for the link.</summary>
    public sealed record ChatGone(string Description, string Reason) : BotApiFailure(Description);

    /// <summary>The group became a supergroup and has a new id.</summary>
    public sealed record Migrated(string Description, ChatId NewChat) : BotApiFailure(Description);

    /// <summary>Too many requests: nothing before the pause is over.</summary>
    public sealed record FloodWait(string Description, TimeSpan RetryAfter) : BotApiFailure(Description);

    /// <summary>The token is not (or no longer) a bot's.</summary>
    public sealed record TokenRefused(string Description) : BotApiFailure(Description);

    /// <summary>Another process polls with this token, or a webhook is set.</summary>
    public sealed record PolledElsewhere(string Description) : BotApiFailure(Description);

    /// <summary>The network or the server failed. Try again with growing pauses.</summary>
    /// <param name="Description">What failed.</param>
    /// <param name="OutcomeUnknown">Whether the request may have been carried out all the same: it went out, and no answer came back.</param>
    /// <param name="ByProxy">Whether the proxy that the bot goes through failed or refused, before Telegram had anything of the request.</param>
    public sealed record Unreachable(string Description, bool OutcomeUnknown, bool ByProxy = false)
        : BotApiFailure(Description);

    /// <summary>Sorts an error answer of the Bot API.</summary>
    /// <remarks>
    /// The API has no stable error names: what tells errors apart is the code, the optional <c>parameters</c>, and the description
    /// (https://core.telegram.org/bots/api#making-requests). Descriptions that are not known count as a refusal of this one message
    /// only; they must not cost anybody a link.
    /// </remarks>
    internal static BotApiFailure From(int code, string description, ResponseParameters? parameters)
    {
        if (parameters?.MigrateToChatId is { } newChat)
        {
            return new Migrated(description, new ChatId(newChat));
        }

        return code switch
        {
            (int)HttpStatusCode.TooManyRequests => new FloodWait(
                description,
                TimeSpan.FromSeconds(Math.Max(1, parameters?.RetryAfter ?? 5))
            ),
            (int)HttpStatusCode.Unauthorized or (int)HttpStatusCode.NotFound => new TokenRefused(description),
            (int)HttpStatusCode.Conflict => new PolledElsewhere(description),
            (int)HttpStatusCode.Forbidden when GoneReason(description) is { } reason => new ChatGone(
                description,
                reason
            ),
            >= 500 => new Unreachable(description, OutcomeUnknown: false),
            _ when Has("chat not found") || Has("PEER_ID_INVALID") => new ChatGone(description, "chat not found"),
            _ when Has("TOPIC_CLOSED")
                    || Has("TOPIC_DELETED")
                    || Has("no rights to send a message")
                    || Has("not enough rights to send text")
                    || Has("CHAT_WRITE_FORBIDDEN") => new ChatRefused(description),
            _ when Has("can't parse entities")
                    || Has("can't parse message text")
                    || Has("can't parse caption")
                    || Has("MessageEntity")
                    || Has("ENTITY_")
                    || Has("ENTITIES_")
                    || Has("too long")
                    || Has("TOO_LONG") => new FormattingRefused(description),
            _ => new Refused(description),
        };

        bool Has(string words) => description.Contains(words, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Why a chat takes nothing any more; null where these words do not say that it does.</summary>
    private static string? GoneReason(string description)
    {
        return description switch
        {
            _ when Has("blocked") => "blocked",
            _ when Has("deactivated") => "deactivated",
            _ when Has("kicked") || Has("not a member") => "kicked",
            _ when Has("chat was deleted") => "chat not found",
            _ when Has("can't initiate") => "not started",
            _ => null,
        };

        bool Has(string words) => description.Contains(words, StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>A call to the Bot API failed; <see cref="Failure"/> says what to do about it. The text never holds the token.</summary>
public sealed class BotApiException(BotApiFailure failure, Exception? inner = null)
    : Exception(failure.Description, inner)
{
    /// <summary>The sorted failure.</summary>
    public BotApiFailure Failure { get; } = failure;
}
