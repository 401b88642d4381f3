namespace Notify.Formatting;

/// <summary>A button that a notification's sender gave it: it opens an address, or runs a script of the same user.</summary>
/// <param name="Text">What stands on it.</param>
/// <param name="Url">The address, http or https; null for a script.</param>
/// <param name="Run">The script's file name, such as <c>refresh.py</c>; null for an address.</param>
public sealed record NotificationButton(string Text, string? Url = null, string? Run = null)
{
    /// <summary>Stands in <see cref="Show"/> for all notifications of a digest.</summary>
    public const string All = "*";

    /// <summary>The id of the notification that the button shows, or <see cref="All"/>. Only a digest of the bot has it, no sender can set it.</summary>
    public string? Show { get; init; }

    /// <summary>
    /// Whether Telegram takes the address. It refuses a host without a dot, such as <c>http://localhost:8888</c>, and with it the whole message. Such an address becomes a line of the
    /// text.
    /// </summary>
    public bool IsLine =>
        Url is not null
        && Uri.TryCreate(Url, UriKind.Absolute, out var address)
        && !address.IdnHost.TrimEnd('.').Contains('.', StringComparison.Ordinal);

    /// <summary>The address as a line of text.</summary>
    public string Line => $"{Text}: {Url}";
}
