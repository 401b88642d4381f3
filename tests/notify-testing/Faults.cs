using Notify.Sandbox.Telegram;

namespace Notify.Testing;

/// <summary>Common faults of the sandbox.</summary>
public static class Faults
{
    /// <summary>Telegram answers <c>sendMessage</c> with 429 and asks to wait.</summary>
    /// <param name="seconds">The wait in seconds.</param>
    public static Fault FloodWait(int seconds) =>
        new()
        {
            Kind = FaultKind.Answer,
            Method = "sendMessage",
            Status = 429,
            RetryAfter = seconds,
        };
}
