namespace Notify.Command;

/// <summary>What was given can't be sent.</summary>
/// <param name="message">A sentence that says what to do.</param>
internal sealed class InputException(string message) : Exception(message);
