using Notify.Contracts;

namespace Notify.Bot.Telegram;

/// <summary>What the bot knows about Telegram now. Thread-safe, with one writer, the poller.</summary>
public sealed class TelegramStatus(BotSettings settings)
{
    private volatile Snapshot _now = new(TelegramState.Unreachable, null, null, null);

    /// <summary>A snapshot.</summary>
    /// <param name="State">How it stands.</param>
    /// <param name="LastGoodPoll">When Telegram last answered a poll.</param>
    /// <param name="BotUsername">The bot's name without <c>@</c>, once Telegram has told it.</param>
    /// <param name="Trouble">Why the last poll failed, in the server's or proxy's words; null if it succeeded or there was none.</param>
    public sealed record Snapshot(
        TelegramState State,
        DateTimeOffset? LastGoodPoll,
        string? BotUsername,
        string? Trouble
    );

    /// <summary>The current snapshot.</summary>
    public Snapshot Now => _now;

    /// <summary>The bot's name without <c>@</c>, from the settings or from Telegram; null while unknown.</summary>
    public string? BotUsername => settings.BotUsername ?? _now.BotUsername;

    internal void Knows(string? botUsername) => _now = _now with { BotUsername = botUsername };

    internal void Good(DateTimeOffset now) =>
        _now = _now with { State = TelegramState.Ok, LastGoodPoll = now, Trouble = null };

    internal void Bad(TelegramState state, string trouble) => _now = _now with { State = state, Trouble = trouble };
}
