namespace Notify.Sandbox;

/// <summary>An option that can't be read; the message says what it should be.</summary>
internal sealed class UsageException(string message) : Exception(message);
