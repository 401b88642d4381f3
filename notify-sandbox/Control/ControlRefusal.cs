namespace Notify.Sandbox.Control;

/// <summary>The control API can't do what it was asked for.</summary>
/// <param name="status">The HTTP status: 400 or 404.</param>
/// <param name="message">A sentence that says what to change.</param>
internal sealed class ControlRefusal(int status, string message) : Exception(message)
{
    public int Status { get; } = status;
}
