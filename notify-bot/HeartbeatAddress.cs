namespace Notify.Bot;

/// <summary>The address of a dead man's switch. It is a secret: a caller of it can pretend that the bot is well. No text shows it.</summary>
public sealed class HeartbeatAddress
{
    /// <summary>The variable.</summary>
    public const string Variable = "NOTIFY_HEARTBEAT_URL";

    /// <summary>The shape that an address must have, for messages.</summary>
    internal const string Shape = "an http or https address, such as the ping URL of healthchecks.io";

    private HeartbeatAddress(Uri value) => Value = value;

    /// <summary>The address itself, for the HTTP client only.</summary>
    internal Uri Value { get; }

    /// <summary>Parses an address.</summary>
    public static HeartbeatAddress? TryParse(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
        && address.Scheme is "http" or "https"
        && address.UserInfo.Length == 0
        && address.Fragment.Length == 0
            ? new HeartbeatAddress(address)
            : null;

    /// <summary>Removes the address from foreign text.</summary>
    public string Redact(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Replace(Value.OriginalString, "<heartbeat>", StringComparison.OrdinalIgnoreCase)
            .Replace(Value.AbsoluteUri, "<heartbeat>", StringComparison.OrdinalIgnoreCase);
    }

    /// <inheritdoc />
    public override string ToString() => "<heartbeat>";
}
