namespace Notify.Web.Bot;

/// <summary>The bot refused. The message is its sentence.</summary>
/// <param name="status">Its HTTP status.</param>
/// <param name="sentence">Its sentence.</param>
/// <param name="retryAfter">When to try again.</param>
public sealed class BotRefusedException(int status, string sentence, TimeSpan? retryAfter) : Exception(sentence)
{
    /// <summary>The bot's HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>When to try again; null if the bot did not say.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
