using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Notify.Contracts;

namespace Notify.Bot.Telegram;

/// <summary>Why a call of the Bot API failed, sorted by what to do about it.</summary>
/// <param name="Description">Telegram's own words, or the network's.</param>
public abstract partial record BotApiFailure(string Description)
{
    /// <summary>Telegram will never take this message: a retry is useless.</summary>
    public record Refused(string Description) : BotApiFailure(Description);

    /// <summary>The chat takes no message of the bot: a closed topic, or a missing right.</summary>
    public sealed record ChatRefused(string Description) : Refused(Description);

    /// <summary>The formatting is unreadable or makes the text too long. The plain text goes through.</summary>
    public sealed record FormattingRefused(string Description) : Refused(Description);

    /// <summary>The chat takes nothing until its person acts.</summary>
    public sealed record ChatGone(string Description, DeadLinkReason Reason) : BotApiFailure(Description);

    /// <summary>The group became a supergroup and has a new id.</summary>
    public sealed record Migrated(string Description, ChatId NewChat) : BotApiFailure(Description);

    /// <summary>Too many requests: send nothing until the pause is over.</summary>
    public sealed record RateLimited(string Description, TimeSpan RetryAfter) : BotApiFailure(Description);

    /// <summary>The token is not, or no longer, valid.</summary>
    public sealed record TokenRefused(string Description) : BotApiFailure(Description);

    /// <summary>Another process polls with this token, or a webhook is set.</summary>
    public sealed record PolledElsewhere(string Description) : BotApiFailure(Description);

    /// <summary>The network or the server failed. Retry with growing pauses.</summary>
    /// <param name="Description">What failed.</param>
    /// <param name="OutcomeUnknown">Whether the request may have been carried out: it went out, and no answer came back.</param>
    /// <param name="ByProxy">Whether the proxy failed or refused, before Telegram got any of the request.</param>
    public sealed record Unreachable(string Description, bool OutcomeUnknown, bool ByProxy = false)
        : BotApiFailure(Description);

    /// <summary>
    /// One message of an album failed. Telegram tells of the first failure only, and takes nothing back that has arrived
    /// (https://github.com/tdlib/telegram-bot-api, Client.cpp). So each of the others may have arrived or not.
    /// </summary>
    /// <param name="Description">What failed.</param>
    /// <param name="Item">Which message, from 1.</param>
    /// <param name="Cause">Why. A 429 can hide in it, with its wait in the text alone.</param>
    public sealed record AlbumBroken(string Description, int Item, BotApiFailure Cause) : BotApiFailure(Description);

    /// <summary>Sorts an error answer of the Bot API.</summary>
    /// <remarks>
    /// The API has no stable error names. Errors differ by the code, the optional <c>parameters</c>, and the description
    /// (https://core.telegram.org/bots/api#making-requests). An unknown description counts as a refusal of this message
    /// only, and never costs a link.
    /// </remarks>
    internal static BotApiFailure From(int code, string description, ResponseParameters? parameters)
    {
        if (parameters?.MigrateToChatId is { } newChat)
        {
            return new Migrated(description, new ChatId(newChat));
        }

        if (OfAlbum().Match(description) is { Success: true } broken)
        {
            var words = broken.Groups["error"].Value;
            var wait = Waits().Match(words);
            return new AlbumBroken(
                description,
                int.Parse(broken.Groups["item"].ValueSpan, CultureInfo.InvariantCulture),
                From(
                    wait.Success ? (int)HttpStatusCode.TooManyRequests
                        : words.StartsWith("Forbidden", StringComparison.OrdinalIgnoreCase)
                            ? (int)HttpStatusCode.Forbidden
                        : words.StartsWith("Internal", StringComparison.OrdinalIgnoreCase)
                            ? (int)HttpStatusCode.InternalServerError
                        : (int)HttpStatusCode.BadRequest,
                    words,
                    wait.Success
                        ? new ResponseParameters(
                            null,
                            int.Parse(wait.Groups["seconds"].ValueSpan, CultureInfo.InvariantCulture)
                        )
                        : null
                )
            );
        }

        return code switch
        {
            (int)HttpStatusCode.TooManyRequests => new RateLimited(
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
            _ when Has("chat not found") || Has("PEER_ID_INVALID") => new ChatGone(
                description,
                DeadLinkReason.ChatNotFound
            ),
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

    /// <summary>Such as <c>failed to send message #2 with the error message "Too Many Requests: retry after 8"</c>.</summary>
    [GeneratedRegex(
        "failed to send message #(?<item>[1-9][0-9]?) with the error message \"(?<error>.*)\"",
        RegexOptions.ExplicitCapture | RegexOptions.Singleline,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex OfAlbum();

    [GeneratedRegex(
        "^Too Many Requests: retry after (?<seconds>[0-9]{1,6})",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Waits();

    /// <summary>Why a chat takes nothing any more; null if the description does not say so.</summary>
    private static DeadLinkReason? GoneReason(string description)
    {
        return description switch
        {
            _ when Has("blocked") => DeadLinkReason.Blocked,
            _ when Has("deactivated") => DeadLinkReason.Deactivated,
            _ when Has("kicked") || Has("not a member") => DeadLinkReason.Kicked,
            _ when Has("chat was deleted") => DeadLinkReason.ChatNotFound,
            _ when Has("can't initiate") => DeadLinkReason.NotStarted,
            _ => null,
        };

        bool Has(string words) => description.Contains(words, StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>A call of the Bot API failed; <see cref="Failure"/> says how to handle it. The text never holds the token.</summary>
public sealed class BotApiException(BotApiFailure failure, Exception? inner = null)
    : Exception(failure.Description, inner)
{
    /// <summary>The sorted failure.</summary>
    public BotApiFailure Failure { get; } = failure;
}
