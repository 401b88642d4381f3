namespace Notify.Web.Hosting;

/// <summary>A request is refused: the status and the sentence of the answer.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="sentence">What is wrong and what to do.</param>
/// <param name="retryAfter">When it may go better.</param>
public sealed class ApiException(int status, string sentence, TimeSpan? retryAfter = null) : Exception(sentence)
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>When it may go better; null where waiting does not help.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
