namespace Notify.Bot.Telegram;

/// <summary>How the bot stands with Telegram.</summary>
public enum TelegramCondition
{
    /// <summary>No answer yet, or none any more.</summary>
    Unreachable,

    /// <summary>The last poll was good.</summary>
    Ok,

    /// <summary>Telegram does not know the token.</summary>
    TokenRefused,

    /// <summary>Another process polls with the same token.</summary>
    PolledElsewhere,
}

/// <summary>What is known about Telegram at this moment. Thread-safe; one writer, the poller.</summary>
public sealed class TelegramState(BotSettings settings)
{
    private volatile Snapshot _now = new(TelegramCondition.Unreachable, null, null, null);

    /// <summary>The picture of one moment.</summary>
    /// <param name="Condition">How it stands.</param>
    /// <param name="LastGoodPoll">When Telegram last answered a poll.</param>
    /// <param name="BotUsername">The bot's name without <c>@</c>, once Telegram has said it.</param>
    /// <param name="Trouble">Why the last poll was not good, in the words of whoever refused it; null where it was good or there was none.</param>
    public sealed record Snapshot(
        TelegramCondition Condition,
        DateTimeOffset? LastGoodPoll,
        string? BotUsername,
        string? Trouble
    );

    /// <summary>The picture now.</summary>
    public Snapshot Now => _now;

    /// <summary>The bot's name without <c>@</c>, as it was told or as Telegram has said it; null while neither is.</summary>
    public string? BotUsername => settings.BotUsername ?? _now.BotUsername;

    internal void Knows(string? botUsername) => _now = _now with { BotUsername = botUsername };

    internal void Good(DateTimeOffset now) =>
        _now = _now with { Condition = TelegramCondition.Ok, LastGoodPoll = now, Trouble = null };

    internal void Bad(TelegramCondition condition, string trouble) =>
        _now = _now with { Condition = condition, Trouble = trouble };
}
