using Microsoft.AspNetCore.Http;

namespace Notify.Http;

/// <summary>What a service says when a request goes wrong.</summary>
public sealed record ApiErrors
{
    /// <summary>The number of the log event of an unexpected failure.</summary>
    public required int UnforeseenEvent { get; init; }

    /// <summary>The sentence that answers such a failure.</summary>
    public required string Unforeseen { get; init; }

    /// <summary>The sentence for a body that is too large.</summary>
    public string TooLarge { get; init; } = "The body is too large.";

    /// <summary>The answer to an unknown path; null lists the known ones.</summary>
    public string? NotFound { get; init; }

    /// <summary>The answer to an exception of the service's own; null for an unexpected one.</summary>
    public Func<Exception, ApiException?> Known { get; init; } = _ => null;

    /// <summary>Writes an answer in another form than JSON; false if JSON is right.</summary>
    public Func<HttpContext, ApiException, RequestDelegate, ValueTask<bool>>? TryWrite { get; init; }
}
