namespace Notify.Sandbox.Telegram;

/// <summary>An answer with <c>"ok":false</c>: the Bot API refuses a call.</summary>
/// <param name="code">The HTTP status and <c>error_code</c>.</param>
/// <param name="description">The whole description, with its prefix (<c>Bad Request: </c> and so on).</param>
internal sealed class BotApiRefusal(int code, string description) : Exception(description)
{
    public int Code { get; } = code;

    /// <summary>Seconds to wait, for <c>parameters.retry_after</c>.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>The supergroup's id, for <c>parameters.migrate_to_chat_id</c>.</summary>
    public long? MigrateToChatId { get; init; }

    public static BotApiRefusal BadRequest(string what) => new(400, "Bad Request: " + what);

    public static BotApiRefusal Forbidden(string what) => new(403, "Forbidden: " + what);

    public static BotApiRefusal NotFound() => new(404, "Not Found");

    public static BotApiRefusal Unauthorized() => new(401, "Unauthorized");

    public static BotApiRefusal EntityTooLarge() => new(413, "Request Entity Too Large");

    public static BotApiRefusal TooManyRequests(int retryAfter) =>
        new(429, $"Too Many Requests: retry after {retryAfter}") { RetryAfter = retryAfter };

    public static BotApiRefusal NotUtf8() => BadRequest("strings must be encoded in UTF-8");
}
