using Microsoft.AspNetCore.Http;

namespace Notify.Http;

/// <summary>A request is answered with an error: a status, and a sentence that says what to do.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="sentence">For the caller's log or screen.</param>
/// <param name="retryAfter">When it makes sense to try again, for the header <c>Retry-After</c>.</param>
public sealed class ApiException(int status, string sentence, TimeSpan? retryAfter = null) : Exception(sentence)
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>When it makes sense to try again; null if waiting does not help.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>The notification that was accepted before this went wrong, if one was.</summary>
    public string? NotificationId { get; init; }

    /// <summary>400 for a field of the request.</summary>
    /// <param name="name">The field's name.</param>
    /// <param name="fault">What is wrong, as the end of a sentence without a full stop.</param>
    public static ApiException Field(string name, string fault) =>
        new(StatusCodes.Status400BadRequest, $"Field '{name}' {fault}.");
}
