namespace Notify.Demo;

/// <summary>The demo can't go on. The message says why, and what to do, to the person who started it.</summary>
internal sealed class DemoException(string message, Exception? inner = null) : Exception(message, inner);
