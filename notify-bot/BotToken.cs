using System.Globalization;

namespace Notify.Bot;

/// <summary>The bot's secret from @BotFather, <c>BOT_ID:SECRET</c>. Prints only its public half.</summary>
public sealed class BotToken
{
    private readonly string _value;

    private BotToken(string value, long botId)
    {
        _value = value;
        BotId = botId;
    }

    /// <summary>The shape that a token must have, for messages.</summary>
    public const string Shape = "a bot token from @BotFather, such as 123456789:AAE...";

    /// <summary>The id of the bot. It is no secret: every chat partner sees it.</summary>
    public long BotId { get; }

    /// <summary>Parses a token: digits, a colon, at least 30 characters of base64url.</summary>
    public static BotToken? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return
            colon > 0
            && long.TryParse(text.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var botId)
            && text.Length - colon - 1 is >= 30 and <= 200
            && text.Skip(colon + 1).All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')
            ? new BotToken(text, botId)
            : null;
    }

    /// <summary>The address of a method. It holds the secret, so it goes only to the HTTP client.</summary>
    internal Uri MethodAddress(Uri apiUrl, string method) =>
        new($"{apiUrl.AbsoluteUri.TrimEnd('/')}/bot{_value}/{method}");

    /// <summary>Removes the secret from foreign text, such as an error page that quotes the address.</summary>
    public string Redact(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var secret = _value[(_value.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return text.Replace(secret, "<token>", StringComparison.Ordinal);
    }

    /// <inheritdoc />
    public override string ToString() => $"{BotId}:<token>";
}
