namespace Notify.Command;

/// <summary>The arguments are wrong.</summary>
/// <param name="message">A sentence that says what to do.</param>
internal sealed class UsageException(string message) : Exception(message);
