namespace Notify.Sandbox.Telegram;

/// <summary>An answer with <c>"ok":false</c>: the Bot API refuses a call.</summary>
/// <param name="code">The HTTP status and <c>error_code</c>.</param>
/// <param name="description">The whole description, with its prefix (<c>Bad Request: </c> and so on).</param>
internal sealed class BotApiRefusal(int code, string description) : Exception(description)
{
    private const string BadRequestPrefix = "Bad Request: ";

    public int Code { get; } = code;

    /// <summary>Seconds to wait, for <c>parameters.retry_after</c>.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>The supergroup's id, for <c>parameters.migrate_to_chat_id</c>.</summary>
    public long? MigrateToChatId { get; init; }

    /// <summary>The description without the prefix of a bad request, as Telegram quotes it within another description.</summary>
    public string Quoted
    {
        get
        {
            var words = Message.StartsWith(BadRequestPrefix, StringComparison.Ordinal)
                ? Message[BadRequestPrefix.Length..]
                : Message;
            // Telegram makes the first letter small only behind the prefix.
            return char.ToUpperInvariant(words[0]) + words[1..];
        }
    }

    public static BotApiRefusal BadRequest(string what) => new(400, BadRequestPrefix + what);

    public static BotApiRefusal Forbidden(string what) => new(403, "Forbidden: " + what);

    public static BotApiRefusal NotFound() => new(404, "Not Found");

    public static BotApiRefusal Unauthorized() => new(401, "Unauthorized");

    public static BotApiRefusal EntityTooLarge() => new(413, "Request Entity Too Large");

    public static BotApiRefusal TooManyRequests(int retryAfter) =>
        new(429, $"Too Many Requests: retry after {retryAfter}") { RetryAfter = retryAfter };

    /// <summary>One item of an album was not sent.</summary>
    /// <param name="number">Which one, from 1.</param>
    /// <param name="words">Why, in Telegram's words without a prefix.</param>
    public static BotApiRefusal ItemNotSent(int number, string words) =>
        BadRequest($"failed to send message #{number} with the error message \"{words}\"");

    public static BotApiRefusal NotUtf8() => BadRequest("strings must be encoded in UTF-8");
}
