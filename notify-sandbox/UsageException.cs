namespace Notify.Sandbox;

/// <summary>An option that a sandbox can't use; the message says what it should be.</summary>
public sealed class UsageException(string message) : ArgumentException(message);
